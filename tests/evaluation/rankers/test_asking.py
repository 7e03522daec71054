"""One question asked of systems of every kind: dimensions, ranks, and how many articles each finds."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import ARTICLES, save_model
from tests.evaluation.rankers.invented import PAIR
from workbench._pairs import parse_pair
from workbench.core.dimensions import ALL
from workbench.core.domain import Hit, Level, Query
from workbench.core.errors import OtherQueries
from workbench.core.settings import FusionSystem, Pair, RunSystem
from workbench.corpora.citations import Resolver
from workbench.encoders import QueryVectors, encoders_for
from workbench.evaluation.asking import Answer, ask
from workbench.evaluation.costs import measure_costs, summarise_costs
from workbench.evaluation.experiment import run_experiment
from workbench.evaluation.exports import trec_run
from workbench.evaluation.rankers import FusionRanker, Ranker, RunRanker, rankers_for
from workbench.index import Filter, Index, build
from workbench.query_sets.query_set import QuerySet

FURTHER_SYSTEMS = """
[systems.hybrid]
kind = "fusion"
label = "Hybrid"
of = ["bm25", "earlier"]
[systems.earlier]
kind = "run"
label = "Earlier"
path = "earlier.run"
"""
IDS = [article.doc_id for article in ARTICLES]
TEXTS = {article.text: article.doc_id for article in ARTICLES}
BOATS, BOATS_HERE = TEXTS["渡船载客不得超过核定人数。"], TEXTS["本省渡船载客不得超过核定人数的九成。"]
LAMPS, TOWER = TEXTS["船工夜间渡运应当点亮两盏灯。"], TEXTS["灯塔由守塔人看管。"]
ASKED = Query("q1", "渡船载客几个人")  # shares two characters in a row with BOATS and BOATS_HERE alone
LISTED = [Hit(LAMPS, 9.0), Hit(BOATS_HERE, 8.0), Hit(BOATS, 7.0)]
NATIONAL = Filter(levels=(Level.LAW,))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("asking")
    save_model(folder / "base", 0)
    save_model(folder / "wide", 1, 32)
    (folder / "earlier.run").write_text(trec_run({"q1": LISTED}, "earlier"), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def pair(folder: Path) -> Pair:
    return parse_pair(PAIR + FURTHER_SYSTEMS, folder / "pair.toml")


@pytest.fixture(scope="module")
def index(folder: Path, pair: Pair) -> Index:
    encoders = encoders_for(pair, folder)
    build(str(folder / "index"), ARTICLES, pair, encoders)
    return Index(str(folder / "index")).check_fits(pair, encoders)


@pytest.fixture(scope="module")
def rankers(folder: Path, pair: Pair, index: Index) -> dict[str, Ranker]:
    vectors = QueryVectors(folder / "query_vectors.sqlite")
    return rankers_for(pair, index, encoders_for(pair, folder), vectors, lambda: Resolver(ARTICLES))


def asked(
    rankers: dict[str, Ranker],
    index: Index,
    query: Query = ASKED,
    dim: int = 16,
    relevant: frozenset[str] = frozenset(),
    where: Filter | None = None,
) -> Answer:
    return ask(query, index=index, rankers=rankers, dim=dim, depth=5, relevant=relevant, where=where)


@pytest.mark.parametrize(("dim", "base", "wide"), [(16, 16, 32), (4, 4, 32), (8, 16, 8), (32, 16, 32)])
def test_each_answers_at_a_dimension_of_its_own(
    dim: int, base: int, wide: int, rankers: dict[str, Ranker], index: Index
) -> None:
    listings = asked(rankers, index, dim=dim, relevant=frozenset({TOWER})).listings
    assert {name: listing.dim for name, listing in listings.items()} == {
        "base": base, "wide": wide, "bm25": ALL, "hybrid": ALL, "earlier": ALL,
    }  # fmt: skip
    assert {name: list(listing.relevant) for name, listing in listings.items()} == {
        "base": [4, 16], "wide": [8, 32], "bm25": [ALL], "hybrid": [ALL], "earlier": [ALL],
    }  # fmt: skip


def test_ranks_are_of_every_article_on_the_page_and_what_is_not_found_follows(
    rankers: dict[str, Ranker], index: Index
) -> None:
    answer = asked(rankers, index)
    on_page = {hit.doc_id for listing in answer.listings.values() for hit in listing.hits}
    assert answer.articles.keys() == on_page
    for name in ("base", "wide", "bm25", "hybrid"):
        listing = answer.listings[name]
        assert listing.ranks.keys() == on_page
        assert [listing.ranks[hit.doc_id] for hit in listing.hits] == [*range(1, len(listing.hits) + 1)]
    lexical, fused, run = (answer.listings[name] for name in ("bm25", "hybrid", "earlier"))
    assert [hit.doc_id for hit in lexical.hits] == [BOATS, BOATS_HERE]  # the shorter one first
    rest = [doc_id for doc_id in IDS if doc_id not in (BOATS, BOATS_HERE)]
    assert lexical.ranks == {
        doc_id: rank for rank, doc_id in enumerate([BOATS, BOATS_HERE, *rest], 1) if doc_id in on_page
    }
    # 1/61 + 1/63, 1/62 + 1/62 and 1/61
    assert [hit.doc_id for hit in fused.hits] == [BOATS, BOATS_HERE, LAMPS]
    assert run.ranks == {LAMPS: 1, BOATS_HERE: 2, BOATS: 3}
    found = {name: (listing.found, listing.found_anywhere) for name, listing in answer.listings.items()}
    assert found == {
        "base": (None, None), "wide": (None, None), "bm25": (2, 2), "hybrid": (3, 3), "earlier": (3, 3),
    }  # fmt: skip
    assert (run.answered, run.searched, lexical.searched) == (True, False, True)


def test_with_a_filter_ranks_count_within_it_and_those_of_relevant_articles_everywhere(
    rankers: dict[str, Ranker], index: Index
) -> None:
    answer = asked(rankers, index, relevant=frozenset({BOATS_HERE, LAMPS}), where=NATIONAL)
    lexical, fused, run = (answer.listings[name] for name in ("bm25", "hybrid", "earlier"))
    assert [hit.doc_id for hit in lexical.hits] == [BOATS]
    assert (lexical.found, lexical.found_anywhere) == (1, 2)
    assert lexical.relevant[ALL][BOATS_HERE] == 2
    assert [hit.doc_id for hit in run.hits] == [LAMPS, BOATS]
    assert (run.ranks, run.relevant) == ({LAMPS: 1, BOATS: 2}, {ALL: {LAMPS: 1, BOATS_HERE: 2}})
    assert (run.found, run.found_anywhere) == (2, 3)
    # 1/61 + 1/62 and 1/61, where 甲省 is left out; 1/61 + 1/63, 1/62 + 1/62 and 1/61 where it is not
    assert [hit.doc_id for hit in fused.hits] == [BOATS, LAMPS]
    assert fused.relevant == {ALL: {BOATS_HERE: 2, LAMPS: 3}}
    assert (fused.found, fused.found_anywhere) == (2, 3)


@pytest.mark.parametrize("where", [None, NATIONAL])
def test_nothing_may_be_found(where: Filter | None, rankers: dict[str, Ranker], index: Index) -> None:
    answer = asked({"bm25": rankers["bm25"]}, index, Query("", "鲸鱼大象"), where=where)
    listing = answer.listings["bm25"]
    assert (listing.hits, listing.ranks, listing.found, answer.articles) == ([], {}, 0, {})
    among = asked(rankers, index, Query("", "鲸鱼大象"), where=where).listings
    assert {name: among[name].found for name in ("base", "bm25", "hybrid", "earlier")} == {
        "base": None, "bm25": 0, "hybrid": 0, "earlier": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query_id", "text", "answered"), [("q1", "任何问题", True), ("q2", "渡船", False), ("", "渡船", False)]
)
def test_a_run_answers_by_the_id_where_it_holds_no_texts(
    query_id: str, text: str, answered: bool, rankers: dict[str, Ranker], index: Index
) -> None:
    listing = asked(rankers, index, Query(query_id, text)).listings["earlier"]
    assert (listing.answered, bool(listing.hits)) == (answered, answered)


PREDICTION = '{"query_id": "q1", "query": "谁看 灯塔", "results": [{"corpus_id": "%s", "score": 1}]}'


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (Query("x7", "谁看灯塔"), 'of "tiny": its ids are q1 …, theirs x7 …; give the run of these queries'),
        (Query("q1", "谁点灯"), 'of "tiny": they have the same ids, but other texts; give the run of these'),
        (Query("q1", " 谁看\n灯塔"), ""),
    ],
)
def test_a_run_for_other_queries_is_refused(
    query: Query, message: str, rankers: dict[str, Ranker], index: Index, pair: Pair, tmp_path: Path
) -> None:
    path = tmp_path / "predictions.jsonl"
    path.write_text(PREDICTION % TOWER, encoding="utf-8")
    run = RunRanker("earlier", path, index, lambda: Resolver(ARTICLES))
    query_set = QuerySet("tiny", (query,), {query.query_id: {TOWER: 1}})
    if not message:
        measured = run_experiment(query_set, index=index, rankers={"earlier": run}, dims=pair.dims)
        assert measured.rankings["earlier"][16].ranks == {"q1": {TOWER: 1}}
        return
    other = RunSystem(label="Earlier", path=str(path))
    fusion = rankers_for(
        replace(pair, systems=pair.systems | {"earlier": other}),
        index,
        {name: rankers[name].encoder for name in pair.dense},  # type: ignore[attr-defined]
        QueryVectors(tmp_path / "query_vectors.sqlite"),
        lambda: Resolver(ARTICLES),
    )["hybrid"]
    for name, ranker in {"earlier": run, "hybrid": fusion}.items():
        with pytest.raises(OtherQueries) as told:
            run_experiment(query_set, index=index, rankers={name: ranker}, dims=pair.dims)
        assert str(told.value).startswith(f"{path}: answers none of the queries {message}")
        assert str(told.value).endswith("or leave earlier out with --systems")


def test_a_fusions_rankings_are_cached_by_what_each_part_weighs(
    rankers: dict[str, Ranker], index: Index
) -> None:
    """Not by its name: systems may have exchanged theirs since."""
    fusion = FusionSystem(label="x", of=("x", "y"), weights={"x": 2.0})
    one, other = rankers["bm25"], rankers["earlier"]
    first, exchanged, renamed = (
        FusionRanker(replace(fusion, weights={heavy: 2.0}), parts, index).key
        for heavy, parts in (
            ("x", {"x": one, "y": other}),
            ("x", {"y": one, "x": other}),
            ("y", {"y": one, "x": other}),
        )
    )
    assert first == renamed != exchanged


def test_costs_are_of_what_a_system_searches(rankers: dict[str, Ranker], index: Index, pair: Pair) -> None:
    query_set = QuerySet("tiny", (ASKED,), {"q1": {BOATS: 1}})
    measured = run_experiment(query_set, index=index, rankers=rankers, dims=pair.dims)
    costs = measure_costs(measured, index=index, rankers=rankers)
    assert {name: list(by_dim) for name, by_dim in costs.items()} == {
        "base": [16, 4], "wide": [32, 8], "bm25": [ALL], "hybrid": [ALL],
    }  # fmt: skip
    assert costs["bm25"][ALL].column_bytes == index.text_bytes("bm25_all") > 0
    assert costs["hybrid"][ALL].column_bytes == costs["bm25"][ALL].column_bytes  # a run takes nothing
    assert summarise_costs(costs)["hybrid"]["all"].keys() == {"column bytes", "exact"}


def test_an_id_with_white_space_is_known_as_trec_files_write_it(index: Index, tmp_path: Path) -> None:
    (tmp_path / "q.run").write_text(trec_run({"q 1": LISTED}, "q"), encoding="utf-8")
    ranker = RunRanker("q", tmp_path / "q.run", index, lambda: Resolver(ARTICLES))
    assert ranker.search(replace(ASKED, query_id="q 1"), ALL, 3).hits == LISTED
    assert not ranker.search(replace(ASKED, query_id="q 2"), ALL, 3).answered


def test_a_fusion_tells_two_questions_of_one_text_by_their_ids(index: Index, tmp_path: Path) -> None:
    """A run file may list other articles for each."""
    (tmp_path / "q.run").write_text(trec_run({"1": LISTED[:1], "2": LISTED[1:]}, "q"), encoding="utf-8")
    run = RunRanker("q", tmp_path / "q.run", index, lambda: Resolver(ARTICLES))
    settings = FusionSystem(label="Both", kind="fusion", of=("q", "again"))
    fusion = FusionRanker(settings, {"q": run, "again": run}, index)
    found = [
        {hit.doc_id for hit in fusion.search(replace(ASKED, query_id=name), ALL, 9).hits} for name in "12"
    ]
    assert found == [{LAMPS}, {BOATS_HERE, BOATS}]
