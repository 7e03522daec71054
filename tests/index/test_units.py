"""A corpus is cut into units by its articles' names: what changes touches its own unit, and the others' files stay."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import lancedb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import ARTICLES
from tests.index.test_building import counting, encoded
from workbench.core.domain import Article, Level
from workbench.core.settings import LexicalSystem, Pair
from workbench.encoders import encoders_for
from workbench.index import Index, build
from workbench.index.building import units
from workbench.index.building.units import cut

MANY = sorted(
    (
        Article(law=f"灯塔法{number:03}", article="第一条", text=f"守塔人第{number}班。", level=Level.LAW)
        for number in range(200)
    ),
    key=lambda article: article.doc_id,
)


@pytest.fixture
def short_units(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(units, "MEAN", 16)
    monkeypatch.setattr(units, "MOST", 40)


def names(articles: Sequence[Article]) -> set[tuple[str, ...]]:
    return {tuple(article.doc_id for article in unit) for unit in cut(articles)}


def test_units_follow_one_another_and_hold_every_article_once(short_units: None) -> None:
    found = list(cut(MANY))
    assert [article for unit in found for article in unit] == MANY
    assert max(map(len, found)) <= 40
    assert 5 <= len(found) <= 40
    assert list(cut([])) == []


@pytest.mark.usefixtures("short_units")
@pytest.mark.parametrize("place", range(0, 200, 7))
def test_an_article_less_changes_two_units_at_most(place: int) -> None:
    """Its own; and the one before it, where it began one. A unit cut for its length alone can pass that on."""
    before, after = names(MANY), names(MANY[:place] + MANY[place + 1 :])
    longest = max(map(len, before))
    assert len(before - after) <= 2 + (longest == 40)


def files(uri: str) -> set[str]:
    return {path.name for path in (Path(uri) / "articles.lance" / "data").iterdir()}


@pytest.mark.usefixtures("short_units")
def test_a_changed_article_rewrites_its_own_unit_alone(pair: Pair, tmp_path: Path) -> None:
    uri, log = str(tmp_path / "index"), tmp_path / "log"
    build(uri, MANY, pair, counting(pair, log))
    before = files(uri)
    assert len(before) == 3 * len(list(cut(MANY)))  # the texts, and each system's vectors
    changed = [*MANY[:100], replace(MANY[100], text="改了。"), *MANY[101:]]
    assert build(uri, changed, pair, counting(pair, log)).encoded == {"base": 1, "tuned": 1}
    assert encoded(log) == 402
    assert len(files(uri) - before) == 3
    assert Index(uri).verify(changed) == []
    dated = [*changed[:50], replace(changed[50], published="2020-01-01"), *changed[51:]]
    now = files(uri)
    assert build(uri, dated, pair, counting(pair, log)).encoded == {"base": 0, "tuned": 0}
    assert len(files(uri) - now) == 1  # its texts


@pytest.mark.usefixtures("short_units")
def test_a_further_dimension_is_cut_from_what_is_there(pair: Pair, tmp_path: Path) -> None:
    uri, log = str(tmp_path / "index"), tmp_path / "log"
    build(uri, MANY, pair, counting(pair, log))
    wider = replace(pair, dims=(16, 8, 4))
    assert build(uri, MANY, wider, counting(wider, log)).encoded == {"base": 0, "tuned": 0}
    build(str(tmp_path / "fresh"), MANY, wider, encoders_for(wider, tmp_path))
    assert rows(uri) == rows(str(tmp_path / "fresh"))


def rows(uri: str) -> dict[str, list[object]]:
    table = lancedb.connect(uri).open_table("articles").to_arrow()
    return {name: table[name].to_pylist() for name in table.column_names}


CORPORA = st.lists(
    st.lists(st.tuples(st.sampled_from(ARTICLES), st.sampled_from(["", "改"])), min_size=1, unique_by=str),
    min_size=2,
    max_size=4,
)


@settings(max_examples=15, deadline=None)
@given(CORPORA)
def test_whatever_was_built_before_the_index_is_that_of_a_fresh_build(
    pair: Pair, corpora: list[list[tuple[Article, str]]]
) -> None:
    lexical = replace(pair, systems=pair.systems | {"bm25": LexicalSystem(label="BM25")})
    with pytest.MonkeyPatch.context() as patched, TemporaryDirectory() as folder:
        patched.setattr(units, "MEAN", 3)
        for chosen in corpora:
            by_id = {each.doc_id: replace(each, text=each.text + more) for each, more in chosen}
            articles = [by_id[doc_id] for doc_id in sorted(by_id)]
            build(f"{folder}/index", articles, lexical, encoders_for(lexical, Path()))
            assert Index(f"{folder}/index").verify(articles) == []
        build(f"{folder}/fresh", articles, lexical, encoders_for(lexical, Path()))
        assert rows(f"{folder}/index") == rows(f"{folder}/fresh")
