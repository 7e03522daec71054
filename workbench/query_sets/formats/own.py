"""The workbench's own format: JSON, or a table with a header row (sample_queries/README.md describes both)."""

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from workbench.core.domain import Citation, Query
from workbench.core.errors import CitationError, QueryError
from workbench.core.file_kinds import WORKBOOK, what_is
from workbench.core.text import UTF_8
from workbench.corpora.report import SourceReport
from workbench.corpora.tables import Table, separated, workbook
from workbench.query_sets.formats.columns import plain, roles_of, said_of
from workbench.query_sets.formats.rows import (
    Judgements,
    citations_of,
    grade,
    id_text,
    placed,
    query_of,
    unique_queries,
    whole_ids,
)
from workbench.query_sets.formats.texts import (
    is_json,
    json_rows,
    json_value,
    lines_of,
    of_a_table,
    table_rows,
    text_of,
)
from workbench.query_sets.formats.unreadable import UnreadableCitations

_JSON = (".jsonl", ".json", ".ndjson")
_NAMED = ("law", "article", "part")  # an article, in columns of their own
_RATED = "judgmentRatings"  # of OpenSearch's Search Relevance Workbench
_REMEDY = "write one JSON object a line, or a CSV file with a header row"
_WANTED = (
    "text (or question, 问题 …), relevant (or citations, 法条 …) and, as you like, query_id, topic, style"
)

Row = dict[str, Any]  # role -> value


def fits(path: Path) -> bool:
    """A file that has no other format is read as this one, which then says what is wrong with it."""
    return not path.is_dir()


def read(path: Path, report: SourceReport) -> list[Query]:
    return parse_queries(path.read_bytes(), str(path), report=report)


def parse_queries(
    content: bytes, name: str, *, most: int | None = None, report: SourceReport | None = None
) -> list[Query]:
    """Queries of the `content` of a file called `name`; more than `most` are refused before the rest is read.

    A row is a query, with `text` and `relevant` (citations, with ; or a line break between them) and, as you like,
    `query_id`, `topic`, `style`; or a judgement, with `text`, `doc_id` and `relevance`. `report` takes what was taken for
    granted.
    """
    report = report or SourceReport()
    file = _opened(content, name)
    rows = _with_whole_ids(list(_limited(file, content, name, most)))
    report.read_as(Path(name).name, file.encoding, file.words, file.said())
    if any(map(_is_judgement, (row for _, row in rows))):
        return unique_queries(_judged(rows, name, report), name, remedy=_REMEDY)
    return unique_queries(_asking(rows, name), name, remedy=_REMEDY)


def query_line(query: Query) -> str:
    """`query` as one line of JSON, as `parse_queries` reads it; what is empty is left out.

    >>> print(query_line(Query("a", "谁看灯塔", (Citation("灯塔法", "第一条"),))))
    {"query_id": "a", "text": "谁看灯塔", "relevant": [{"law": "灯塔法", "article": "第一条"}]}
    >>> print(query_line(Query("b", "谁看灯塔", (Citation(doc_id="灯塔法#第一条", relevance=2),))))
    {"query_id": "b", "text": "谁看灯塔", "relevant": [{"doc_id": "灯塔法#第一条", "relevance": 2}]}
    """
    row = asdict(query) | {"relevant": list(map(_citation_row, query.relevant))}
    return json.dumps({key: value for key, value in row.items() if value}, ensure_ascii=False)


def _citation_row(citation: Citation) -> dict[str, Any]:
    row: dict[str, Any] = {"doc_id": citation.doc_id}
    if not citation.doc_id:
        row = {"law": citation.law, "article": citation.article + citation.pinpoint}
        if citation.part:
            row["part"] = citation.part
    if citation.relevance != 1:
        row["relevance"] = citation.relevance
    return row


# What a file holds


