"""Filters: what LanceDB finds by SQL is what the mask for exact ranks lets through; law as in force on a day."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import lancedb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import ARTICLES, LAW, OLD_FERRY, OLD_LAW, PLACE, VERSIONS, WIDTH
from workbench.core.domain import Level
from workbench.core.errors import IndexFault, QueryError
from workbench.core.settings import Pair
from workbench.encoders import encoders_for
from workbench.index import Filter, FilteredIndex, Index, build
from workbench.index.filtered import row_mask

UNDATED = {article.doc_id for article in VERSIONS if not article.published}
NEW = {article.doc_id for article in VERSIONS if article.law == LAW}
OLD = {article.doc_id for article in VERSIONS if article.law == OLD_LAW}


@pytest.fixture(scope="module")
def index(pair: Pair, versions_home: Path) -> Index:
    return Index(pair.index_uri(versions_home))


def found(index: Index, where: Filter) -> set[str]:
    hits = index.search("base", 16, np.ones(WIDTH, np.float32), len(VERSIONS), where=where)
    return {hit.doc_id for hit in hits}


def let_through(index: Index, where: Filter) -> set[str]:
    return {doc_id for doc_id, kept in zip(index.doc_ids, row_mask(index, where), strict=True) if kept}


@pytest.mark.parametrize(
    ("day", "wanted"),
    [
        ("2015-03-14", UNDATED),
        ("2015-06-30", UNDATED),  # published, but not in force
        ("2015-07-01", UNDATED | OLD),
        ("2021-01-22", UNDATED | OLD),
        ("2021-04-30", UNDATED | OLD),
        ("2021-05-01", UNDATED | NEW),
        (date(2021, 5, 1), UNDATED | NEW),
        ("2099-12-31", UNDATED | NEW),
    ],
)
def test_law_in_force_on_a_day(index: Index, day: date | str, wanted: set[str]) -> None:
    where = Filter(as_of=day)
    assert where
    assert found(index, where) == let_through(index, where) == wanted
    assert set(FilteredIndex(index, where).doc_ids) == wanted


@settings(max_examples=60, deadline=None)
@given(
    levels=st.sets(st.sampled_from(Level), max_size=2),
    regions=st.sets(st.sampled_from(["", "甲省", "乙市", "O'Brien"]), max_size=2),
    law=st.sampled_from(["", "渡口", "法（", "'"]),
    as_of=st.one_of(st.just(""), st.dates(date(2014, 12, 1), date(2021, 12, 31))),
)
def test_search_and_ranks_take_the_same_articles(
    index: Index, levels: set[Level], regions: set[str], law: str, as_of: date | str
) -> None:
    where = Filter(tuple(levels), tuple(regions), law, as_of)
    assert found(index, where) == let_through(index, where)


@pytest.mark.parametrize(
    "day",
    ["2021-02-29", "2021-2-9", "20210209", "yesterday", "2021-05-01' OR '1' = '1", datetime(2021, 5, 1)],
)
def test_what_is_no_day_gets_one_message(day: Any) -> None:
    with pytest.raises(
        QueryError, match=r"as of: \".+\" is no day; wanted: YYYY-MM-DD; write e.g. 2020-01-31"
    ):
        Filter(as_of=day)


def test_an_index_knows_whether_it_has_versions(index: Index, pair: Pair, home: Path) -> None:
    assert index.has_versions
    assert not Index(pair.index_uri(home)).has_versions


@pytest.fixture
def older_uri(pair: Pair, tmp_path: Path) -> str:
    """An index as it was built before there was a column for it."""
    uri = str(tmp_path / "index")
    build(uri, VERSIONS, pair, encoders_for(pair, tmp_path))
    lancedb.connect(uri).open_table("articles").drop_columns(["replaced"])
    return uri


def test_an_older_index_goes_on_until_it_is_built_again(pair: Pair, older_uri: str, tmp_path: Path) -> None:
    older = Index(older_uri, pair="mine")
    assert not older.has_versions
    assert found(older, Filter(law="渡口法")) == NEW | OLD | {f"{PLACE}#第一条", f"{PLACE}#第二条"}
    with pytest.raises(IndexFault, match="index build --pair mine`, which encodes nothing anew"):
        found(older, Filter(as_of="2021-05-01"))
    with pytest.raises(IndexFault, match="index build --pair mine`, which encodes nothing anew"):
        row_mask(older, Filter(as_of="2021-05-01"))
    report = build(older_uri, VERSIONS, pair, encoders_for(pair, tmp_path))
    assert (report.encoded, report.replaced) == ({"base": 0, "tuned": 0}, True)
    assert found(Index(older_uri), Filter(as_of="2021-05-01")) == UNDATED | NEW


def test_a_version_that_goes_leaves_none_replaced(pair: Pair, tmp_path: Path) -> None:
    uri = str(tmp_path / "index")
    build(uri, VERSIONS, pair, encoders_for(pair, tmp_path))
    build(uri, [OLD_FERRY, *ARTICLES[1:]], pair, encoders_for(pair, tmp_path))
    assert not Index(uri).has_versions
