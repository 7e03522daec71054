"""Rows of JSON lines, JSON, CSV and Parquet files, one after the other, each with the place where it stands."""

import codecs
import csv
import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from io import BufferedIOBase
from itertools import count
from pathlib import Path
from typing import Any

import ijson

from workbench.core.errors import CorpusError
from workbench.core.text import BYTE_ORDER_MARK, GB18030, SAMPLE, UTF_8, Fault, decode, encoding_of
from workbench.corpora.paths import existing_path
from workbench.corpora.report import SourceReport

Row = dict[str, Any]
Rows = Iterator[tuple[str, Row]]  # where (file and line, or file and row number), column -> value

_LONGEST = 1 << 24  # bytes of a line
# The backend in Python: that in C writes "?" for half a surrogate pair, and refuses integers of more than 64
# bits.
_JSON = ijson.get_backend("python")
_STEPS = {"start_map": 1, "start_array": 1, "end_map": -1, "end_array": -1}
_DEEPEST = 500  # levels of one item
_GZIP = b"\x1f\x8b"


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
    """Rows of one file of a kind in FORMATS; what is no row is skipped and said."""
    yield from FORMATS[kind](path, report)


@contextmanager
def _opened(path: Path, report: SourceReport) -> Iterator[tuple[BufferedIOBase, str]]:
    """The file's bytes, unpacked where it is a gzip file, and its encoding."""
    try:
        with path.open("rb") as raw:
            stream: BufferedIOBase = gzip.GzipFile(fileobj=raw) if raw.read(2) == _GZIP else raw
            raw.seek(0)
            encoding = encoding_of(stream.read(SAMPLE), whole=not stream.read(1))
            stream.seek(0)
            if encoding == GB18030:
                report.note(str(path), "is GB18030, not UTF-8; read as such", kind="GB18030")
            yield stream, encoding
    except (OSError, EOFError, zlib.error) as fault:
        raise CorpusError(
            str(path), f"cannot be read to its end ({fault})", remedy="get the file again"
        ) from fault


def _json_lines(path: Path, report: SourceReport) -> Rows:
    with _opened(path, report) as (stream, encoding):
        for number, raw in enumerate(iter(partial(stream.readline, _LONGEST), b""), 1):
            line = decode(raw, encoding)
            if isinstance(line, Fault):
                report.skip(f"{path}:{number}", line.found, kind="lines that are no text")
            elif line.strip():
                try:
                    value = json.loads(line)
                except (ValueError, RecursionError) as fault:
                    report.skip(f"{path}:{number}", f"is no JSON ({fault})", kind="lines that are no JSON")
                    continue
                yield from _object(value, f"{path}:{number}", report)


def _json(path: Path, report: SourceReport) -> Rows:
    """Of a file that holds one array; of JSON lines as well, for many are called .json."""
    with _opened(path, SourceReport()) as (stream, _):
        array = stream.read(SAMPLE).removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"[")
    yield from (_array if array else _json_lines)(path, report)


def _array(path: Path, report: SourceReport) -> Rows:
    """The items of a file's one array, while no more of it is held than one of them needs."""
    with _opened(path, report) as (stream, encoding):
        text = _as_utf_8(stream, encoding)
        try:
            for number, value in enumerate(_items(text), 1):
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


def _as_utf_8(stream: BufferedIOBase, encoding: str) -> Any:
    """The rest of a file in UTF-8, without a byte order mark."""
    if encoding != UTF_8:
        return codecs.EncodedFile(stream, UTF_8, encoding)
    if stream.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
        stream.seek(0)
    return stream


def _object(value: Any, where: str, report: SourceReport) -> Rows:
    if isinstance(value, dict):
        yield where, value
    else:
        report.skip(where, "is no JSON object", kind="values that are no JSON object")


def _csv(path: Path, report: SourceReport) -> Rows:
    with _opened(path, report) as (stream, encoding):
        # A byte that is no text becomes half a surrogate pair, so that its row, however many lines it has,
        # can be told.
        lines = (
            line.decode(encoding, "surrogateescape") for line in iter(partial(stream.readline, _LONGEST), b"")
        )
        reader = csv.reader(lines, strict=True)
        header: list[str] = []
        for where, cells in _cells(reader, path, report):
            if not header:
                header = _header(cells, where)
            elif len(cells) != len(header):
                report.skip(
                    where,
                    f"has {len(cells)} cells where the header has {len(header)}",
                    kind="rows with another number of cells",
                )
            else:
                yield where, dict(zip(header, cells, strict=True))


def _cells(reader: Any, path: Path, report: SourceReport) -> Iterator[tuple[str, list[str]]]:
    while True:
        where = f"{path}:{reader.line_num + 1}"
        try:
            cells = next(reader, None)
        except csv.Error as fault:
            report.skip(where, f"is no CSV ({fault})", kind="rows that are no CSV")
            continue
        if cells is None:
            return
        if any(map(str.strip, cells)):
            yield where, cells


def _header(cells: list[str], where: str) -> list[str]:
    names = [cell.removeprefix(BYTE_ORDER_MARK).strip() for cell in cells]
    if twice := [name for name in names if names.count(name) > 1]:
        raise CorpusError(
            where, f'the column "{twice[0]}" stands there twice', remedy="give each column a name of its own"
        )
    return names


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
    "jsonl": _json_lines,
    "json": _json,
    "csv": _csv,
    "parquet": _parquet,
}
