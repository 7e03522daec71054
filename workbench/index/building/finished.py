"""A finished index that a build starts from: what of its fragments can stay, and which rows have vectors already."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from workbench.core.digests import digest
from workbench.core.errors import IndexFault, StorageFault
from workbench.index.building.data_files import DataFolder, Fragment, Place
from workbench.index.checking import DATA, Damage
from workbench.index.faults import readable
from workbench.index.reading import Index

Digests = Mapping[str, tuple[str, ...]]  # column -> checksums of its runs
HASH = "content_hash"


def key_of(hashes: Sequence[str]) -> str:
    """What tells rows of these texts from others; `hashes`: the checksums of their content hashes' runs."""
    return digest(*hashes).hex()


class FinishedIndex:
    """An index as it lies at `uri`, fragment by fragment; its damage is found by reading a column once."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.folder = DataFolder(index.uri)
        with readable(index.uri):
            self.fragments = self.folder.fragments(index.version)
        self._damage = dict[str, list[Damage]]()
        self._hashes_of = lru_cache(maxsize=4)(self._read_hashes)

    @classmethod
    def at(cls, uri: str) -> "FinishedIndex | None":
        """The one there, if its vectors can be used again: all of them, or those whose checksums say that they are sound."""
        try:
            index = Index(uri)
            return None if not index.has_checksums and index.verify() else cls(index)
        except StorageFault:  # which says nothing of the index there
            raise
        except IndexFault:  # none yet, or a damaged one: everything is built again
            return None

    # Fragments that stay

    @cached_property
    def _by_key(self) -> dict[str, Fragment]:
        """Fragments by their texts; empty where checksums run through all of them."""
        if not self._cut_alike:
            return {}
        return {key_of(self.digests(HASH, fragment)): fragment for fragment in self.fragments}

    @property
    def _cut_alike(self) -> bool:
        """Whether checksums are recorded by fragment, and these are still the same."""
        recorded = self.index.checksums
        return HASH in recorded.columns and recorded.fragments == tuple(each.rows for each in self.fragments)

    def digests(self, column: str, fragment: Fragment) -> tuple[str, ...]:
        """The recorded checksums of one column of a fragment; none where its record is damaged."""
        recorded = self.index.checksums
        if column not in recorded.columns:
            return ()
        first = bisect_right(recorded.ends, fragment.start)
        last = bisect_left(recorded.ends, fragment.start + fragment.rows)
        return recorded.columns[column].digests[first : last + 1]

    def fragment_of(self, key: str) -> Fragment | None:
        """The fragment with rows of just these texts."""
        return self._by_key.get(key)

    def place(self, column: str, fragment: Fragment, wanted: tuple[str, ...] = ()) -> Place | None:
        """Where a column of a fragment is, if it is sound, and where given, has these checksums."""
        digests = self.digests(column, fragment)
        if not digests or (wanted and digests != wanted) or column not in fragment.places:
            return None
        end = fragment.start + fragment.rows
        if any(each.first < end and each.last >= fragment.start for each in self.damage(column)):
            return None
        place = fragment.places[column]
        return None if f"{DATA}/{place.file}" in self._damaged_files else place

    @cached_property
    def _damaged_files(self) -> list[str]:
        return self.index.damaged_files()

    def damage(self, column: str) -> list[Damage]:
        """What is wrong with a column."""
        if column not in self._damage:
            self._damage[column] = self.index.damage(column)
        return self._damage[column]

    # Rows that have vectors

    def positions(self, hashes: Sequence[str], first: str, last: str, column: str) -> NDArray[np.int64]:
        """(n,): the row of each of these content hashes of articles from `doc_id` `first` to `last`; -1 where there is no sound one."""
        known = dict[str, int]()
        for number in self._between(first, last):
            known |= self._hashes_of(number)
        found = np.array([known.get(each, -1) for each in hashes], np.int64)
        for each in [*self.damage(HASH), *self.damage(column)]:
            found[(found >= each.first) & (found <= each.last)] = -1
        return found

    def _between(self, first: str, last: str) -> range:
        """The fragments that may hold articles of these `doc_id`s."""
        if self.damage("doc_id"):
            return range(len(self.fragments))
        start = max(bisect_right(self._firsts, first) - 1, 0)
        return range(start, bisect_right(self._firsts, last))

    @cached_property
    def _firsts(self) -> list[str]:
        """The `doc_id` with which each fragment begins."""
        starts = [fragment.start for fragment in self.fragments]
        with readable(self.index.uri):
            return self.folder.values_at(self.index.version, "doc_id", starts)

    def _read_hashes(self, number: int) -> dict[str, int]:
        """Content hash -> row of a fragment; of none where they cannot be read at all."""
        fragment = self.fragments[number]
        try:
            with readable(self.index.uri):
                hashes = self.folder.table({HASH: fragment.places[HASH]})[HASH].to_pylist()
        except StorageFault:
            raise
        except IndexFault:
            return {}
        return {each: fragment.start + row for row, each in enumerate(hashes)}
