"""The inner loops of `ranks`: products added to products, norms, cosines, and one pass over a block of scores.

Equal vectors have equal scores to the last bit: a cosine's sum runs in one fixed order wherever it is compiled in, and
norms come from one function alone.
"""

import ctypes
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numba.extending import get_cython_function_address
from numpy.typing import NDArray

# Scores looked at together; a chunk is gone through one by one only where something in it matters.
CHUNK = 64
# A row's mark is 1, a local row's 1 + LOCAL: one sum of marks counts all rows and the local ones.
LOCAL = 1 << 16
_COMPILED = njit(cache=True, nogil=True)


# BLAS's sgemm itself, as SciPy offers it to compiled code: NumPy's product cannot add to what is there
# already.
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
    """Adds the inner products of components `first` to `last` to `products` (q, >= rows); anew where `first` is 0.

    `queries` (q, d) and `vectors` (rows, d) float32; all three with unit steps within a row.
    """
    size = queries.itemsize
    counts = [ctypes.c_int(count) for count in (len(vectors), len(queries), last - first)]
    steps = [ctypes.c_int(array.strides[0] // size) for array in (vectors, queries, products)]
    alpha = ctypes.c_float(1)
    beta = ctypes.c_float(1 if first else 0)
    vectors_at = ctypes.c_void_p(vectors.ctypes.data + first * size)
    queries_at = ctypes.c_void_p(queries.ctypes.data + first * size)
    by = ctypes.byref
    _SGEMM(
        b"T", b"N", *map(by, counts), by(alpha), vectors_at, by(steps[0]), queries_at, by(steps[1]), by(beta),
        ctypes.c_void_p(products.ctypes.data), by(steps[2]),
    )  # fmt: skip


class Tally(NamedTuple):
    """What a pass over the rows has counted so far, for q queries at one dimension.

    A target is a query and one of its relevant rows. `queries` (q, dim) float64 unit rows and `query_norms` (q,)
    float32 their norms before; `ends` (q + 1,): where a query's targets begin and end; per target `cosines` (float64),
    `offsets` its row, `marks` (int32) its mark, `above` how many rows so far stand above it and `displaced` how many
    of those are of the other scope; `best` (q, depth) float64 and `places`: the best rows so far.
    A float32 score is within `band` of its cosine.
    """

    dim: int
    band: float
    queries: NDArray[np.float64]
    query_norms: NDArray[np.float32]
    ends: NDArray[np.int64]
    cosines: NDArray[np.float64]
    offsets: NDArray[np.int64]
    marks: NDArray[np.int32]
    above: NDArray[np.int64]
    displaced: NDArray[np.int64]
    best: NDArray[np.float64]
    places: NDArray[np.int64]


def empty_tally(
    dim: int,
    band: float,
    queries: NDArray[np.float64],
    query_norms: NDArray[np.float64],
    rows: NDArray[np.int64],
    cosines: NDArray[np.float64],
    offsets: NDArray[np.int64],
    local: NDArray[np.bool_],
    depth: int,
) -> Tally:
    """The tally before the first row; `rows`: the query of each target, in order; `local`: whether its row is."""
    return Tally(
        dim=dim,
        band=band,
        queries=queries,
        query_norms=query_norms.astype(np.float32),
        ends=np.searchsorted(rows, np.arange(len(queries) + 1)),
        cosines=cosines,
        offsets=offsets,
        marks=(1 + LOCAL * local).astype(np.int32),
        above=np.zeros(len(rows), int),
        displaced=np.zeros(len(rows), int),
        best=np.full((len(queries), depth), -np.inf),
        places=np.zeros((len(queries), depth), int),
    )


@njit(cache=True, nogil=True, fastmath={"reassoc"})
def prefix_norms(vectors: Any, dims: Any, norms: Any) -> None:
    """Fills `norms` (n, len(dims)) float64 with the norms of the first `dims[k]` components of `vectors` (n, d) float32."""
    for row in range(vectors.shape[0]):
        square = 0.0
        begin = 0
        for number in range(len(dims)):
            for at in range(begin, dims[number]):
                square += np.float64(vectors[row, at]) * np.float64(vectors[row, at])
            begin = dims[number]
            norms[row, number] = np.sqrt(square)


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def cosines(units: Any, vectors: Any, norms: Any, scores: Any) -> None:
    """Fills `scores` (q, rows) float64 with the cosines of `units` (q, d) float64 and `vectors` (rows, >= d) float32.

    `norms` (rows,): of the first d components. Each sum runs in the same order, so that equal rows have equal scores.
    """
    for row in range(vectors.shape[0]):
        for query in range(units.shape[0]):
            total = 0.0
            for at in range(units.shape[1]):
                total += units[query, at] * np.float64(vectors[row, at])
            scores[query, row] = total / norms[row]


@_COMPILED
def cosine(query: Any, vector: Any, dim: int, norm: float) -> float:
    """Cosine of a unit `query` and the first `dim` components of `vector`, whose norm there is `norm`."""
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
def _insert(best: Any, places: Any, score: float, row: int) -> None:
    """Puts `row` among the best ones by its score, below equal scores, and drops the last."""
    place = len(best) - 1
    while place > 0 and score > best[place - 1]:
        best[place] = best[place - 1]
        places[place] = places[place - 1]
        place -= 1
    best[place] = score
    places[place] = row


@_COMPILED
def _marks_above(
    partial: Any, inverse: Any, marks: Any, query: int, chunk: int, low: Any, high: Any
) -> tuple[Any, Any]:
    """The sum of the marks of one chunk's rows that score above `high`, and how many score at least `low`."""
    sum_of_marks = np.int32(0)
    at_least_low = np.int32(0)
    for row in range(CHUNK):
        score32 = partial[query, chunk, row] * inverse[chunk, row]
        sum_of_marks += marks[chunk, row] if score32 > high else np.int32(0)
        at_least_low += np.int32(1) if score32 >= low else np.int32(0)
    return sum_of_marks, at_least_low


@_COMPILED
def update(tally: Any, partial: Any, inverse: Any, marks: Any, vectors: Any, norms: Any, start: int) -> None:
    """Counts rows `start` and on into `tally`.

    `partial` (q, chunks, CHUNK) float32: inner products of the first components; `inverse` (chunks, CHUNK) float32:
    one over `norms`, NaN beyond the last row; `marks` (chunks, CHUNK) int32; `vectors` (rows, >= dim) float32.
    """
    depth = tally.best.shape[1]
    for query in range(partial.shape[0]):
        norm = tally.query_norms[query]
        best = tally.best[query]
        places = tally.places[query]
        targets = range(tally.ends[query], tally.ends[query + 1])
        floor = np.float32((best[depth - 1] - tally.band) * norm)
        lowest = np.float32(np.inf)
        for target in targets:
            lowest = min(lowest, np.float32((tally.cosines[target] - tally.band) * norm))
        for chunk in range(partial.shape[1]):
            good = np.int32(0)
            above_a_target = np.int32(0)
            for row in range(CHUNK):
                score32 = partial[query, chunk, row] * inverse[chunk, row]
                good += np.int32(1) if score32 >= floor else np.int32(0)
                above_a_target += np.int32(1) if score32 >= lowest else np.int32(0)
            begin = chunk * CHUNK
            if good:
                for row in range(CHUNK):
                    if partial[query, chunk, row] * inverse[chunk, row] >= floor:
                        at = begin + row
                        score = cosine(tally.queries[query], vectors[at], tally.dim, norms[at])
                        if score > best[depth - 1]:  # rows come in order, so an equal score stays below
                            _insert(best, places, score, start + at)
                            floor = np.float32((best[depth - 1] - tally.band) * norm)
            if above_a_target:
                for target in targets:
                    wanted = tally.cosines[target]
                    low = np.float32((wanted - tally.band) * norm)
                    high = np.float32((wanted + tally.band) * norm)
                    sum_of_marks, at_least_low = _marks_above(
                        partial, inverse, marks, query, chunk, low, high
                    )
                    above = sum_of_marks % LOCAL
                    local = sum_of_marks // LOCAL
                    tally.above[target] += above
                    tally.displaced[target] += above - local if tally.marks[target] == LOCAL + 1 else local
                    if at_least_low > above:  # some are too near to tell in float32
                        for row in range(CHUNK):
                            if low <= partial[query, chunk, row] * inverse[chunk, row] <= high:
                                at = begin + row
                                score = cosine(tally.queries[query], vectors[at], tally.dim, norms[at])
                                before = start + at < tally.offsets[target]
                                if score > wanted or (score == wanted and before):
                                    tally.above[target] += 1
                                    tally.displaced[target] += marks[chunk, row] != tally.marks[target]
