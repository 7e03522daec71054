"""One LanceDB table `articles` that all systems search.

`articles` holds an article's fields and one vector column per system and dimension (`base_768`, unit rows);
`builds` holds one row per such column: what made it; `checksums` what tells that all is still as it was built. The schema of `articles` names its build, so that both
always belong together. `training` and `queries` (sidecars) go along with an index to other machines.
"""

import os

from workbench.core.machine import cores

# Read when lancedb is imported. Its warning on every new table says nothing a user could act on; of two
# cores it would leave none to full-text searches beside the first; ahead of a sweep it would read 2 GB.
os.environ.setdefault("LANCEDB_LOG", "error")
os.environ.setdefault("LANCE_CPU_THREADS", str(cores()))
os.environ.setdefault("LANCE_DEFAULT_IO_BUFFER_SIZE", str(32 << 20))

from workbench.index.allocation import keep_freed_memory
from workbench.index.approximate import ANN_KINDS, build_ann
from workbench.index.building import BuildReport, build
from workbench.index.columns import column_name
from workbench.index.filtered import FilteredIndex, nothing_let_through, row_mask, rows_of
from workbench.index.filters import Filter
from workbench.index.precomputed import PrecomputedVectors
from workbench.index.reading import Index
from workbench.index.sidecars import (
    adopt_query_vectors,
    read_training,
    sidecar_faults,
    training_version,
    write_query_vectors,
    write_training,
)

keep_freed_memory()

__all__ = [
    "ANN_KINDS",
    "BuildReport",
    "Filter",
    "FilteredIndex",
    "Index",
    "PrecomputedVectors",
    "adopt_query_vectors",
    "build",
    "build_ann",
    "column_name",
    "nothing_let_through",
    "read_training",
    "row_mask",
    "rows_of",
    "sidecar_faults",
    "training_version",
    "write_query_vectors",
    "write_training",
]