@dataclass
class _File:
    """The rows of a file with the lines they begin in, and how they were read; `kind`: what its columns are called."""

    name: str
    raw: Iterator[tuple[int, Any]]
    encoding: str
    words: str = ""
    kind: str = "key"
    roles: dict[tuple[str, ...], dict[str, str]] = field(default_factory=dict)  # columns -> role -> column

    def rows(self) -> Iterator[tuple[int, Row]]:
        """By role; a row without query_id is called by its number, where it is no judgement."""
        for count, (line, raw) in enumerate(self.raw, 1):
            if not isinstance(raw, dict):
                query_of(raw, self.name, line)  # which says what is wanted
            columns = tuple(raw)
            if columns not in self.roles:
                self.roles[columns] = _roles(columns)
            row = _cited({role: raw[column] for role, column in self.roles[columns].items()})
            yield line, row if _is_judgement(row) else {"query_id": str(count)} | row

    def said(self) -> str:
        """What was taken for what."""
        columns = dict.fromkeys(column for columns in self.roles for column in columns)
        roles = {role: column for roles in self.roles.values() for role, column in roles.items()}
        return said_of(columns, roles, self.kind)


def _opened(content: bytes, name: str) -> _File:
    if what_is(io.BytesIO(content)) == WORKBOOK:
        with of_a_table():
            table = workbook(io.BytesIO(content), name)
        return _of_table(table, name, UTF_8)
    text, encoding = text_of(content, name)
    if text.lstrip()[:1] == "<":
        wanted = "JSON lines, CSV or Excel (.xlsx)"
        remedy = "call TREC topics topics.xml, and put a file qrels… beside it"
        raise QueryError(name, "is XML", wanted=wanted, remedy=remedy)
    if is_json(text) or name.lower().removesuffix(".gz").endswith(_JSON):
        return _File(name, _json_rows(text, name), encoding)
    with of_a_table():
        table = separated(io.StringIO(text, newline=""), name)
    return _of_table(table, name, encoding)


def _of_table(table: Table, name: str, encoding: str) -> _File:
    roles = _roles(table.columns)
    answered = {"relevant", "doc_id", "article"} & roles.keys()
    if table.columns and not ("text" in roles and answered):
        raise QueryError(
            f"{name}:{table.line}",
            f'lacks the column "{"relevant" if "text" in roles else "text"}" '
            f"(its first row: {', '.join(table.columns)[:120]})",
            wanted=_WANTED,
            remedy="write a header row with these names",
        )
    return _File(name, table_rows(table, name), encoding, table.words, "column")


def _json_rows(text: str, name: str) -> Iterator[tuple[int, Any]]:
    """The items of an array, the values of lines, or what the file's one object holds."""
    whole = _only_object(text, name)
    if whole is None:
        return json_rows(text, name)
    if _is_ranx(whole):
        raise QueryError(
            name,
            "is a ranx qrels file: query ids, document ids and grades",
            wanted="the texts of the queries too",
            remedy='save it with kind="trec" as qrels.txt, beside a topics.tsv with id, tab and text a line',
        )
    rated = whole.get(_RATED)
    return ((1, value) for value in (rated if isinstance(rated, list) else [whole]))


def _only_object(text: str, name: str) -> dict[str, Any] | None:
    """The JSON object that all of `text` is; None where it is another value, or several, one a line."""
    if not text.lstrip().startswith("{"):
        return None
    _, first = next(lines_of(text))
    ends_there = first.strip() == text.strip()
    return None if not ends_there and _parsed(first, name) else _parsed(text, name)


def _parsed(text: str, name: str) -> dict[str, Any] | None:
    """An object; None where `text` is none, for what is wrong is told line by line."""
    try:
        return dict(json_value(text, name))
    except QueryError:
        return None


def _is_ranx(value: dict[str, Any]) -> bool:
    """Whether an object is query id -> document id -> grade."""
    return bool(value) and all(
        isinstance(graded, dict)
        and graded
        and all(isinstance(grade, int | float) for grade in graded.values())
        for graded in value.values()
    )


# What the rows of a file say


def _limited(file: _File, content: bytes, name: str, most: int | None) -> Iterator[tuple[int, Row]]:
    asked = set[str | int]()
    for count, (line, row) in enumerate(file.rows()):
        asked.add(_asked(row) if _is_judgement(row) else count)
        if most is not None and len(asked) > most:
            raise QueryError(
                name,
                f"holds {sum(1 for each in content.splitlines() if each.strip()):,} lines",
                wanted=f"{most:,} queries at most",
                remedy="split it, or measure it with `workbench evaluate --queries`",
            )
        yield line, row


