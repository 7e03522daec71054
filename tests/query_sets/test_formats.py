"""Query sets in the formats of others: BEIR, TREC, STARD and triplets; held against ir_measures where it reads them too."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import ir_measures
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import ARTICLES
from workbench.core.domain import Article, Citation, Level, Query
from workbench.core.errors import HubError, QueryError
from workbench.corpora.citations import Resolver
from workbench.corpora.report import SourceReport
from workbench.corpora.sources import beir, source_of
from workbench.evaluation.exports import trec_qrels
from workbench.query_sets.formats import parse_queries, query_line, read_queries
from workbench.query_sets.formats.rows import grade
from workbench.query_sets.formats.triplets import queries_of
from workbench.query_sets.query_set import resolve_qrels

# Documents with names of their own, as BEIR and TREC collections have them.
CALLED = {"d1": "第一条", "d2": "第二条", "d3": "第三条"}
RESOLVER = Resolver(
    [
        Article(law="渡口法", article=number, text="…", level=Level.LAW, source_id=name)
        for name, number in CALLED.items()
    ]
)

TOPICS = "q1\t渡船最多坐几个人\nq2\t夜里摆渡要点几盏灯\nq3\t谁看灯塔\n"
QRELS = "q1 0 d1 1\nq1 0 d2 2\nq2 0 d3 1\nq2 0 d1 0\nq3 0 d2 -1\n"
READ = [
    Query("q1", "渡船最多坐几个人", (Citation(doc_id="d1"), Citation(doc_id="d2", relevance=2))),
    Query("q2", "夜里摆渡要点几盏灯", (Citation(doc_id="d3"),)),
    Query("q3", "谁看灯塔"),
]
SGML = """\
<top>
<num> Number: q1
<title> 渡船最多坐几个人

