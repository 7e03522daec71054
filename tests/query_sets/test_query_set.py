import json
from itertools import permutations
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ARTICLES, QUERIES
from workbench.core.domain import Citation, Query
from workbench.core.errors import QueryError
from workbench.corpora.citations import Resolver, article_number, law_key
from workbench.query_sets.formats import parse_queries, query_line, read_queries
from workbench.query_sets.query_set import MAX_QUERIES, query_text, resolve_qrels


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "queries.jsonl"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_reading_and_judging(tmp_path: Path) -> None:
    query_set = resolve_qrels("tiny", read_queries(write(tmp_path, QUERIES)), Resolver(ARTICLES))
    assert query_set.qrels == {
        "q1": {"中华人民共和国渡口法#第二条": 1},
        "q2": {"中华人民共和国渡口法#第三条": 1},
        "q3": {"中华人民共和国灯塔法#第一条": 1},
        "q4": {"乙市渡口条例#第一条": 1},
    }
    assert query_set.unresolved == ()


def test_what_does_not_resolve_is_counted_and_named() -> None:
    queries = [
        Query("a", "…", (Citation("渡口法", "1"), Citation("渡口法", "99"))),
        Query("b", "…", (Citation("海港法", "1"),)),
        Query("c", "…"),
    ]
    query_set = resolve_qrels("some", queries, Resolver(ARTICLES))
    assert [query.query_id for query in query_set.judged] == ["a"]
    assert query_set.unresolved_queries == 2
    assert [item.query_id for item in query_set.unresolved] == ["a", "b", "c"]


def test_partly_resolved_queries_are_counted() -> None:
    queries = [
        Query("a", "…", (Citation("渡口法", "1"), Citation("渡口法", "99"), Citation("海港法", "1"))),
        Query("b", "…", (Citation("海港法", "1"),)),
        Query("c", "…"),
        Query("d", "…", (Citation("渡口法", "1"),)),
    ]
    query_set = resolve_qrels("some", queries, Resolver(ARTICLES))
    assert (query_set.partly_resolved, query_set.unresolved_citations, query_set.unresolved_queries) == (
        1,
        3,
        2,
    )


def test_pinpoints_are_kept() -> None:
    content = '{"query_id": "a", "text": "t", "relevant": ["渡口法第1条第1款、第2条", "渡口法第1条第3款"]}'
    query_set = resolve_qrels("some", parse_queries(content.encode(), "q.jsonl"), Resolver(ARTICLES))
    first, second = (f"中华人民共和国渡口法#第{number}条" for number in "一二")
    assert query_set.qrels == {"a": {first: 1, second: 1}}
    assert query_set.pinpoints == {"a": {first: "第一款、第三款"}}


@pytest.mark.parametrize(
    ("relevant", "citations"),
    [
        ("渡口法第1条；第2条第1款", ["渡口法 第一条", "渡口法 第二条第一款"]),
        ("渡口法第1条、灯塔法第2条\n第3条", ["渡口法 第一条", "灯塔法 第二条", "灯塔法 第三条"]),
        (["渡口法第1、2条", "灯塔法第3条"], ["渡口法 第一条", "渡口法 第二条", "灯塔法 第三条"]),
        ({"law": "渡口法", "article": "第一条第一款"}, ["渡口法 第一条第一款"]),
        ({"law": "渡口法", "article": "第1条至第3条"}, ["渡口法 第一条", "渡口法 第二条", "渡口法 第三条"]),
        ({"law": "《渡口法》", "article": "渡口法第1条"}, ["渡口法 第一条"]),
        ({"law": "渡口法", "article": "1,062"}, ["渡口法 第一千零六十二条"]),
    ],
)
def test_several_citations_in_one_value(relevant: object, citations: list[str]) -> None:
    line = json.dumps({"query_id": "a", "text": "t", "relevant": relevant}, ensure_ascii=False)
    (query,) = parse_queries(line.encode(), "q.jsonl")
    assert list(map(str, query.relevant)) == citations
    assert parse_queries(query_line(query).encode(), "q.jsonl") == [query]


