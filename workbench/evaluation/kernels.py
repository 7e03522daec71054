"""The inner loops of the sweep: products added to products, norms, cosines, and one pass over a block of scores."""

import ctypes
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numba.extending import get_cython_function_address
from numpy.typing import NDArray

from workbench.evaluation.inner_products import inner_product

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
    """What a pass over rows has counted so far, for q queries at one dimension.

    A target is a query and one of its relevant rows. `queries` (q, >= dim) float32 and `query_norms` (q,) float64: of
    their first `dim` components; `ends` (q + 1,): where a query's targets begin and end; per target `cosines` (float64),
    `offsets` its row, `marks` (int32) its mark, `above` how many rows so far stand above it and `displaced` how many
    of those are of the other scope; `best` (q, depth) float64 and `places`: the best rows so far.
    `floors` (q,): what a row has to reach to be among the best of all rows, as far as any thread knows.
    A float32 score is within `band` of its cosine.
    """

    dim: int
    band: float
    queries: NDArray[np.float32]
    query_norms: NDArray[np.float64]
    floors: NDArray[np.float64]
    ends: NDArray[np.int64]
    cosines: NDArray[np.float64]
    offsets: NDArray[np.int64]
    marks: NDArray[np.int32]
    above: NDArray[np.int64]
    displaced: NDArray[np.int64]
    best: NDArray[np.float64]
    places: NDArray[np.int64]


@_COMPILED
def prefix_norms(vectors: Any, dims: Any, norms: Any) -> None:
    """Fills `norms` (n, len(dims)) float64 with the norms of the first `dims[k]` components of `vectors` (n, d) float32."""
    for row in range(vectors.shape[0]):
        square = 0.0
        begin = 0
        for number in range(len(dims)):
            square += inner_product(vectors[row], vectors[row], begin, dims[number])
            norms[row, number] = np.sqrt(square)
            begin = dims[number]


@_COMPILED
def cosine(query: Any, vector: Any, dim: int, norms: float) -> float:
    """Cosine of the first `dim` components of two float32 vectors; `norms`: the product of their norms there."""
    return inner_product(query, vector, 0, dim) / norms


@_COMPILED
def cosines(queries: Any, query_norms: Any, vectors: Any, norms: Any, scores: Any) -> None:
    """Fills `scores` (q, rows) float64 with the cosines of `queries` (q, d) and `vectors` (rows, >= d), both float32.

    `query_norms` (q,) and `norms` (rows,): of the first d components.
    """
    for row in range(vectors.shape[0]):
        for query in range(queries.shape[0]):
            both = query_norms[query] * norms[row]
            scores[query, row] = cosine(queries[query], vectors[row], queries.shape[1], both)


@_COMPILED
def paired_cosines(
    queries: Any, query_norms: Any, rows: Any, vectors: Any, norms: Any, places: Any, dim: int, scores: Any
) -> None:
    """Fills `scores` (n,) float64 with the cosines of queries `rows` (n,) and vectors `places` (n,) at `dim` components."""
    for pair in range(len(rows)):
        query, row = rows[pair], places[pair]
        scores[pair] = cosine(queries[query], vectors[row], dim, query_norms[query] * norms[row])


@_COMPILED
def _sorted_in(best: Any, score: Any) -> int:
    """Puts a score among the best ones, below equal ones, and drops the last; its place."""
    place = len(best) - 1
    while place > 0 and score > best[place - 1]:
        best[place] = best[place - 1]
        place -= 1
    best[place] = score
    return place


@_COMPILED
def insert(best: Any, places: Any, score: float, row: int) -> None:
    """Puts `row` among the best ones by its score, below equal scores, and drops the last."""
    place = _sorted_in(best, score)
    for at in range(len(best) - 1, place, -1):
        places[at] = places[at - 1]
    places[place] = row


@_COMPILED
def keep_best(best: Any, places: Any, queries: Any, scores: Any, rows: Any) -> None:
    """Puts the rows of pairs (n,) among the best ones (q, depth) of their queries; a query's rows come in order."""
    for pair in range(len(queries)):
        query = queries[pair]
        if scores[pair] > best[query, -1]:  # an equal score stays below
            insert(best[query], places[query], scores[pair], rows[pair])


@_COMPILED
def _at_least(line: Any, inverse: Any, low: Any) -> Any:
    """How many rows score at least `low`."""
    count = np.int32(0)
    for row in range(len(inverse)):
        count = np.int32(count + (np.int32(1) if line[row] * inverse[row] >= low else np.int32(0)))
    return count


