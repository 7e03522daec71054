"""Query sets: read from JSON lines or CSV, citations resolved to qrels, what did not resolve kept and named."""

import codecs
import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbench.citations import Resolver, article_number, parse
from workbench.domain import Citation, Qrels, Query
from workbench.errors import CitationError, QueryError

MAX_CHARACTERS = 2_000
MAX_QUERIES = 10_000  # of an upload, which somebody waits for
_CITATION_CHARACTERS = 300
_KNOWN = {"query_id", "text", "relevant", "topic", "style"}
_UNFIT = re.compile("[\0\ud800-\udfff]")  # no tokenizer and no file takes half a surrogate pair, and no CSV a NUL
_BETWEEN_CITATIONS = re.compile("[;；\r\n]")
_MARKS = {codecs.BOM_UTF32_LE: "UTF-32", codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16"}  # UTF-32 begins like UTF-16


@dataclass(frozen=True)
class Unresolved:
    """A citation that names no article of the corpus, and why."""

    query_id: str
    citation: Citation
    reason: str


@dataclass(frozen=True)
class QuerySet:
    """Judged queries, their qrels, and the citations that did not resolve.

    A query of which no citation resolved is in `unresolved`, not in `judged`.
    """

    name: str
    judged: tuple[Query, ...]
    qrels: Qrels
    unresolved: tuple[Unresolved, ...] = ()

    @property
    def fingerprint(self) -> str:
        content = [(query.query_id, query.text, sorted(self.qrels[query.query_id].items())) for query in self.judged]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()[:16]

    @property
    def unresolved_queries(self) -> int:
        """How many queries have no article to be found."""
        judged = {query.query_id for query in self.judged}
        return len({item.query_id for item in self.unresolved} - judged)


def query_text(text: str) -> str:
    """`text` fit for a search: one line, not empty, not longer than MAX_CHARACTERS."""
    plain = " ".join(text.split())
    if _UNFIT.search(plain):
        raise QueryError("query", "holds a NUL or half a surrogate pair", remedy="remove that character")
    if not plain:
        raise QueryError("query", "is empty", remedy="type a question, e.g. 试用期最长多久？")
    if len(plain) > MAX_CHARACTERS:
        raise QueryError("query", f"has {len(plain):,} characters", wanted=f"{MAX_CHARACTERS:,} at most", remedy="shorten it to the question itself")
    return plain


def read_queries(path: str | Path) -> list[Query]:
    """Queries of a file, in its order: CSV where it is named so, else one JSON object a line."""
    try:
        content = Path(path).read_bytes()
    except OSError as fault:
        raise QueryError(str(path), f"cannot be read ({fault.strerror})", remedy="give a JSON lines file of queries") from fault
    return parse_queries(content, str(path))


def parse_queries(content: bytes, name: str, *, most: int | None = None) -> list[Query]:
    """Queries of the `content` of a file called `name`; more than `most` are refused before the rest is read.

    JSON lines: the format of sample_queries/README.md. CSV (`name` ends in .csv): a header row with `text`, `relevant`
    (citations, with ; or a line break between them) and, as you like, `query_id`, `topic`, `style`.
    """
    _check_text(content, name)
    lines = io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline="")
    seen: dict[str, int] = {}
    queries: list[Query] = []
    for number, row in (_csv_rows if name.lower().endswith(".csv") else _json_rows)(lines, name):
        if len(queries) == most:
            found = f"holds {sum(1 for line in content.splitlines() if line.strip()):,} lines"
            raise QueryError(name, found, wanted=f"{most:,} queries at most", remedy="split it, or measure it with `workbench evaluate --queries`")
        query = _query(row, f"{name}:{number}")
        if earlier := seen.get(query.query_id):
            raise QueryError(f"{name}:{number}", f'query_id "{query.query_id}" stands in line {earlier} too', remedy="give each its own")
        seen[query.query_id] = number
        queries.append(query)
    if not queries:
        raise QueryError(name, "holds no query", remedy="write one JSON object a line, or a CSV file with a header row")
    return queries


def query_line(query: Query) -> str:
    """`query` as one line of JSON, as `parse_queries` reads it; what is empty is left out.

    >>> print(query_line(Query("a", "谁看灯塔", (Citation("灯塔法", "第一条"),))))
    {"query_id": "a", "text": "谁看灯塔", "relevant": [{"law": "灯塔法", "article": "第一条"}]}
    """
    row = asdict(query)
    row["relevant"] = [{key: value for key, value in citation.items() if value or key != "part"} for citation in row["relevant"]]
    return json.dumps({key: value for key, value in row.items() if value}, ensure_ascii=False)


def _check_text(content: bytes, name: str) -> None:
    try:
        content.decode("utf-8")
        place, found = content.find(b"\0"), "holds a NUL byte"
    except UnicodeDecodeError as fault:
        place, found = fault.start, f"is not UTF-8{_likely_encoding(content, fault.start)}"
    if place >= 0:
        raise QueryError(f"{name}:{len(content[: place + 1].splitlines())}", found, remedy="save the file as UTF-8")


def _likely_encoding(content: bytes, place: int) -> str:
    """What the content is instead of UTF-8, as the end of a sentence; empty for UTF-8 with a damaged byte at `place`."""
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            return f", but begins as {encoding} does"
    nearby = [character for character in content[max(0, place - 10_000) : place + 10_000].decode("utf-8", "replace") if not character.isascii()]
    try:
        content.decode("gb18030")  # takes much UTF-8 as well: most characters have to be broken
    except UnicodeDecodeError:
        return ""
    return ", but reads as GB18030" if nearby.count("\ufffd") * 2 >= len(nearby) else ""


