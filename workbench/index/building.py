"""Building the index: resumable, one builder at a time, replaced in one commit.

New vectors wait in a table `staging_<fingerprint>` until the table is complete. The new rows of `builds` are written
before the articles that name them, and that commit is the switch: a reader sees the old index or the new one.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import lancedb
import numpy as np
import pyarrow as pa

from workbench.domain import Article
from workbench.encoders import Encoder
from workbench.errors import IndexFault
from workbench.index.locking import only_builder
from workbench.index.reading import ARTICLES, BUILDS, TEXT_FIELDS, Index, column_name, content_hash, format_document, readable, vectors_of
from workbench.settings import Pair
from workbench.vectors import Vectors, checked, truncate_dim

STAGING = "staging_"
BATCH = 1024  # rows encoded and committed at a time
_KEEP_OLD = timedelta(days=1)  # how long a page that is open can go on reading a replaced table

_BUILD_FIELDS = pa.schema(
    [
        *((name, pa.string()) for name in ("build_id", "column", "system", "label")),
        ("dim", pa.int32()),
        *((name, pa.string()) for name in ("model", "weights", "query_prompt", "document_template", "dtype", "max_seq_length", "versions")),
        ("fingerprint", pa.string()),
        ("rows", pa.int64()),
        ("built", pa.string()),
        ("ann", pa.string()),
    ]
)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class BuildReport:
    """What one build did; `encoded` and `reused` count vectors per system."""

    rows: int
    encoded: Mapping[str, int]
    reused: Mapping[str, int]
    replaced: bool


def build(uri: str, articles: Sequence[Article], pair: Pair, encoders: Mapping[str, Encoder], progress: Progress = lambda *_: None) -> BuildReport:
    """Brings the index at `uri` to `articles` (in `doc_id` order) and `pair`, encoding only what is not there yet.

    `progress(system, done, total)` is called after each committed batch.
    """
    with only_builder(uri), readable(uri):
        database = lancedb.connect(uri)
        old = _existing(uri)
        hashes = [content_hash(article) for article in articles]
        sources, encoded = {}, {}
        for name, system in pair.systems.items():
            sources[name] = _VectorSource(database, old, name, encoders[name].document_fingerprint, max(pair.dims))
            encoded[name] = _stage(
                sources[name], articles, hashes, system.document_template, encoders[name], lambda *n, name=name: progress(name, *n)
            )
        reused = {name: len(articles) - count for name, count in encoded.items()}
        table = _text_table(articles, hashes)
        if old and not any(encoded.values()) and _up_to_date(old, table, pair, encoders):
            replaced = False
        else:
            _replace(database, old, table, sources, pair, encoders)
            replaced = True
        for name in database.list_tables().tables:
            if name.startswith(STAGING):
                database.drop_table(name)
        return BuildReport(len(articles), encoded, reused, replaced)


class _VectorSource:
    """Where the widest vectors of one system are found by content hash: in the old index, else in staging."""

    def __init__(self, database: Any, old: Index | None, system: str, fingerprint: str, width: int) -> None:
        self._database, self._name, self._width = database, f"{STAGING}{fingerprint}_{width}", width
        self._old, self._column, self._in_old = old, column_name(system, width), {}
        build = old.builds.get(self._column) if old else None
        if old and build and build["fingerprint"] == fingerprint:
            self._in_old = {digest: offset for offset, digest in enumerate(old.column("content_hash"))}
        self._staged: dict[str, int] = {}
        if self._name in database.list_tables().tables:
            table = database.open_table(self._name)
            found = table.search().select(["content_hash"]).limit(table.count_rows()).to_arrow()["content_hash"].to_pylist()
            self._staged = {digest: offset for offset, digest in enumerate(found)}

    def __contains__(self, digest: str) -> bool:
        return digest in self._in_old or digest in self._staged

    def add(self, digests: Sequence[str], vectors: Vectors) -> None:
        """Commits one batch to the staging table."""
        vectors = truncate_dim(checked(vectors, self._width, self._column), self._width)
        rows = pa.table({"content_hash": digests, "vector": _fixed(vectors)})
        if self._name in self._database.list_tables().tables:
            self._database.open_table(self._name).add(rows)
        else:
            self._database.create_table(self._name, rows)
        self._staged |= {digest: len(self._staged) + offset for offset, digest in enumerate(digests)}

    def gathered(self, digests: Sequence[str], file: Path) -> Vectors:
        """(n, width) float32 in the order of `digests`, in a memory-mapped file."""
        vectors = np.memmap(file, np.float32, "w+", shape=(len(digests), self._width))
        staged = self._database.open_table(self._name) if self._staged else None
        for start in range(0, len(digests), 4 * BATCH):
            chunk = digests[start : start + 4 * BATCH]
            old = [row for row, digest in enumerate(chunk) if digest in self._in_old]
            new = [row for row, digest in enumerate(chunk) if digest not in self._in_old]
            block = np.empty((len(chunk), self._width), np.float32)
            if old and self._old:
                block[old] = self._old.vectors_at(self._column, [self._in_old[chunk[row]] for row in old])
            if new:
                block[new] = vectors_of(staged, "vector", [self._staged[chunk[row]] for row in new])
            vectors[start : start + len(chunk)] = checked(block, self._width, self._column)
        return vectors


def _stage(
    source: _VectorSource, articles: Sequence[Article], hashes: Sequence[str], template: str, encoder: Encoder, progress: Callable[[int, int], None]
) -> int:
    """Encodes what `source` lacks, a committed batch at a time; how many that were."""
    missing = [row for row, digest in enumerate(hashes) if digest not in source]
    done = len(hashes) - len(missing)
    progress(done, len(hashes))
    for start in range(0, len(missing), BATCH):
        rows = missing[start : start + BATCH]
        source.add([hashes[row] for row in rows], encoder.encode_documents([format_document(articles[row], template) for row in rows]))
        progress(done + start + len(rows), len(hashes))
    return len(missing)


def _replace(
    database: Any, old: Index | None, table: pa.Table, sources: Mapping[str, _VectorSource], pair: Pair, encoders: Mapping[str, Encoder]
) -> None:
    """Writes `builds` rows for a new build, then the articles that name it: that commit is the switch."""
    build_id, built = uuid.uuid4().hex, datetime.now(UTC).isoformat(timespec="seconds")
    rows = [
        {"build_id": build_id, "column": column_name(name, dim), "system": name, "label": system.label, "dim": dim}
        | encoders[name].description
        | {"fingerprint": encoders[name].document_fingerprint, "rows": table.num_rows, "built": built, "ann": ""}
        for name, system in pair.systems.items()
        for dim in pair.dims
    ]
    new_builds = pa.Table.from_pylist(rows, schema=_BUILD_FIELDS)
    if BUILDS in database.list_tables().tables:
        builds = database.open_table(BUILDS)
        if missing := [name for name in _BUILD_FIELDS.names if name not in builds.schema.names]:  # written by an older version
            builds.add_columns(dict.fromkeys(missing, "cast('' as string)"))
        builds.add(new_builds)
    else:
        database.create_table(BUILDS, new_builds)
    columns = [(column_name(name, dim), pa.list_(pa.float32(), dim)) for name in pair.systems for dim in pair.dims]
    schema = pa.schema([*TEXT_FIELDS, *(pa.field(*column) for column in columns)], metadata={"build_id": build_id})
    with TemporaryDirectory() as folder:
        # read before the write begins: LanceDB consumes the batches in its event loop, where it cannot read as well
        vectors = {name: sources[name].gathered(table["content_hash"].to_pylist(), Path(folder) / name) for name in pair.systems}
        written = database.create_table(ARTICLES, _complete(table, vectors, pair, schema), schema=schema, mode="overwrite")
    written.optimize(cleanup_older_than=_KEEP_OLD)
    kept = ", ".join(f"'{kept}'" for kept in {build_id, old.build_id if old else build_id})
    database.open_table(BUILDS).delete(f"build_id NOT IN ({kept})")


def _complete(table: pa.Table, vectors: Mapping[str, Vectors], pair: Pair, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for start, batch in zip(range(0, table.num_rows, BATCH), table.to_batches(max_chunksize=BATCH), strict=True):
        rows = slice(start, start + batch.num_rows)
        columns = [_fixed(truncate_dim(vectors[name][rows], dim)) for name in pair.systems for dim in pair.dims]
        yield pa.RecordBatch.from_arrays([*batch.columns, *columns], schema=schema)


def _text_table(articles: Sequence[Article], hashes: Sequence[str]) -> pa.Table:
    derived = (
        {"doc_id": article.doc_id, "scope": article.scope.value, "content_hash": digest} for article, digest in zip(articles, hashes, strict=True)
    )
    return pa.Table.from_pylist([asdict(article) | more for article, more in zip(articles, derived, strict=True)], schema=TEXT_FIELDS)


def _up_to_date(old: Index, table: pa.Table, pair: Pair, encoders: Mapping[str, Encoder]) -> bool:
    columns = {column_name(name, dim) for name in pair.systems for dim in pair.dims}
    if columns != set(old.builds) or old.differences(pair, encoders):
        return False
    return old.text_table().equals(table)


def _existing(uri: str) -> Index | None:
    """The index that is there, if every vector of it can be read and used again."""
    try:
        index = Index(uri)
        return None if index.verify() else index
    except IndexFault:  # none yet, or a damaged one: everything is built again
        return None


def _fixed(vectors: Vectors) -> pa.FixedSizeListArray:
    return pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(vectors).ravel()), vectors.shape[1])
