"""The sweep on the processor: BLAS multiplies, compiled loops count; each thread takes blocks of rows as they come."""

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from threading import Lock, local

import numpy as np
from numpy.typing import NDArray

from workbench.core.machine import cores
from workbench.evaluation.asked import Asked, Batch, Tallies, merged
from workbench.evaluation.kernels import CHUNK, LOCAL, Tally, add_products, update
from workbench.evaluation.norms import read_only
from workbench.evaluation.parallel import blas, split
from workbench.evaluation.targets import ROUNDING, UNITS, Scored, scored

# These add up a product by itself before they add it to what is there. Then the terms of a sum are those of
# the longest slice of the components (by Cauchy and Schwarz all slices err no more together than if all were
# in that one), and one for each addition.
_ADDS_UP_APART = {"openblas", "blis", "mkl"}
# Queries that a thread multiplies at a time, rows at most, and scores: few enough for its share of the cache.
_STRIP = 1536
_MOST_ROWS = 128 * CHUNK
_SCORES = 1536 * 512
_ALONE = Lock()  # the limit on BLAS threads holds for the whole process


def sweep(asked: Asked, batches: Iterable[Batch], progress: Callable[[int], None]) -> Tallies:
    """The tallies of all rows of `batches`, at least one; `progress(rows)`: so many more are done."""
    known = scored(asked)
    floors = np.full(known.query_norms.shape, -np.inf)
    workers: list[_Worker] = []
    own = local()

    def begin() -> None:
        own.worker = _Worker(asked, known, floors)
        workers.append(own.worker)

    def work(block: Batch) -> int:
        own.worker.update(block)
        return len(block.vectors)

    waiting = deque[Future[int]]()
    with (
        _ALONE,
        blas().limit(limits=1, user_api="blas"),
        ThreadPoolExecutor(cores(), initializer=begin) as pool,
    ):
        for block in (block for batch in batches for block in batch.parts(_rows_of_block(asked))):
            waiting.append(pool.submit(work, block))
            if len(waiting) > 2 * cores():
                progress(waiting.popleft().result())
        for done in waiting:
            progress(done.result())
    return merged(worker.found for worker in workers)


def _rows_of_block(asked: Asked) -> int:
    return min(_MOST_ROWS, _SCORES // min(len(asked.vectors), _STRIP) // CHUNK * CHUNK)


class _Worker:
    """One thread's tally of each dimension, and its room for products. Its blocks come in the order of the table."""

    def __init__(self, asked: Asked, known: Scored, floors: NDArray[np.float64]) -> None:
        """`floors` (dims, q): the threads' common one, which each raises."""
        self._queries = np.ascontiguousarray(asked.vectors, np.float32)
        self._strips = split(len(self._queries), -(-len(self._queries) // _STRIP))
        self._products = np.empty((min(len(self._queries), _STRIP), _rows_of_block(asked)), np.float32)
        self._tallies = [
            Tally(
                dim=dim,
                band=error_band(asked.dims[: number + 1]),
                queries=self._queries,
                query_norms=known.query_norms[number],
                floors=floors[number],
                ends=np.searchsorted(asked.queries, np.arange(len(self._queries) + 1)),
                cosines=known.cosines[number],
                offsets=asked.places,
                marks=_marks(asked.local),
                above=np.zeros(len(asked.places), int),
                displaced=np.zeros(len(asked.places), int),
                best=np.full((len(self._queries), asked.depth), -np.inf),
                places=np.zeros((len(self._queries), asked.depth), int),
            )
            for number, dim in enumerate(asked.dims.tolist())
        ]

    @property
    def found(self) -> Tallies:
        return Tallies(
            *(np.stack([getattr(tally, name) for tally in self._tallies]) for name in Tallies._fields)
        )

    def update(self, block: Batch) -> None:
        """Counts the rows of `block`."""
        vectors = read_only(block.vectors)
        norms = np.ascontiguousarray(block.norms.T)
        rows = -(-len(vectors) // CHUNK) * CHUNK
        inverse = np.full((len(norms), rows), np.nan, np.float32)
        inverse[:, : len(vectors)] = 1 / norms
        marks = np.ones(rows, np.int32)
        marks[: len(vectors)] = _marks(block.local)
        for strip in self._strips:
            queries = self._queries[strip]
            products = self._products[: len(queries)]
            narrower = 0
            for number, tally in enumerate(self._tallies):
                add_products(queries, vectors, narrower, tally.dim, products)
                update(
                    tally, strip.start, products, inverse[number], marks, vectors, norms[number], block.start
                )
                narrower = tally.dim


def _marks(is_local: NDArray[np.bool_]) -> NDArray[np.int32]:
    return (1 + LOCAL * is_local).astype(np.int32)


def error_band(dims: NDArray[np.int64]) -> float:
    """How far a float32 score at the last of `dims` can be from its cosine, summed up in slices that end at `dims`."""
    terms = int(np.diff(dims, prepend=0).max()) + len(dims) if _adds_up_apart() else int(dims[-1])
    return (terms + UNITS) * ROUNDING


@cache
def _adds_up_apart() -> bool:
    apis = {library["internal_api"] for library in blas().info() if library["user_api"] == "blas"}
    return bool(apis) and apis <= _ADDS_UP_APART
