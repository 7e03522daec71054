"""Articles that some model gives no vector for leave their units, in all systems, so that these search the same rows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from workbench.index.building.data_files import DataFolder, Place
from workbench.index.building.finished import FinishedIndex
from workbench.index.building.replacing import NewTable
from workbench.index.building.staged import Filled
from workbench.index.building.units import Texts, Unit, hashes_of
from workbench.index.building.vector_files import write_vectors
from workbench.index.checking import matrix
from workbench.index.columns import column_name


def without_rows(
    table: NewTable,
    gone: Mapping[str, Collection[int]],
    old: FinishedIndex | None,
    folder: DataFolder,
    texts: Texts,
) -> NewTable:
    """`table` without the rows `gone`, by unit."""
    if not gone:
        return table
    narrowing = _Narrowing(old, folder, texts)
    units, filled = list[Unit](), {name: dict(by_unit) for name, by_unit in table.filled.items()}
    for unit in table.units:
        kept = np.setdiff1d(np.arange(unit.rows), list(gone.get(unit.name, ())))
        if len(kept) == unit.rows:
            units.append(unit)
        elif len(kept):
            fewer = narrowing.unit(unit, kept)
            units.append(fewer)
            for name, dims in table.dims.items():
                filled[name][fewer.name] = narrowing.vectors(
                    name, dims, table.filled[name][unit.name], fewer, kept
                )
    return replace(table, units=units, filled=filled)


class _Narrowing:
    """Writes files with some rows of others, but for those that the finished index has already."""

    def __init__(self, old: FinishedIndex | None, folder: DataFolder, texts: Texts) -> None:
        self._old, self._folder, self._texts = old, folder, texts

    def unit(self, unit: Unit, kept: np.ndarray) -> Unit:
        names = self._texts.schema.names
        table = self._folder.table({name: unit.texts[name] for name in names}).take(pa.array(kept))
        return self._texts.unit(table.cast(self._texts.schema).combine_chunks())

    def vectors(self, name: str, dims: Sequence[int], whole: Filled, unit: Unit, kept: np.ndarray) -> Filled:
        """A system's vectors of the rows `kept`, which are `unit`."""
        widest = self._folder.table({"vector": whole.places[dims[0]]})["vector"]
        found = write_vectors(self._folder, unit, hashes_of(self._folder, unit), matrix(widest)[kept], dims)
        there = self._there(name, unit, found.digests)
        return replace(found, places=there) if there else found

    def _there(
        self, name: str, unit: Unit, digests: Mapping[int, tuple[str, ...]]
    ) -> dict[int, Place] | None:
        """Where the finished index has the same; then what was just written goes with the build's end."""
        fragment = self._old.fragment_of(unit.key) if self._old else None
        if not self._old or not fragment:
            return None
        places = {
            dim: self._old.place(column_name(name, dim), fragment, each) for dim, each in digests.items()
        }
        found = {dim: place for dim, place in places.items() if place}
        return found if len(found) == len(digests) else None
