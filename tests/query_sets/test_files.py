"""Query sets as people have them: saved by spreadsheets, data frames, annotation tools and other benchmarks."""

import gzip
import io
import json
import zipfile
from contextlib import suppress
from pathlib import Path
from random import Random

import openpyxl
import pytest

from tests.fuzzed import QUERY_SETS, damaged, workbook, write
from workbench.core.domain import Citation, Query
from workbench.core.errors import QueryError
from workbench.corpora.report import SourceReport
from workbench.query_sets.formats import parse_queries, read_queries, set_names
from workbench.query_sets.own_sets import OwnSets

LOAD, LAMPS = Citation("渡口法", "第二条"), Citation("渡口法", "第三条")
READ = [Query("1", "坐几个人", (LOAD,)), Query("2", "点几盏灯", (LAMPS, LOAD))]
TABLE = 'query_id,text,relevant\n1,坐几个人,渡口法第2条\n2,点几盏灯,"渡口法第3条;渡口法第2条"\n'
SEMICOLONS = TABLE.replace(",", ";").replace('"渡口法第3条;渡口法第2条"', '"渡口法第3条\n渡口法第2条"')
BARS = TABLE.replace(",", "|")
TABS = TABLE.replace(",", "\t")
MARKED = (
    TABLE.replace("条\n", "条,x,y\n").replace('条"\n', '条",x,y\n').replace("relevant", "relevant,mark,who")
)
CHINESE = TABLE.replace("query_id,text,relevant", "序号,查询,答案")


def read(content: bytes, name: str) -> tuple[list[Query], list[str]]:
    report = SourceReport()
    return parse_queries(content, name, report=report), list(report.said())


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (TABLE.encode(), "q.csv", ""),
        (TABLE.encode("utf-8-sig"), "q.csv", ""),
        (TABLE.replace("\n", "\r\n").encode(), "q.CSV", ""),
        (TABS.encode(), "q.tsv", ""),
        (workbook(TABLE.replace('"', "")), "q.xlsx", ""),
        (TABLE.replace("query_id,text,relevant", "Query-ID, TEXT ,Relevant").encode(), "q.csv", ""),
        (TABLE.replace("1,", "1.0,").replace("2,", "2.0,").encode(), "q.csv", ""),
        ("\n".join(line + ",," for line in TABLE.split("\n")[:-1]).encode(), "q.csv", ""),
        (gzip.compress(TABLE.encode(), mtime=0), "q.csv.gz", ""),
        (SEMICOLONS.encode(), "q.csv", "q.csv: read with semicolons"),
        (b"sep=;\n" + SEMICOLONS.encode(), "q.csv", "q.csv: read with semicolons"),
        (BARS.encode(), "q.csv", "q.csv: read with bars"),
        (TABS.encode(), "q.csv", "q.csv: read with tabs"),
        (TABS.encode("utf-16"), "q.csv", "q.csv: read as UTF-16 with tabs"),
        (TABS.encode("utf-16-le"), "q.tsv", "q.tsv: read as UTF-16"),
        (TABLE.encode("gb18030"), "q.csv", "q.csv: read as GB18030"),
        (workbook(TABLE.replace('"', "")), "q.csv", "q.csv: read as an Excel workbook"),
        (CHINESE.encode(), "q.csv", "q.csv: column 序号 as query_id, 查询 as text, 答案 as relevant"),
        (
            CHINESE.replace(",", ";").replace("条;渡", "条；渡").encode("gb18030"),
            "q.csv",
            "q.csv: read as GB18030 with semicolons; column 序号 as query_id, 查询 as text, 答案 as relevant",
        ),
        (MARKED.encode(), "q.csv", "q.csv: not read: mark, who"),
    ],
)  # fmt: skip
def test_tables(content: bytes, name: str, said: str) -> None:
    assert read(content, name) == (READ, [said] if said else [])


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"query_id": 1, "text": "坐几个人", "relevant": "渡口法第2条"}, {"query_id": 2.0, "text": "点几盏灯", "relevant": ["渡口法3", "渡口法2"]}], ""),
        ([{"text": "坐几个人", "relevant": {"law": "渡口法", "article": 2}}, {"text": "点几盏灯", "relevant": "渡口法3；渡口法2"}], ""),
        (
            [{"id": 1, "question": "坐几个人", "answer": "渡口法第2条", "who": "Li"}, {"id": 2, "question": "点几盏灯", "answer": "渡口法3;渡口法2", "who": "Wang"}],
            "q.json: key id as query_id, question as text, answer as relevant; not read: who",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["lines", "array", "pretty"])
