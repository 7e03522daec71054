"""A vector table held in memory, for ranking without an index."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.vectors import Vectors


@dataclass(frozen=True)
class Held:
    """`vectors` (n, d) float32 under every column name, read `step` rows at a time."""

    doc_ids: list[str]
    vectors: Vectors
    local: NDArray[np.bool_]
    step: int = 8192

    def vector_batches(self, column: str) -> Iterator[Vectors]:
        for start in range(0, len(self.vectors), self.step):
            yield self.vectors[start : start + self.step]

    def vectors_at(self, column: str, offsets: Sequence[int]) -> Vectors:
        return self.vectors[list(offsets)]


def numbered(vectors: Vectors, step: int = 8192) -> Held:
    """Rows named d00000000, d00000001 …; every third one is local."""
    return Held([f"d{number:08}" for number in range(len(vectors))], vectors, np.arange(len(vectors)) % 3 == 2, step)
