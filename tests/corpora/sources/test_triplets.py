"""Training triplets, and the articles in them."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.corpus_files import FERRY, doc_ids, folder, json_lines, read, report_of
from workbench.core.domain import Article, Level
from workbench.core.errors import CorpusError
from workbench.corpora import SourceReport
from workbench.corpora.rows import rows_of
from workbench.corpora.sources import source_of
from workbench.corpora.sources.triplets import Triplet, cited_in, parse_document, read_triplets

A, B, C = f"title: {FERRY} 第一条 | text: 第一条 甲", "title: 宁波市渡口条例 第2条 | text: 乙", "丙"


def triplets(path: Path, **keys: Any) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    found = read_triplets(source_of("triplets", path=str(path), **keys), SourceReport())
    return [(triplet.query, triplet.positives, triplet.negatives) for triplet in found]


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        (A, (FERRY, "第一条", "第一条 甲")),
        (B, ("宁波市渡口条例", "第二条", "乙")),
        ("title: 《渡口法》第120条之1 | text: 甲\n乙 | 丙", ("渡口法", "第一百二十条之一", "甲\n乙 | 丙")),
        ("Title：渡口法 第一条|text：", ("渡口法", "第一条", "")),
        ("title: 关于第三条的决定 条目二 | text: 甲", ("关于第三条的决定", "条目二", "甲")),
        ("title: 《渡口法》的补充规定 第一条 | text: 甲", ("《渡口法》的补充规定", "第一条", "甲")),
        ("title: 渡口法 | text: 甲", None),
        ("title:" + " " * 100_000 + "第一条 | text: 甲", None),
        ("title: none | text: 甲", None),
        ("title: 第一条 | text: 甲", None),
        ("第一条 甲", None),
        ("", None),
    ],
)
def test_parse_document(text: str, parsed: tuple[str, str, str] | None) -> None:
    assert parse_document(text) == parsed


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        (A, f"{FERRY.removeprefix('中华人民共和国')} 第一条"),
        ("title: 渡口法 第二条第一款 | text: 甲", "渡口法 第二条第一款"),
        ("title: 《渡口法》第2条第1款第(3)项 | text: 甲", "渡口法 第二条第一款第（三）项"),
        ("title：渡口法 第二条第一款｜text：甲", "渡口法 第二条第一款"),
        ("title: 渡口法 第二条、第三条 | text: 甲", "None"),
        ("title: 渡口法 | text: 甲", "None"),
        ("title: " + "第一款" * 50_000 + " | text: 甲", "None"),
    ],
)
def test_a_document_may_be_a_paragraph_of_an_article(text: str, cited: str) -> None:
    assert str(cited_in(text)) == cited


@pytest.mark.parametrize(
    "row",
    [
        {"anchor": "问", "positive": A, "negative": B},
        {"query": "问", "pos": [A], "neg": [B]},
        {"question": "问", "positives": [A], "negatives": [B], "id": 3},
        {"query": "问", "positive": A, "negative_1": B},
        {"anchor": "问", "positive_1": A, "negative1": B, "negative_2": None},
    ],
)
def test_the_names_of_columns(row: dict[str, Any], tmp_path: Path) -> None:
    root = folder(tmp_path, {"a.jsonl": json_lines(row)})
    assert triplets(root) == [("问", (A,), (B,))]


def test_other_names_on_request(tmp_path: Path) -> None:
    path = folder(tmp_path, {"a.jsonl": json_lines({"q": "问", "good": [A, B]})}) / "a.jsonl"
    assert triplets(path, columns={"query": "q", "positives": "good"}) == [("问", (A, B), ())]
    with pytest.raises(
        CorpusError,
        match=r"holds no triplet \(columns: q, good\); wanted: columns query .* columns = { query = \"q\" }",
    ):
        triplets(path)


@pytest.mark.parametrize("kind", ["jsonl", "json", "array", "csv", "parquet"])
def test_the_kinds_of_file(kind: str, tmp_path: Path) -> None:
    rows = [{"anchor": f"问{number}", "positive": [A, B], "negative": C * 900} for number in range(2_500)]
    path = tmp_path / f"train.{'json' if kind == 'array' else kind}"
    if kind == "parquet":
        parquet.write_table(pa.Table.from_pylist(rows), path)
    elif kind == "csv":
        quoted = json.dumps([A, B], ensure_ascii=False).replace('"', '""')
        path.write_text(
            "anchor,positive,negative\n" + "".join(f'{row["anchor"]},"{quoted}",{C * 900}\n' for row in rows),
            encoding="utf-8",
        )
    else:
        path.write_text(
            json.dumps(rows, indent=1, ensure_ascii=kind == "json") if kind == "array" else json_lines(*rows),
            encoding="utf-8",
        )
    assert triplets(path) == [(f"问{number}", (A, B), (C * 900,)) for number in range(2_500)]


def test_each_article_once(tmp_path: Path) -> None:
    rows = [
        {"anchor": "问", "positive": A, "negative": B},
        {"anchor": "谁", "positive": B, "negative": [A, C]},
        {"anchor": "何", "positive": C},
    ]
    corpus = read("triplets", folder(tmp_path, {"a.jsonl": json_lines(*rows)}))
    assert list(corpus.articles) == [
        Article(FERRY, "第一条", "第一条 甲", Level.LAW),
        Article("宁波市渡口条例", "第二条", "乙", Level.LOCAL_REGULATION, region="浙江"),
    ]
    assert report_of(corpus).skipped == {"no law and number": 1}
    assert report_of(corpus).examples == [f'{tmp_path}/a.jsonl:2: "丙…" names no law and article']


def test_level_and_region_of_the_source_go_first(tmp_path: Path) -> None:
    root = folder(tmp_path, {"a.jsonl": json_lines({"anchor": "问", "positive": A})})
    (article,) = read("triplets", root, level=Level.LOCAL_REGULATION, region="浙江省").articles
    assert (article.level, article.region) == (Level.LOCAL_REGULATION, "浙江")


def test_rows_that_are_no_triplet_are_skipped_and_said(tmp_path: Path) -> None:
    rows = [
        {"anchor": "问", "positive": A},
        {"anchor": " ", "positive": A},
        {"anchor": "问", "positive": []},
        {"anchor": 7, "positive": A},
    ]
    root = folder(tmp_path, {"dataset_infos.json": '{"default": {}}', "train.jsonl": json_lines(*rows)})
    report = SourceReport()
    assert list(read_triplets(source_of("triplets", path=str(root)), report)) == [
        Triplet("问", (A,), (), f"{root}/train.jsonl:1")
    ]
    assert report.skipped == {"rows without query or positive": 4}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[{"anchor": "问"', "train.json: is no JSON array"),
        ('[{"anchor": "问"}, ' + "[" * 100_000, "train.json: is no JSON array"),
        ("[]", r"holds no triplet \(columns: none\)"),
        ("", r"holds no triplet \(columns: none\)"),
    ],
)
def test_broken_files(content: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=message):
        triplets(folder(tmp_path, {"train.json": content}))


def test_no_files(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="none: does not exist"):
        triplets(tmp_path / "none")
    with pytest.raises(
        CorpusError, match=r"holds no .jsonl or .json or .csv or .tsv or .xlsx or .parquet file"
    ):
        triplets(tmp_path)
    with pytest.raises(
        CorpusError,
        match=r"x.txt: is of no kind that can be read; wanted: .jsonl, .json, .csv, .tsv, .xlsx, .parquet",
    ):
        triplets(folder(tmp_path, {"x.txt": "甲"}) / "x.txt")


def test_a_name_that_is_no_path_is_asked_for_at_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def fetch(repo: str, **keys: Any) -> Path:
        asked.append((repo, keys["revision"], keys["kind"]))
        return folder(tmp_path, {"a.jsonl": json_lines({"anchor": "问", "positive": A})})

    monkeypatch.setattr("workbench.core.hub.fetch", fetch)
    corpus = read("triplets", Path("someone/ferry-triplets"), revision="abc")
    assert doc_ids(corpus) == [f"{FERRY}#第一条"]
    assert asked == [("someone/ferry-triplets", "abc", "dataset")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_one_array_is_read_an_item_at_a_time(encoding: str, tmp_path: Path) -> None:
    big = 2**70
    rows = [{"anchor": f"问{number}，试用期最长多久", "positive": A, "weight": big} for number in range(3)]
    path = tmp_path / "train.json"
    path.write_bytes((" " + json.dumps(rows, ensure_ascii=False, indent=1)).encode(encoding))
    report = SourceReport()
    assert [row for _, row in rows_of(path, "json", report)] == rows
    assert report.skipped == {}


def test_half_a_surrogate_pair_in_an_array_stays_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "train.json"
    path.write_text('[{"anchor": "\\ud800x"}]', encoding="utf-8")
    assert [row for _, row in rows_of(path, "json", SourceReport())] == [{"anchor": "\ud800x"}]
