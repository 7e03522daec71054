"""The text of a file of queries: UTF-8 lines and JSON values, or a QueryError that names the line and what stands there."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench.core.errors import QueryError
from workbench.core.text import UNFIT, as_marked, mostly_broken

_HEAD = 2**20  # bytes in which the first object of a file ends


def lines_of(content: bytes, name: str) -> io.TextIOWrapper:
    """The lines of a file called `name`, with their ends as they are."""
    _check(content, name)
    return io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline="")


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


def first_keys(path: Path) -> set[str]:
    """What the first JSON object of a file or the header of a CSV file names; empty where it has neither."""
    if not path.is_file():
        return set()
    with path.open("rb") as file:
        head = file.read(_HEAD).decode("utf-8-sig", "ignore")
    try:
        if path.suffix.lower() == ".csv":
            return {cell.strip() for cell in next(csv.reader(head.splitlines()), [])}
        value, _ = json.JSONDecoder().raw_decode(head.lstrip("[ \r\n\t"))
    except (ValueError, RecursionError, csv.Error):
        return set()
    return set(value) if isinstance(value, dict) else set()


def _check(content: bytes, name: str) -> None:
    try:
        content.decode("utf-8")
        place, found = content.find(b"\0"), "holds a NUL byte"
    except UnicodeDecodeError as fault:
        place, found = fault.start, f"is not UTF-8{_likely_encoding(content, fault.start)}"
    if place >= 0:
        raise QueryError(
            f"{name}:{len(content[: place + 1].splitlines())}", found, remedy="save the file as UTF-8"
        )


def _likely_encoding(content: bytes, place: int) -> str:
    """What the content is instead of UTF-8, as the end of a sentence; empty for UTF-8 with a damaged byte at `place`."""
    if marked := as_marked(content):
        return marked
    try:
        content.decode("gb18030")  # takes much UTF-8 as well: most characters have to be broken
    except UnicodeDecodeError:
        return ""
    return ", but reads as GB18030" if mostly_broken(content[max(0, place - 10_000) : place + 10_000]) else ""


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in (*value, *value.values()) if isinstance(value, dict) else value:
            yield from _strings(item)
