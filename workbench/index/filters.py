"""Narrowing a search to some levels, places or laws: as SQL for LanceDB, and as a table that holds only those rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workbench.domain import Level
from workbench.errors import IndexFault
from workbench.vectors import Vectors

if TYPE_CHECKING:
    from workbench.index.reading import Index


@dataclass(frozen=True)
class Filter:
    """Which articles may be found: of one of the levels and one of the places, with `law` in the law's name; empty means any.

    The place of national law is the empty one.
    """

    levels: tuple[Level, ...] = ()
    regions: tuple[str, ...] = ()
    law: str = ""

    @property
    def where(self) -> str:
        """The condition as LanceDB takes it.

        >>> Filter(regions=("甲省", "O'Brien"), law="办法").where
        "region IN ('甲省', 'O''Brien') AND strpos(law, '办法') > 0"
        """
        listed = {"level": self.levels, "region": self.regions}
        conditions = [f"{name} IN ({', '.join(map(quoted, values))})" for name, values in listed.items() if values]
        return " AND ".join(conditions + ([f"strpos(law, {quoted(self.law)}) > 0"] if self.law else []))

    def mask(self, index: "Index") -> NDArray[np.bool_]:
        """(rows,): which rows of the table it lets through."""
        kept = np.ones(len(index.doc_ids), bool)
        for name, values in (("level", self.levels), ("region", self.regions)):
            if values:
                kept &= np.isin(index.labels(name), list(values))
        return kept & (np.char.find(index.labels("law"), self.law) >= 0) if self.law else kept

    def __bool__(self) -> bool:
        return bool(self.levels or self.regions or self.law)


def quoted(value: str) -> str:
    """`value` as a string in SQL."""
    return "'{}'".format(value.replace("'", "''"))


class Narrowed:
    """The rows of an index that a filter lets through, in table order, for ranking among them alone."""

    kept_lengths = None

    def __init__(self, index: "Index", chosen: Filter) -> None:
        self._index = index
        self._mask = chosen.mask(index)
        if not self._mask.any():
            raise IndexFault("filter", "lets no article through", remedy="take one of its values out")

    @cached_property
    def doc_ids(self) -> list[str]:
        return [doc_id for doc_id, kept in zip(self._index.doc_ids, self._mask.tolist(), strict=True) if kept]

    @cached_property
    def local(self) -> NDArray[np.bool_]:
        return self._index.local[self._mask]

    def vector_batches(self, column: str) -> Iterator[Vectors]:
        start = 0
        for batch in self._index.vector_batches(column):
            if len(kept := batch[self._mask[start : start + len(batch)]]):
                yield kept
            start += len(batch)

    def vectors_at(self, column: str, offsets: Sequence[int]) -> Vectors:
        places = np.flatnonzero(self._mask)
        return self._index.vectors_at(column, places[list(offsets)].tolist())
