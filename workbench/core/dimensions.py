"""Dimensions as keys: of systems with vectors their lengths, of the others one that stands for all."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

Value = TypeVar("Value")
ALL = 0  # in place of a dimension, of a system without vectors


def dim_name(dim: int) -> str:
    """A dimension as it stands in files and names of columns."""
    return str(dim) if dim else "all"


def own_dim(dims: Sequence[int], dim: int) -> int:
    """Of a system's own `dims`, widest first, the one that stands for `dim`: that one, else the widest.

    >>> own_dim([384, 128], 128), own_dim([384, 128], 768), own_dim([ALL], 768)
    (128, 384, 0)
    """
    return dim if dim in dims else dims[0]


class ByDimension(Mapping[int, Value]):
    """What a system has at each of its own dimensions, widest first.

    Asked for a dimension that is none of its own it gives what it has at its widest: that is what comparing systems of
    different widths at one dimension means.

    >>> by_dim = ByDimension({384: "whole", 128: "short"})
    >>> by_dim[128], by_dim[768], list(by_dim)
    ('short', 'whole', [384, 128])
    """

    def __init__(self, entries: Mapping[int, Value]) -> None:
        self._entries = dict(sorted(entries.items(), reverse=True))

    def __getitem__(self, dim: int) -> Value:
        return self._entries[own_dim(list(self._entries), dim)]

    def __iter__(self) -> Iterator[int]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"ByDimension({self._entries!r})"
