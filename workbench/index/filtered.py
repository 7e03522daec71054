"""The rows of an index that a filter lets through, as a table of their own."""

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import IndexFault
from workbench.core.vectors import Vectors
from workbench.index.doc_ids import DocIds
from workbench.index.filters import Filter
from workbench.index.reading import Index


def row_mask(index: Index, where: Filter) -> NDArray[np.bool_]:
    """(rows,): which rows of the table `where` lets through."""
    mask = np.zeros(index.rows, bool)
    mask[index.places(where)] = True
    return mask


def nothing_let_through() -> IndexFault:
    """What to raise of a filter that no article passes."""
    return IndexFault("filter", "lets no article through", remedy="take one of its values out")


def rows_of(index: Index, where: Filter | None) -> "Index | FilteredIndex":
    """The rows that are searched: all of an index, or those that `where` lets through."""
    return FilteredIndex(index, where) if where else index


class FilteredIndex:
    """The rows of an index that a filter lets through, in table order, for ranking among them alone.

    `mask`: (rows of the index,), which these are.
    """

    cached_norms = None

    def __init__(self, index: Index, where: Filter) -> None:
        self._index = index
        self.mask = row_mask(index, where)
        if not self.mask.any():
            raise nothing_let_through()

    @cached_property
    def doc_ids(self) -> DocIds:
        return self._index.doc_ids.at(self.mask)

    @cached_property
    def local(self) -> NDArray[np.bool_]:
        return self._index.local[self.mask]

    def vector_batches(self, column: str) -> Iterator[Vectors]:
        start = 0
        for batch in self._index.vector_batches(column):
            if len(kept := batch[self.mask[start : start + len(batch)]]):
                yield kept
            start += len(batch)

    def vectors_at(self, column: str, offsets: Sequence[int]) -> Vectors:
        places = np.flatnonzero(self.mask)
        return self._index.vectors_at(column, places[list(offsets)].tolist())
