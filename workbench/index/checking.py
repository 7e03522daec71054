"""What is read of `articles`, held against the checksums of its build, and remembered while the files stay as they are."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from workbench.core.errors import IndexFault
from workbench.index.checksums import RUN, Checksums, RunDigests, file_record, files_in, run_ends
from workbench.index.faults import readable
from workbench.index.scanning import scanned

UNIT = 1e-3  # how far from 1 the norm of a unit vector may be
OTHER = "not what was built (checksum)"
DATA, INDEXES = (
    "data",
    "_indices",
)  # LanceDB's folders of a table's rows, and of its full-text and ANN indexes


@dataclass(frozen=True)
class Damage:
    """Rows `first` to `last` of one column that are not what was built, and what is wrong with them."""

    column: str
    first: int
    last: int
    what: str

    def holds(self, other: "Damage") -> bool:
        """Whether this says of a run what another says of rows in it."""
        within = self.first <= other.first and other.last <= self.last
        return self.what == OTHER != other.what and within

    def __str__(self) -> str:
        return f"{self.column}, rows {self.first:,} to {self.last:,}: {self.what}"


class CheckedTable:
    """One version of `articles`, read a column at a time and in table order; every piece is checked before it counts.

    Vectors have to be of unit length, and all values of a run the ones that were built. `rows`: of the table; `pair`:
    what the user typed for it, for advice.
    """

    def __init__(self, uri: str, pair: str, table: Any, checksums: Checksums, folder: Path | None) -> None:
        self._uri, self._pair, self._table, self._folder = uri, pair, table, folder
        self.checksums = checksums
        with readable(uri, pair):
            self.schema = table.schema
        self._seen: dict[str, object] = {}  # column -> state of the files when it was last read as a whole

    @property
    def rows(self) -> int:
        with readable(self._uri, self._pair):
            return int(self._table.count_rows())

    @cached_property
    def _dataset(self) -> Any:
        return self._table.to_lance()

    def pieces(self, column: str, size: int) -> Iterator[Any]:
        """A column as PyArrow arrays of `size` rows at most; an IndexFault where one is not what was built.

        What was read as a whole before, from files that have not changed since, is not checked once more.
        A fault in the last run of a piece may show one piece later: nothing counts before all have been read.
        """
        state = self._state(DATA)
        if column in self._seen and self._seen[column] == state:
            yield from self._read(column, size, slice(0, self.rows))
            return
        for piece, faults in self._held(column, size):
            if faults:
                raise self.fault(faults[0])
            yield piece
        self._seen[column] = state

    @property
    def run_ends(self) -> tuple[int, ...]:
        """Behind which row each run with a checksum of its own ends."""
        return self.checksums.ends or run_ends([self.rows])

    def part(self, column: str, size: int, rows: slice) -> Iterator[Any]:
        """The same of some rows, from the end of one run to that of another; a fault in a run may show at the end."""
        ends, recorded = self.run_ends, self.checksums.columns.get(column)
        own = slice(bisect_right(ends, rows.start), bisect_right(ends, rows.stop))
        runs = RunDigests([end - rows.start for end in ends[own]])
        for piece in self._read(column, size, rows):
            if faults := _not_unit(column, piece, rows.start + runs.rows):
                raise self.fault(faults[0])
            runs.add(piece)
            yield piece
        if self.checksums and not (recorded and runs.close().digests == recorded.digests[own]):
            raise self.fault(Damage(column, rows.start, rows.stop - 1, OTHER))

    def ensure(self, columns: Iterable[str]) -> None:
        """Reads the columns that LanceDB is going to search or to take rows from, where files have changed since they were read last."""
        state, schema = self._state(DATA), self.schema
        wanted = [
            column
            for column in columns
            if (column not in self._seen or self._seen[column] != state)
            and column in schema.names  # an older index lacks some
            and (self.checksums or pa.types.is_fixed_size_list(schema.field(column).type))
        ]
        if self._are_sound(wanted):
            self._seen |= dict.fromkeys(wanted, state)
            return
        for column in wanted:  # which, and what is wrong with it
            for _ in self.pieces(column, 8 * RUN):
                pass

    def ensure_files(self, below: str = INDEXES) -> None:
        """The same for the files of full-text and ANN indexes, which are no columns."""
        state = self._state(below)
        if below not in self._seen or self._seen[below] != state:
            if faults := self.damaged_files(below):
                raise IndexFault(self._uri, faults[0], remedy=self._remedy)
            self._seen[below] = state

    def damage(self, column: str) -> list[Damage]:
        """All that is wrong with a column, read anew."""
        return [each for _, faults in self._held(column, 8 * RUN) for each in faults]

    def damaged_files(self, below: str = "") -> list[str]:
        """What is wrong with the files that a local index was written with, as far as they are still there."""
        paths = [self._folder / name for name in self.damaged_names(below)] if self._folder else []
        return [f"the file {path.name} in {path.parent} is not what was written (checksum)" for path in paths]

    def damaged_names(self, below: str = "") -> list[str]:
        """Which of these files, by their paths within the table's folder, are not what was written."""
        files = self.checksums.files.items() if self._folder else ()
        paths = {name: (Path(str(self._folder)) / name, wanted) for name, wanted in files}
        return [
            name
            for name, (path, wanted) in paths.items()
            if name.startswith(below) and path.is_file() and file_record(path) != wanted
        ]

    def _are_sound(self, columns: Sequence[str]) -> bool:
        """Whether nothing is wrong with these columns, read all at once; False where there are no checksums."""
        if not columns or not self.checksums:
            return not columns
        runs = {column: RunDigests(self.checksums.ends) for column in columns}
        try:
            with readable(self._uri):
                for batch in scanned(self._dataset, columns, 8 * RUN):
                    for column, digests in runs.items():
                        if _not_unit(column, batch[column], 0):
                            return False
                        digests.add(batch[column])
        except IndexFault:
            return False
        return all(digests.close() == self.checksums.columns.get(column) for column, digests in runs.items())

    def _held(self, column: str, size: int) -> Iterator[tuple[Any, list[Damage]]]:
        """Pieces of a column with what is wrong with the runs that end in each."""
        recorded = self.checksums.columns.get(column)
        runs, rows = RunDigests(self.checksums.ends), self.rows
        if self.checksums and not recorded:
            what = "its checksums are damaged" if column in self.checksums.damaged else "it has no checksums"
            yield None, [Damage(column, 0, rows - 1, what)]
            return
        try:
            for piece in self._read(column, size, slice(0, rows)):
                start, done = runs.rows, len(runs.digests)
                runs.add(piece)
                faults = _not_unit(column, piece, start)
                yield piece, faults + (_other_runs(column, recorded.digests, runs, done) if recorded else [])
        except IndexFault as fault:
            yield None, [Damage(column, runs.rows, rows - 1, fault.found)]
            return
        done = len(runs.digests)
        found = runs.close()
        if recorded:
            faults = _other_runs(column, recorded.digests, runs, done)
            if found.size != recorded.size:
                faults.append(Damage(column, found.size, recorded.size, f"{recorded.size:,} rows were built"))
            if faults:
                yield None, faults

    def _read(self, column: str, size: int, rows: slice) -> Iterator[Any]:
        with readable(self._uri, self._pair):
            for batch in scanned(self._dataset, [column], size, rows):
                yield batch[column]

    def fault(self, damage: Damage) -> IndexFault:
        """What to raise of it."""
        place = f"{self._uri}, column {damage.column}"
        return IndexFault(
            place,
            f"rows {damage.first:,} to {damage.last:,}: {damage.what}",
            wanted="what the build wrote",
            remedy=self._remedy,
        )

    @property
    def _remedy(self) -> str:
        anew = ", which encodes only such rows anew" if self.checksums else ""
        return f"run `workbench index build --pair {self._pair}`{anew}, or restore the folder"

    def _state(self, below: str) -> object:
        return files_in(self._folder / below) if self._folder else None


