"""Rows of JSON lines, JSON, CSV, Excel and Parquet files, one after the other, each with the place where it stands."""

import codecs
import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import IO, Any, cast

import ijson

from workbench.core.errors import CorpusError
from workbench.core.file_kinds import GZIP, PARQUET, WORKBOOK, what_is
from workbench.core.text import SAMPLE, UTF_8, Fault, decode, encoding_of, is_wide
from workbench.corpora.paths import existing_path
from workbench.corpora.report import SourceReport
from workbench.corpora.tables import RowFault, Table, separated, workbook

Row = dict[str, Any]
Rows = Iterator[tuple[str, Row]]  # where (file and line, or file and row number), column -> value

_LONGEST = 1 << 24  # bytes of a line
# The backend in Python: that in C writes "?" for half a surrogate pair, and refuses integers of more than 64
# bits.
_JSON = ijson.get_backend("python")
_JSON_BEGINS = re.compile(rb'\s*(?:\[\s*)?\{\s*"')
_STEPS = {"start_map": 1, "start_array": 1, "end_map": -1, "end_array": -1}
_DEEPEST = 500  # levels of one item


def files_of(path: Path, *kinds: str) -> list[Path]:
    """`path` itself, or the files of these kinds in that folder and below, in order."""
    if existing_path(path).is_file():
        return [path]
    found = sorted(file for file in path.rglob("*") if file.is_file() and kind_of(file) in kinds)
    if not found:
        raise CorpusError(
            str(path),
            f"holds no .{' or .'.join(kinds)} file",
            remedy="correct `path` or `kind` in the pair file",
        )
    return found


def kind_of(path: Path) -> str:
    """The kind of a file, told by its name."""
    return path.name.removesuffix(".gz").rpartition(".")[2].lower()


def rows_of(path: Path, kind: str, report: SourceReport) -> Rows:
    """Rows of one file of a kind in FORMATS, or of what it is instead; what is no row is skipped and said."""
    with _named(path), path.open("rb") as file:
        found = what_is(file)
    if kind != "parquet":
        if found not in ("", WORKBOOK, PARQUET):
            raise CorpusError(str(path), f"is {found}", wanted=f"a .{kind} file", remedy=_remedy(found))
        kind = {WORKBOOK: "xlsx", PARQUET: "parquet"}.get(found, "csv" if kind == "xlsx" else kind)
        if kind in ("csv", "tsv") and _begins_as_json(path):
            report.read_as(str(path), UTF_8, "as JSON")
            kind = "jsonl"
    yield from FORMATS[kind](path, report)


def _begins_as_json(path: Path) -> bool:
    """Whether a file begins with an object, or an array of them, which no header row does."""
    with _opened(path) as content:
        head = content.stream.read(SAMPLE).removeprefix(codecs.BOM_UTF8)
    return bool(_JSON_BEGINS.match(head))


def _remedy(found: str) -> str:
    return "unpack it" if "archive" in found else "convert it"


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Faults in reading `path` as a CorpusError that names it."""
    try:
        yield
    except (OSError, EOFError, zlib.error, UnicodeError) as fault:
        raise CorpusError(
            str(path), f"cannot be read to its end ({fault})", remedy="get the file again"
        ) from fault


@dataclass(frozen=True)
class _Content:
    """A file's bytes, unpacked and with UTF-16 made UTF-8; `encoding`: that of `stream`; `found`: that of the file."""

    stream: IO[bytes]
    encoding: str
    found: str


@contextmanager
def _opened(path: Path) -> Iterator[_Content]:
    with _named(path), path.open("rb") as raw:
        packed = raw.read(2) == GZIP
        raw.seek(0)
        stream: IO[bytes] = cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if packed else raw
        encoding = encoding_of(stream.read(SAMPLE), whole=not stream.read(1))
        stream.seek(0)
        if is_wide(encoding):  # a line does not end with a byte there
            yield _Content(io.BytesIO(stream.read().decode(encoding).encode()), UTF_8, encoding)
        else:
            yield _Content(stream, encoding, encoding)


def _json(path: Path, report: SourceReport) -> Rows:
    """Of a file that holds one array, or one value a line, whatever its name says."""
    with _opened(path) as content:
        report.read_as(str(path), content.found)
        array = content.stream.read(SAMPLE).removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"[")
        content.stream.seek(0)
        yield from (_array if array else _json_lines)(content, path, report)


