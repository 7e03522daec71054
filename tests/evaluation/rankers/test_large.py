"""A large index: asked approximately and without ranks beyond the lists by default; exactly, and with all ranks, when one asks for that."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ARTICLES, save_model
from tests.evaluation.rankers.invented import PAIR
from workbench._pairs import parse_pair
from workbench.core.dimensions import ALL
from workbench.core.domain import Level, Query
from workbench.core.errors import IndexFault
from workbench.core.settings import Pair
from workbench.corpora.citations import Resolver
from workbench.encoders import QueryVectors, encoders_for
from workbench.evaluation.asking import Answer, ask, with_measured
from workbench.evaluation.experiment import run_experiment
from workbench.evaluation.rankers import Ranker, rankers_for
from workbench.index import Filter, Index, build, build_ann
from workbench.query_sets.query_set import QuerySet

IDS = [article.doc_id for article in ARTICLES]
ASKED = Query("q1", "渡船载客几个人")
BURIED = IDS[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    save_model(folder / "base", 0)
    save_model(folder / "wide", 1, 32)
    return folder


@pytest.fixture(scope="module")
def pair(folder: Path) -> Pair:
    parsed = parse_pair(PAIR, folder / "pair.toml")
    return replace(parsed, systems={name: parsed.systems[name] for name in ("base", "wide", "bm25")})


def index_of(pair: Pair, folder: Path, name: str, exact_up_to: int) -> Index:
    return Index(str(folder / name), exact_up_to=exact_up_to).check_fits(pair, encoders_for(pair, folder))


@pytest.fixture(scope="module")
def large(pair: Pair, folder: Path) -> Index:
    """Large from its first article on, with an ANN index on every vector column."""
    build(str(folder / "ann"), ARTICLES, pair, encoders_for(pair, folder))
    build_ann(str(folder / "ann"), "ivf_hnsw_sq")
    return index_of(pair, folder, "ann", 0)


@pytest.fixture(scope="module")
def without_ann(pair: Pair, folder: Path) -> Index:
    build(str(folder / "bare"), ARTICLES, pair, encoders_for(pair, folder))
    return index_of(pair, folder, "bare", 0)


def rankers_of(index: Index, pair: Pair, folder: Path) -> dict[str, Ranker]:
    vectors = QueryVectors(folder / "query_vectors.sqlite")
    return rankers_for(pair, index, encoders_for(pair, folder), vectors, lambda: Resolver(ARTICLES))


def asked(index: Index, pair: Pair, folder: Path, **more: Any) -> Answer:
    rankers = rankers_of(index, pair, folder)
    return ask(ASKED, index=index, rankers=rankers, dim=16, depth=3, relevant=frozenset({BURIED}), **more)


def hits(answer: Answer) -> dict[str, list[str]]:
    return {name: [hit.doc_id for hit in listing.hits] for name, listing in answer.listings.items()}


def test_a_list_tells_the_places_of_its_own_hits_alone(large: Index, pair: Pair, folder: Path) -> None:
    answer = asked(large, pair, folder)
    for listing in answer.listings.values():
        places = {hit.doc_id: place for place, hit in enumerate(listing.hits, 1)}
        assert (listing.ranks, listing.ranked, listing.exact) == (places, False, None)
        assert listing.found == listing.found_anywhere == len(listing.hits)
        assert listing.relevant == {listing.dim: {BURIED: places[BURIED]} if BURIED in places else {}}
    assert answer.articles.keys() == {BURIED, *(doc_id for each in hits(answer).values() for doc_id in each)}


@pytest.mark.parametrize("where", [None, Filter(levels=(Level.LAW,))])
def test_when_one_asks_for_them_all_ranks_are_as_of_a_small_index(
    where: Filter | None, large: Index, pair: Pair, folder: Path
) -> None:
    small = index_of(pair, folder, "ann", 7)
    assert (large.is_large, small.is_large) == (True, False)
    found, wanted = (
        asked(index, pair, folder, where=where, ann=False, ranks=True) for index in (large, small)
    )
    assert hits(found) == hits(wanted) == hits(asked(small, pair, folder, where=where))
    for name, listing in found.listings.items():
        other = wanted.listings[name]
        assert (listing.ranks, listing.relevant, listing.found) == (other.ranks, other.relevant, other.found)
        assert listing.ranked


def test_by_default_it_goes_through_an_ann_index_where_there_is_one(
    large: Index, without_ann: Index, pair: Pair, folder: Path
) -> None:
    with_ann, without = (rankers_of(index, pair, folder) for index in (large, without_ann))
    assert {name: each.searches_approximately(each.dims[0]) for name, each in with_ann.items()} == {
        "base": True, "wide": True, "bm25": False,
    }  # fmt: skip
    assert not any(each.searches_approximately(each.dims[0]) for each in without.values())
    assert hits(asked(without_ann, pair, folder)) == hits(asked(large, pair, folder, ann=False))
    with pytest.raises(IndexFault, match="has no ANN index"):
        asked(without_ann, pair, folder, ann=True)


def test_a_small_index_says_of_each_question_what_an_ann_index_loses(
    large: Index, pair: Pair, folder: Path
) -> None:
    small = asked(index_of(pair, folder, "ann", 7), pair, folder, ann=True)
    assert {name: listing.exact for name, listing in small.listings.items()} == {
        "base": 3, "wide": 3, "bm25": None,
    }  # fmt: skip


def test_what_measuring_a_query_set_found_stands_in_for_ranks_beyond_the_lists(
    large: Index, pair: Pair, folder: Path
) -> None:
    query_set = QuerySet("tiny", (ASKED,), {"q1": {BURIED: 1}})
    measured = run_experiment(query_set, index=large, rankers=rankers_of(large, pair, folder), dims=pair.dims)
    answer = with_measured(asked(large, pair, folder), measured.rankings, ["q1"])
    whole = asked(large, pair, folder, ranks=True)
    for name, listing in answer.listings.items():
        assert listing.relevant == whole.listings[name].relevant
        assert listing.found_anywhere == whole.listings[name].found_anywhere
        assert not listing.ranked
    assert with_measured(whole, measured.rankings, ["q1"]) == whole


def test_filters_that_let_nothing_through_are_told(large: Index, pair: Pair, folder: Path) -> None:
    with pytest.raises(IndexFault, match="lets no article through"):
        asked(large, pair, folder, where=Filter(law="没有这部法"))


def test_dimensions_are_the_systems_own(large: Index, pair: Pair, folder: Path) -> None:
    assert {name: each.dim for name, each in asked(large, pair, folder).listings.items()} == {
        "base": 16, "wide": 32, "bm25": ALL,
    }  # fmt: skip
