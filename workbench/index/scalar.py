"""What makes single rows quick to find and to check, made at the end of a build: scalar indexes, laws, checksums of rows.

An index without any of it, which an earlier version built, goes on working: its columns are read instead, until the next
build (`workbench.index.upgrading`).
"""

from typing import Any

import numpy as np
import pyarrow as pa
from lancedb.index import Bitmap, BTree

from workbench.index.checking import matrix
from workbench.index.columns import TEXT_FIELDS
from workbench.index.derived import drop_derived, write_derived
from workbench.index.laws import KEYS, LAWS, laws_of, packed
from workbench.index.row_digests import TEXTS, digests_name, text_digests, to_bytes, vector_digests
from workbench.index.scanning import scanned

# How many distinct values decides: a list of rows for each of a few values, else a tree.
_KINDS = {
    "doc_id": BTree,
    "law": BTree,
    "source_id": BTree,
    "level": Bitmap,
    "region": Bitmap,
    "scope": Bitmap,
}
_ROWS = 2048  # read at a time


def index_name(column: str) -> str:
    """What the scalar index of a column is called."""
    return f"{column}_scalar"


def build_scalar(database: Any, articles: Any, builds: set[str]) -> None:
    """Makes them for the newest version of the table `articles`; `builds`: those of which what was derived is kept."""
    for column, kind in _KINDS.items():
        articles.create_index(column, config=kind(), name=index_name(column), replace=True)
    build_id = (articles.schema.metadata or {})[b"build_id"].decode()
    texts = [name for name in TEXT_FIELDS.names if name in articles.schema.names]
    dataset = articles.to_lance()
    laws = laws_of(scanned(dataset, KEYS, _ROWS))
    contents = {LAWS: packed(laws)}
    of_texts = [text_digests(batch.columns) for batch in scanned(dataset, texts, _ROWS)]
    contents[digests_name(TEXTS, texts)] = to_bytes(np.concatenate(of_texts))
    for column in (name for name in articles.schema.names if _is_vector(articles, name)):
        of_vectors = [
            vector_digests(batch["doc_id"].to_pylist(), matrix(batch[column]))
            for batch in scanned(dataset, ["doc_id", column], _ROWS)
        ]
        contents[digests_name(column, texts)] = to_bytes(np.concatenate(of_vectors))
    write_derived(database, build_id, contents)
    drop_derived(database, builds | {build_id})


def scalar_columns(articles: Any) -> frozenset[str]:
    """The columns that have a scalar index over all rows."""
    there = {index.name for index in articles.list_indices()}
    return frozenset(
        column
        for column in _KINDS
        if index_name(column) in there and articles.index_stats(index_name(column)).num_unindexed_rows == 0
    )


def _is_vector(articles: Any, column: str) -> bool:
    return pa.types.is_fixed_size_list(articles.schema.field(column).type)