<desc> Description:
坐船的人数
</top>
<TOP><NUM>q2</NUM><TITLE>Topic: 夜里摆渡要点几盏灯
</TITLE></TOP>
<top><title>谁看灯塔</title><num>Number: q3</num></top>
"""
BEIR_TOPICS = "".join(
    json.dumps({"_id": query.query_id, "text": query.text, "metadata": {}}) + "\n" for query in READ
)
BEIR_QRELS = "query-id\tcorpus-id\tscore\n" + QRELS.replace(" 0 ", "\t").replace(" ", "\t")


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())
    return folder


@pytest.mark.parametrize(
    ("files", "given"),
    [
        ({"topics.tsv": TOPICS, "qrels.txt": QRELS}, ""),
        ({"topics.tsv": TOPICS, "qrels.txt": QRELS}, "qrels.txt"),
        ({"topics.tsv": TOPICS, "qrels.txt": QRELS}, "topics.tsv"),
        ({"queries.tsv": TOPICS.replace("\n", "\r\n"), "Qrels": QRELS.replace("\n", "\r\n")}, ""),
        ({"topics.xml": SGML, "qrels": QRELS.replace(" ", "\t")}, "topics.xml"),
        ({"queries.jsonl": BEIR_TOPICS, "qrels.txt": QRELS}, ""),
        ({"queries.jsonl": BEIR_TOPICS, "qrels.tsv": "\ufeff" + BEIR_QRELS}, "qrels.tsv"),
        ({"queries.dev.tsv": TOPICS, "queries.train.tsv": "x\ty\n", "qrels.dev.tsv": QRELS, "qrels.train.tsv": "x 0 d1 1"}, "qrels.dev.tsv"),
        (
            {"queries.dev.tsv": TOPICS, "qrels.dev.tsv": QRELS, "qrels.train.tsv": "x 0 d1 1"},
            "queries.dev.tsv",
        ),
    ],
)  # fmt: skip
def test_trec(files: dict[str, str], given: str, tmp_path: Path) -> None:
    assert read_queries(write(tmp_path, files) / given) == READ


BEIR = {"queries.jsonl": BEIR_TOPICS, "corpus.jsonl": "", "qrels/test.tsv": BEIR_QRELS}
OTHER_SPLIT = "query-id\tcorpus-id\tscore\nq2\td2\t1\n"


@pytest.mark.parametrize(
    ("files", "given", "read"),
    [
        (BEIR, "", READ),
        (BEIR, "queries.jsonl", READ),
        (BEIR | {"qrels/dev.tsv": OTHER_SPLIT}, "", READ),
        (BEIR | {"qrels/dev.tsv": OTHER_SPLIT}, "qrels/dev.tsv", [Query("q2", "夜里摆渡要点几盏灯", (Citation(doc_id="d2"),))]),
        ({"queries.jsonl": BEIR_TOPICS, "qrels/dev.tsv": OTHER_SPLIT}, "", [Query("q2", "夜里摆渡要点几盏灯", (Citation(doc_id="d2"),))]),
        ({"queries.jsonl": '{"_id": 7, "text": "t"}', "qrels/test.tsv": "query_id\tcorpus_id\tscore\n7\ta b\t1.0\n"}, "", [Query("7", "t", (Citation(doc_id="a b"),))]),
    ],
)  # fmt: skip
def test_beir(files: dict[str, str], given: str, read: list[Query], tmp_path: Path) -> None:
    assert read_queries(write(tmp_path, files) / given) == read


def test_what_is_not_relevant_is_unresolved_and_grades_are_kept(tmp_path: Path) -> None:
    query_set = resolve_qrels(
        "trec", read_queries(write(tmp_path, {"topics.tsv": TOPICS, "qrels.txt": QRELS})), RESOLVER
    )
    assert query_set.qrels == {"q1": {"渡口法#第一条": 1, "渡口法#第二条": 2}, "q2": {"渡口法#第三条": 1}}
    assert [(item.query_id, item.reason) for item in query_set.unresolved] == [("q3", "names no article")]


judgements = st.dictionaries(
    st.tuples(st.sampled_from([query.query_id for query in READ]), st.sampled_from(sorted(CALLED))),
    st.integers(-2, 4),
    min_size=1,
)


@settings(deadline=None)  # reads and writes files
@given(judgements)
def test_qrels_are_those_that_ir_measures_reads(
    tmp_path_factory: pytest.TempPathFactory, judged: dict[tuple[str, str], int]
) -> None:
    text = "".join(f"{query_id} 0 {doc_id} {relevance}\n" for (query_id, doc_id), relevance in judged.items())
    folder = write(tmp_path_factory.mktemp("trec"), {"topics.tsv": TOPICS, "qrels.txt": text})
    called = {f"渡口法#{number}": name for name, number in CALLED.items()}
    ours = resolve_qrels("trec", read_queries(folder), RESOLVER).qrels
    theirs = ir_measures.read_trec_qrels(str(folder / "qrels.txt"))
    assert {
        (query_id, called[doc_id], grade) for query_id, row in ours.items() for doc_id, grade in row.items()
    } == {(row.query_id, row.doc_id, row.relevance) for row in theirs if row.relevance > 0}


def test_exported_qrels_are_read_back(tmp_path: Path) -> None:
    resolver = Resolver(ARTICLES)
    qrels = {"q1": {ARTICLES[0].doc_id: 1, ARTICLES[1].doc_id: 3}, "q2": {ARTICLES[2].doc_id: 1}}
    folder = write(tmp_path, {"qrels.txt": trec_qrels(qrels), "topics.tsv": "q1\ta\nq2\tb\n"})
    assert resolve_qrels("again", read_queries(folder), resolver).qrels == qrels


@pytest.mark.parametrize(
    ("files", "given", "message"),
    [
        ({}, "", "is a folder without a query set; wanted: queries.jsonl with qrels/"),
        ({"qrels.txt": QRELS}, "", r"holds no file topics… or queries…; wanted: one file"),
        ({"topics.tsv": TOPICS}, "topics.tsv", "holds no file qrels…"),
        ({"topics.tsv": TOPICS, "qrels.a.txt": QRELS, "qrels.b.txt": QRELS}, "", "holds qrels.a.txt, qrels.b.txt; wanted: one file qrels…; give the path"),
        ({"topics.tsv": TOPICS, "queries.tsv": TOPICS, "qrels": QRELS}, "qrels", "holds queries.tsv, topics.tsv; wanted: one file topics… or"),
        ({"topics.tsv": TOPICS, "qrels": QRELS + "q9 0 d1 1"}, "", r'qrels:6: judges query "q9"; wanted: a query of topics.tsv'),
        ({"topics.tsv": TOPICS, "qrels": "q1 0 d1 1\nq1 d1 1"}, "", "qrels:2: has 3 columns; wanted: query id, 0, document id, relevance"),
        ({"topics.tsv": TOPICS, "qrels": "q1 0 d1 gut"}, "", "qrels:1: relevance is 'gut'; wanted: a whole number"),
        ({"topics.tsv": TOPICS, "qrels": f"q1 0 {'d' * 301} 1"}, "", 'qrels:1: "d+…": has 301 characters'),
        ({"topics.tsv": TOPICS, "qrels": "q1 0 d1 1\nq2 0 d1 1\n\nq1 0 d1 0"}, "", 'qrels:4: judges d1 for "q1" as 0, and line 1 as 1; wanted: one judgement'),
        ({"topics.tsv": "q01\t甲\n", "qrels": "q1 0 d1 1"}, "", 'qrels:1: judges query "q1", which topics.tsv calls "q01"'),
        ({"topics.tsv": "1\t甲\n", "qrels": "001 0 d1 1"}, "", 'qrels:1: judges query "001", which topics.tsv calls "1"'),
        ({"topics.tsv": TOPICS, "qrels": "\n"}, "", "qrels: judges no query"),
        ({"topics.tsv": "", "qrels": QRELS}, "", "topics.tsv: holds no query; write one query a line: its id, a tab, its text"),
        ({"topics.tsv": "q1\ta\n\nq1\tb", "qrels": QRELS}, "", 'topics.tsv:3: query_id "q1" stands in line 1 too'),
        ({"topics.tsv": "q1\ta\nq2 b", "qrels": QRELS}, "", "topics.tsv:2: has no tab"),
        ({"topics.tsv": "q1\t ", "qrels": QRELS}, "", "topics.tsv:1: lacks query_id or text"),
        ({"topics.txt": SGML + "\n<top>\n<title>谁</top>", "qrels": QRELS}, "", "topics.txt:12: is a topic without <num> or <title>"),
        (BEIR | {"qrels/test.tsv": "q9\td1\t1"}, "", r'test.tsv:1: judges query "q9"; wanted: a query of queries.jsonl'),
        (BEIR | {"queries.jsonl": '{"_id": "q1", "text": ""}', "qrels/test.tsv": "q1\td1\t1"}, "", "queries.jsonl:1: lacks query_id or text"),
        (BEIR | {"qrels/test.tsv": "query-id\tcorpus-id\tscore\nq1 d1 1"}, "", "test.tsv:2: has 1 columns; wanted: query-id, corpus-id and score with tabs"),
        (BEIR | {"qrels/test.tsv": "query-id\tcorpus-id\tscore\nq1\td1\t0.5"}, "", "test.tsv:2: relevance is '0.5'"),
        (BEIR | {"qrels/test.tsv": "query-id\tcorpus-id\tscore\nq1\t \t1"}, "", "test.tsv:2: doc_id is ' *'; wanted: what the corpus"),
        (BEIR | {"qrels/test.tsv": "query-id\tcorpus-id\tscore\n"}, "", "test.tsv: judges no query"),
        (BEIR | {"queries.jsonl": '{"_id": "q1"}'}, "", "queries.jsonl:1: lacks _id or text"),
        (BEIR | {"queries.jsonl": '{"_id": "q1", "text": 7}'}, "", "queries.jsonl:1: lacks query_id or text"),
        (BEIR | {"queries.jsonl": "{"}, "", "queries.jsonl:1: is no JSON"),
        ({"queries.jsonl": BEIR_TOPICS, "qrels/a.tsv": OTHER_SPLIT, "qrels/b.tsv": OTHER_SPLIT}, "", "qrels: has the splits a, b; wanted: test.tsv"),
        ({"queries.jsonl": BEIR_TOPICS, "qrels/readme.md": ""}, "", "qrels: has no split; wanted: test.tsv"),
    ],
)  # fmt: skip
def test_broken_collections_are_named(
    files: dict[str, str], given: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(QueryError, match=message):
        read_queries(write(tmp_path, files) / given)


STARD = [
    {
        "query_id": 3,
        "问题": "渡船最多坐几个人？",
        "相关法规": {"渡口法第二条": "…"},
        "match_id": [8],
        "match_name": ["中华人民共和国渡口法第二条"],
    },
    {
        "query_id": 7,
        "问题": "谁看灯塔",
        "相关法规": {"《灯塔法》第一条": "…", "渡口法第99条": "…"},
        "match_id": [],
        "match_name": [],
    },
    {"query_id": 8, "问题": "谁看海港", "相关法规": {}, "match_id": [1], "match_name": ["海港办法"]},
]


@pytest.mark.parametrize("style", [{}, {"indent": 2}, {"ensure_ascii": False}])
def test_stard(style: dict[str, Any], tmp_path: Path) -> None:
    queries = read_queries(write(tmp_path, {"queries.json": json.dumps(STARD, **style)}) / "queries.json")
    assert queries == [
        Query("3", "渡船最多坐几个人？", (Citation("渡口法", "第二条"),)),
        Query("7", "谁看灯塔", (Citation("灯塔法", "第一条"), Citation("渡口法", "第九十九条"))),
        Query("8", "谁看海港", (Citation(doc_id="海港办法"),)),
    ]
    query_set = resolve_qrels("stard", queries, Resolver(ARTICLES))
    assert query_set.qrels == {
        "3": {"中华人民共和国渡口法#第二条": 1},
        "7": {"中华人民共和国灯塔法#第一条": 1},
    }
    assert [(item.query_id, str(item.citation)) for item in query_set.unresolved] == [
        ("7", "渡口法 第九十九条"),
        ("8", "海港办法"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[\n{"query_id": 1, "问题": "谁"},\n\n{"query_id": 1, "问题": "谁"}]',
            'queries.json:4: query_id "1" stands in line 2 too',
        ),
        (
            '[{"query_id": 1, "问题": "谁", "match_name": []},\n{"query_id": 2}]',
            "queries.json:2: lacks query_id or 问题",
        ),
        (
            '[{"query_id": 1, "问题": "谁", "match_name": []},\n[]]',
            "queries.json:2: lacks query_id or 问题",
        ),
        (
            '[{"query_id": 1, "问题": "谁", "相关法规": 7}]',
            "queries.json:1: match_name is no list of citations",
        ),
        ('[{"query_id": 1, "问题": " "}]', "queries.json:1: lacks query_id or text"),
        (
            '[{"query_id": 1, "问题": "谁", "match_name": "刑法第一条"}]',
            "queries.json:1: match_name is no list of citations",
        ),
        (
            '[{"query_id": 1, "问题": "谁", "match_name": [1]}]',
            "queries.json:1: match_name is no list of citations",
        ),
        (
            '[{"query_id": 1, "问题": "谁"},\n{"query_id"]',
            r"queries.json: is no JSON \(.*, line 2, column 12\)",
        ),
        ('[{"query_id": 1, "问题": "\\ud800"}]', "queries.json: holds a NUL or half a surrogate pair"),
    ],
)
def test_broken_stard_is_named(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match=message):
        read_queries(write(tmp_path, {"queries.json": text}) / "queries.json")


@pytest.mark.parametrize(
    ("relevant", "read"),
    [
        ('[{"doc_id": "渡口法#第二条", "relevance": 2}]', (Citation(doc_id="渡口法#第二条", relevance=2),)),
        ('[{"doc_id": 17}, {"doc_id": " a b "}]', (Citation(doc_id="17"), Citation(doc_id="a b"))),
        ('["渡口法#第二条", "渡口法2"]', (Citation(doc_id="渡口法#第二条"), Citation("渡口法", "第二条"))),
        ('[{"law": "渡口法", "article": 2, "relevance": 3}]', (Citation("渡口法", "第二条", relevance=3),)),
        (
            '[{"doc_id": "a", "relevance": 0}, {"doc_id": "b", "relevance": -1}, {"doc_id": "c"}]',
            (Citation(doc_id="c"),),
        ),
    ],
)
def test_citations_by_doc_id_and_grades(relevant: str, read: tuple[Citation, ...]) -> None:
    (query,) = parse_queries(f'{{"query_id": "a", "text": "t", "relevant": {relevant}}}'.encode(), "q.jsonl")
    assert query.relevant == read
    assert parse_queries(query_line(query).encode(), "q.jsonl") == [query]


@pytest.mark.parametrize(
    ("citation", "message"),
    [
        ('{"doc_id": ""}', "q.jsonl:1: doc_id is ''; wanted: what the corpus"),
        ('{"doc_id": null}', "q.jsonl:1: doc_id is 'None'"),
        ('{"doc_id": true}', "q.jsonl:1: doc_id is 'True'"),
        ('{"doc_id": ["a"]}', "q.jsonl:1: doc_id is "),
        (f'{{"doc_id": "{"a" * 301}"}}', "q.jsonl:1: .* has 301 characters"),
        (
            '{"doc_id": "a", "relevance": "gut"}',
            "q.jsonl:1: relevance is 'gut'; wanted: a whole number, 1,000 at most; mend it",
        ),
        ('{"doc_id": "a", "relevance": true}', "q.jsonl:1: relevance is 'True'"),
        ('{"doc_id": "a", "relevance": 1.5}', "q.jsonl:1: relevance is '1.5'"),
        ('{"doc_id": "a", "relevance": 1001}', "q.jsonl:1: relevance is '1001'"),
        ('{"doc_id": "a", "relevance": NaN}', "q.jsonl:1: relevance is 'nan'"),
        ('{"doc_id": "a", "relevance": ' + "9" * 4_000 + "}", "q.jsonl:1: relevance is '9+'"),
        ('{"doc_id": "a", "relevance": [2]}', "q.jsonl:1: relevance is "),
        ("7", "q.jsonl:1: relevant is no list of citations"),
        ("null", "q.jsonl:1: relevant is no list of citations"),
    ],
)
def test_broken_doc_ids_and_grades_are_named(citation: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        parse_queries(f'{{"query_id": "a", "text": "t", "relevant": [{citation}]}}'.encode(), "q.jsonl")


@given(st.integers(-(10**6), 1_000))
def test_a_grade_in_any_spelling(number: int) -> None:
    assert grade(number) == grade(str(number)) == grade(float(number)) == grade(f" {number}.0 ") == number


@pytest.mark.parametrize(
    "name", ["topics.jsonl", "qrels.jsonl", "queries.json", "tsv", "a.txt", "topics.csv"]
)
def test_files_of_our_own_format_may_be_called_anything(name: str, tmp_path: Path) -> None:
    text = (
        "query_id,text,relevant\na,t,渡口法1\n"
        if name.endswith(".csv")
        else '{"query_id": "a", "text": "t", "relevant": ["渡口法1"]}'
    )
    assert read_queries(write(tmp_path, {name: text}) / name) == [
        Query("a", "t", (Citation("渡口法", "第一条"),))
    ]


FERRY, LIGHTHOUSE = "title: 中华人民共和国渡口法 第二条 | text: …", "title: 灯塔法 第1条 | text: …"
TRIPLETS = [
    {"anchor": "渡船最多坐几个人", "positive": FERRY, "negative": LIGHTHOUSE},
    {"anchor": "谁看灯塔", "positive": LIGHTHOUSE, "negative": FERRY},
    {"anchor": " 渡船最多\n坐几个人", "positive": FERRY, "negative": "渡船"},
    {"anchor": "谁看灯塔", "positive": "灯塔由守塔人看管。", "negative": "渡船"},
]
ASKED = [
    Query("1", "渡船最多坐几个人", (Citation("渡口法", "第二条"),)),
    Query("2", "谁看灯塔", (Citation("灯塔法", "第一条"), Citation(doc_id="灯塔由守塔人看管。"))),
    Query("3", "渡船最多 坐几个人", (Citation("渡口法", "第二条"),)),
]


TRIPLET_FILES = {
    "a.jsonl": lambda rows, file: rows.to_json(file, orient="records", lines=True),
    "a.json": lambda rows, file: rows.to_json(file, orient="records"),
    "a.csv": lambda rows, file: rows.to_csv(file, index=False),
    "a.parquet": lambda rows, file: rows.to_parquet(file),
    "a.jsonl.gz": lambda rows, file: rows.to_json(file, orient="records", lines=True),
}


@pytest.mark.parametrize("name", TRIPLET_FILES)
def test_triplets(name: str, tmp_path: Path) -> None:
    TRIPLET_FILES[name](pandas.DataFrame(TRIPLETS), tmp_path / name)
    assert read_queries(tmp_path / name) == ASKED
    assert read_queries(tmp_path) == ASKED
    query_set = resolve_qrels("triplets", ASKED, Resolver(ARTICLES))
    ferry, lighthouse = "中华人民共和国渡口法#第二条", "中华人民共和国灯塔法#第一条"
    assert query_set.qrels == {"1": {ferry: 1}, "2": {lighthouse: 1}, "3": {ferry: 1}}
    assert [(item.query_id, str(item.citation)) for item in query_set.unresolved] == [
        ("2", "灯塔由守塔人看管。")
    ]


def test_the_name_of_a_hubs_data_set_is_told_from_a_missing_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(HubError, match="nobody/nothing"):
        read_queries("nobody/nothing")
    for name in ("nobody/nothing.jsonl", "nothing", "a/b/c"):
        with pytest.raises(QueryError, match=f"{name}: cannot be read"):
            read_queries(name)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"positive": FERRY, "title": "…"}], r"a.jsonl: holds no triplet \(columns: positive, title\)"),
        ([{"anchor": "谁\0", "positive": FERRY}], "a.jsonl: holds no query"),
    ],
)
def test_triplets_without_a_query_are_refused(
    rows: list[dict[str, str]], message: str, tmp_path: Path
) -> None:
    with pytest.raises(QueryError, match=message):
        read_queries(write(tmp_path, {"a.jsonl": "\n".join(map(json.dumps, rows))}) / "a.jsonl")


def test_triplets_that_cannot_be_asked_are_skipped_and_said(tmp_path: Path) -> None:
    report = SourceReport()
    write(
        tmp_path,
        {"a.jsonl": "\n".join(json.dumps({"q": text, "pos": [FERRY]}) for text in ("谁", "\0"))},
    )
    source = source_of("triplets", path=str(tmp_path / "a.jsonl"), columns={"query": "q"})
    assert queries_of(source, report) == [Query("1", "谁", (Citation("渡口法", "第二条"),))]
    assert report.examples == [f"{tmp_path / 'a.jsonl'}:2: the query holds a NUL or half a surrogate pair"]


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text('[{"问题_idposve:,}]\n\t <top>numile', max_size=60).map(str.encode))
@pytest.mark.parametrize(
    "name",
    [
        "a.json",
        "a.jsonl",
        "a.csv",
        "a.parquet",
        "a.gz",
        "topics.tsv",
        "qrels",
        "qrels/test.tsv",
        "queries.jsonl",
    ],
)
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, name: str, content: bytes
) -> None:
    folder = write(
        tmp_path_factory.mktemp("any"), {"topics.tsv": TOPICS, "qrels": QRELS} if "/" not in name else BEIR
    )
    (folder / name).write_bytes(content)
    for path in (folder, folder / name):
        with suppress(QueryError):
            assert all(query.text for query in read_queries(path))


def test_a_beir_folder_is_corpus_and_queries_at_once(tmp_path: Path) -> None:
    documents = [
        {"_id": "d1", "title": "渡口法 第一条", "text": "…"},
        {"_id": "d2", "title": "渡口", "text": "…"},
        {"_id": "d3", "title": "渡口", "text": "…"},
    ]
    write(tmp_path, BEIR | {"corpus.jsonl": "\n".join(map(json.dumps, documents))})
    articles = list(beir.read(source_of("beir", path=str(tmp_path)), SourceReport()))
    called = {article.doc_id: article.source_id for article in articles}
    qrels = resolve_qrels("beir", read_queries(tmp_path), Resolver(articles)).qrels
    assert {
        query_id: {called[doc_id]: grade for doc_id, grade in row.items()} for query_id, row in qrels.items()
    } == {
        "q1": {"d1": 1, "d2": 2},
        "q2": {"d3": 1},
    }
