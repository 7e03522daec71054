"""The text of a file of queries, in whatever encoding, and its JSON values; or a QueryError that names the line and what stands there."""

import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workbench.core.errors import CorpusError, QueryError
from workbench.core.file_kinds import GZIP, WORKBOOK, unpacked, what_is
from workbench.core.text import UNFIT, Fault, decode, encoding_of
from workbench.corpora.tables import RowFault, Table, separated, workbook

_WANTED = "a query set: JSON lines, CSV, Excel (.xlsx), BEIR, TREC, STARD or triplets"
_HEAD = 2**20  # bytes in which the first object of a file ends
_BEGIN = re.compile(r"[^\s,]")


def text_of(content: bytes, name: str, *, wanted: str = _WANTED) -> tuple[str, str]:
    """The text of a file called `name`, unpacked and with its line ends as they are, and its encoding."""
    if kind := what_is(io.BytesIO(content)):
        raise QueryError(
            name,
            f"is {kind}",
            wanted=wanted,
            remedy="unpack it" if "archive" in kind else "give such a file",
        )
    plain = unpacked(content)
    if plain is None:
        raise QueryError(
            name, "is a damaged gzip file, or one of more than 1 GB", remedy="get the file again"
        )
    encoding = encoding_of(plain)
    text = decode(plain, encoding)
    if isinstance(text, Fault):
        raise QueryError(f"{name}:{text.line}", text.found, remedy="save the file as UTF-8")
    return text, encoding


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """(line from 1, text) of the lines that hold something."""
    return ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())


def tabbed(line: str) -> list[str]:
    """The cells of a line with tabs between them."""
    return [cell.strip() for cell in line.split("\t")]


def is_json(text: str) -> bool:
    """Whether `text` begins as a JSON array or object does."""
    return text.lstrip()[:1] in ("[", "{")


def json_value(text: str, at: str, *, remedy: str = "write one JSON object a line") -> Any:
    """The value that `text` stands for; it holds nothing that a file or a tokenizer cannot take."""
    try:
        value = json.loads(text)
        fit = not any(map(UNFIT.search, _strings(value)))
    except json.JSONDecodeError as fault:
        place = f"line {fault.lineno}, column {fault.colno}" if fault.lineno > 1 else f"column {fault.colno}"
        raise QueryError(at, f"is no JSON ({fault.msg}, {place})", remedy=remedy) from fault
    except RecursionError:
        raise QueryError(at, "is nested too deeply", remedy="write flat JSON objects") from None
    except ValueError as fault:
        raise QueryError(
            at, "holds a number of thousands of digits", remedy="write the article's number"
        ) from fault
    if not fit:
        raise QueryError(at, "holds a NUL or half a surrogate pair", remedy="remove that \\u escape")
    return value


def json_rows(text: str, name: str) -> Iterator[tuple[int, Any]]:
    """(line, value) of the items of one JSON array, or of one value a line."""
    if text.lstrip()[:1] == "[":
        yield from _items(text, name)
        return
    for number, line in lines_of(text):
        yield number, json_value(line, f"{name}:{number}")


@contextmanager
def of_a_table() -> Iterator[None]:
    """What is wrong with a table as a QueryError."""
    try:
        yield
    except CorpusError as fault:
        raise QueryError(fault.subject, fault.found, wanted=fault.wanted, remedy=fault.remedy) from fault


def table_rows(table: Table, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, cells by column) of a table in the file `name`; what is no row is refused."""
    for line, row in table.rows:
        if isinstance(row, RowFault):
            raise QueryError(f"{name}:{line}", row.found, wanted=row.wanted, remedy=row.remedy)
        yield line, row


def first_keys(path: Path) -> set[str]:
    """What the first JSON object of a file or the header of a table names; empty where it has neither."""
    if not path.is_file():
        return set()
    with path.open("rb") as file:
        kind = what_is(file)
        try:
            if kind:
                return set(workbook(file, str(path)).columns) if kind == WORKBOOK else set()
            packed = file.read(2) == GZIP
            file.seek(0)
            head = gzip.GzipFile(fileobj=file).read(_HEAD) if packed else file.read(_HEAD)
            text = head.decode(encoding_of(head, whole=len(head) < _HEAD), "ignore").lstrip("\ufeff")
            if not is_json(text):
                return set(separated(io.StringIO(text, newline=""), str(path)).columns)
            value, _ = json.JSONDecoder().raw_decode(text.lstrip("[ \r\n\t"))
        except (ValueError, RecursionError, CorpusError, OSError, EOFError, zlib.error):
            return set()
    return set(value) if isinstance(value, dict) else set()


def _items(text: str, name: str) -> Iterator[tuple[int, Any]]:
    """The values of an array, each with the line it begins in."""
    values = json_value(text, name, remedy="write one JSON array")
    decoder = json.JSONDecoder()
    line = 1
    counted = 0  # characters of which the line ends are in `line`
    end = text.index("[") + 1
    for value in values:
        begin = next(_BEGIN.finditer(text, end)).start()
        line += text.count("\n", counted, begin)
        counted = begin
        yield line, value
        _, end = decoder.raw_decode(text, begin)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in (*value, *value.values()) if isinstance(value, dict) else value:
            yield from _strings(item)