def _json_lines(content: _Content, path: Path, report: SourceReport) -> Rows:
    for number, raw in enumerate(iter(partial(content.stream.readline, _LONGEST), b""), 1):
        line = decode(raw, content.encoding)
        if isinstance(line, Fault):
            report.skip(f"{path}:{number}", line.found, kind="lines that are no text")
        elif line.strip():
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as fault:
                report.skip(f"{path}:{number}", f"is no JSON ({fault})", kind="lines that are no JSON")
                continue
            yield from _object(value, f"{path}:{number}", report)


def _array(content: _Content, path: Path, report: SourceReport) -> Rows:
    """The items of a file's one array, while no more of it is held than one of them needs."""
    try:
        for number, value in enumerate(_items(_as_utf_8(content)), 1):
            yield from _object(value, f"{path}: item {number}", report)
    except (ijson.JSONError, ValueError, RecursionError) as fault:
        raise CorpusError(
            str(path), f"is no JSON array ({fault})", remedy="mend it, or write one JSON object a line"
        ) from fault


def _items(text: Any) -> Iterator[Any]:
    """The items of the one array in a UTF-8 file."""
    events = _JSON.basic_parse(text, use_float=True)
    next(events)  # the array begins
    depth = 0
    item = ijson.ObjectBuilder()
    for event, value in events:
        depth += _STEPS.get(event, 0)
        if depth > _DEEPEST:
            raise ValueError("it is nested too deeply")
        if depth < 0:  # the array has ended; what follows is a fault, which the parser finds
            continue
        item.event(event, value)
        if depth == 0:
            yield item.value
            item = ijson.ObjectBuilder()


def _as_utf_8(content: _Content) -> Any:
    """The file in UTF-8, without a byte order mark."""
    stream = content.stream
    if content.encoding != UTF_8:
        return codecs.EncodedFile(stream, UTF_8, content.encoding)
    if stream.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
        stream.seek(0)
    return stream


def _object(value: Any, where: str, report: SourceReport) -> Rows:
    if isinstance(value, dict):
        yield where, value
    else:
        report.skip(where, "is no JSON object", kind="values that are no JSON object")


def _csv(path: Path, report: SourceReport) -> Rows:
    with _opened(path) as content:
        # A byte that is no text becomes half a surrogate pair, so that its row, however many lines it has,
        # can be told.
        lines = (
            part
            for line in iter(partial(content.stream.readline, _LONGEST), b"")
            for part in io.StringIO(line.decode(content.encoding, "surrogateescape"), newline="")
        )  # in which a carriage return alone ends a line too
        yield from _of_table(separated(lines, str(path)), content.found, path, report)


def _workbook(path: Path, report: SourceReport) -> Rows:
    with path.open("rb") as file:
        table = workbook(file, str(path))
    yield from _of_table(table, UTF_8, path, report)


def _of_table(table: Table, encoding: str, path: Path, report: SourceReport) -> Rows:
    report.read_as(str(path), encoding, table.words)
    for line, row in table.rows:
        if isinstance(row, RowFault):
            wanted = f"; wanted: {row.wanted}" if row.wanted else ""
            report.skip(f"{path}:{line}", row.found + wanted, kind=row.kind)
        else:
            yield f"{path}:{line}", dict(row)


def _parquet(path: Path, report: SourceReport) -> Rows:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            names = [field.name for field in file.schema_arrow if not _no_words(pa, field.type)]
            numbers = count(1)
            for batch in file.iter_batches(batch_size=1024, columns=names):
                for row in batch.to_pylist():
                    yield f"{path}: row {next(numbers)}", row
    except (pa.ArrowException, OSError, UnicodeDecodeError) as fault:
        raise CorpusError(
            str(path), f"cannot be read as Parquet ({fault})", remedy="get the file again"
        ) from fault


def _no_words(pa: Any, kind: Any) -> bool:
    """Whether a column holds vectors or bytes, which no field takes."""
    listed = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return (
        pa.types.is_floating(kind.value_type)
        if listed
        else pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
    )


FORMATS: dict[str, Callable[[Path, SourceReport], Rows]] = {
    "jsonl": _json,
    "json": _json,
    "csv": _csv,
    "tsv": _csv,
    "xlsx": _workbook,
    "parquet": _parquet,
}