def _roles(columns: Sequence[str]) -> dict[str, str]:
    """The roles that are read: of several ways to name an article one; a table of law, article and text holds no question."""
    roles = roles_of(columns)
    left_out = set[str]()
    if "relevant" in roles:
        left_out = {"relevant" if {"doc_id", "relevance"} <= roles.keys() else "doc_id", *_NAMED}
    elif plain(roles.get("text", "")) == "text":
        left_out = set(_NAMED)
    return {role: column for role, column in roles.items() if role not in left_out}


def _cited(row: Row) -> Row:
    """`row` with its columns of law, article and part as one citation."""
    named = {role: value for role, value in row.items() if role in _NAMED}
    rest = {role: value for role, value in row.items() if role not in _NAMED}
    if not named.get("article"):
        return rest
    return rest | {"relevant": named if "law" in named else named["article"]}


def _with_whole_ids(rows: list[tuple[int, Row]]) -> list[tuple[int, Row]]:
    for role in ("query_id", "doc_id"):
        ids = whole_ids(row[role] for _, row in rows if isinstance(row.get(role), str))
        if any(whole != written for written, whole in ids.items()):
            rows = [(line, row | {role: ids.get(row[role], row[role])}) for line, row in rows]
    return rows


def _is_judgement(row: Row) -> bool:
    return "doc_id" in row or "relevance" in row


def _asked(row: Row) -> str:
    """What tells the queries of judgements apart: their ids, else their texts."""
    return id_text(row.get("query_id")) or str(row.get("text"))


def _asking(rows: list[tuple[int, Row]], name: str) -> Iterator[tuple[int, Query]]:
    """The queries of rows that are one each; those with citations that cannot be read are told at the end, all together."""
    faults: list[tuple[str, CitationError]] = []
    for line, row in rows:
        try:
            yield line, query_of(row, name, line)
        except UnreadableCitations as fault:
            faults += fault.faults
    if faults:
        raise UnreadableCitations(name, faults)


def _judged(rows: list[tuple[int, Row]], name: str, report: SourceReport) -> Iterator[tuple[int, Query]]:
    """The queries of rows that are one judgement each, in the order in which they are first asked."""
    judgements = Judgements(name)
    asked: dict[str, tuple[int, Query, list[Citation]]] = {}
    faults: list[tuple[str, CitationError]] = []
    ungraded = 0
    for line, row in rows:
        key = _asked(row)
        numbered = {"query_id": str(len(asked) + 1)} | {
            role: value for role, value in row.items() if role in ("query_id", "text", "topic", "style")
        }
        query = query_of(numbered, name, line)
        first, earlier, relevant = asked.setdefault(key, (line, query, []))
        if earlier.text != query.text:
            found = f'asks query "{key}" otherwise than line {first}'
            raise QueryError(f"{name}:{line}", found, remedy="give each query an id of its own")
        if str(row.get("relevance", 1)).strip() in ("", "None"):
            ungraded += 1
            continue
        try:
            for graded in _graded(row, f"{name}:{line}"):
                if judgements.is_new(line, key, graded) and graded.relevance > 0:
                    relevant.append(graded)
        except UnreadableCitations as fault:
            faults += fault.faults
    if faults:
        raise UnreadableCitations(name, faults)
    if ungraded:
        report.note(
            Path(name).name, f"{ungraded:,} rows without a grade are left out", kind="rows without a grade"
        )
    for first, query, relevant in asked.values():
        yield first, replace(query, relevant=tuple(relevant))


def _graded(row: Row, at: str) -> list[Citation]:
    """What one judgement names, with its grade."""
    with placed(at):
        given = [{"doc_id": row["doc_id"]}] if "doc_id" in row else row.get("relevant")
        relevance = grade(row.get("relevance", 1))
        return [replace(citation, relevance=relevance) for citation in citations_of(given)]
