"""Rankings leave out the documents that are the question itself: as if they were not in the corpus, in every kind of system."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.evaluation.rankers.test_measured_alike import (
    ARTICLES,
    KINDS,
    LOCAL,
    QUERY_SET,
    RESOLVER,
    WHOLE,
    index_of,
    rankers,
)
from workbench.core.dimensions import ALL
from workbench.evaluation.asking import ask
from workbench.evaluation.experiment import Experiment, run_experiment
from workbench.evaluation.exports import trec_run
from workbench.evaluation.rankers import Ranker, RunRanker
from workbench.evaluation.rankers.protocol import NOT_FOUND
from workbench.index import Filter
from workbench.query_sets.query_set import QuerySet

__all__ = ["rankers"]  # the fixture
DEPTH = 7


def own_of(experiment: Experiment) -> dict[str, tuple[str, ...]]:
    """For each query what some system has on top and another further down, none of it relevant."""
    own = {}
    for place, (query_id, relevant) in enumerate(QUERY_SET.qrels.items()):
        hits = experiment.rankings["base"][16].hits[query_id]
        others = [hit.doc_id for hit in hits if hit.doc_id not in relevant]
        own[query_id] = tuple(others[: place % 3])
    return own


@pytest.fixture(scope="module")
def whole(rankers: dict[str, Ranker]) -> Experiment:
    """With every document in every ranking."""
    return run_experiment(QUERY_SET, index=index_of(rankers), rankers=rankers, dims=(16, 4), depth=WHOLE)


@pytest.fixture(scope="module")
def query_set(whole: Experiment) -> QuerySet:
    own = own_of(whole)
    queries = (replace(query, own_documents=own[query.query_id]) for query in QUERY_SET.judged)
    return replace(QUERY_SET, judged=tuple(queries))


@pytest.fixture(scope="module")
def left_out(rankers: dict[str, Ranker], query_set: QuerySet) -> Experiment:
    return run_experiment(query_set, index=index_of(rankers), rankers=rankers, dims=(16, 4), depth=DEPTH)


@pytest.mark.parametrize(("name", "dim"), [kind for kind in KINDS if kind[0] not in ("hybrid", "weighed")])
def test_ranks_hits_and_displacement_are_those_of_the_list_without_them(
    whole: Experiment, left_out: Experiment, query_set: QuerySet, name: str, dim: int
) -> None:
    before, after = whole.rankings[name][dim], left_out.rankings[name][dim]
    for query in query_set.judged:
        listed = [hit.doc_id for hit in before.hits[query.query_id]]
        order = [*listed, *(each.doc_id for each in ARTICLES if each.doc_id not in {*listed})]
        rest = [doc_id for doc_id in order if doc_id not in query.own_documents]
        found = [doc_id for doc_id in listed if doc_id not in query.own_documents]
        relevant = query_set.qrels[query.query_id]
        assert [hit.doc_id for hit in after.hits[query.query_id]] == found[: max(DEPTH, 10)]
        assert after.ranks[query.query_id] == {doc_id: 1 + rest.index(doc_id) for doc_id in relevant}
        assert after.displaced[query.query_id] == {
            doc_id: sum((above in LOCAL) != (doc_id in LOCAL) for above in rest[: rest.index(doc_id)])
            for doc_id in relevant
        }
        if after.found:
            assert after.found[query.query_id] == len(found)


@pytest.mark.parametrize("name", ["hybrid", "weighed"])
def test_fusions_give_them_no_rank_in_any_part(
    rankers: dict[str, Ranker], left_out: Experiment, query_set: QuerySet, name: str
) -> None:
    """By hand: each part's scores with those documents taken out before they are fused."""
    places = {article.doc_id: place for place, article in enumerate(ARTICLES)}
    for query in query_set.judged:
        (scores,) = rankers[name].scores([query])
        own = {places[doc_id] for doc_id in query.own_documents}
        assert {scores[place] for place in own} <= {NOT_FOUND}
        order = sorted(
            (place for place in range(WHOLE) if place not in own), key=lambda at: (-scores[at], at)
        )
        assert left_out.rankings[name][ALL].ranks[query.query_id] == {
            doc_id: 1 + order.index(places[doc_id]) for doc_id in query_set.qrels[query.query_id]
        }
        assert not own & {places[hit.doc_id] for hit in left_out.rankings[name][ALL].hits[query.query_id]}


def test_the_test_is_one(whole: Experiment, left_out: Experiment, query_set: QuerySet) -> None:
    """Without leaving them out, ranks are others in every kind of system."""
    assert query_set.with_own_document > 10
    for name, dim in KINDS:
        assert whole.rankings[name][dim].ranks != left_out.rankings[name][dim].ranks, name
    assert (
        query_set.fingerprint != QUERY_SET.fingerprint
    )  # else rankings of before would be taken from the cache


@pytest.mark.parametrize("where", [None, Filter(regions=("",))])
def test_a_question_is_answered_without_them(
    rankers: dict[str, Ranker], query_set: QuerySet, where: Filter | None
) -> None:
    for query in query_set.judged[:6]:
        relevant = frozenset(query_set.qrels[query.query_id])
        answer = ask(
            query, index=index_of(rankers), rankers=rankers, dim=16, depth=5, relevant=relevant, where=where
        )
        for name, listing in answer.listings.items():
            assert not {hit.doc_id for hit in listing.hits} & {*query.own_documents}, name
            ranks = [listing.ranks[hit.doc_id] for hit in listing.hits]
            assert ranks == list(range(1, len(ranks) + 1)), name


def test_a_run_file_that_lists_them_is_read_without_them(
    rankers: dict[str, Ranker], whole: Experiment, left_out: Experiment, query_set: QuerySet, tmp_path: Path
) -> None:
    hits = whole.rankings["base"][16].hits
    run = trec_run({query.query_id: hits[query.query_id] for query in query_set.judged}, "all")
    (tmp_path / "all.run").write_text(run, encoding="utf-8")
    ranker = RunRanker("all", tmp_path / "all.run", index_of(rankers), lambda: RESOLVER)
    ranking = ranker.rank(query_set.judged, query_set.qrels, DEPTH)[ALL]
    assert ranking.ranks == left_out.rankings["base"][16].ranks
    assert ranking.displaced == left_out.rankings["base"][16].displaced


@pytest.mark.parametrize("name", ["hybrid", "weighed"])
def test_a_question_asked_once_more_is_that_question(
    rankers: dict[str, Ranker], query_set: QuerySet, name: str
) -> None:
    """A fusion keeps its latest scores: those of one text are others where other documents are left out."""
    query = next(each for each in query_set.judged if each.own_documents)
    whole = rankers[name].search(replace(query, own_documents=()), ALL, WHOLE).hits
    rest = rankers[name].search(query, ALL, WHOLE).hits
    again = rankers[name].search(replace(query, own_documents=()), ALL, WHOLE).hits
    assert whole == again
    assert {hit.doc_id for hit in whole} - {hit.doc_id for hit in rest} == {*query.own_documents}
