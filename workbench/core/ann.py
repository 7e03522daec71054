"""The kinds of approximate (ANN) indexes that a vector column can have, named where nothing heavy is loaded."""

from enum import StrEnum

EXACT_UP_TO = 250_000  # articles; with more, scoring all of them takes longer than a question should


class AnnKind(StrEnum):
    """How LanceDB may search a column without scoring every vector; `NONE`: every vector is scored."""

    IVF_RQ = "ivf_rq"
    IVF_HNSW_SQ = "ivf_hnsw_sq"
    IVF_PQ = "ivf_pq"
    NONE = "none"
