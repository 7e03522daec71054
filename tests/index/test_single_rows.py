"""A question at any size: nothing of a row is read before it is needed, and each row that is taken is checked by itself."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import lancedb
import numpy as np
import pytest

from tests.conftest import ARTICLES, LAW, PLACE, WIDTH
from workbench.core.domain import Citation, Level
from workbench.core.errors import CitationError, IndexFault
from workbench.core.settings import LexicalSystem, Pair
from workbench.corpora.citations import Resolver
from workbench.encoders import encoders_for
from workbench.index import Filter, Index, build, build_ann, row_mask
from workbench.index.checking import CheckedTable
from workbench.index.citing import IndexCatalogue
from workbench.index.upgrading import upgrade

QUERY = np.ones(WIDTH, np.float32)
IDS = [article.doc_id for article in ARTICLES]
FILTERS = (
    Filter(levels=(Level.LAW,)),
    Filter(regions=("甲省", "")),
    Filter(law="渡口法"),
    Filter(levels=(Level.LOCAL_REGULATION,), law="条例"),
    Filter(law="没有这部法"),
    Filter(as_of="2020-01-01"),
)


@pytest.fixture(scope="module")
def lexical(pair: Pair) -> Pair:
    return replace(pair, systems=pair.systems | {"bm25": LexicalSystem(label="BM25")})


@pytest.fixture(scope="module")
def built(lexical: Pair, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An index with an ANN index on each vector column."""
    folder = tmp_path_factory.mktemp("single")
    uri = str(folder / "index")
    build(uri, ARTICLES, lexical, encoders_for(lexical, folder))
    build_ann(uri, "ivf_hnsw_sq")
    return uri


