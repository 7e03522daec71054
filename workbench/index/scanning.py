"""Columns of a table read in table order by pylance's scanner: of vectors, in half the CPU time of a query to LanceDB."""

from collections.abc import Iterator, Sequence
from typing import Any


def scanned(dataset: Any, columns: Sequence[str], size: int, rows: slice | None = None) -> Iterator[Any]:
    """Record batches of some columns, `size` rows at most, of all rows or of `rows`.

    `dataset`: what a table of LanceDB's gives by `to_lance()`, at the version that it is open at.
    """
    part = {} if rows is None else {"offset": rows.start, "limit": rows.stop - rows.start}
    for batch in dataset.scanner(list(columns), batch_size=size, **part).to_batches():
        yield batch.select(list(columns))
