"""Documents in BEIR's form as articles."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from tests.corpus_files import FERRY, doc_ids, folder, json_lines, read, report_of
from workbench.core.domain import Article, Level
from workbench.core.errors import CorpusError


def documents(root: Path, *rows: Any) -> Path:
    return folder(root / "渡口集", {"corpus.jsonl": json_lines(*rows)})


@pytest.mark.parametrize(
    ("row", "article"),
    [
        ({"_id": "d1", "title": f"{FERRY} 第2条", "text": "甲"}, Article(FERRY, "第二条", "甲", Level.LAW, source_id="d1")),
        ({"_id": 7, "title": f"《{FERRY}》第二条之一", "text": "甲"}, Article(FERRY, "第二条之一", "甲", Level.LAW, source_id="7")),
        (
            {"_id": "d1", "title": "浙江省渡口条例第三条", "text": "甲"},
            Article("浙江省渡口条例", "第三条", "甲", Level.LOCAL_REGULATION, region="浙江", source_id="d1"),
        ),
        ({"_id": "d1", "title": "渡口问答", "text": "甲"}, Article("渡口问答", "d1", "甲", Level.LAW, source_id="d1")),
        ({"_id": "d1", "title": "", "text": "甲"}, Article("", "d1", "甲", Level.LAW, part="渡口集", source_id="d1")),
        ({"_id": "d1", "text": "甲"}, Article("", "d1", "甲", Level.LAW, part="渡口集", source_id="d1")),
        ({"_id": 1.0, "title": "渡口问答", "text": ""}, Article("", "1", "渡口问答", Level.LAW, part="渡口集", source_id="1")),
        ({"_id": "d1", "title": "渡口问答"}, Article("", "d1", "渡口问答", Level.LAW, part="渡口集", source_id="d1")),
        (
            {"_id": "d1", "title": "x", "text": "甲", "metadata": {"law": FERRY, "article": "5", "level": "行政法规", "chapter": "第一章"}},
            Article(FERRY, "第五条", "甲", Level.ADMINISTRATIVE_REGULATION, chapter="第一章", source_id="d1"),
        ),
        ({"_id": "d1", "title": "x", "text": "甲", "effective": "2020/1/2", "source_id": "x"}, Article("x", "d1", "甲", Level.LAW, effective="2020-01-02", source_id="d1")),
    ],
)  # fmt: skip
def test_a_document_is_an_article(row: dict[str, Any], article: Article, tmp_path: Path) -> None:
    assert list(read("beir", documents(tmp_path, row)).articles) == [article]


def test_the_source_gives_what_documents_lack(tmp_path: Path) -> None:
    root = documents(tmp_path, {"_id": "d1", "title": "渡口问答", "text": "甲"})
    (article,) = read("beir", root, level=Level.LOCAL_GOVERNMENT_RULE, region="浙江省").articles
    assert (article.level, article.region) == (Level.LOCAL_GOVERNMENT_RULE, "浙江")


def test_every_document_has_a_doc_id_of_its_own(tmp_path: Path) -> None:
    rows = [{"_id": name, "title": f"{FERRY} 第二条", "text": name} for name in ("a", "b", "c")]
    corpus = read("beir", documents(tmp_path, *rows))
    assert doc_ids(corpus) == [f"{FERRY}#b", f"{FERRY}#c", f"{FERRY}#第二条"]
    assert [article.source_id for article in corpus.articles] == ["b", "c", "a"]


def test_faulty_documents_are_skipped_and_said(tmp_path: Path) -> None:
    good = {"_id": "d1", "title": "x", "text": "甲"}
    root = documents(
        tmp_path,
        good,
        {"title": "x", "text": "甲"},
        good | {"_id": "d2", "title": "", "text": ""},
        good | {"title": "y"},
        good | {"_id": "d3", "metadata": 7},
        "{",
    )
    corpus = read("beir", root)
    assert doc_ids(corpus) == ["x#d1", "x#d3"]
    assert report_of(corpus).skipped == {
        "no _id": 1,
        "an _id that stands there twice": 1,
        "no law, number or text": 1,
        "lines that are no JSON": 1,
    }


def test_where_the_documents_are(tmp_path: Path) -> None:
    root = folder(
        tmp_path / "set", {"corpus.jsonl.gz": gzip.compress(json_lines({"_id": "d1", "text": "甲"}).encode())}
    )
    assert doc_ids(read("beir", root)) == doc_ids(read("beir", root / "corpus.jsonl.gz")) == ["set#d1"]
    with pytest.raises(
        CorpusError, match=r"holds no corpus.jsonl; wanted: BEIR's corpus.jsonl or corpus.jsonl.gz"
    ):
        read("beir", tmp_path)
    with pytest.raises(CorpusError, match=r"none: does not exist"):
        read("beir", tmp_path / "none")
