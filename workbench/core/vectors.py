"""Vectors as NumPy arrays: cut short, renormalised, checked."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import EncoderError

Vectors = NDArray[np.float32]
_SHOWN = 40  # characters of a text in a message
UNUSABLE = "NaN, infinity or only zeros"
NONE_FAILED: Mapping[int, str] = {}


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


class TextsWithoutVectors(EncoderError):
    """A model gave no usable vector for some texts.

    `rows`: position of such a text -> why; `vectors`: (n, d) float32, unit rows, NaN in `rows`.
    """

    def __init__(
        self, subject: str, found: str, *, remedy: str, rows: Mapping[int, str], vectors: Vectors
    ) -> None:
        super().__init__(subject, found, remedy=remedy)
        self.rows, self.vectors = rows, vectors


def checked(
    vectors: Vectors,
    width: int,
    subject: str,
    texts: Sequence[str] = (),
    *,
    failed: Mapping[int, str] = NONE_FAILED,
    remedy: str = "",
) -> Vectors:
    """`vectors` as (n, width) unit rows, or an EncoderError.

    That is a TextsWithoutVectors where a row is not finite or zero in its first components. `texts`: what they are of, so
    that the message can show the first such text; `failed`: rows of which it is known already, and why; `remedy`: what to do about those.
    """
    if vectors.ndim != 2 or (vectors.shape[1] < width and len(failed) < len(vectors)):
        raise EncoderError(
            subject,
            f"gives vectors of {vectors.shape[-1]} dimensions",
            wanted=f"{width} at least",
            remedy=TOO_WIDE,
        )
    bad: NDArray[np.bool_] = np.asarray(~np.isfinite(vectors).all(axis=1) | ~vectors.any(axis=1))
    if not bad.any():
        return normalise(vectors)
    rows = {int(row): failed.get(int(row), UNUSABLE) for row in np.flatnonzero(bad)}
    first = min(rows)
    shown = f", “{texts[first][:_SHOWN]}”" if texts else ""
    why = f": {failed[first]}" if first in failed else ""
    found = (
        f"{len(rows)} of {len(bad)} vectors with NaN, infinity or only zeros"
        if not failed
        else (f"no vector for {len(rows)} of {len(bad)} texts")
    )
    whole = np.full(vectors.shape, np.nan, np.float32)
    whole[~bad] = normalise(vectors[~bad])
    raise TextsWithoutVectors(
        subject,
        f"gave {found} (first: text {first + 1}{shown}{why})",
        remedy=remedy
        or 'look at that text: it may hold nothing that the model knows; or set dtype = "float32"',
        rows=rows,
        vectors=whole,
    )
