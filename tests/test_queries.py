from pathlib import Path

import pytest

from tests.conftest import ARTICLES, QUERIES
from workbench.citations import Resolver
from workbench.domain import Citation, Query
from workbench.errors import QueryError
from workbench.queries import judge, query_text, read_queries


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "queries.jsonl"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_reading_and_judging(tmp_path: Path) -> None:
    query_set = judge("tiny", read_queries(write(tmp_path, QUERIES)), Resolver(ARTICLES))
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
    query_set = judge("some", queries, Resolver(ARTICLES))
    assert [query.query_id for query in query_set.judged] == ["a"]
    assert query_set.unresolved_queries == 2
    assert [item.query_id for item in query_set.unresolved] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"query_id": "x"', r"queries.jsonl:2: is no JSON"),
        ('["x"]', r"queries.jsonl:2: lacks query_id or text"),
        ('{"query_id": "x", "text": " "}', r"queries.jsonl:2: lacks query_id or text"),
        ('{"query_id": "x", "text": "t", "answer": 1}', r'queries.jsonl:2: unknown key "answer"'),
        ('{"query_id": "x", "text": "t", "relevant": [{"law": "刑法", "article": "第条"}]}', r'queries.jsonl:2: "第条": is no article number'),
        ('{"query_id": "x", "text": "t", "relevant": "刑法"}', r"queries.jsonl:2: relevant is no list of citations"),
        ('{"query_id": "x", "text": "t", "relevant": 7}', r"queries.jsonl:2: relevant is no list of citations"),
        ('{"query_id": "q0", "text": "t"}', r'queries.jsonl:2: query_id "q0" stands in line 1 too'),
        ('{"query_id": "x", "text": "' + "长" * 10_000 + '"}', r"queries.jsonl:2: query has 10,000 characters"),
    ],
)
def test_a_broken_line_is_named(line: str, message: str, tmp_path: Path) -> None:
    path = write(tmp_path, '{"query_id": "q0", "text": "t"}\n' + line + "\n")
    with pytest.raises(QueryError, match=message):
        read_queries(path)


def test_wrong_encoding_and_empty_files(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match=r"queries.jsonl:1: is not UTF-8"):
        read_queries(write(tmp_path, '{"query_id": "x", "text": "法"}'.encode("gb18030")))
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
