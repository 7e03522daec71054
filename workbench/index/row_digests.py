"""Checksums of single rows, so that the few rows which a question takes are checked by themselves: XXH3, 64 bits.

Those of a vector column are of the vector and the article's name, those of the text fields of all of them.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from numpy.typing import NDArray

from workbench.core.vectors import Vectors

TEXTS = "texts"  # what those of the text fields are called
Digests = NDArray[np.uint64]


def digests_name(subject: str, texts: Sequence[str]) -> str:
    """What the checksums of a vector column, or of TEXTS, which are the fields `texts`, are called among the derived."""
    return f"rows of {', '.join(texts) if subject == TEXTS else subject}"


def text_digests(columns: Sequence[Any]) -> Digests:
    """(n,): of the rows of these columns, PyArrow arrays of strings and flags, side by side."""
    texts = [pc.fill_null(column.cast(pa.large_string()), "\x00") for column in columns]
    joined = pc.binary_join_element_wise(*texts, pa.scalar("\x1f", pa.large_string()))
    joined = joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined
    _, offsets, content = joined.buffers()
    ends = np.frombuffer(offsets, np.int64, len(joined) + 1, joined.offset * 8).tolist()
    view = memoryview(content) if content else memoryview(b"")
    rows = (view[first:last] for first, last in pairwise(ends))
    return np.fromiter(map(xxhash.xxh3_64_intdigest, rows), np.uint64, len(joined))


def vector_digests(doc_ids: Sequence[str], vectors: Vectors) -> Digests:
    """(n,): of each vector under its article's name."""
    if not len(doc_ids):  # which has no bytes to look at
        return np.empty(0, np.uint64)
    view, width = memoryview(np.ascontiguousarray(vectors, "<f4").data).cast("B"), 4 * vectors.shape[1]
    digests = (
        xxhash.xxh3_64_intdigest(
            view[row * width : (row + 1) * width], xxhash.xxh3_64_intdigest(doc_id.encode())
        )
        for row, doc_id in enumerate(doc_ids)
    )
    return np.fromiter(digests, np.uint64, len(doc_ids))


def to_bytes(digests: Digests) -> bytes:
    return digests.astype("<u8").tobytes()


def from_bytes(content: bytes) -> Digests:
    return np.frombuffer(content, "<u8").astype(np.uint64, copy=False)
