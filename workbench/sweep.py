"""The compiled loops of `ranking`: lengths, cosines, and one pass over a block of scores.

Sums in float64 run in one fixed order (no fast-math), so that equal vectors have equal scores to the last bit.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

CHUNK = 64  # scores looked at together; a chunk is gone through one by one only where something in it matters
LOCAL = 1 << 16  # a row's mark is 1, a local row's 1 + LOCAL: one sum of marks counts all rows and the local ones
_COMPILED = njit(cache=True, nogil=True)


class Seen(NamedTuple):
    """What a pass has seen for q queries at one dimension.

    `queries` (q, dim) float64 unit rows and `lengths` (q,) float32 their lengths before; `ends` (q + 1,): where a
    query's pairs begin and end; per pair (a query and one of its relevant rows) `wanted` its cosine in float64,
    `offsets` its row, `marks` (int32) its mark, `above` its rank so far and `displaced` how many
    of those above it are of the other scope; `best` (q, depth) float64 and `places`: the best rows so far.
    A float32 score is within `band` of its cosine.
    """

    dim: int
    band: float
    queries: NDArray[np.float64]
    lengths: NDArray[np.float32]
    ends: NDArray[np.int64]
    wanted: NDArray[np.float64]
    offsets: NDArray[np.int64]
    marks: NDArray[np.int32]
    above: NDArray[np.int64]
    displaced: NDArray[np.int64]
    best: NDArray[np.float64]
    places: NDArray[np.int64]


@_COMPILED
def _inner(one: Any, other: Any, first: int, last: int) -> float:
    a = b = c = d = 0.0
    whole = first + (last - first) // 4 * 4
    for at in range(first, whole, 4):
        a += np.float64(one[at]) * np.float64(other[at])
        b += np.float64(one[at + 1]) * np.float64(other[at + 1])
        c += np.float64(one[at + 2]) * np.float64(other[at + 2])
        d += np.float64(one[at + 3]) * np.float64(other[at + 3])
    for at in range(whole, last):
        a += np.float64(one[at]) * np.float64(other[at])
    return (a + b) + (c + d)


@_COMPILED
def prefix_norms(vectors: Any, dims: Any, norms: Any) -> None:
    """Fills `norms` (n, len(dims)) float64 with the lengths of the first `dims[k]` components of `vectors` (n, d) float32."""
    for row in range(vectors.shape[0]):
        square, below = 0.0, 0
        for number in range(len(dims)):
            square += _inner(vectors[row], vectors[row], below, dims[number])
            below = dims[number]
            norms[row, number] = np.sqrt(square)


@_COMPILED
def cosine(query: Any, vector: Any, dim: int, norm: float) -> float:
    """Cosine of a unit `query` and the first `dim` components of `vector`, whose length there is `norm`."""
    return _inner(query, vector, 0, dim) / norm


@_COMPILED
def absorb(seen: Any, partial: Any, added: Any, inverse: Any, marks: Any, vectors: Any, norms: Any, start: int) -> None:
    """Takes rows `start` and on into `seen`.

    `partial` (q, chunks, CHUNK) float32: inner products of the components before this dimension's, to which this adds
    `added`; `inverse` (chunks, CHUNK) float32: one over `norms`, NaN beyond the last row; `marks` (chunks, CHUNK) int32; `vectors` (rows, >= dim) float32.
    """
    depth = seen.best.shape[1]
    for query in range(partial.shape[0]):
        length, best, places = seen.lengths[query], seen.best[query], seen.places[query]
        pairs = range(seen.ends[query], seen.ends[query + 1])
        floor, lowest = np.float32((best[depth - 1] - seen.band) * length), np.float32(np.inf)
        for pair in pairs:
            lowest = min(lowest, np.float32((seen.wanted[pair] - seen.band) * length))
        for chunk in range(partial.shape[1]):
            good, judged = np.int32(0), np.int32(0)
            for row in range(CHUNK):
                total = partial[query, chunk, row] + added[query, chunk, row]
                partial[query, chunk, row] = total
                good += np.int32(1) if total * inverse[chunk, row] >= floor else np.int32(0)
                judged += np.int32(1) if total * inverse[chunk, row] >= lowest else np.int32(0)
            if good:
                for row in range(CHUNK):
                    if partial[query, chunk, row] * inverse[chunk, row] >= floor:
                        at = chunk * CHUNK + row
                        score = cosine(seen.queries[query], vectors[at], seen.dim, norms[at])
                        if score > best[depth - 1]:  # rows come in order, so an equal score stays below
                            place = depth - 1
                            while place > 0 and score > best[place - 1]:
                                best[place], places[place] = best[place - 1], places[place - 1]
                                place -= 1
                            best[place], places[place] = score, start + at
                            floor = np.float32((best[depth - 1] - seen.band) * length)
            if judged:
                for pair in pairs:
                    wanted = seen.wanted[pair]
                    low, high = np.float32((wanted - seen.band) * length), np.float32((wanted + seen.band) * length)
                    both, near = np.int32(0), np.int32(0)
                    for row in range(CHUNK):
                        both += marks[chunk, row] if partial[query, chunk, row] * inverse[chunk, row] > high else np.int32(0)
                        near += np.int32(1) if partial[query, chunk, row] * inverse[chunk, row] >= low else np.int32(0)
                    beyond, local = both % LOCAL, both // LOCAL
                    seen.above[pair] += beyond
                    seen.displaced[pair] += beyond - local if seen.marks[pair] == LOCAL + 1 else local
                    if near > beyond:
                        for row in range(CHUNK):
                            if low <= partial[query, chunk, row] * inverse[chunk, row] <= high:
                                at = chunk * CHUNK + row
                                score = cosine(seen.queries[query], vectors[at], seen.dim, norms[at])
                                if score > wanted or (score == wanted and start + at < seen.offsets[pair]):
                                    seen.above[pair] += 1
                                    seen.displaced[pair] += marks[chunk, row] != seen.marks[pair]
