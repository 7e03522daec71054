"""The sweep through PyTorch, on a graphics card: it multiplies in float32, counts, and says which pairs are too near to tell.

Those are scored again in float64 by the processor's own loops, so that ranks and scores are the same on both.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray

from workbench.core.vectors import Vectors
from workbench.evaluation.asked import Asked, Batch, Tallies
from workbench.evaluation.kernels import keep_best, paired_cosines
from workbench.evaluation.norms import read_only
from workbench.evaluation.parallel import split
from workbench.evaluation.targets import ROUNDING, UNITS, scored

_SCORES = 1 << 26  # at a time: a quarter of a gigabyte, of which there are a few


def sweep(asked: Asked, batches: Iterable[Batch], progress: Callable[[int], None], device: str) -> Tallies:
    """The tallies of all rows of `batches`; `progress(rows)`: so many more are done."""
    with _full_precision(), torch.inference_mode():
        card = _Card(asked, torch.device(device))
        for batch in batches:
            for block in batch.parts(max(1, _SCORES // len(asked.vectors))):
                card.update(block)
                progress(len(block.vectors))
    return card.found


@contextmanager
def _full_precision() -> Iterator[None]:
    """float32 products without TF32 or bfloat16 inside."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


class _Card:
    """What is asked, on the device, and what has been found. Rows come in the order of the table."""

    def __init__(self, asked: Asked, device: torch.device) -> None:
        self._asked, self._device = asked, device
        self._known = scored(asked)
        self._queries = read_only(asked.vectors)
        self._on_device = self._sent(asked.vectors)
        dims, queries, targets = len(asked.dims), len(asked.vectors), len(asked.places)
        # In whatever order a device adds up.
        self._bands = (asked.dims + UNITS) * ROUNDING
        self._target_queries, self._target_local = self._sent(asked.queries), self._sent(asked.local)
        self.found = Tallies(
            np.zeros((dims, targets), int),
            np.zeros((dims, targets), int),
            np.full((dims, queries, asked.depth), -np.inf),
            np.zeros((dims, queries, asked.depth), int),
        )

    def update(self, block: Batch) -> None:
        """Counts the rows of `block`."""
        norms = np.ascontiguousarray(block.norms.T)
        inverse = self._sent((1 / norms).astype(np.float32))
        vectors = self._sent(block.vectors)
        products = torch.zeros((len(self._queries), len(vectors)), device=self._device)
        narrower = 0
        for number, dim in enumerate(self._asked.dims.tolist()):
            products.addmm_(self._on_device[:, narrower:dim], vectors[:, narrower:dim].T)
            scores = products * inverse[number]
            for targets in split(len(self._asked.places), -(-len(self._asked.places) // len(self._queries))):
                self._count(number, scores, targets, block, norms[number])
            self._rank(number, scores, block, norms[number])
            narrower = dim

    def _count(
        self, number: int, scores: torch.Tensor, targets: slice, block: Batch, norms: NDArray[np.float64]
    ) -> None:
        """Counts the rows above some targets; of those too near to tell, the ones that turn out to be above."""
        asked, found = self._asked, self.found
        wanted = self._known.cosines[number]
        low, high = (
            self._limits(number, asked.queries[targets], wanted[targets] + sign * self._bands[number])
            for sign in (-1, 1)
        )
        own = scores[self._target_queries[targets]]
        above = own > high
        crossing = above & (self._sent(block.local) != self._target_local[targets, None])
        found.above[number, targets] += above.sum(1).cpu().numpy()
        found.displaced[number, targets] += crossing.sum(1).cpu().numpy()
        target, row = _pairs((own >= low) & ~above)
        target += targets.start
        again = self._again(number, asked.queries[target], row, block.vectors, norms)
        tied = (again == wanted[target]) & (block.start + row < asked.places[target])
        is_above = (again > wanted[target]) | tied
        target, row = target[is_above], row[is_above]
        np.add.at(found.above[number], target, 1)
        np.add.at(found.displaced[number], target, block.local[row] != asked.local[target])

    def _rank(self, number: int, scores: torch.Tensor, block: Batch, norms: NDArray[np.float64]) -> None:
        """Puts rows among the best: those are scored again that may be among the best of this block and of all before."""
        best, places = self.found.best[number], self.found.places[number]
        every = np.arange(len(best))
        floor = self._limits(number, every, best[:, -1] - self._bands[number])
        if scores.shape[1] >= best.shape[1]:
            last = scores.topk(best.shape[1]).values[:, -1:]
            slack = self._limits(number, every, np.full(len(best), 2 * self._bands[number]))
            floor = torch.maximum(floor, last - slack)
        query, row = _pairs(scores >= floor)
        keep_best(
            best, places, query, self._again(number, query, row, block.vectors, norms), block.start + row
        )

    def _again(
        self,
        number: int,
        queries: NDArray[np.int64],
        rows: NDArray[np.int64],
        vectors: Vectors,
        norms: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Cosines of pairs of a query and a row, in float64."""
        cosines = np.empty(len(rows))
        known = self._known.query_norms[number]
        dim = int(self._asked.dims[number])
        paired_cosines(self._queries, known, queries, read_only(vectors), norms, rows, dim, cosines)
        return cosines

    def _limits(self, number: int, queries: NDArray[np.int64], cosines: NDArray[np.float64]) -> torch.Tensor:
        """(n, 1) float32: what a score of these queries is at these cosines."""
        return self._sent((cosines * self._known.query_norms[number, queries]).astype(np.float32))[:, None]

    def _sent(self, values: NDArray[np.generic]) -> torch.Tensor:
        return torch.from_numpy(np.array(values)).to(self._device)


def _pairs(mask: torch.Tensor) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where a mask is true: rows and columns, in order."""
    rows, columns = mask.nonzero().T.cpu().numpy()
    return np.ascontiguousarray(rows), np.ascontiguousarray(columns)
