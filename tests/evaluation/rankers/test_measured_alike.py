"""Every kind of system by the same measures: as `ir_measures` judges its ranking, and as a run file gives it back."""

from pathlib import Path

import ir_measures
import pytest

from tests.conftest import save_model
from tests.evaluation.rankers.invented import PAIR, invented_articles, invented_queries
from workbench._pairs import parse_pair
from workbench.core.dimensions import ALL
from workbench.core.domain import Hit, Level, Query
from workbench.corpora.citations import Resolver
from workbench.encoders import QueryVectors, encoders_for
from workbench.evaluation.experiment import Experiment, run_experiment
from workbench.evaluation.exports import trec_run
from workbench.evaluation.rankers import Ranker, RunRanker, rankers_for
from workbench.evaluation.scores import FURTHER, HEADLINE
from workbench.index import Filter, Index, build
from workbench.query_sets.query_set import QuerySet, resolve_qrels

FURTHER_SYSTEMS = """
[systems.hybrid]
kind = "fusion"
label = "Hybrid"
of = ["bm25", "wide"]
[systems.weighed]
kind = "fusion"
label = "Weighed"
of = ["base", "bm25", "hybrid"]
method = "weighted"
weights = { bm25 = 0.3 }
"""
KINDS = [
    ("base", 16),
    ("base", 4),
    ("wide", 32),
    ("wide", 8),
    ("bm25", ALL),
    ("hybrid", ALL),
    ("weighed", ALL),
]
MEASURES = tuple(dict.fromkeys((*HEADLINE, *FURTHER, "AP", "RR", "nDCG", "R@100", "P@5", "Success@3")))
ARTICLES = invented_articles()
RESOLVER = Resolver(ARTICLES)
QUERY_SET = resolve_qrels("invented", invented_queries(ARTICLES), RESOLVER)
WHOLE = len(ARTICLES)
LOCAL = {article.doc_id for article in ARTICLES if article.level is Level.LOCAL_REGULATION}


@pytest.fixture(scope="module")
def rankers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ranker]:
    folder = tmp_path_factory.mktemp("alike")
    save_model(folder / "base", 0)
    save_model(folder / "wide", 1, 32)
    pair = parse_pair(PAIR + FURTHER_SYSTEMS, folder / "pair.toml")
    encoders = encoders_for(pair, folder)
    build(str(folder / "index"), ARTICLES, pair, encoders)
    vectors = QueryVectors(folder / "query_vectors.sqlite")
    return rankers_for(pair, Index(str(folder / "index")), encoders, vectors, lambda: RESOLVER)


def index_of(rankers: dict[str, Ranker]) -> Index:
    index: Index = rankers["bm25"].index  # type: ignore[attr-defined]
    return index


def measured(rankers: dict[str, Ranker], index: Index) -> Experiment:
    return run_experiment(
        QUERY_SET, index=index, rankers=rankers, dims=(16, 4), depth=WHOLE, measures=MEASURES
    )


@pytest.fixture(scope="module")
def experiment(rankers: dict[str, Ranker]) -> Experiment:
    return measured(rankers, index_of(rankers))


def listing(experiment: Experiment, name: str, dim: int) -> dict[str, list[str]]:
    """Whole rankings: what is found, then the other articles by `doc_id`."""
    hits = experiment.rankings[name][dim].hits
    found = {query_id: [hit.doc_id for hit in row] for query_id, row in hits.items()}
    return {
        query_id: [*row, *(each.doc_id for each in ARTICLES if each.doc_id not in {*row})]
        for query_id, row in found.items()
    }


def judged(run: dict[str, list[str]]) -> dict[str, dict[str, float]]:
    """measure -> query_id -> what `ir_measures` says of a run."""
    scored = {
        query_id: {doc_id: -float(place) for place, doc_id in enumerate(row)} for query_id, row in run.items()
    }
    values: dict[str, dict[str, float]] = {name: {} for name in MEASURES}
    parsed = {ir_measures.parse_measure(name): name for name in MEASURES}
    for each in ir_measures.iter_calc(list(parsed), QUERY_SET.qrels, scored):
        values[parsed[each.measure]][each.query_id] = each.value
    return values


@pytest.mark.parametrize(("name", "dim"), KINDS)
def test_measures_are_those_of_ir_measures(experiment: Experiment, name: str, dim: int) -> None:
    hits = experiment.rankings[name][dim].hits
    run = {query_id: [hit.doc_id for hit in row] for query_id, row in hits.items()}
    ours, theirs = experiment.evaluations[name][dim].values, judged(run)
    for measure in MEASURES:
        assert ours[measure] == pytest.approx(theirs[measure], abs=1e-9), measure


@pytest.mark.parametrize(("name", "dim"), KINDS)
def test_ranks_and_displacement_are_those_of_the_whole_list(
    experiment: Experiment, name: str, dim: int
) -> None:
    ranking = experiment.rankings[name][dim]
    for query_id, order in listing(experiment, name, dim).items():
        relevant = QUERY_SET.qrels[query_id]
        assert ranking.ranks[query_id] == {doc_id: 1 + order.index(doc_id) for doc_id in relevant}
        assert ranking.displaced[query_id] == {
            doc_id: sum((above in LOCAL) != (doc_id in LOCAL) for above in order[: order.index(doc_id)])
            for doc_id in relevant
        }