@pytest.fixture(scope="module")
def older(built: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same as an earlier version built it: without scalar indexes, laws and checksums of rows."""
    uri = shutil.copytree(built, tmp_path_factory.mktemp("older") / "index")
    database = lancedb.connect(uri)
    database.drop_table("derived")
    articles = database.open_table("articles")
    for index in articles.list_indices():
        if index.name.endswith("_scalar"):
            articles.drop_index(index.name)
    return str(uri)


@pytest.fixture
def copy(built: str, tmp_path: Path) -> str:
    return str(shutil.copytree(built, tmp_path / "index"))


def answers(uri: str) -> list[Any]:
    """Whatever a question, a header, a filter or a citation asks of an index."""
    index = Index(uri)
    resolver = Resolver(catalogue=IndexCatalogue(index))
    return [
        index.counts,
        {field: index.values(field) for field in ("level", "region", "law")},
        index.articles(IDS[2:5]),
        index.articles(["nobody", IDS[0]]),
        [hit.doc_id for hit in index.search("base", 16, QUERY, 7, ann=True)],
        [
            [hit.doc_id for hit in index.search("base", 16, QUERY, 7, ann=True, where=each)]
            for each in FILTERS
        ],
        [row_mask(index, each).tolist() for each in FILTERS],
        [index.any(each) for each in FILTERS],
        [hit.doc_id for hit in index.search_text("bm25", "渡船载客", 3)],
        [resolver.resolve(Citation(article.law, article.article)) for article in ARTICLES],
        [list(index.doc_ids), index.local.tolist(), list(index.citable())],
    ]


def test_an_index_of_an_earlier_version_answers_the_same(built: str, older: str) -> None:
    assert answers(older) == answers(built)


def test_an_index_of_an_earlier_version_is_upgraded_in_place(older: str, built: str, tmp_path: Path) -> None:
    uri = str(shutil.copytree(older, tmp_path / "index"))
    before = Index(uri)
    assert not before.has_row_checksums
    assert (upgrade(uri), upgrade(uri)) == (True, False)
    after = Index(uri)
    assert after.has_row_checksums
    assert after.build_id == before.build_id
    assert after.verify(ARTICLES) == []
    assert answers(uri) == answers(built)
    assert not upgrade(built)


def test_what_is_damaged_is_not_taken_for_what_was_built(older: str, tmp_path: Path) -> None:
    uri = str(shutil.copytree(older, tmp_path / "index"))
    flipped(uri, ARTICLES[0].text.encode())
    with pytest.raises(IndexFault, match="not what was built"):
        upgrade(uri)


def test_what_a_filter_lets_through_is_what_its_fields_say(built: str) -> None:
    index = Index(built)
    wanted: list[Callable[[Any], bool]] = [
        lambda each: each.level is Level.LAW,
        lambda each: each.region in ("甲省", ""),
        lambda each: "渡口法" in each.law,
        lambda each: each.level is Level.LOCAL_REGULATION and "条例" in each.law,
        lambda _: False,
        lambda _: True,  # without dates they count as in force
    ]
    for where, fits in zip(FILTERS, wanted, strict=True):
        assert row_mask(index, where).tolist() == [fits(article) for article in ARTICLES]
        found = index.search("base", 16, QUERY, 7, ann=True, where=where)
        assert {hit.doc_id for hit in found} == {each.doc_id for each in ARTICLES if fits(each)}


def test_no_column_is_read_for_a_question(built: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: Any) -> Any:
        raise AssertionError("a whole column was read")

    monkeypatch.setattr(CheckedTable, "pieces", read)
    monkeypatch.setattr(CheckedTable, "_are_sound", lambda _, columns: not columns or read())
    index = Index(built)
    assert index.counts == {"articles": 7, "national": 4, "local": 3}
    hits = index.search("base", 16, QUERY, 3, ann=True, where=Filter(levels=(Level.LAW,), law="渡口"))
    assert len(index.articles(hit.doc_id for hit in hits)) == 3
    assert Resolver(catalogue=IndexCatalogue(index)).resolve(Citation("渡口法", "2")) == f"{LAW}#第二条"


def flipped(uri: str, content: bytes) -> None:
    """Flips the last bit of some content wherever it stands in the data files of the articles."""
    files = (Path(uri) / "articles.lance" / "data").iterdir()
    holding = {file: data for file in files if content in (data := file.read_bytes())}
    assert holding
    for file, data in holding.items():
        file.write_bytes(data.replace(content, content[:-1] + bytes([content[-1] ^ 1])))


@pytest.mark.parametrize("row", range(len(ARTICLES)))
def test_a_flip_in_any_candidates_vector_is_told(copy: str, row: int) -> None:
    vector = np.concatenate(list(Index(copy).vector_batches("base_16")))[row]
    flipped(copy, vector.tobytes())
    with pytest.raises(IndexFault, match=r"column base_16: rows .* (not what was built|not of unit length)"):
        Index(copy).search("base", 16, QUERY, 3, ann=True)


@pytest.mark.parametrize("text", ["渡船载客不得超过核定人数。", "本省渡船载客不得超过核定人数的九成。"])
def test_a_flip_in_the_text_of_a_hit_is_told_and_of_others_is_none_of_its_business(
    copy: str, text: str
) -> None:
    damaged = next(article for article in ARTICLES if article.text == text)
    flipped(copy, text.encode())
    index = Index(copy)
    with pytest.raises(IndexFault, match=r"column text: rows .* not what was built"):
        index.articles([damaged.doc_id])
    sound = next(article for article in ARTICLES if article.text != text)
    assert index.articles([sound.doc_id]) == {sound.doc_id: sound}


def test_what_was_derived_and_is_damaged_counts_as_not_there(built: str, copy: str) -> None:
    derived = lancedb.connect(copy).open_table("derived")
    derived.update(values_sql={"content": "cast('x' as binary)"})
    assert answers(copy) == answers(built)


@pytest.mark.parametrize(
    "citation",
    [
        Citation("渡口法", "2"),
        Citation("《灯塔法》", "第一条"),
        Citation(PLACE, "第二条"),
        Citation("渡口法", "99"),
        Citation("渡河法", "1"),
        Citation(doc_id=IDS[3]),
        Citation(doc_id="渡口法#第二条"),
        Citation(doc_id="渡口法第2条"),
        Citation(doc_id=IDS[3][:-1]),
        Citation(doc_id="'"),
    ],
)
def test_citations_resolve_as_among_the_articles_themselves(built: str, citation: Citation) -> None:
    def said(resolver: Resolver) -> str:
        try:
            return resolver.resolve(citation)
        except CitationError as fault:
            return str(fault)

    expecting = Resolver(catalogue=IndexCatalogue(Index(built)))
    expecting.expect([citation, Citation("渡口法", "1")])
    found = {
        said(each)
        for each in (Resolver(ARTICLES), Resolver(catalogue=IndexCatalogue(Index(built))), expecting)
    }
    assert len(found) == 1