@_COMPILED
def _any_in_chunk(line: Any, inverse: Any, begin: int, low: Any) -> bool:
    """Whether any row of a chunk scores at least `low`."""
    count = np.int32(0)
    for row in range(CHUNK):
        score = line[begin + row] * inverse[begin + row]
        count = np.int32(count + (np.int32(1) if score >= low else np.int32(0)))
    return bool(count > 0)


@_COMPILED
def _above(line: Any, inverse: Any, marks: Any, low: Any, high: Any) -> tuple[Any, Any]:
    """The sum of the marks of the rows that score above `high`, and how many score at least `low`."""
    sum_of_marks = at_least_low = np.int32(0)
    for row in range(len(inverse)):
        score = line[row] * inverse[row]
        sum_of_marks = np.int32(sum_of_marks + (marks[row] if score > high else np.int32(0)))
        at_least_low = np.int32(at_least_low + (np.int32(1) if score >= low else np.int32(0)))
    return sum_of_marks, at_least_low


@_COMPILED
def _candidates(line: Any, inverse: Any, floor: Any, slack: Any, near: Any, rows: Any) -> tuple[int, Any]:
    """Which rows may be among the best, and what such a row scores at least: that rises with each that is found.

    `near` (depth,) float32: the best scores before, written over; a row that is `slack` below its last is too far.
    Fills `rows` and gives their number.
    """
    depth = len(near)
    count = 0
    for begin in range(0, len(inverse), CHUNK):
        if _any_in_chunk(line, inverse, begin, floor):
            for row in range(begin, begin + CHUNK):
                score = line[row] * inverse[row]
                if score >= floor:
                    rows[count] = row
                    count += 1
                    if score > near[depth - 1]:
                        _sorted_in(near, score)
                        floor = max(floor, np.float32(near[depth - 1] - slack))
    return count, floor


@_COMPILED
def update(
    tally: Any, first: int, products: Any, inverse: Any, marks: Any, vectors: Any, norms: Any, start: int
) -> None:
    """Counts rows `start` and on into the `tally` of queries `first` and on.

    `products` (q, >= r) float32: inner products of the first components, r the number of rows, rounded up to whole chunks;
    `inverse` (r,) float32: one over `norms` (rows,) float64, NaN beyond the last row; `marks` (r,) int32;
    `vectors` (rows, >= dim) float32.
    """
    depth = tally.best.shape[1]
    near = np.empty(depth, np.float32)
    rows = np.empty(len(inverse), np.int32)
    for number in range(products.shape[0]):
        line = products[number]
        query = first + number
        norm = tally.query_norms[query]
        best = tally.best[query]
        places = tally.places[query]
        floor = np.float32((max(best[depth - 1], tally.floors[query]) - tally.band) * norm)
        good = _at_least(line, inverse, floor)
        if good:
            for place in range(depth):
                near[place] = np.float32(best[place] * norm)
            slack = np.float32(2 * tally.band * norm)
            found, raised = _candidates(line, inverse, floor, slack, near, rows)
            for at in rows[:found]:
                if line[at] * inverse[at] >= raised:
                    score = cosine(tally.queries[query], vectors[at], tally.dim, norm * norms[at])
                    if score > best[depth - 1]:  # rows come in order, so an equal score stays below
                        insert(best, places, score, start + at)
            # Two threads may do this at once, and one lose what it found: that costs work alone.
            tally.floors[query] = max(tally.floors[query], best[depth - 1])
        for target in range(tally.ends[query], tally.ends[query + 1]):
            wanted = tally.cosines[target]
            low = np.float32((wanted - tally.band) * norm)
            high = np.float32((wanted + tally.band) * norm)
            if good or low < floor:
                sum_of_marks, at_least_low = _above(line, inverse, marks, low, high)
                above = sum_of_marks % LOCAL
                local = sum_of_marks // LOCAL
                tally.above[target] += above
                tally.displaced[target] += above - local if tally.marks[target] == LOCAL + 1 else local
                if at_least_low > above:  # some are too near to tell in float32
                    for at in range(len(norms)):
                        if low <= line[at] * inverse[at] <= high:
                            score = cosine(tally.queries[query], vectors[at], tally.dim, norm * norms[at])
                            before = start + at < tally.offsets[target]
                            if score > wanted or (score == wanted and before):
                                tally.above[target] += 1
                                tally.displaced[target] += marks[at] != tally.marks[target]