def _json_rows(lines: Iterable[str], name: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, _json_value(line, f"{name}:{number}")


def _json_value(line: str, at: str) -> Any:
    try:
        value = json.loads(line)
        fit = not any(map(_UNFIT.search, _strings(value)))
    except json.JSONDecodeError as fault:
        raise QueryError(at, f"is no JSON ({fault.msg}, column {fault.colno})", remedy="write one JSON object a line") from fault
    except RecursionError:
        raise QueryError(at, "is nested too deeply", remedy="write one flat JSON object a line") from None
    except ValueError as fault:
        raise QueryError(at, "holds a number of thousands of digits", remedy="write the article's number") from fault
    if not fit:
        raise QueryError(at, "holds a NUL or half a surrogate pair", remedy="remove that \\u escape")
    return value


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in (*value, *value.values()):
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _csv_rows(lines: Iterable[str], name: str) -> Iterator[tuple[int, Any]]:
    """Rows in the shape of the JSON objects, each with the line it begins in."""
    header: list[str] = []
    for count, (number, cells) in enumerate(_cells(lines, name)):
        if not header:
            header = _header(cells, f"{name}:{number}")
            continue
        if len(cells) != len(header):
            remedy = "put a cell with a comma in quotes"
            raise QueryError(f"{name}:{number}", f"has {len(cells)} cells", wanted=f"{len(header)}, as the header has", remedy=remedy)
        row: dict[str, Any] = dict(zip(header, cells, strict=True))
        row["relevant"] = [citation for citation in map(str.strip, _BETWEEN_CITATIONS.split(row["relevant"])) if citation]
        yield number, {"query_id": str(count)} | row


def _cells(lines: Iterable[str], name: str) -> Iterator[tuple[int, list[str]]]:
    reader, begins = csv.reader(lines, strict=True), 1
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as fault:
        raise QueryError(f"{name}:{begins}", f"is no CSV ({fault})", remedy='close every quote, and write "" for a quote within quotes') from fault


def _header(cells: list[str], at: str) -> list[str]:
    header = [cell.strip() for cell in cells]
    wanted = "text, relevant and, as you like, query_id, topic, style, with commas between them"
    for column in header:
        if column not in _KNOWN or header.count(column) > 1:
            found = f'column "{column}" stands there twice' if column in _KNOWN else f'unknown column "{column}"'
            raise QueryError(at, found, wanted=wanted, remedy="remove it, or mend its spelling")
    if missing := {"text", "relevant"} - set(header):
        raise QueryError(at, f'lacks the column "{max(missing)}"', wanted=wanted, remedy="add it to the header row")
    return header


def _query(row: Any, at: str) -> Query:
    if not isinstance(row, dict) or not all(isinstance(row.get(key), str) and row[key].strip() for key in ("query_id", "text")):
        raise QueryError(at, "lacks query_id or text", wanted='e.g. query_id "q1", text "试用期最长多久？"', remedy="add them as strings")
    if unknown := set(row) - _KNOWN:
        raise QueryError(at, f'unknown key "{min(unknown)}"', wanted=", ".join(sorted(_KNOWN)), remedy="remove it, or mend its spelling")
    try:
        return Query(
            query_id=row["query_id"],
            text=query_text(row["text"]),
            relevant=tuple(map(_citation, _listed(row.get("relevant", [])))),
            topic=str(row.get("topic", "")),
            style=str(row.get("style", "")),
        )
    except CitationError as fault:
        raise QueryError(f"{at}: {fault.subject}", fault.found, remedy=fault.remedy) from fault
    except QueryError as fault:
        raise QueryError(at, f"{fault.subject} {fault.found}", wanted=fault.wanted, remedy=fault.remedy) from fault
    except (TypeError, KeyError) as fault:
        raise QueryError(at, "relevant is no list of citations", wanted='[{"law": "…", "article": "…"}]', remedy="mend it") from fault


def _listed(items: Any) -> list[Any]:
    if not isinstance(items, list):
        raise TypeError(items)
    return items


def _citation(item: Any) -> Citation:
    if isinstance(item, str):
        return parse(_short(item))
    if not isinstance(item["law"], str):
        raise TypeError(item)
    return Citation(_short(item["law"]), article_number(_short(str(item["article"]))), _short(str(item.get("part", ""))))


def _short(text: str) -> str:
    if len(text) > _CITATION_CHARACTERS:
        raise CitationError(f'"{text[:20]}…"', f"has {len(text):,} characters", remedy="write law and article, e.g. 《民法典》第一千零六十五条")
    return text


def judge(name: str, queries: Iterable[Query], resolver: Resolver) -> QuerySet:
    """`queries` with their citations resolved in one corpus; relevance is 1."""
    judged, qrels, unresolved = [], {}, []
    for query in queries:
        found: dict[str, int] = {}
        for citation in query.relevant:
            try:
                found[resolver.resolve(citation)] = 1
            except CitationError as fault:
                unresolved.append(Unresolved(query.query_id, citation, f"{fault.found}; {fault.remedy}"))
        if not query.relevant:
            unresolved.append(Unresolved(query.query_id, Citation("", ""), "names no article"))
        if found:
            judged.append(query)
            qrels[query.query_id] = found
    return QuerySet(name, tuple(judged), qrels, tuple(unresolved))
