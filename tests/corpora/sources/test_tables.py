"""Articles of JSON lines, CSV and Parquet tables."""

import datetime
import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.corpus_files import FERRY, doc_ids, folder, json_lines, read, report_of
from workbench.core.domain import Article, Level
from workbench.core.errors import CorpusError

ROW = {"law": FERRY, "article": "第2条", "text": "渡船载客不得超过核定人数。\n"}
LOCAL = {
    "law": "宁波市渡口条例",
    "article": 3,
    "text": "甲",
    "region": "浙江省",
    "published": "2020年5月8日",
    "chapter": "第一章  总则",
}
ARTICLES = [
    Article(FERRY, "第二条", "渡船载客不得超过核定人数。\n", Level.LAW),
    Article(
        "宁波市渡口条例",
        "第三条",
        "甲",
        Level.LOCAL_REGULATION,
        region="浙江",
        chapter="第一章 总则",
        published="2020-05-08",
    ),
]
CSV = 'law,article,text,region,published,chapter\n{},第2条,"渡船载客不得超过核定人数。\n",,,\n宁波市渡口条例,3,甲,浙江省,2020年5月8日,第一章  总则\n'


def written(path: Path, kind: str, columns: dict[str, str]) -> Path:
    """The two rows in a file of that kind, its columns renamed."""
    rows = [{columns.get(field, field): value for field, value in row.items()} for row in (ROW, LOCAL)]
    if kind == "parquet":
        typed = pa.table(
            {name: [None if name not in row else str(row[name]) for row in rows] for name in rows[1]}
        )
        parquet.write_table(typed.append_column("vector", pa.array([[0.5, 1.0], [1.0, 0.5]])), path)
        return path
    if kind == "csv":
        header, rest = CSV.format(FERRY).split("\n", 1)
        text = ",".join(columns.get(field, field) for field in header.split(",")) + "\n" + rest
    else:
        text = json_lines(*rows)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("columns", [{}, {"text": "content", "law": "法律"}])
@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_rows_are_articles(kind: str, columns: dict[str, str], tmp_path: Path) -> None:
    path = written(tmp_path / f"laws.{kind}", kind, columns)
    assert sorted(read(kind, path, columns=columns).articles, key=lambda article: article.article) == sorted(
        ARTICLES, key=lambda article: article.article
    )


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_a_missing_column_is_named_with_those_there_are(kind: str, tmp_path: Path) -> None:
    path = written(tmp_path / f"laws.{kind}", kind, {"text": "content"})
    message = rf'laws.{kind}: lacks the column "text"; wanted: one of the columns there are: law, article, content.*; .* columns = {{ text = "content" }}'
    with pytest.raises(CorpusError, match=message):
        read(kind, path)
    if kind != "jsonl":  # where each row may have keys of its own
        with pytest.raises(CorpusError, match='lacks the column "年"'):
            read(kind, path, columns={"text": "content", "published": "年"})
    with pytest.raises(
        CorpusError, match='"txt" is no field of an article; wanted: law, article, text, level'
    ):
        read(kind, path, columns={"txt": "content"})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_encodings(kind: str, encoding: str, tmp_path: Path) -> None:
    path = written(tmp_path / "laws", kind, {})
    path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))
    corpus = read(kind, path)
    assert len(corpus.articles) == 2
    assert report_of(corpus).noted == ({"taken for granted": 1} if encoding == "gb18030" else {})


def test_packed_and_sharded_files(tmp_path: Path) -> None:
    root = folder(
        tmp_path,
        {
            "a.jsonl.gz": gzip.compress(json_lines(ROW).encode()),
            "b/c.jsonl": json_lines(LOCAL),
            "d.csv": "x\n",
        },
    )
    assert len(read("jsonl", root).articles) == 2
    (root / "a.jsonl.gz").write_bytes((root / "a.jsonl.gz").read_bytes()[:-20])
    with pytest.raises(CorpusError, match=r"a.jsonl.gz: cannot be read to its end"):
        read("jsonl", root)


@pytest.mark.parametrize(
    ("line", "kind", "found"),
    [
        ("{bad", "lines that are no JSON", ":2: is no JSON"),
        ("[" * 100_000, "lines that are no JSON", ":2: is no JSON"),
        ("9" * 5_000, "lines that are no JSON", ":2: is no JSON"),
        ('["a"]', "values that are no JSON object", ":2: is no JSON object"),
        (ROW | {"article": "第百百条"}, "no article number", ':2: "第百百条" is no article number'),
        (ROW | {"article": None}, "no law, number or text", ":2: has no article"),
        (ROW | {"law": " ", "text": ""}, "no law, number or text", ":2: has no law and no text"),
        (ROW | {"text": float("nan")}, "no law, number or text", ":2: has no text"),
        ({"id": 7}, "no law, number or text", ":2: has no law and no article and no text"),
        (ROW | {"law": "法" * 1_001}, "more than 1,000 characters in a field", ":2: law has 1,001 characters"),
        (ROW | {"level": "民俗"}, "unknown level", ':2: "民俗" is no level of law (宪法, 法律'),
        (json.dumps(ROW | {"text": "\ud800"}), "characters that are no text", ":2: holds a NUL, half a surrogate pair"),
        (ROW | {"law": "\0"}, "characters that are no text", ":2: holds a NUL"),
        (b'{"law": "\xff"}', "lines that are no text", ":2: byte 0xff is not UTF-8"),
    ],
)  # fmt: skip
def test_a_faulty_line_is_skipped_and_said(line: Any, kind: str, found: str, tmp_path: Path) -> None:
    path = tmp_path / "laws.jsonl"
    middle = line if isinstance(line, bytes) else json_lines(line).encode()
    path.write_bytes(json_lines(ROW).encode() + b"\n" + middle + b"\n" + json_lines(LOCAL).encode())
    corpus = read("jsonl", path)
    assert len(corpus.articles) == 2
    assert report_of(corpus).skipped == {kind: 1}
    assert report_of(corpus).examples[0].startswith(f"{path}{found}")


