"""Tables beside the articles, so that an index says as much on another machine: training queries, vectors of known queries."""

from collections.abc import Mapping, Sequence

import lancedb
import pyarrow as pa

from workbench.encoders import Encoder, QueryVectors
from workbench.index.columns import QUERY_KEYS, differing_keys, lacks_address, recorded
from workbench.index.faults import readable
from workbench.query_sets.contamination import TrainingQuery

TRAINING, QUERIES = "training", "queries"
# Not "vector": LanceDB wants all in a column of that name of one length, and systems have different ones.
VECTOR, OLD_VECTOR = "components", "vector"
_TRAINING_FIELDS = pa.schema([("text", pa.string()), ("positives", pa.list_(pa.string()))])


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
        {key: getattr(described, key) for key in QUERY_KEYS} | {"text": text, VECTOR: vector}
        for encoder, described in ((encoder, encoder.description) for encoder in encoders.values())
        for text, vector in zip(texts, vectors.encode(encoder, texts).tolist(), strict=True)
    ]
    schema = pa.schema(
        [*((key, pa.string()) for key in (*QUERY_KEYS, "text")), (VECTOR, pa.list_(pa.float32()))]
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
    column = VECTOR if VECTOR in table.column_names else OLD_VECTOR  # as an earlier version wrote it
    rows, kept = table.drop_columns(column).to_pylist(), table[column]
    described = [encoder.description for encoder in encoders.values()]
    for encoder, wanted in zip(encoders.values(), described, strict=True):
        namesakes = {each.address for each in described if each.model == wanted.model}
        fits = [
            place
            for place, row in enumerate(rows)
            if all(recorded(row, key) == getattr(wanted, key) for key in ("query_prompt", "query_fields"))
            and not differing_keys(row, wanted)
            and (len(namesakes) == 1 or not lacks_address(row, wanted))  # else whose they are cannot be told
        ]
        if not vectors.holds(encoder, [rows[place]["text"] for place in fits]):
            vectors.put(encoder, {rows[place]["text"]: kept[place].values.to_numpy() for place in fits})