def as_run(experiment: Experiment, name: str, dim: int, depth: int, path: Path, index: Index) -> RunRanker:
    """A ranking written as a run file, as a system."""
    hits = experiment.rankings[name][dim].hits
    path.write_text(trec_run({query_id: row[:depth] for query_id, row in hits.items()}, name), "utf-8")
    return RunRanker("again", path, index, lambda: RESOLVER)


@pytest.mark.parametrize(("name", "dim"), KINDS)
def test_a_run_read_back_measures_the_same_to_the_last_digit(
    experiment: Experiment, rankers: dict[str, Ranker], name: str, dim: int, tmp_path: Path
) -> None:
    index = index_of(rankers)
    again = measured({"again": as_run(experiment, name, dim, WHOLE, tmp_path / "run", index)}, index)
    first, second = experiment.rankings[name][dim], again.rankings["again"][ALL]
    for query_id, row in first.hits.items():
        assert [hit.doc_id for hit in second.hits[query_id]] == [hit.doc_id for hit in row]
        listed = {hit.doc_id for hit in row}
        for mine, theirs in ((first.ranks, second.ranks), (first.displaced, second.displaced)):
            kept = {doc_id: number for doc_id, number in mine[query_id].items() if doc_id in listed}
            assert theirs[query_id] == kept
    assert again.evaluations["again"][ALL] == experiment.evaluations[name][dim]


@pytest.mark.parametrize(("name", "dim"), [("base", 16), ("bm25", ALL)])
def test_what_a_run_does_not_list_counts_nothing(
    experiment: Experiment, rankers: dict[str, Ranker], name: str, dim: int, tmp_path: Path
) -> None:
    depth, index = 40, index_of(rankers)
    again = measured({"again": as_run(experiment, name, dim, depth, tmp_path / "run", index)}, index)
    ranking, unlisted = again.rankings["again"][ALL], 0
    hits = experiment.rankings[name][dim].hits
    run = {query_id: [hit.doc_id for hit in row[:depth]] for query_id, row in hits.items()}
    for query_id, row in run.items():
        relevant = QUERY_SET.qrels[query_id]
        ranks = {doc_id: 1 + row.index(doc_id) for doc_id in relevant if doc_id in row}
        assert ranking.ranks[query_id] == ranks
        assert ranking.displaced[query_id].keys() == ranks.keys()
        assert ranking.found[query_id] == len(row)
        assert again.best_rank("again", ALL, query_id) == min(ranks.values(), default=None)
        unlisted += len(relevant) - len(ranks)
    assert unlisted > 10
    ours, theirs = again.evaluations["again"][ALL].values, judged(run)
    for measure in MEASURES:
        for query_id, value in ours[measure].items():
            assert value == pytest.approx(theirs[measure].get(query_id, 0.0), abs=1e-9), measure


def test_a_run_by_hand(rankers: dict[str, Ranker], tmp_path: Path) -> None:
    """Of two relevant articles the run lists one, in the second place: AP is half of 1/2."""
    national, local, other, unlisted = (
        "第00号法#第一条",
        "第00号条例#第三条",
        "第00号法#第四条",
        "第20号法#第二条",
    )
    path = tmp_path / "run"
    path.write_text(trec_run({"q": [Hit(national, 3.0), Hit(local, 2.0), Hit(other, 2.0)]}, "hand"), "utf-8")
    run = RunRanker("hand", path, index_of(rankers), lambda: RESOLVER)
    query_set = QuerySet("by hand", (Query("q", "谁看渡口"),), {"q": {local: 1, unlisted: 2}})
    found = run_experiment(query_set, index=run.index, rankers={"hand": run}, dims=(16,), measures=MEASURES)
    ranking = found.rankings["hand"][ALL]
    assert (ranking.ranks, ranking.displaced) == ({"q": {local: 2}}, {"q": {local: 1}})
    assert found.displacement("hand", ALL) == {"q": 1}
    means = found.evaluations["hand"][ALL].means
    assert [means[name] for name in ("AP", "RR", "R@100", "Success@1")] == [0.25, 0.5, 0.5, 0.0]


@pytest.mark.parametrize(("name", "dim"), KINDS)
def test_a_search_gives_the_best_of_the_ranking(
    experiment: Experiment, rankers: dict[str, Ranker], name: str, dim: int
) -> None:
    for query in QUERY_SET.judged:
        hits = rankers[name].search(query, dim, 10).hits
        best = experiment.rankings[name][dim].hits[query.query_id][:10]
        assert [hit.score for hit in hits] == pytest.approx([hit.score for hit in best], abs=1e-6)


@pytest.mark.parametrize("name", ["base", "bm25", "hybrid", "weighed"])
def test_a_filter_ranks_what_it_lets_through(rankers: dict[str, Ranker], name: str) -> None:
    where = Filter(levels=(Level.LOCAL_REGULATION,))
    qrels = {query.query_id: dict.fromkeys(sorted(LOCAL), 1) for query in QUERY_SET.judged}
    by_dim = rankers[name].rank(QUERY_SET.judged, qrels, 10, where=where)
    for query in QUERY_SET.judged:
        ranking = by_dim[rankers[name].dims[0]]
        ranks = ranking.ranks[query.query_id]
        assert sorted(ranks.values()) == list(range(1, len(LOCAL) + 1))
        assert {hit.doc_id: place for place, hit in enumerate(ranking.hits[query.query_id], 1)}.items() <= (
            ranks.items()
        )