@pytest.mark.parametrize(
    ("middle", "kind", "found"),
    [
        (b"a,b\n", "rows with another number of cells", ":3: has 2 cells; wanted: 3, as the header has"),
        (b'a,1,"x" y\n', "rows that are no CSV", ":3: is no CSV (',' expected after '\"')"),
        (
            f'a,1,"{"长" * 200_000}"\n'.encode(),
            "rows that are no CSV",
            ":3: is no CSV (field larger than field limit",
        ),
        (
            b"a,1,\xff\n",
            "characters that are no text",
            ":3: holds a NUL, half a surrogate pair or a byte that is no text",
        ),
        (b"a,1,\0\n", "characters that are no text", ":3: holds a NUL"),
        (b"\n , ,\n", "", ""),
    ],
)
def test_a_faulty_row_is_skipped_and_said(middle: bytes, kind: str, found: str, tmp_path: Path) -> None:
    path = tmp_path / "laws.csv"
    path.write_bytes("law,article,text\n渡口法,1,甲\n".encode() + middle + "渡口法,2,乙\n".encode())
    corpus = read("csv", path)
    assert doc_ids(corpus) == ["渡口法#第一条", "渡口法#第二条"]
    assert report_of(corpus).skipped == ({kind: 1} if kind else {})
    assert not kind or report_of(corpus).examples[0].startswith(f"{path}{found}")


def test_a_faulty_first_line_does_not_stop_the_rest(tmp_path: Path) -> None:
    path = folder(tmp_path, {"laws.jsonl": json_lines({"law": FERRY}, ROW)}) / "laws.jsonl"
    assert doc_ids(read("jsonl", path)) == [f"{FERRY}#第二条"]


def test_an_open_quote_costs_the_rest_and_is_said(tmp_path: Path) -> None:
    path = tmp_path / "laws.csv"
    path.write_text('law,article,text\n渡口法,1,甲\n渡口法,2,"乙\n渡口法,3,丙\n', encoding="utf-8")
    corpus = read("csv", path)
    assert doc_ids(corpus) == ["渡口法#第一条"]
    assert report_of(corpus).examples == [f"{path}:3: is no CSV (unexpected end of data)"]


@pytest.mark.parametrize(
    ("given", "keys", "level", "region"),
    [
        ({}, {}, Level.LAW, ""),
        ({"level": "行政法规", "region": "浙江"}, {}, Level.ADMINISTRATIVE_REGULATION, ""),
        ({"level": "监察法规"}, {}, Level.ADMINISTRATIVE_REGULATION, ""),
        ({"level": "地方法规", "region": "宁波市"}, {}, Level.LOCAL_REGULATION, "宁波市"),
        ({"level": "地方政府规章"}, {"region": "浙江省"}, Level.LOCAL_GOVERNMENT_RULE, "浙江"),
        ({"level": "法律"}, {"level": Level.DEPARTMENT_RULE}, Level.LAW, ""),
        ({}, {"level": Level.DEPARTMENT_RULE}, Level.DEPARTMENT_RULE, ""),
    ],
)
def test_level_and_region(
    given: dict[str, str], keys: dict[str, Any], level: Level, region: str, tmp_path: Path
) -> None:
    path = folder(tmp_path, {"laws.jsonl": json_lines(ROW | given)}) / "laws.jsonl"
    (article,) = read("jsonl", path, **keys).articles
    assert (article.level, article.region) == (level, region)


def test_parquet_types(tmp_path: Path) -> None:
    table = {
        "law": ["甲法", "乙法"],
        "article": [1, 2],
        "text": ["甲", "乙"],
        "published": pa.array([datetime.date(2020, 1, 2), None]),
    }
    parquet.write_table(pa.table(table), tmp_path / "laws.parquet")
    assert [
        (article.article, article.published)
        for article in read("parquet", tmp_path / "laws.parquet").articles
    ] == [
        ("第二条", ""),
        ("第一条", "2020-01-02"),
    ]


@pytest.mark.parametrize("content", [b"", b"PAR1 and no more", b"PAR1" + b"\0" * 100 + b"PAR1"])
def test_no_parquet(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "laws.parquet").write_bytes(content)
    with pytest.raises(CorpusError, match=r"laws.parquet: cannot be read as Parquet"):
        read("parquet", tmp_path / "laws.parquet")


def test_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"laws.csv: does not exist; correct `path`"):
        read("csv", tmp_path / "laws.csv")
    with pytest.raises(CorpusError, match=r"holds no .csv file"):
        read("csv", tmp_path)
    (tmp_path / "laws.csv").write_text("law;article;text\n", encoding="utf-8")
    with pytest.raises(
        CorpusError, match=r"corpus: its sources hold no article; .*read with semicolons; check the paths"
    ):
        read("csv", tmp_path / "laws.csv")
    (tmp_path / "laws.csv").write_text("law,law,text\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r'laws.csv:1: the column "law" stands there twice'):
        read("csv", tmp_path / "laws.csv")
    (tmp_path / "laws.jsonl").write_bytes(json_lines(ROW).encode() + b"\xff")
    with pytest.raises(CorpusError, match=r"hold no article; .*laws.jsonl:1: byte 0xff is not UTF-8"):
        read("jsonl", tmp_path / "laws.jsonl")