def test_json(rows: list[dict[str, object]], said: str, form: str) -> None:
    text = json.dumps(rows, ensure_ascii=False, indent=2 if form == "pretty" else None)
    if form == "lines":
        text = "\n".join(json.dumps(row) for row in rows)
    assert read(text.encode(), "q.json") == (READ, [said] if said else [])


JUDGED = [
    Query("1", "坐几个人", (Citation(doc_id="17", relevance=3), Citation(doc_id="19"))),
    Query("2", "点几盏灯", (Citation(doc_id="18", relevance=2),)),
]
RATED = {"judgmentRatings": [
    {"query": "坐几个人", "ratings": [{"docId": "17", "rating": "3.000"}, {"docId": "19", "rating": "1.0"}]},
    {"query": "点几盏灯", "ratings": [{"docId": "18", "rating": "2"}, {"docId": "17", "rating": "0"}]},
]}  # fmt: skip


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("query,docid,rating\n坐几个人,17,3\n点几盏灯,18,2\n坐几个人,19,1\n点几盏灯,17,0\n点几盏灯,20,\n", "q.csv"),
        ("Team,Query Text,Doc ID,Rating\nA,坐几个人,17.0,3.0\nA,点几盏灯,18.0,2.0\nA,坐几个人,19.0,1.0\nA,点几盏灯,17.0,0.0\n", "q.csv"),
        ('{"query": "坐几个人", "docid": 17, "rating": 3}\n{"query": "点几盏灯", "docid": 18, "rating": 2.0}\n{"query": "坐几个人", "docid": 19, "rating": "1"}\n', "q.jsonl"),
        (json.dumps(RATED), "q.json"),
        (json.dumps(RATED, indent=2), "q.json"),
    ],
)  # fmt: skip
def test_judgements(content: str, name: str) -> None:
    assert read(content.encode(), name)[0] == JUDGED


def test_law_and_article_in_columns_of_their_own() -> None:
    queries, _ = read("问题,法律,条号\n坐几个人,渡口法,2.0\n谁,,\n".encode(), "q.csv")
    assert queries == [Query("1", "坐几个人", (LOAD,)), Query("2", "谁")]


def packed(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, "…")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"%PDF-1.7\n", "q.csv", "q.csv: is a PDF; wanted: a query set"),
        (packed("q.csv"), "q.csv", "q.csv: is a zip archive; wanted: .*; unpack it"),
        (packed("word/document.xml"), "q.csv", "q.csv: is a Word document; .*; give such a file"),
        (packed("xl/workbook.xml"), "q.xlsx", "q.xlsx: is an Excel workbook that cannot be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "q.xls", "q.xls: is a file of old Office"),
        (b"<!DOCTYPE html><html></html>", "q.csv", "q.csv: is a web page"),
        (b"<topics/>", "q.xml", "q.xml: is XML; wanted: .*; call TREC topics topics.xml"),
        (b'{"q1": {"d1": 1}, "q2": {"d2": 2.0}}', "q.json", "q.json: is a ranx qrels file: query ids"),
        (b"\x1f\x8b\x08", "q.csv.gz", "q.csv.gz: is a damaged gzip file"),
        (
            "query,docid,rating\n谁,17,3\n谁,18,1\n谁,17,0\n".encode(),
            "q.csv",
            'q.csv:4: judges 17 for "谁" as 0, and line 2 as 3; wanted: one judgement of a query and an article',
        ),
        (
            "qid,query,docid,rating\n1,谁,17,3\n1,他,18,1\n".encode(),
            "q.csv",
            'q.csv:3: asks query "1" otherwise than line 2',
        ),
        ("query,docid,rating\n谁,17,gut\n".encode(), "q.csv", "q.csv:2: relevance is 'gut'"),
    ],
)  # fmt: skip
def test_what_a_file_is_instead_is_named(content: bytes, name: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match=message):
        parse_queries(content, name)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(QueryError, match=message):
        read_queries(tmp_path / name)


def test_the_first_sheet_with_text_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet("问题").append(["text", "relevant", None])
    book["问题"].append(["坐几个人", "渡口法第2条"])
    book.create_sheet("备注").append(["x"])
    book.save(tmp_path / "q.xlsx")
    report = SourceReport()
    assert read_queries(tmp_path / "q.xlsx", report) == [Query("1", "坐几个人", (LOAD,))]
    assert list(report.said()) == ['q.xlsx: read from the sheet "问题", the first of 2']


