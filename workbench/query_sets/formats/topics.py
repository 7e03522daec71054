"""The topics of a test collection: BEIR's JSON lines, TREC's `<top>` or XML, or an id, a tab and the text a line."""

import html
import io
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from workbench.core.errors import QueryError
from workbench.corpora.report import SourceReport
from workbench.corpora.tables import separated
from workbench.query_sets.formats.columns import collection_roles, names_role, plain
from workbench.query_sets.formats.rows import id_text
from workbench.query_sets.formats.texts import (
    is_json,
    json_rows,
    lines_of,
    of_a_table,
    tabbed,
    table_rows,
    text_of,
)

_TOP = re.compile(r"<top>", re.IGNORECASE)
_NUMBER = re.compile(r"<num>\s*+(?:Number:\s*+)?([^<\s]+)", re.IGNORECASE)
_TITLE = re.compile(r"<title>\s*+(?:Topic:)?([^<]*)", re.IGNORECASE)
# Names of elements and attributes in topics as XML; of several the first counts.
_TOPICS = ("topic", "top"), ("query",)
_IDS = ("number", "num", "id", "qid", "topicid", "identifier")
_TEXTS = ("title", "query", "text", "question", "summary", "description", "desc")
_PREFIX = re.compile(r"\A\s*(?:Number|Topic):\s*", re.IGNORECASE)


class Topic(NamedTuple):
    """A query as a file has it: its line, its id, and its text, which may be none."""

    line: int
    query_id: str
    text: Any


def read_topics(path: Path, report: SourceReport) -> list[Topic]:
    """The topics of a file, in its order; `report` takes what was taken for granted."""
    name = str(path)
    text, encoding = text_of(path.read_bytes(), name)
    said = list[str]()
    if is_json(text):
        topics = _json_topics(text, name)
    elif text.lstrip()[:1] == "<":
        topics = _marked_topics(text, name, said)
    else:
        topics = _column_topics(text, name, said)
    read = list(topics)
    report.read_as(path.name, encoding, more="; ".join(said))
    return read


def _json_topics(text: str, name: str) -> Iterator[Topic]:
    for number, row in json_rows(text, name):
        roles = collection_roles(row) if isinstance(row, dict) else {}
        if not {"query_id", "text"} <= roles.keys():
            raise QueryError(
                f"{name}:{number}", "lacks _id or text", wanted='{"_id": "…", "text": "…"}', remedy="add them"
            )
        yield Topic(number, id_text(row[roles["query_id"]]), row[roles["text"]])


def _column_topics(text: str, name: str, said: list[str]) -> Iterator[Topic]:
    """The second column is asked, or the one that a header row calls a query."""
    _, first = next(lines_of(text), (1, ""))
    cells = tabbed(first)
    roles = collection_roles(cells)
    named = {"query_id", "text"} <= roles.keys()
    headed = named or _is_header(cells)
    if not headed and len(cells) < 2 and (table := _table(text, name)):
        yield from table
        return
    places = (cells.index(roles["query_id"]), cells.index(roles["text"])) if named else (0, 1)
    wider = False
    for number, line in islice(lines_of(text), int(headed), None):
        cells = tabbed(line)
        if len(cells) <= max(places):
            raise QueryError(
                f"{name}:{number}",
                "has no tab",
                wanted="the query's id, a tab, its text",
                remedy="mend that line",
            )
        wider = wider or len(cells) > len(places)
        yield Topic(number, cells[places[0]], cells[places[1]])
    if wider:
        said.append(f"column {places[1] + 1} as text; others not read")


def _is_header(cells: list[str]) -> bool:
    """Whether the first two cells name columns: an id (id, qid, 编号 …) or, beside a name without a digit, a text."""
    if len(cells) < 2:
        return False
    beside = not any(map(str.isdecimal, cells[0])) and names_role(cells[1], "text")
    return names_role(cells[0], "query_id") or beside


def _table(text: str, name: str) -> list[Topic]:
    """The topics of a table with other delimiters, which needs a header row."""
    with of_a_table():
        table = separated(io.StringIO(text, newline=""), name)
    roles = collection_roles(table.columns)
    if not {"query_id", "text"} <= roles.keys():
        return []
    rows = table_rows(table, name)
    return [Topic(line, row[roles["query_id"]].strip(), row[roles["text"]]) for line, row in rows]


def _marked_topics(text: str, name: str, said: list[str]) -> Iterator[Topic]:
    """XML, or what early collections have, which only looks like it."""
    try:
        return _xml_topics(fromstring(text), text, name, said)
    except ParseError as fault:
        if _TOP.search(text):
            return _sgml_topics(text, name)
        line, _ = fault.position
        raise QueryError(f"{name}:{line}", f"is no XML ({fault})", remedy="mend that line") from fault
    except (DefusedXmlException, ValueError, LookupError) as fault:
        found = "declares entities, which can stand for anything"
        if not isinstance(fault, DefusedXmlException):
            found = f"is no XML ({fault})"
        raise QueryError(name, found, remedy="write the topics without them") from fault


def _xml_topics(root: Element, text: str, name: str, said: list[str]) -> Iterator[Topic]:
    for names in _TOPICS:
        if topics := [element for element in root.iter() if _tag(element) in names]:
            break
    else:
        found = "holds no <topic> and no <top>"
        raise QueryError(name, found, wanted='<topic number="1"><query>…', remedy="give TREC topics")
    begins = [match.start() for match in re.finditer(rf"<(?:{'|'.join(names)})\b", text, re.IGNORECASE)]
    asked = dict[str, None]()
    for count, topic in enumerate(topics):
        line = text.count("\n", 0, begins[count]) + 1 if count < len(begins) else 1
        parts = {_tag(child): "".join(child.itertext()) for child in reversed(topic)}
        parts = {plain(key): value for key, value in topic.attrib.items()} | parts
        number = next((parts[key] for key in _IDS if parts.get(key, "").strip()), "")
        kind = next((key for key in _TEXTS if parts.get(key, "").strip()), "")
        asked[kind] = None
        if not number or not (kind or (topic.text or "").strip()):
            found = f"is a topic without {'a text' if number else 'a number'}"
            has = f" (it has {', '.join(parts) or 'nothing'})"
            raise QueryError(f"{name}:{line}", found + has, remedy="add what is missing")
        yield Topic(
            line, _PREFIX.sub("", number).strip(), _PREFIX.sub("", parts.get(kind) or topic.text or "")
        )
    if asked.keys() - {"title", "query", ""}:
        said.append(f"<{'>, <'.join(filter(None, asked))}> as text")


def _tag(element: Element) -> str:
    """The name of an element without its namespace, in small letters."""
    return plain(str(element.tag).rpartition("}")[2])


def _sgml_topics(text: str, name: str) -> Iterator[Topic]:
    begins = [match.start() for match in _TOP.finditer(text)]
    number = 1
    for begin, end, before in zip(begins, [*begins[1:], len(text)], [0, *begins], strict=False):
        number += text.count("\n", before, begin)
        query_id, title = _NUMBER.search(text, begin, end), _TITLE.search(text, begin, end)
        if not query_id or not title:
            raise QueryError(
                f"{name}:{number}", "is a topic without <num> or <title>", remedy="add what is missing"
            )
        yield Topic(number, query_id[1], html.unescape(title[1]))
