"""What is known of a sweep's queries before the first row: their norms, and their relevant rows' cosines."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.evaluation.asked import Asked
from workbench.evaluation.kernels import paired_cosines
from workbench.evaluation.norms import read_only, row_norms

# In whatever order its terms are added, a float32 inner product of n components errs by at most n * 2^-24
# times their norms (Higham 2002, Accuracy and Stability, section 3.1). Scaling it adds a few such units; 16
# are ample.
ROUNDING = 2.0**-24
UNITS = 16


class Scored(NamedTuple):
    """`query_norms` (dims, q) and `cosines` of the targets (dims, t), float64, of the first components."""

    query_norms: NDArray[np.float64]
    cosines: NDArray[np.float64]


def scored(asked: Asked) -> Scored:
    """An IndexFault where a relevant row has no norm."""
    query_norms = np.ascontiguousarray(row_norms(asked.vectors, asked.dims, "the queries").T)
    subject = f"{asked.column}, the relevant rows"
    norms = np.ascontiguousarray(row_norms(asked.relevant, asked.dims, subject).T)
    found = np.empty(norms.shape)
    queries, relevant = read_only(asked.vectors), read_only(asked.relevant)
    each = np.arange(len(relevant))
    for number, dim in enumerate(asked.dims.tolist()):
        paired_cosines(
            queries, query_norms[number], asked.queries, relevant, norms[number], each, dim, found[number]
        )
    return Scored(query_norms, found)
