"""How the work on one pass is shared among the cores: runs of rows, reading ahead, BLAS's threads."""

from collections.abc import Iterator
from concurrent.futures import Executor
from functools import cache
from itertools import pairwise

import numpy as np
from threadpoolctl import ThreadpoolController

from workbench.core.vectors import Vectors


@cache
def blas() -> ThreadpoolController:
    """NumPy's and SciPy's BLAS; finding them takes milliseconds."""
    return ThreadpoolController()


def split(count: int, parts: int) -> list[slice]:
    """`count` places as at most `parts` runs of nearly equal length.

    >>> split(5, 2)
    [slice(0, 2, None), slice(2, 5, None)]
    """
    edges = np.linspace(0, count, min(count, parts) + 1).astype(int).tolist()
    return [slice(first, last) for first, last in pairwise(edges)]


def read_ahead(batches: Iterator[Vectors], reader: Executor) -> Iterator[Vectors]:
    """`batches`, each read while the one before is worked on."""
    coming = reader.submit(next, batches, None)
    while (batch := coming.result()) is not None:
        coming = reader.submit(next, batches, None)
        yield batch
