"""Columns that are read each by itself, put side by side again."""

from collections.abc import Iterator, Sequence
from typing import Any


def aligned(columns: Sequence[Iterator[Any]]) -> Iterator[list[Any]]:
    """Pieces of the same length, one of each column; `columns`: PyArrow arrays of any length, as many rows in each.

    >>> import pyarrow as pa
    >>> one, other = iter([pa.array([1, 2]), pa.array([3])]), iter([pa.array([4]), pa.array([5, 6])])
    >>> [[piece.to_pylist() for piece in pieces] for pieces in aligned([one, other])]
    [[[1], [4]], [[2], [5]], [[3], [6]]]
    """
    held: list[Any] = [next(column, None) for column in columns]
    while all(piece is not None for piece in held):
        rows = min(len(piece) for piece in held)
        yield [piece.slice(0, rows) for piece in held]
        held = [
            piece.slice(rows) if len(piece) > rows else next(column, None)
            for piece, column in zip(held, columns, strict=True)
        ]