def told(found: Sequence[Damage]) -> list[Damage]:
    """The damage of one column as one reads it: of a run with a vector of another length that alone, runs side by side as one."""
    shown: list[Damage] = []
    for each in found:
        before = shown[-1] if shown else None
        if any(each.holds(other) for other in found):
            continue
        if before and before.what == each.what == OTHER and before.last + 1 == each.first:
            shown[-1] = replace(before, last=each.last)
        else:
            shown.append(each)
    return shown


def _not_unit(column: str, piece: Any, start: int) -> list[Damage]:
    """The rows of a piece that are no unit vectors: by a flipped bit, or as other hands than ours wrote them."""
    if not pa.types.is_fixed_size_list(piece.type):
        return []
    vectors = matrix(piece)
    squares = np.einsum("ij,ij->i", vectors, vectors)
    off = np.flatnonzero(~(np.abs(squares - 1) < 2 * UNIT))
    if not len(off):
        return []
    first, last = int(off[0]) + start, int(off[-1]) + start
    return [Damage(column, first, last, f"{len(off):,} vectors that are not of unit length")]


def _other_runs(column: str, wanted: Sequence[str], runs: RunDigests, done: int) -> list[Damage]:
    """The runs from number `done` on that are not as recorded."""
    found = []
    for number in range(done, len(runs.digests)):
        if number >= len(wanted) or runs.digests[number] != wanted[number]:
            first = runs.end(number - 1) if number else 0
            found.append(Damage(column, first, min(runs.end(number), runs.rows) - 1, OTHER))
    return found


def matrix(column: Any) -> NDArray[np.float32]:
    """(n, d) float32: vectors as PyArrow has them."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return array.flatten().to_numpy().reshape(len(array), array.type.list_size)


def fixed(vectors: NDArray[np.float32]) -> Any:
    """The other way round: (n, d) float32 as PyArrow has them."""
    values = pa.array(np.ascontiguousarray(vectors, np.float32).ravel())
    return pa.FixedSizeListArray.from_arrays(values, vectors.shape[1])
