"""Full-text columns: built with the index, kept, rebuilt where they have changed, and never half there for a reader."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ARTICLES
from workbench.core.domain import Level
from workbench.core.errors import IndexFault
from workbench.core.settings import LexicalSystem, Pair
from workbench.encoders import encoders_for
from workbench.index import BuildReport, Filter, Index, build
from workbench.index.building import replacing
from workbench.index.fulltext import build_full_text

BM25 = LexicalSystem(label="BM25")
ROWS = sorted(ARTICLES, key=lambda article: article.doc_id)
FERRY = next(article.doc_id for article in ARTICLES if "渡船载客不得超过核定人数。" in article.text)


@pytest.fixture
def lexical(pair: Pair) -> Pair:
    return replace(pair, systems=pair.systems | {"bm25": BM25})


def built(pair: Pair, home: Path, only: Pair | None = None) -> BuildReport:
    return build(pair.index_uri(home), ROWS, pair, encoders_for(pair, home), only=only)


def opened(pair: Pair, home: Path) -> Index:
    return Index(pair.index_uri(home)).check_fits(pair, encoders_for(pair, home))


def test_it_is_built_and_recorded_with_the_vectors(lexical: Pair, tmp_path: Path) -> None:
    built(lexical, tmp_path)
    index = opened(lexical, tmp_path)
    record = index.builds["bm25_all"]
    assert (record["model"], record["weights"], record["tokenizer"]) == (
        "BM25", "k1 = 1.2, b = 0.75", "ngram 2 to 2",
    )  # fmt: skip
    assert (record["dim"], record["rows"]) == (0, len(ROWS))
    assert list(json.loads(record["versions"])) == ["lancedb"]
    assert index.text_columns == ["bm25_all"]
    assert index.verify(ROWS) == []
    assert not built(lexical, tmp_path).replaced


def test_it_stays_where_only_another_system_is_built(lexical: Pair, tmp_path: Path) -> None:
    built(lexical, tmp_path)
    changed = replace(
        lexical,
        systems=lexical.systems | {"tuned": replace(lexical.dense["tuned"], document_template="{text}")},
    )
    report = built(changed, tmp_path, replace(changed, systems={"tuned": changed.systems["tuned"]}))
    assert report.encoded == {"tuned": len(ROWS)}
    assert opened(changed, tmp_path).search_text("bm25", "渡船载客", 1)[0].doc_id


@pytest.mark.parametrize(
    "change", [{"ngram": (1, 2)}, {"tokenizer": "simple"}, {"document_template": "{text}"}]
)
def test_what_has_changed_is_built_again_and_nothing_encoded(
    change: dict[str, Any], lexical: Pair, tmp_path: Path
) -> None:
    built(lexical, tmp_path)
    changed = replace(lexical, systems=lexical.systems | {"bm25": replace(BM25, **change)})
    with pytest.raises(IndexFault, match=r"bm25_all .* was built with"):
        opened(changed, tmp_path)
    report = built(changed, tmp_path)
    assert report.replaced
    assert not any(report.encoded.values())
    opened(changed, tmp_path)


def test_a_pair_that_gains_it_encodes_nothing(pair: Pair, lexical: Pair, tmp_path: Path) -> None:
    built(pair, tmp_path)
    with pytest.raises(IndexFault, match="bm25_all is missing"):
        opened(lexical, tmp_path)
    assert not any(built(lexical, tmp_path).encoded.values())
    opened(lexical, tmp_path)


def test_a_reader_has_the_rows_of_before_until_it_is_there(
    lexical: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(lexical, tmp_path)
    before, seen = opened(lexical, tmp_path).build_id, list[tuple[str, int]]()

    def look_first(*given: Any) -> None:
        index = opened(lexical, tmp_path)
        seen.append((index.build_id, len(index.search_text("bm25", "渡船", 9))))
        build_full_text(*given)

    monkeypatch.setattr(replacing, "build_full_text", look_first)
    build(lexical.index_uri(tmp_path), ROWS[1:], lexical, encoders_for(lexical, tmp_path))
    assert [build_id for build_id, _ in seen] == [before]
    assert seen[0][1] > 0
    assert opened(lexical, tmp_path).build_id != before


def test_a_build_that_is_killed_before_it_is_there_is_mended_by_the_next(
    lexical: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(lexical, tmp_path)
    before = opened(lexical, tmp_path).build_id

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(replacing, "build_full_text", killed)
        with pytest.raises(KeyboardInterrupt):
            build(lexical.index_uri(tmp_path), ROWS[1:], lexical, encoders_for(lexical, tmp_path))
    index = opened(lexical, tmp_path)
    assert (index.build_id, len(index.doc_ids)) == (before, len(ROWS))
    report = build(lexical.index_uri(tmp_path), ROWS[1:], lexical, encoders_for(lexical, tmp_path))
    assert report.replaced
    assert not any(report.encoded.values())
    assert len(opened(lexical, tmp_path).doc_ids) == len(ROWS) - 1


def test_a_filter_narrows_what_matches(lexical: Pair, tmp_path: Path) -> None:
    built(lexical, tmp_path)
    index = opened(lexical, tmp_path)
    local = {article.doc_id for article in ROWS if article.region}
    where = Filter(levels=(Level.LOCAL_REGULATION,))
    everywhere, _ = index.match("bm25", "渡船载客")
    narrowed, _ = index.match("bm25", "渡船载客", where=where)
    assert {index.doc_ids[place] for place in narrowed} == {
        index.doc_ids[place] for place in everywhere
    } & local  # fmt: skip
    assert {hit.doc_id for hit in index.search_text("bm25", "渡船载客", 9, where=where)} <= local


@pytest.mark.parametrize(
    "question", ["船", "？", '"渡船', "渡船 AND (", "+渡船 -灯塔", "渡船~2^3", "*", "渡船:灯塔", "\\"]
)
def test_any_question_is_taken_as_words(
    question: str, lexical: Pair, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("words")
    built(lexical, home)
    index = opened(lexical, home)
    matching = len(index.match("bm25", question)[0])
    assert matching == 0 if "渡船" not in question else matching > 0
