"""Tables beside the articles, so that an index says as much on another machine: training queries, vectors of known queries."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import lancedb
import numpy as np
import pyarrow as pa

from workbench.core.errors import IndexFault
from workbench.encoders import Encoder, QueryVectors
from workbench.index.filters import quoted
from workbench.index.reading import differing_keys, readable
from workbench.query_sets.contamination import TrainingQuery

TRAINING, QUERIES = "training", "queries"
SAME_SCORES = 0.998  # least cosine of two vectors of one text: bfloat16 against float32 gives more, another template or model less
SAMPLE = 48  # vectors compared before any is taken over
_TRAINING_FIELDS = pa.schema([("text", pa.string()), ("positives", pa.list_(pa.string()))])
_KEYS = ("model", "weights", "document_template", "dtype", "max_seq_length", "query_prompt")


def write_training(uri: str, queries: Sequence[TrainingQuery]) -> None:
    """Keeps what the systems were trained on beside the articles."""
    rows = [{"text": query.text, "positives": sorted(query.positives)} for query in queries]
    with readable(uri):
        lancedb.connect(uri).create_table(
            TRAINING, pa.Table.from_pylist(rows, schema=_TRAINING_FIELDS), mode="overwrite"
        )


def read_training(uri: str) -> list[TrainingQuery] | None:
    """What the systems were trained on; None where the index does not know."""
    with readable(uri):
        database = lancedb.connect(uri)
        if TRAINING not in database.list_tables().tables:
            return None
        rows = database.open_table(TRAINING).to_arrow().to_pylist()
    return [TrainingQuery(row["text"], frozenset(row["positives"])) for row in rows]


def training_version(uri: str) -> int:
    """Another number whenever what is known of training has changed; 0 where nothing is."""
    with readable(uri):
        database = lancedb.connect(uri)
        return int(database.open_table(TRAINING).version) if TRAINING in database.list_tables().tables else 0


def write_query_vectors(
    uri: str, texts: Sequence[str], encoders: Mapping[str, Encoder], vectors: QueryVectors
) -> None:
    """Keeps the vectors of known queries, so that another machine needs no model for them."""
    rows = [
        {key: getattr(encoder.description, key) for key in _KEYS} | {"text": text, "vector": vector}
        for encoder in encoders.values()
        for text, vector in zip(texts, vectors.encode(encoder, texts).tolist(), strict=True)
    ]
    schema = pa.schema(
        [*((key, pa.string()) for key in (*_KEYS, "text")), ("vector", pa.list_(pa.float32()))]
    )
    with readable(uri):
        lancedb.connect(uri).create_table(
            QUERIES, pa.Table.from_pylist(rows, schema=schema), mode="overwrite"
        )


def adopt_query_vectors(uri: str, encoders: Mapping[str, Encoder], vectors: QueryVectors) -> None:
    """Puts the vectors of known queries that came with an index to those of this machine, where they fit its encoders."""
    with readable(uri):
        database = lancedb.connect(uri)
        if QUERIES not in database.list_tables().tables:
            return
        table = database.open_table(QUERIES).to_arrow()
    rows, kept = table.drop_columns("vector").to_pylist(), table["vector"]
    for encoder in encoders.values():
        wanted = asdict(encoder.description)
        fits = [
            place
            for place, row in enumerate(rows)
            if row["query_prompt"] == wanted["query_prompt"] and not differing_keys(row, wanted)
        ]
        if not vectors.holds(encoder, [rows[place]["text"] for place in fits]):
            vectors.put(encoder, {rows[place]["text"]: kept[place].values.to_numpy() for place in fits})


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
            found = (
                table.search()
                .where(f"{self.key} IN ({listed})")
                .select([self.key, "vector"])
                .limit(len(wanted))
                .to_arrow()
                .to_pylist()
            )
        return {wanted[str(row[self.key])]: np.array(row["vector"], np.float32) for row in found}


def same_scores(ours: Any, theirs: Any) -> float:
    """Least cosine between two sets of vectors, (n, d) each, row by row."""
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    return float(((ours * theirs).sum(axis=1) / lengths).min())
