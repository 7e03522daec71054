"""Vectors that a source brings along, and whether they are what a system's own model gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lancedb
import numpy as np

from workbench.core.errors import IndexFault
from workbench.index.faults import readable
from workbench.index.filters import quoted

# least cosine of two vectors of one text: bfloat16 against float32 gives more, another template or model less
SAME_SCORES = 0.998
SAMPLE = 48  # vectors compared before any is taken over


@dataclass(frozen=True)
class PrecomputedVectors:
    """Vectors that a source brings along for one system.

    `uri` and `table`: a LanceDB table with the columns `key` and `vector`; `keys`: content hash of an article -> its key there.
    """

    uri: str
    table: str
    key: str
    keys: Mapping[str, str]

    def vectors(self, digests: Sequence[str]) -> dict[str, Any]:
        """Content hash -> vector, (d,) float32, of those of `digests` that are there."""
        wanted = {self.keys[digest]: digest for digest in digests if digest in self.keys}
        if not wanted:
            return {}
        with readable(self.uri):
            database = (
                lancedb.connect(self.uri) if "://" in self.uri or Path(self.uri).is_dir() else None
            )  # connecting would make the folder
            if not database or self.table not in database.list_tables().tables:
                raise IndexFault(
                    self.uri,
                    f"has no table {self.table}",
                    remedy="take `vectors` out of the source, or restore the folder",
                )
            listed = ", ".join(map(quoted, wanted))
            table = database.open_table(self.table)
            rows = (
                table.search()
                .where(f"{self.key} IN ({listed})")
                .select([self.key, "vector"])
                .limit(len(wanted))
                .to_arrow()
                .to_pylist()
            )
        return {wanted[str(row[self.key])]: np.array(row["vector"], np.float32) for row in rows}


def same_scores(ours: Any, theirs: Any) -> float:
    """Least cosine between two sets of vectors, (n, d) each, row by row."""
    norms = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    return float(((ours * theirs).sum(axis=1) / norms).min())