BEIR_READ = [
    Query("q1", "坐几个人", (Citation(doc_id="d1"),)),
    Query("q2", "点几盏灯", (Citation(doc_id="d2", relevance=2),)),
]
LONG = "长" * 2_001
TOPICS = f'{{"_id": "q1", "text": "坐几个人"}}\n{{"_id": "q2", "text": "点几盏灯"}}\n{{"_id": "q3", "text": ""}}\n{{"_id": "q4", "text": "{LONG}"}}\n'
HEADLESS = "q1\td1\t1\nq2\td2\t2\n"
JSON_QRELS = (
    '{"query-id": "q1", "corpus-id": "d1", "score": 1.0}\n{"query-id": "q2", "corpus-id": "d2", "score": 2}\n'
)


@pytest.mark.parametrize(
    ("qrels", "said"),
    [
        ({"qrels/test.tsv": "query-id\tcorpus-id\tscore\n" + HEADLESS.replace("1\n", "1.0\n")}, []),
        ({"qrels/test.tsv": "query-id\tcorpus-id\tscore\n" + HEADLESS * 2}, []),
        ({"qrels/test.tsv": HEADLESS}, ["test.tsv: no header row: tabs between query, document and grade"]),
        ({"qrels/test.csv": ("query-id,corpus-id,score\n" + HEADLESS.replace("\t", ","))}, []),
        ({"qrels/test.txt": "topic iteration docno rel\nq1 0 d1 1\nq2 0 d2 2\n"}, []),
        ({"qrels/test.tsv": "score\tqid\tdoc_id\n1\tq1\td1\n2\tq2\td2\n"}, []),
        ({"qrels/test.jsonl": JSON_QRELS}, []),
        ({"qrels.jsonl": JSON_QRELS}, []),
        (
            {"qrels/test.tsv": HEADLESS + "q9\td1\t1\n"},
            [
                "test.tsv: no header row: tabs between query, document and grade",
                "test.tsv: 1 judged query is left out (q9), which is not in queries.jsonl",
            ],
        ),
    ],
)
@pytest.mark.parametrize("zipped", [False, True])
def test_beir(qrels: dict[str, str], said: list[str], zipped: bool, tmp_path: Path) -> None:
    files = {"queries.jsonl": TOPICS} | qrels
    suffix = ".gz" if zipped else ""
    content = {f"{name}{suffix}": text.encode() for name, text in files.items()}
    write(
        tmp_path, {name: gzip.compress(text, mtime=0) if zipped else text for name, text in content.items()}
    )
    for path in (tmp_path, *(tmp_path / name for name in content)):
        report = SourceReport()
        assert read_queries(path, report) == BEIR_READ
        assert [each.replace(".gz", "") for each in report.said()] == said


def test_long_questions_are_counted_where_they_are_judged(tmp_path: Path) -> None:
    write(tmp_path, {"queries.jsonl": TOPICS.encode(), "qrels/test.tsv": b"q4\td1\t1\n"})
    report = SourceReport()
    assert [query.text for query in read_queries(tmp_path, report)] == [LONG]
    assert f"{tmp_path.name}: 1 question has more than 2,000 characters" in list(report.said())[-1]


XML = '<topics task="x"><topic number="1" type="y"><query>坐几个人</query><narrative>船</narrative></topic><topic number="2"><title>点几盏灯 &amp; 火</title></topic></topics>'
XML_READ = [Query("1", "坐几个人", (Citation(doc_id="d1"),)), Query("2", "点几盏灯 & 火")]


@pytest.mark.parametrize(
    "topics",
    [
        XML,
        '<?xml version="1.0" encoding="GBK"?>\n' + XML.replace("><", ">\n<"),
        '<topics><topic number="1">坐几个人</topic><topic number="2">点几盏灯 &#38; 火</topic></topics>',
        "<topics><top><num>Number: 1</num><title>坐几个人</title></top><top><num>2</num><title>点几盏灯 &amp; 火</title></top></topics>",
        "<top><num>Number: 1<title>坐几个人</top><top><num>2<title>点几盏灯 &amp; 火</top>",
        "<parameters><query><number>1</number><text>坐几个人</text></query><query><number>2</number><text>点几盏灯 &amp; 火</text></query></parameters>",
        "topic_id\tquery\tnarrative\n1\t坐几个人\t船\n2\t点几盏灯 & 火\t灯\n",
        "topic\ttitle\n1\t坐几个人\n2\t点几盏灯 & 火\n",
        "id\ttopic\n1\t坐几个人\n2\t点几盏灯 & 火\n",
        "topic_number\tquery\n1\t坐几个人\n2\t点几盏灯 & 火\n",
        "编号\t内容\n1\t坐几个人\n2\t点几盏灯 & 火\n",
        "query,qid\n坐几个人,1\n点几盏灯 & 火,2\n",
        "1\t坐几个人\t船\n2\t点几盏灯 & 火\n",
    ],
)
def test_topics(topics: str, tmp_path: Path) -> None:
    encoding = "gbk" if "GBK" in topics else "utf-8"
    write(tmp_path, {"topics.txt": topics.encode(encoding), "qrels.txt": b"1 0 d1 1\n"})
    assert read_queries(tmp_path) == XML_READ