@pytest.mark.parametrize("judged", [False, True])
def test_all_citations_that_cannot_be_read_are_told_at_once(judged: bool) -> None:
    grade = ",relevance" if judged else ""
    rows = [
        "问一,渡口法第一百二条",
        "问二,渡口法第1条",
        "问三,渡口法",
        "问四,渡口法第二十零条；灯塔法第三四条；灯塔法第1条多少",
    ]
    content = "\n".join([f"text,relevant{grade}", *(row + ",1" * judged for row in rows)])
    with pytest.raises(QueryError) as fault:
        parse_queries(content.encode(), "q.csv")
    assert fault.value.found == "holds 5 citations that cannot be read"
    assert fault.value.remedy.splitlines() == [
        "mend or leave out:",
        'q.csv:2: "渡口法第一百二条": may be 第一百零二条 or 第一百二十条; write the one that is meant',
        'q.csv:4: "渡口法": is no citation; write law and article, e.g. 《民法典》第一千零六十五条',
        'q.csv:5: "渡口法第二十零条": is no article number; write e.g. 第五百条 or 第120条之一',
        'q.csv:5: "灯塔法第三四条": may be 第三十四条 or 第三条、第四条; write the one that is meant',
        'q.csv:5: "灯塔法第1条多少": is no citation: "多少" is not understood; write 灯塔法 第一条 if that is meant',
    ]


def test_a_law_and_an_article_of_another_one_contradict_each_other() -> None:
    line = '{"query_id": "x", "text": "t", "relevant": {"law": "渡口法", "article": "灯塔法第1条"}}'
    with pytest.raises(QueryError, match="is no article number"):
        parse_queries(line.encode(), "q.jsonl")


def test_of_two_citations_of_one_article_the_higher_relevance_counts() -> None:
    ferry = [
        Citation("渡口法", "2"),
        Citation(doc_id="中华人民共和国渡口法#第二条", relevance=3),
        Citation("《渡口法》", "第二条", relevance=2),
    ]
    for order in permutations(ferry):
        assert resolve_qrels("graded", [Query("a", "…", order)], Resolver(ARTICLES)).qrels == {
            "a": {"中华人民共和国渡口法#第二条": 3}
        }


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"query_id": "x"', r"queries.jsonl:2: is no JSON"),
        ('["x"]', r"queries.jsonl:2: lacks query_id or text"),
        ('{"query_id": "x", "text": " "}', r"queries.jsonl:2: lacks query_id or text"),
        (
            '{"query_id": "x", "text": "t", "relevant": [{"law": "刑法", "article": "第条"}]}',
            r'queries.jsonl:2: "第条": is no article number',
        ),
        ('{"query_id": "x", "text": "t", "relevant": "刑法"}', r'queries.jsonl:2: "刑法": is no citation'),
        (
            '{"query_id": "x", "text": "t", "relevant": [{"doc_id": "d"}, {"doc_id": "d", "relevance": 2}]}',
            r'queries.jsonl:2: judges d for "x" as 2, and line 2 as 1; wanted: one judgement',
        ),
        (
            '{"query_id": "x", "text": "t", "relevant": 7}',
            r"queries.jsonl:2: relevant is no list of citations",
        ),
        ('{"query_id": "q0", "text": "t"}', r'queries.jsonl:2: query_id "q0" stands in line 1 too'),
    ],
)
def test_a_broken_line_is_named(line: str, message: str, tmp_path: Path) -> None:
    path = write(tmp_path, '{"query_id": "q0", "text": "t"}\n' + line + "\n")
    with pytest.raises(QueryError, match=message):
        read_queries(path)


def test_wrong_encoding_and_empty_files(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match=r"queries.jsonl:1: byte 0xff is not UTF-8"):
        read_queries(write(tmp_path, '{"query_id": "x", "text": "法"}'.encode() + b"\xff"))
    with pytest.raises(QueryError, match="holds no query"):
        read_queries(write(tmp_path, "\n\n"))
    with pytest.raises(QueryError, match="cannot be read"):
        read_queries(tmp_path / "none.jsonl")


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    assert len(read_queries(write(tmp_path, b"\xef\xbb\xbf" + QUERIES.encode()))) == 4


def test_a_citation_may_be_one_string(tmp_path: Path) -> None:
    path = write(tmp_path, '{"query_id": "x", "text": "t", "relevant": ["《渡口法》第3条"]}')
    assert read_queries(path)[0].relevant == (Citation("渡口法", "第三条"),)


