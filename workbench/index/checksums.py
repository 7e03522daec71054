"""Checksums of what a build wrote: of every run of RUN rows of each column of `articles`, and of the files of a local index.

Runs begin anew with each fragment, so that a fragment that stays keeps its checksums wherever its rows come to stand.
They stand in the table `checksums`, one row a column or file, and are of the values as they are read, in table order: whatever
LanceDB does to a file (compaction, another version's encoding), the same values have the same checksums. Hash: XXH3, 64 bits.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import xxhash

from workbench.core.digests import digest

RUN = 1024  # rows that one checksum is of, at most
CHECKSUMS = "checksums"
COLUMN, FILE, FRAGMENTS = "column", "file", "fragments"
_TEXTS = ("build_id", "kind", "subject", "digests", "seal")
_SCHEMA = pa.schema([("size", pa.int64()), *((name, pa.string()) for name in _TEXTS)])
_REWRITTEN = "_hint.json"  # the one file of a table that LanceDB writes anew, with each commit
_PIECE = 1 << 24  # bytes of a file that are read at a time


@dataclass(frozen=True)
class Recorded:
    """The checksums of one column or file: `size` in rows or bytes, `digests` in order, one of a file."""

    size: int
    digests: tuple[str, ...]


@dataclass(frozen=True)
class Checksums:
    """What is recorded of one build, by column and by file (its path within the table's folder).

    `damaged`: the subjects whose own record is no longer what was written; `fragments`: rows of each, in order; empty of a
    build of before they were recorded, whose runs go through.
    """

    columns: Mapping[str, Recorded] = field(default_factory=dict)
    files: Mapping[str, Recorded] = field(default_factory=dict)
    damaged: tuple[str, ...] = ()
    fragments: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.columns or self.damaged)

    @cached_property
    def ends(self) -> tuple[int, ...]:
        """Behind which row each run ends; empty where runs go through all rows."""
        return run_ends(self.fragments)


def run_ends(fragments: Sequence[int]) -> tuple[int, ...]:
    """Behind which row each run ends, of fragments with so many rows.

    >>> run_ends([1500, 10])
    (1024, 1500, 1510)
    """
    ends, start = list[int](), 0
    for rows in fragments:
        ends += [min(start + end, start + rows) for end in range(RUN, rows + RUN, RUN)]
        start += rows
    return tuple(ends)


class RunDigests:
    """The digests of one column's runs, taken as its values pass by in pieces of any length.

    `ends`: behind which row each run ends; beyond the last one, and without any, a run is as long as it can be.
    """

    def __init__(self, ends: Sequence[int] = ()) -> None:
        self.digests: list[str] = []
        self.rows = 0
        self._ends = ends
        self._parts = [xxhash.xxh3_64() for _ in range(3)]

    def add(self, values: Any) -> None:
        """`values`: a PyArrow array."""
        start = 0
        while start < len(values):
            end = self.end(len(self.digests))
            piece = values.slice(start, end - self.rows)
            for part, content in zip(self._parts, _contents(piece), strict=True):
                part.update(content)
            self.rows += len(piece)
            start += len(piece)
            if self.rows == end:
                self._end()

    def end(self, number: int) -> int:
        """Behind which row run `number` ends."""
        known = len(self._ends)
        if number < known:
            return self._ends[number]
        return (self._ends[-1] if known else 0) + RUN * (number - known + 1)

    def close(self) -> Recorded:
        """What is to be recorded, once all values have passed."""
        if self.rows > (self.end(len(self.digests) - 1) if self.digests else 0):
            self._end()
        return Recorded(self.rows, tuple(self.digests))

    def _end(self) -> None:
        self.digests.append(xxhash.xxh3_64_hexdigest(b"".join(part.digest() for part in self._parts)))
        for part in self._parts:
            part.reset()


def _contents(values: Any) -> tuple[Any, Any, Any]:
    """Which values are there, how long each is, and their bytes one after the other, whatever slice of a buffer they are."""
    there = np.asarray(values.is_valid())
    if pa.types.is_fixed_size_list(values.type):
        return there, b"", np.ascontiguousarray(values.flatten().to_numpy(zero_copy_only=False))
    if pa.types.is_string(values.type):
        _, offsets, data = values.buffers()
        ends = np.frombuffer(offsets, np.int32, len(values) + 1, values.offset * 4)
        return there, np.diff(ends), memoryview(data)[ends[0] : ends[-1]] if data else b""
    return there, b"", np.ascontiguousarray(values.fill_null(False).to_numpy(zero_copy_only=False))


def table_folder(uri: str, table: str) -> Path | None:
    """The folder of one table; None in object storage, which checks its objects itself."""
    return None if "://" in uri else Path(uri) / f"{table}.lance"


def files_in(folder: Path | None) -> dict[str, tuple[int, int]]:
    """Path within `folder` -> size and time of change of each file there; both change with what is written."""
    states = {}
    if folder:
        for path in (path for path in sorted(folder.rglob("*")) if path.is_file()):
            state = path.stat()
            states[path.relative_to(folder).as_posix()] = (state.st_size, state.st_mtime_ns)
    return states


def file_record(path: Path) -> Recorded:
    """The checksum of a file."""
    hasher, size = xxhash.xxh3_64(), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            hasher.update(piece)
            size += len(piece)
    return Recorded(size, (hasher.hexdigest(),))


def record(database: Any, build_id: str, kind: str, found: Mapping[str, Recorded]) -> None:
    """Adds to the table `checksums`."""
    rows = [
        {
            "build_id": build_id,
            "kind": kind,
            "subject": subject,
            "size": each.size,
            "digests": " ".join(each.digests),
        }
        for subject, each in found.items()
    ]
    table = pa.Table.from_pylist([row | {"seal": _seal(row)} for row in rows], schema=_SCHEMA)
    if CHECKSUMS in database.list_tables().tables:
        database.open_table(CHECKSUMS).add(table)
    else:
        database.create_table(CHECKSUMS, table)


def record_files(database: Any, uri: str, table: str, build_id: str, there: Collection[str]) -> None:
    """Records the files of a table of a local index that a build has written: all but those that were `there` before."""
    folder = table_folder(uri, table)
    written = {name for name in set(files_in(folder)) - set(there) if not name.endswith(_REWRITTEN)}
    if folder and written:
        record(database, build_id, FILE, {name: file_record(folder / name) for name in sorted(written)})


def record_all_files(
    database: Any,
    uri: str,
    table: str,
    build_id: str,
    *,
    known: Mapping[str, Recorded],
    staying: Collection[str],
) -> None:
    """Records the files of a new version of a local table: those that a build has written, and of what is `known` from before those `staying`."""
    folder = table_folder(uri, table)
    names = [name for name in files_in(folder) if not name.endswith(_REWRITTEN)]
    if folder and names:
        found = {name: file_record(folder / name) for name in names if name not in known}
        found |= {name: known[name] for name in names if name in known and name in staying}
        record(database, build_id, FILE, found)


def recorded_of(database: Any, build_id: str) -> Checksums:
    """What is recorded of a build; nothing where it was made before there were checksums."""
    if CHECKSUMS not in database.list_tables().tables:
        return Checksums()
    table = database.open_table(CHECKSUMS)
    rows = (
        table.search().where(f"build_id = '{build_id}'").limit(table.count_rows() or 1).to_arrow().to_pylist()
    )
    sound = {kind: dict(_sound(rows, kind)) for kind in (COLUMN, FILE)}
    damaged = tuple(row["subject"] for row in rows if row["seal"] != _seal(row))
    fragments = next((each.digests for _, each in _sound(rows, FRAGMENTS)), ())
    return Checksums(sound[COLUMN], sound[FILE], damaged, tuple(map(int, fragments)))


def _sound(rows: list[dict[str, Any]], kind: str) -> Iterator[tuple[str, Recorded]]:
    for row in rows:
        if row["kind"] == kind and row["seal"] == _seal(row):
            yield row["subject"], Recorded(row["size"], tuple(row["digests"].split()))


def _seal(row: Mapping[str, Any]) -> str:
    return digest(*(str(row[name]) for name in _SCHEMA.names if name != "seal")).hex()
