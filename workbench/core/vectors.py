"""Vectors as NumPy arrays: cut short, renormalised, checked."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import EncoderError

Vectors = NDArray[np.float32]
_SHOWN = 40  # characters of a text in a message


def truncate_dim(vectors: Vectors, dim: int) -> Vectors:
    """The first `dim` components of each row, renormalised (Kusupati et al. 2022, Matryoshka Representation Learning).

    `vectors`: (n, d) float32 with d >= dim; result: (n, dim) float32, unit rows.

    >>> truncate_dim(np.array([[3.0, 4.0, 12.0]], dtype=np.float32), 2).tolist()
    [[0.6000000238418579, 0.800000011920929]]
    """
    return normalise(vectors[:, :dim])


def normalise(vectors: Vectors) -> Vectors:
    """Rows divided by their Euclidean norm, computed in float64; result: float32, unit rows."""
    wide = vectors.astype(np.float64)
    return (wide / np.linalg.norm(wide, axis=1, keepdims=True)).astype(np.float32)


TOO_WIDE = "lower `dims` in the pair file, or give that system `dims` of its own"


def checked(vectors: Vectors, width: int, subject: str, texts: Sequence[str] = ()) -> Vectors:
    """`vectors` as (n, width) unit rows, or an EncoderError where a row is not finite or zero in its first components.

    `texts`: what they are of, so that the message can show the first such text.
    """
    if vectors.ndim != 2 or vectors.shape[1] < width:
        raise EncoderError(
            subject,
            f"gives vectors of {vectors.shape[-1]} dimensions",
            wanted=f"{width} at least",
            remedy=TOO_WIDE,
        )
    bad: NDArray[np.bool_] = np.asarray(~np.isfinite(vectors).all(axis=1) | ~vectors.any(axis=1))
    if bad.any():
        first = int(bad.argmax())
        shown = f", “{texts[first][:_SHOWN]}”" if texts else ""
        raise EncoderError(
            subject,
            f"gave {bad.sum()} of {len(bad)} vectors with NaN, infinity or only zeros (first: text {first + 1}{shown})",
            remedy='look at that text: it may hold nothing that the model knows; or set dtype = "float32"',
        )
    return normalise(vectors)
