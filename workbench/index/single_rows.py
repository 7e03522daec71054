"""Rows of `articles` taken one by one, through scalar indexes and each held against a checksum of its own.

Where an earlier version built the index, it has neither: then whole columns are read and held against theirs.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.index.checking import OTHER, CheckedTable, Damage
from workbench.index.columns import TEXT_FIELDS
from workbench.index.derived import read_derived
from workbench.index.faults import readable
from workbench.index.row_digests import TEXTS, Digests, digests_name, from_bytes, text_digests
from workbench.index.scalar import scalar_columns

Places = NDArray[np.int64]


class SingleRows:
    """Single rows of one version of `articles`; `pair`: what the user typed for it, for advice."""

    def __init__(self, uri: str, pair: str, database: Any, table: Any, checked: CheckedTable) -> None:
        self._uri, self._pair, self._database, self._table = uri, pair, database, table
        self._checked = checked
        self._build_id = (checked.schema.metadata or {}).get(b"build_id", b"").decode()
        self._digests = dict[str, Digests | None]()

    @cached_property
    def indexed(self) -> frozenset[str]:
        """The columns that conditions on rows are quickly answered for."""
        with readable(self._uri, self._pair):
            return scalar_columns(self._table)

    @cached_property
    def texts(self) -> list[str]:
        """The text fields that there are, in order."""
        return [name for name in TEXT_FIELDS.names if name in self._checked.schema.names]

    def has_digests(self, subject: str) -> bool:
        """Whether single rows of a vector column, or of TEXTS, can be checked."""
        return self._digests_of(subject) is not None

    def ensure(self, columns: Iterable[str]) -> None:
        """What a condition on these columns goes through is what was built."""
        columns = set(columns)
        if columns & self.indexed:
            self._checked.ensure_files()
        self._checked.ensure(columns - self.indexed)

    def where(self, condition: str, of: Iterable[str]) -> Any:
        """The text fields of the rows that fulfil a condition on the columns `of`, in table order, as an Arrow table."""
        if self.has_digests(TEXTS):
            self.ensure(of)
        else:
            self._checked.ensure(self.texts)
        with readable(self._uri, self._pair):
            search = self._table.search().where(condition).select(self.texts).with_row_id(True)
            found = search.limit(self._checked.rows or 1).to_arrow().sort_by("_rowid").combine_chunks()
        if self.has_digests(TEXTS) and found.num_rows:
            columns = [found[name].chunk(0) for name in self.texts]
            self.check(TEXTS, found["_rowid"].to_numpy(), text_digests(columns))
        return found

    def check(self, subject: str, row_ids: NDArray[np.uint64], found: Digests) -> None:
        """An IndexFault where the checksums `found` of some rows are not those of what was built."""
        digests, places = self._digests_of(subject), self.places(row_ids)
        off = places if digests is None else places[digests[places] != found]
        if len(off):
            self._checked.ensure(self.texts if subject == TEXTS else ["doc_id", subject])  # says which column
            raise self._checked.fault(Damage(subject, int(off[0]), int(off[0]), OTHER))

    def places(self, row_ids: NDArray[np.uint64]) -> Places:
        """Positions in the table of the rows with these numbers of LanceDB's."""
        firsts, starts = self._runs
        run = np.searchsorted(firsts, row_ids, "right") - 1
        return starts[run] + (row_ids - firsts[run]).astype(np.int64)

    def places_where(self, condition: str, of: Iterable[str]) -> Places:
        """Positions of the rows that fulfil a condition on the columns `of`."""
        self.ensure(of)
        return self.places(self._ids(condition))

    @cached_property
    def _runs(self) -> tuple[NDArray[np.uint64], Places]:
        """LanceDB's number of the first row of each run of rows that are numbered on, and that row's position."""
        ids = self._ids()
        starts = np.concatenate([[0], np.flatnonzero(np.diff(ids) != 1) + 1]).astype(np.int64)[: len(ids)]
        order = np.argsort(ids[starts])
        return ids[starts][order], starts[order]

    def _ids(self, condition: str = "") -> NDArray[np.uint64]:
        with readable(self._uri, self._pair):
            search = self._table.search().where(condition) if condition else self._table.search()
            # a column has to be named, else all are read; this one takes a bit a row
            found = search.select(["synthetic"]).with_row_id(True).limit(self._checked.rows or 1).to_arrow()
        ids: NDArray[np.uint64] = found["_rowid"].to_numpy()
        return ids

    def _digests_of(self, subject: str) -> Digests | None:
        if subject not in self._digests:
            with readable(self._uri, self._pair):
                content = read_derived(self._database, self._build_id, digests_name(subject, self.texts))
            digests = None if content is None else from_bytes(content)
            whole = digests is not None and len(digests) == self._checked.rows
            self._digests[subject] = digests if whole else None
        return self._digests[subject]