@pytest.mark.parametrize(
    ("topics", "message"),
    [
        ('<!DOCTYPE a [<!ENTITY b "c">]><topics><topic number="1"><query>&b;</query></topic></topics>', "topics.xml: declares entities"),
        ('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><topics><topic number="1"><query>&b;</query></topic></topics>', "topics.xml: declares entities"),
        ("<topics>\n<topic><query>谁</query></topic></topics>", r"topics.xml:2: is a topic without a number \(it has query\)"),
        ('<topics>\n\n<topic number="1"><gene>谁</gene></topic></topics>', r"topics.xml:3: is a topic without a text \(it has number, gene\)"),
        ("<topics>\n<topic></topics>", "topics.xml:2: is no XML"),
        ("<a/>", "topics.xml: holds no <topic> and no <top>"),
    ],
)  # fmt: skip
def test_broken_topics_are_named(topics: str, message: str, tmp_path: Path) -> None:
    write(tmp_path, {"topics.xml": topics.encode(), "qrels.txt": b"1 0 d1 1\n"})
    with pytest.raises(QueryError, match=message):
        read_queries(tmp_path)


def test_a_table_of_questions_may_be_called_tsv_or_topics(tmp_path: Path) -> None:
    for name in ("q.tsv", "topics.tsv", "qrels.csv"):
        (tmp_path / name).write_text(TABS, encoding="utf-8")
        assert read_queries(tmp_path / name) == READ


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["a/test.jsonl", "b/test.jsonl"], ["a test", "b test"]),
        (["x/a/test.jsonl", "y/a/test.jsonl", "y/b.csv"], ["x test", "y test", "b"]),
        (["x/fiqa/qrels/dev.tsv", "y/fiqa/qrels/dev.tsv.gz"], ["x fiqa dev", "y fiqa dev"]),
        (["a/mteb/qrels.jsonl", "a/stard/queries.json"], ["mteb", "stard"]),
        (["a/test.jsonl", "a/test.csv"], ["a/test.jsonl", "a/test.csv"]),
        (["a/test.jsonl", "test.jsonl", "a/test.jsonl"], ["a test", "test"]),
    ],
)
def test_sets_of_one_name_are_told_apart(paths: list[str], names: list[str]) -> None:
    assert set_names(paths) == dict(zip(names, dict.fromkeys(paths), strict=True))


TWICE = "text,relevant\n坐几个人,渡口法2\n坐几个人,渡口法3\n"


def test_one_question_twice_is_two_queries(tmp_path: Path) -> None:
    sets = OwnSets(tmp_path)
    twice = read_queries(sets.store("mine", TWICE.encode(), "q.csv"))
    assert twice == [Query("1", "坐几个人", (LOAD,)), Query("2", "坐几个人", (LAMPS,))]
    sets.add("mine", "坐几个人", [Citation("灯塔法", "第一条")])
    assert [len(query.relevant) for query in read_queries(sets.paths()["mine"])] == [2, 1]
    sets.remove("mine", "1")
    assert [query.query_id for query in read_queries(sets.paths()["mine"])] == ["2"]


@pytest.mark.parametrize("label", QUERY_SETS)
def test_damaged_files_are_read_or_refused(label: str, tmp_path: Path) -> None:
    files = QUERY_SETS[label]
    write(tmp_path, files)
    *_, last = files
    path = tmp_path / label if "." in label else tmp_path
    assert read_queries(path)
    random = Random(label)
    for _ in range(60):
        (tmp_path / last).write_bytes(damaged(files[last], random))
        with suppress(QueryError):
            assert all(query.text.encode() for query in read_queries(path))
