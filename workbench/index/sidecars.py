"""Tables beside the articles, so that an index says as much on another machine: training queries, vectors of known queries.

Each row has a checksum. A vector that is no longer what was written is encoded anew; a training query that is not is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from workbench.core.digests import digest
from workbench.core.errors import IndexFault
from workbench.core.vectors import Vectors
from workbench.encoders import Encoder, QueryVectors
from workbench.index.columns import QUERY_KEYS, differing_keys, lacks_address, recorded
from workbench.index.faults import readable
from workbench.index.storage import connect
from workbench.query_sets.contamination import TrainingQuery

TRAINING, QUERIES = "training", "queries"
# Not "vector": LanceDB wants all in a column of that name of one length, and systems have different ones.
VECTOR, OLD_VECTOR = "components", "vector"
CHECKSUM = "checksum"
_TRAINING_FIELDS = pa.schema(
    [("text", pa.string()), ("positives", pa.list_(pa.string())), (CHECKSUM, pa.binary())]
)


def write_training(uri: str, queries: Sequence[TrainingQuery]) -> None:
    """Keeps what the systems were trained on beside the articles."""
    rows = [
        {
            "text": query.text,
            "positives": sorted(query.positives),
            CHECKSUM: digest(query.text, *sorted(query.positives)),
        }
        for query in queries
    ]
    with readable(uri):
        connect(uri).create_table(
            TRAINING, pa.Table.from_pylist(rows, schema=_TRAINING_FIELDS), mode="overwrite"
        )


def read_training(uri: str) -> list[TrainingQuery] | None:
    """What the systems were trained on; None where the index does not know."""
    with readable(uri):
        database = connect(uri)
        if TRAINING not in database.list_tables().tables:
            return None
        rows = database.open_table(TRAINING).to_arrow().to_pylist()
    damaged = sum(CHECKSUM in row and row[CHECKSUM] != digest(row["text"], *row["positives"]) for row in rows)
    if damaged:
        raise IndexFault(
            f"{uri}, table {TRAINING}",
            f"{damaged:,} of {len(rows):,} training queries are not what was written (checksum)",
            remedy="run `workbench index build` again, which writes them anew and encodes nothing",
        )
    return [TrainingQuery(row["text"], frozenset(row["positives"])) for row in rows]


def training_version(uri: str) -> int:
    """Another number whenever what is known of training has changed; 0 where nothing is."""
    with readable(uri):
        database = connect(uri)
        return int(database.open_table(TRAINING).version) if TRAINING in database.list_tables().tables else 0


def write_query_vectors(
    uri: str, texts: Sequence[str], encoders: Mapping[str, Encoder], vectors: QueryVectors
) -> None:
    """Keeps the vectors of known queries, so that another machine needs no model for them."""
    rows = [
        {key: getattr(described, key) for key in QUERY_KEYS}
        | {"text": text, VECTOR: vector.tolist(), CHECKSUM: _checksum(described, text, vector)}
        for encoder, described in ((encoder, encoder.description) for encoder in encoders.values())
        for text, vector in zip(texts, vectors.encode(encoder, texts), strict=True)
    ]
    schema = pa.schema(
        [
            *((key, pa.string()) for key in (*QUERY_KEYS, "text")),
            (VECTOR, pa.list_(pa.float32())),
            (CHECKSUM, pa.binary()),
        ]
    )
    with readable(uri):
        connect(uri).create_table(QUERIES, pa.Table.from_pylist(rows, schema=schema), mode="overwrite")


def adopt_query_vectors(uri: str, encoders: Mapping[str, Encoder], vectors: QueryVectors) -> None:
    """Puts the vectors of known queries that came with an index to those of this machine, where they fit its encoders."""
    try:
        rows, kept = _read_queries(uri)
    except IndexFault:  # `index verify` tells; whatever is missing is encoded anew
        return
    described = [encoder.description for encoder in encoders.values()]
    for encoder, wanted in zip(encoders.values(), described, strict=True):
        namesakes = {each.address for each in described if each.model == wanted.model}
        fits = [
            place
            for place, row in enumerate(rows)
            if all(recorded(row, key) == getattr(wanted, key) for key in ("query_prompt", "query_fields"))
            and not differing_keys(row, wanted)
            and _sound(row, kept[place])
            and (len(namesakes) == 1 or not lacks_address(row, wanted))  # else whose they are cannot be told
        ]
        if not vectors.holds(encoder, [rows[place]["text"] for place in fits]):
            vectors.put(encoder, {rows[place]["text"]: kept[place] for place in fits})


def sidecar_faults(uri: str) -> list[str]:
    """What is no longer as it was written of the tables beside the articles."""
    faults = []
    try:
        read_training(uri)
    except IndexFault as fault:
        faults.append(f"the table {TRAINING}: {fault.found}")
    try:
        rows, kept = _read_queries(uri)
        damaged = sum(not _sound(row, vector) for row, vector in zip(rows, kept, strict=True))
        if damaged:
            faults.append(f"the table {QUERIES}: {damaged:,} vectors are not what was written (checksum)")
    except IndexFault as fault:
        faults.append(f"the table {QUERIES}: {fault.found}")
    return faults


def _read_queries(uri: str) -> tuple[list[dict[str, Any]], list[Vectors]]:
    """What is told of each vector of a known query, and these vectors; nothing where there are none."""
    with readable(uri):
        database = connect(uri)
        if QUERIES not in database.list_tables().tables:
            return [], []
        table = database.open_table(QUERIES).to_arrow()
        column = VECTOR if VECTOR in table.column_names else OLD_VECTOR  # as an earlier version wrote it
        return table.drop_columns(column).to_pylist(), [each.values.to_numpy() for each in table[column]]


def _sound(row: Mapping[str, Any], vector: Vectors) -> bool:
    """Whether a vector is what was written; of what an earlier version wrote, that cannot be told."""
    return CHECKSUM not in row or row[CHECKSUM] == _checksum(row, row["text"], vector)


def _checksum(described: Any, text: str, vector: Vectors) -> bytes:
    told = described if isinstance(described, Mapping) else asdict(described)
    return digest(*(recorded(told, key) for key in QUERY_KEYS), text, vector.astype("<f4").tobytes())
