"""Where a finished index has vectors of a system already: in which column, and whether they can be this model's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.vectors import Vectors
from workbench.encoders import EncoderDescription
from workbench.index.building.data_files import Place
from workbench.index.building.finished import FinishedIndex
from workbench.index.building.units import Unit
from workbench.index.columns import COMPARED, differing_keys, lacks_address, recorded


@dataclass(frozen=True)
class Kin:
    """The other systems of a pair: those on other servers than a system, and the addresses of all."""

    elsewhere: frozenset[str]
    addresses: frozenset[str]

    def may_be(self, build: Mapping[str, Any], wanted: EncoderDescription) -> bool:
        """Whether a column can hold what `wanted` makes although that is not on record: if nobody knows at which address, or nobody is there now."""
        if not wanted.address or set(differing_keys(build, wanted)) - {"address"}:
            return False
        if lacks_address(build, wanted):
            return build["system"] not in self.elsewhere
        return recorded(build, "address") not in self.addresses


@dataclass(frozen=True)
class Known:
    """A column of a finished index with vectors of a system, as wide as wanted at least.

    `build`: its record; `is_unsure`: whether that may be of another server; `lacks_address`: as it says of none.
    """

    old: FinishedIndex
    column: str
    build: Mapping[str, Any]
    is_unsure: bool
    lacks_address: bool

    @property
    def built_at(self) -> str:
        """The address on record."""
        return recorded(self.old.index.builds[self.column], "address")

    def at(self, address: str) -> "Known":
        """The same of a column that turned out to be what a server at `address` makes."""
        return replace(self, build={**self.build, "address": address})

    def places(self, unit: Unit, dims: Sequence[int]) -> dict[int, Place] | None:
        """Where a fragment of just this unit's texts has vectors of all of `dims`; None where it has not."""
        fragment = self.old.fragment_of(unit.key)
        if not fragment:
            return None
        columns = {dim: self._column_of(dim) for dim in dims}
        found = {dim: self.old.place(column, fragment) for dim, column in columns.items()}
        places = {dim: place for dim, place in found.items() if place}
        return places if len(places) == len(dims) else None

    def digests(self, unit: Unit, dims: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """The checksums of such vectors."""
        fragment = self.old.fragment_of(unit.key)
        return {dim: self.old.digests(self._column_of(dim), fragment) for dim in dims} if fragment else {}

    def positions(self, unit: Unit, hashes: Sequence[str]) -> NDArray[np.int64]:
        """(rows of `unit`,): in which row of the index each has its vector; -1 where it has none."""
        return self.old.positions(hashes, unit.first, unit.last, self.column)

    def vectors_at(self, rows: Sequence[int]) -> Vectors:
        """(n, d) float32 of some rows of the index."""
        return self.old.index.vectors_at(self.column, rows)

    def _column_of(self, dim: int) -> str:
        """The column with vectors cut to `dim` from the same ones; empty where there is none."""
        ours = self.old.index.builds[self.column]
        return next(
            (
                column
                for column, build in self.old.index.builds.items()
                if build["dim"] == dim
                and build["system"] == ours["system"]
                and all(recorded(build, key) == recorded(ours, key) for key in COMPARED)
            ),
            "",
        )


def known_of(
    holders: Sequence[FinishedIndex], system: str, wanted: EncoderDescription, width: int, kin: Kin
) -> Known | None:
    """The best column of the first of `holders` that has what an encoder described as `wanted` makes."""
    found = []
    for number, old in enumerate(holders):
        for column, build in old.index.builds.items():
            lacking = lacks_address(build, wanted)
            is_sure = not differing_keys(build, wanted) and not lacking
            if build["dim"] >= width and (is_sure or kin.may_be(build, wanted)):
                preference = is_sure, -number, build["system"] == system, build["dim"]
                found.append((preference, Known(old, column, build, not is_sure, lacking)))
    return max(found, key=lambda each: each[0])[1] if found else None