def test_query_text() -> None:
    assert query_text("  两\n行 ") == "两 行"
    with pytest.raises(QueryError, match="query: is empty"):
        query_text(" \n")
    with pytest.raises(QueryError, match="10,000 characters"):
        query_text("长" * 10_000)
    assert len(query_text("长" * 10_000, most=None)) == 10_000
    with pytest.raises(QueryError, match="half a surrogate pair"):
        query_text("谁\udc00")


FERRY, LIGHTHOUSE = Citation("渡口法", "第二条"), Citation("灯塔法", "第一条")
CSV = "text,relevant\n"


@pytest.mark.parametrize(
    ("content", "queries"),
    [
        (
            "text,relevant\n谁看灯塔,灯塔法第1条\n\n坐几个人,渡口法2\n",
            [Query("1", "谁看灯塔", (LIGHTHOUSE,)), Query("2", "坐几个人", (FERRY,))],
        ),
        ("query_id,text,relevant,topic,style\na,谁看灯塔,灯塔法第1条,traffic,terse\n", [Query("a", "谁看灯塔", (LIGHTHOUSE,), "traffic", "terse")]),
        ("style, relevant ,text\r\nplain,《灯塔法》第一条；渡口法第2条;,谁看灯塔\r\n", [Query("1", "谁看灯塔", (LIGHTHOUSE, FERRY), "", "plain")]),
        ('text,relevant\n"谁,""看""\n灯塔","灯塔法1\n渡口法2"\n', [Query("1", '谁,"看" 灯塔', (LIGHTHOUSE, FERRY))]),
        ("text,relevant\n谁看灯塔,\n,\n", [Query("1", "谁看灯塔")]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_csv(content: str, queries: list[Query], encoding: str, tmp_path: Path) -> None:
    assert parse_queries(content.encode(encoding), "mine.CSV") == queries
    (tmp_path / "mine.csv").write_bytes(content.encode(encoding))
    assert read_queries(tmp_path / "mine.csv") == queries


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "mine.csv: holds no query"),
        (CSV, "mine.csv: holds no query"),
        ("text,relevant,text\n", 'mine.csv:1: the column "text" stands there twice'),
        (
            "\ntext,query_id\n",
            'mine.csv:2: lacks the column "relevant" .its first row: text, query_id.; wanted: text',
        ),
        ("relevant\n", 'mine.csv:1: lacks the column "text"'),
        (
            "law,article,text\n渡口法,1,目的。\n",
            'mine.csv:1: lacks the column "relevant" .its first row: law',
        ),
        ("1,谁看灯塔,灯塔法1\n", 'mine.csv:1: lacks the column "text" .its first row: 1, 谁看灯塔, 灯塔法1.'),
        (CSV + "t,灯塔法1,x\n", "mine.csv:2: has 3 cells; wanted: 2, as the header has"),
        (CSV + "t,灯塔法1\nt\n", "mine.csv:3: has 1 cells"),
        (CSV + '"t\n谁",灯塔法1\nt,灯塔法\n', 'mine.csv:4: "灯塔法": is no citation'),
        (CSV + " ,灯塔法1\n", "mine.csv:2: lacks query_id or text"),
        ("query_id,text,relevant\na,t,\na,u,\n", 'mine.csv:3: query_id "a" stands in line 2 too'),
        (CSV + 't,\n"u,\nv,\n', r"mine.csv:3: is no CSV \(unexpected end of data\); close every quote"),
        (CSV + 't,\n"u" v,\n', "mine.csv:3: is no CSV"),
        (CSV + "长" * 200_000 + ",\n", r"mine.csv:2: is no CSV \(field larger than field limit"),
        (CSV + "t,\nu\0,\n", "mine.csv:3: holds a NUL byte"),
        (CSV + "t," + "灯" * 301, r'mine.csv:2: "灯+…": has 301 characters'),
    ],
)
def test_broken_csv_is_named(content: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        parse_queries(content.encode(), "mine.csv")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"query_id": "x", "text": "t", "relevant": ' + "[" * 100_000, "q.jsonl:2: is nested too deeply"),
        ('{"query_id": "x", "text": "t", "relevant": ' + "[" * 900 + "]" * 900 + "}", "q.jsonl:2: "),
        ('{"query_id": ' + "9" * 5_000 + "}", "q.jsonl:2: holds a number of thousands of digits"),
        ('{"query_id": "x", "text": "t", "relevant": [{"law": "刑法", "article": ' + "9" * 4_000 + "}]}", "q.jsonl:2: .* has 4,000 characters"),
        ('{"query_id": "x", "text": "t", "relevant": [{"law": "刑法", "article": true}]}', 'q.jsonl:2: "True": is no article number'),
        ('{"query_id": "x", "text": "t", "relevant": [[]]}', "q.jsonl:2: relevant is no list"),
        ('{"query_id": "x", "text": "\\ud800"}', "q.jsonl:2: holds a NUL or half a surrogate pair"),
        ('{"query_id": "x", "text": "t", "\\udfff": ""}', "q.jsonl:2: holds a NUL or half a surrogate pair"),
        ('{"query_id": "x", "text": "t", "relevant": [{"law": "\\u0000", "article": 1}]}', "q.jsonl:2: holds a NUL or half a surrogate pair"),
        ('{"query_id": "x", "text": "\0"}', "q.jsonl:2: holds a NUL byte"),
    ],
)  # fmt: skip
def test_hostile_json_is_refused(line: str, message: str) -> None:
    with pytest.raises(QueryError, match=message) as caught:
        parse_queries(b'{"query_id": "q0", "text": "t"}\n' + line.encode(), "q.jsonl")
    str(caught.value).encode()


