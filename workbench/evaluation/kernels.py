"""The inner loops of `ranking`: products added to products, lengths, cosines, and one pass over a block of scores.

Equal vectors have equal scores to the last bit: a cosine's sum runs in one fixed order wherever it is compiled in, and
lengths come from one function alone.
"""

import ctypes
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numba.extending import get_cython_function_address
from numpy.typing import NDArray

CHUNK = 64  # scores looked at together; a chunk is gone through one by one only where something in it matters
LOCAL = (
    1 << 16
)  # a row's mark is 1, a local row's 1 + LOCAL: one sum of marks counts all rows and the local ones
_COMPILED = njit(cache=True, nogil=True)


# BLAS's sgemm itself, as SciPy offers it to compiled code: NumPy's product cannot add to what is there already.
_SGEMM = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_char_p, *[ctypes.c_void_p] * 11)(
    get_cython_function_address("scipy.linalg.cython_blas", "sgemm")
)


def add_products(
    queries: NDArray[np.float32],
    vectors: NDArray[np.float32],
    first: int,
    last: int,
    products: NDArray[np.float32],
) -> None:
    """Adds the inner products of components `first` to `last` to `products` (q, >= rows); writes them anew where `first` is 0.

    `queries` (q, d) and `vectors` (rows, d) float32; all three with unit steps within a row.
    """
    size = queries.itemsize
    counts = [ctypes.c_int(count) for count in (len(vectors), len(queries), last - first)]
    steps = [ctypes.c_int(array.strides[0] // size) for array in (vectors, queries, products)]
    one, kept = ctypes.c_float(1), ctypes.c_float(1 if first else 0)
    vectors_at, queries_at = (
        ctypes.c_void_p(array.ctypes.data + first * size) for array in (vectors, queries)
    )
    by = ctypes.byref
    _SGEMM(
        b"T", b"N", *map(by, counts), by(one), vectors_at, by(steps[0]), queries_at, by(steps[1]), by(kept),
        ctypes.c_void_p(products.ctypes.data), by(steps[2]),
    )  # fmt: skip


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


def unseen(
    dim: int,
    band: float,
    queries: NDArray[np.float64],
    lengths: NDArray[np.float64],
    rows: NDArray[np.int64],
    wanted: NDArray[np.float64],
    offsets: NDArray[np.int64],
    local: NDArray[np.bool_],
    depth: int,
) -> Seen:
    """Nothing seen yet; `rows`: the query of each pair, in order; `local`: whether its relevant row is."""
    return Seen(
        dim=dim,
        band=band,
        queries=queries,
        lengths=lengths.astype(np.float32),
        ends=np.searchsorted(rows, np.arange(len(queries) + 1)),
        wanted=wanted,
        offsets=offsets,
        marks=(1 + LOCAL * local).astype(np.int32),
        above=np.ones(len(rows), int),
        displaced=np.zeros(len(rows), int),
        best=np.full((len(queries), depth), -np.inf),
        places=np.zeros((len(queries), depth), int),
    )


@njit(cache=True, nogil=True, fastmath={"reassoc"})
def prefix_norms(vectors: Any, dims: Any, norms: Any) -> None:
    """Fills `norms` (n, len(dims)) float64 with the lengths of the first `dims[k]` components of `vectors` (n, d) float32."""
    for row in range(vectors.shape[0]):
        square, below = 0.0, 0
        for number in range(len(dims)):
            for at in range(below, dims[number]):
                square += np.float64(vectors[row, at]) * np.float64(vectors[row, at])
            below = dims[number]
            norms[row, number] = np.sqrt(square)


@_COMPILED
def cosine(query: Any, vector: Any, dim: int, norm: float) -> float:
    """Cosine of a unit `query` and the first `dim` components of `vector`, whose length there is `norm`."""
    a = b = c = d = 0.0
    whole = dim // 4 * 4
    for at in range(0, whole, 4):
        a += query[at] * np.float64(vector[at])
        b += query[at + 1] * np.float64(vector[at + 1])
        c += query[at + 2] * np.float64(vector[at + 2])
        d += query[at + 3] * np.float64(vector[at + 3])
    for at in range(whole, dim):
        a += query[at] * np.float64(vector[at])
    return ((a + b) + (c + d)) / norm


@_COMPILED
def update(seen: Any, partial: Any, inverse: Any, marks: Any, vectors: Any, norms: Any, start: int) -> None:
    """Takes rows `start` and on into `seen`.

    `partial` (q, chunks, CHUNK) float32: inner products of the first components; `inverse` (chunks, CHUNK) float32: one over `norms`, NaN beyond the last row; `marks` (chunks, CHUNK) int32; `vectors` (rows, >= dim) float32.
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
                score32 = partial[query, chunk, row] * inverse[chunk, row]
                good += np.int32(1) if score32 >= floor else np.int32(0)
                judged += np.int32(1) if score32 >= lowest else np.int32(0)
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
                    low, high = (
                        np.float32((wanted - seen.band) * length),
                        np.float32((wanted + seen.band) * length),
                    )
                    both, near = np.int32(0), np.int32(0)
                    for row in range(CHUNK):
                        both += (
                            marks[chunk, row]
                            if partial[query, chunk, row] * inverse[chunk, row] > high
                            else np.int32(0)
                        )
                        near += (
                            np.int32(1)
                            if partial[query, chunk, row] * inverse[chunk, row] >= low
                            else np.int32(0)
                        )
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
