"""Tables as spreadsheets and data frames save them: lines of cells or a workbook, below a header row."""

import csv
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import chain
from typing import IO, Any
from zipfile import ZipFile

from workbench.core.errors import CorpusError
from workbench.core.file_kinds import MOST_UNPACKED
from workbench.core.text import BYTE_ORDER_MARK

# What stands between cells, by what people call it; of two that cut a header into as many cells the first.
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SEPARATOR = re.compile(r"\s*sep=(.)\W*", re.IGNORECASE)  # Excel's own first line
# What keeps a spreadsheet from taking a text for a formula, as exports have it.
_SHIELD = re.compile(r"\A'(?=[=+\-@\t\r])")
_WHOLE = re.compile(r"(-?\d+)\.0+")


@dataclass(frozen=True)
class RowFault:
    """Why a row is none; `kind`: the fault in general."""

    found: str
    kind: str
    wanted: str = ""
    remedy: str = ""


Row = dict[str, str]  # column -> cell


@dataclass(frozen=True)
class Table:
    """`rows`: (line, cells by column, or what is wrong with them); `words`: how it was read, where that is not with commas."""

    line: int  # of the header
    columns: list[str]
    rows: Iterator[tuple[int, Row | RowFault]]
    words: str = ""


def separated(lines: Iterable[str], name: str) -> Table:
    """The table in the lines of a file called `name`: CSV, with whatever its header has between its cells."""
    lines = iter(lines)
    first = list[str]()
    delimiter, marked = "", 0
    for line in lines:
        line = line.removeprefix(BYTE_ORDER_MARK)
        if not marked and not first and (match := _SEPARATOR.fullmatch(line)):
            delimiter, marked = match[1], 1
            continue
        first.append(line)
        if line.strip():
            break
    delimiter = delimiter or _delimiter(first[-1] if first else "")
    usual = "\t" if _plain_name(name).endswith(".tsv") else ","
    words = f"with {DELIMITERS.get(delimiter, repr(delimiter))}" if delimiter != usual else ""
    cells = _cells(chain(first, lines), delimiter, marked)
    return _table(cells, name, words)


def workbook(file: IO[bytes], name: str) -> Table:
    """The table in the first sheet that holds any text of an Excel workbook (.xlsx)."""
    from openpyxl import load_workbook  # takes a moment to import

    with ZipFile(file) as archive:
        if sum(part.file_size for part in archive.infolist()) > MOST_UNPACKED:
            raise CorpusError(name, "unpacks to more than 1 GB", remedy="save it as CSV, and split it")
    try:
        with warnings.catch_warnings(action="ignore"):  # of what it leaves out: styles, checks of cells
            book = load_workbook(file, read_only=True, data_only=True)
            sheets = [(sheet.title, rows) for sheet in book.worksheets if (rows := list(_sheet(sheet)))]
    except Exception as fault:  # whatever its parsers raise where a part of the file is damaged
        found = f"is an Excel workbook that cannot be read ({type(fault).__name__}: {str(fault)[:80]})"
        raise CorpusError(name, found, remedy="open it and save it again, or save it as CSV") from fault
    title, rows = sheets[0] if sheets else ("", [])
    width = max((len(cells) for _, cells in rows), default=0)
    padded = ((line, cells + [""] * (width - len(cells))) for line, cells in rows)
    words = [] if _plain_name(name).endswith((".xlsx", ".xlsm")) else ["as an Excel workbook"]
    if len(sheets) > 1:
        words.append(f'from the sheet "{title}", the first of {len(sheets)}')
    return _table(padded, name, " ".join(words))


def whole(value: Any) -> Any:
    """A float without fraction as the whole number that it stands for; anything else as it is.

    >>> whole(7.0), whole(1.5), whole("7.0")
    (7, 1.5, '7.0')
    """
    return int(value) if isinstance(value, float) and value.is_integer() else value


def whole_number(text: str) -> str:
    """`text` without the `.0` that a data frame puts behind whole numbers where one is missing.

    >>> whole_number("12.0"), whole_number("1.5"), whole_number("第1条")
    ('12', '1.5', '第1条')
    """
    match = _WHOLE.fullmatch(text.strip())
    return match[1] if match else text


def _plain_name(name: str) -> str:
    return name.lower().removesuffix(".gz")


def _delimiter(header: str) -> str:
    """What cuts a header into most cells."""

    def count(delimiter: str) -> int:
        try:
            return len(next(csv.reader([header], delimiter=delimiter), []))
        except csv.Error:
            return 0

    return max(DELIMITERS, key=count)


def _cells(lines: Iterable[str], delimiter: str, before: int) -> Iterator[tuple[int, list[str] | RowFault]]:
    """Each row with the line that it begins in; `before`: lines that came earlier."""
    try:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
    except (TypeError, ValueError):  # of a `sep=` that names none
        reader = csv.reader(lines, strict=True)
    while True:
        line = before + reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as fault:
            remedy = 'close every quote, and write "" for a quote within quotes'
            yield line, RowFault(f"is no CSV ({fault})", "rows that are no CSV", remedy=remedy)
            continue
        if cells is None:
            return
        if any(map(str.strip, cells)):
            yield line, [_SHIELD.sub("", cell) for cell in cells]


def _sheet(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    sheet.reset_dimensions()  # which other programs write wrongly
    for line, values in enumerate(sheet.iter_rows(values_only=True), 1):
        cells = list(map(_cell, values))
        if any(map(str.strip, cells)):
            yield line, cells


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    return value.isoformat() if isinstance(value, date) else str(whole(value))


def _table(
    cells: Iterator[tuple[int, list[str]]] | Iterator[tuple[int, list[str] | RowFault]], name: str, words: str
) -> Table:
    line, header = next(cells, (1, list[str]()))
    if isinstance(header, RowFault):
        raise CorpusError(f"{name}:{line}", header.found, remedy=header.remedy)
    columns = _without_empty_end([" ".join(cell.split()) for cell in header])
    for column in filter(None, columns):
        if columns.count(column) > 1:
            found = f'the column "{column}" stands there twice'
            raise CorpusError(f"{name}:{line}", found, remedy="give each column a name of its own")
    return Table(line, columns, _rows(cells, columns), words)


def _rows(
    cells: Iterator[tuple[int, list[str] | RowFault]], columns: list[str]
) -> Iterator[tuple[int, Row | RowFault]]:
    """The rows without the empty cells that spreadsheets put behind the last column, and without columns that have no name."""
    for line, row in cells:
        if isinstance(row, RowFault):
            yield line, row
            continue
        if len(row) > len(columns):
            row = [*row[: len(columns)], *_without_empty_end(row[len(columns) :])]
        if len(row) != len(columns):
            yield (
                line,
                RowFault(
                    f"has {len(row)} cells",
                    "rows with another number of cells",
                    wanted=f"{len(columns)}, as the header has",
                    remedy="put a cell that holds what stands between cells in quotes",
                ),
            )
            continue
        yield line, {column: cell for column, cell in zip(columns, row, strict=True) if column}


def _without_empty_end(cells: list[str]) -> list[str]:
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    return cells