UTF_8 = '{"query_id": "x", "text": "渡船最多坐几个人"}\n'.encode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (UTF_8 + b"\r\n" + UTF_8.replace(b"x", b"\xe6"), "q.jsonl:3: byte 0xe6 is not UTF-8; save"),
        (UTF_8 + b"\xff", "q.jsonl:2: byte 0xff is not UTF-8; save"),
        (UTF_8.decode().encode("utf-16") + b"x", "q.jsonl:1: byte 0xff is not UTF-8; save"),
    ],
)
def test_a_damaged_byte_is_named(content: bytes, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        parse_queries(content, "q.jsonl")


@pytest.mark.parametrize("name", ["q.jsonl", "q.csv"])
def test_too_many_are_refused_before_all_are_read(name: str) -> None:
    rows = (
        "text,relevant\n" + f"{'t' * 40},\n" * 999_999
        if name == "q.csv"
        else "".join(f'{{"query_id": "{number}", "text": "t"}}\n' for number in range(1_000_000))
    )
    content = rows.encode()
    start = perf_counter()
    with pytest.raises(QueryError, match="holds 1,000,000 lines; wanted: 10,000 queries at most; split it"):
        parse_queries(content, name, most=MAX_QUERIES)
    assert perf_counter() - start < 3  # 0.3 s where nothing else runs


def test_as_many_as_wanted_are_read() -> None:
    assert len(parse_queries(QUERIES.encode(), "q.jsonl", most=4)) == 4
    with pytest.raises(QueryError, match="holds 4 lines; wanted: 3 queries at most"):
        parse_queries(QUERIES.encode(), "q.jsonl", most=3)


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
filled = texts.filter(lambda text: bool(text.strip()))
grades = st.integers(1, 1_000)
citations = st.builds(
    Citation, texts, st.integers(1, 9_999).map(str).map(article_number), texts, relevance=grades
) | st.builds(Citation, doc_id=filled.map(str.strip), relevance=grades)


@given(
    st.lists(
        st.builds(
            Query,
            filled,
            filled.map(query_text),
            st.lists(
                citations,
                max_size=3,
                unique_by=lambda each: (law_key(each.law), each.article, each.part, each.doc_id),
            ).map(tuple),
            texts,
            texts,
        ),
        unique_by=lambda q: q.query_id,
    )
)
def test_what_is_written_is_read_back(queries: list[Query]) -> None:
    lines = [query_line(query) for query in queries]
    assert not queries or parse_queries("\r\n".join(lines).encode(), "q.jsonl") == queries
    assert all("" not in json.loads(line).values() for line in lines)
