"""What a run of a table's rows adds to the ranks of some queries.

Counts add up and best rows merge, so that runs may be gone through one after another, in any order, or on several machines.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from workbench.core.vectors import Vectors
from workbench.evaluation.asked import Asked, Batch, Tallies, merged
from workbench.evaluation.backends import backend_of
from workbench.evaluation.norms import CachedNorms, Norms
from workbench.evaluation.parallel import read_ahead

__all__ = ["Asked", "Tallies", "merged", "partial_tallies"]


def partial_tallies(
    asked: Asked,
    batches: Iterable[Vectors],
    local: NDArray[np.bool_],
    start: int = 0,
    *,
    device: str = "auto",
    cached_norms: CachedNorms | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Tallies:
    """What the rows of the table from place `start` on add.

    `batches`: their vectors in table order, (rows, >= width) float32 at a time; `local` (all those rows,): which are local;
    `device`: cuda, cuda:1 … for a graphics card, else the processor; the tallies are the same;
    `cached_norms`: where norms of the column stay from one call to the next, for all rows of a table only;
    `progress(rows)` is called with the number of rows gone through so far.
    Raises IndexFault where a row is too short, not finite or only zeros, EncoderError where there is no such device. Memory does not grow with the rows.
    """
    done = 0

    def more(rows: int) -> None:
        nonlocal done
        done += rows
        progress(done)

    norms = Norms(asked.column, asked.dims, start, len(local), cached_norms)
    with ThreadPoolExecutor(1) as reader:
        rows = _placed(read_ahead(iter(batches), reader), local, start, norms)
        tallies = backend_of(device)(asked, rows, more, device)
    norms.keep()
    return tallies


def _placed(
    batches: Iterable[Vectors], local: NDArray[np.bool_], start: int, norms: Norms
) -> Iterator[Batch]:
    first = 0
    for vectors in batches:
        rows = slice(first, first + len(vectors))
        yield Batch(vectors, local[rows], start + first, norms)
        first = rows.stop
