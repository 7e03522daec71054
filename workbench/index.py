"""One LanceDB table `articles` that all systems search: built resumably, replaced in one commit, checked, searched.

`articles` holds an article's fields and one vector column per system and dimension (`base_768`, unit rows);
`builds` holds one row per such column: what made it. The schema of `articles` names its build, so that both
always belong together. New vectors wait in a table `staging_<fingerprint>` until the table is complete.
"""

import os

os.environ.setdefault("LANCE_LOG", "error")  # its warning on every new table says nothing a user could act on

import hashlib
import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import lancedb
import numpy as np
import pyarrow as pa
from filelock import FileLock, Timeout

from workbench.domain import Article, Hit, Level, Scope, by_rank
from workbench.encoders import Encoder
from workbench.errors import IndexFault
from workbench.settings import TEMPLATE_FIELDS, Pair
from workbench.vectors import Vectors, checked, truncate_dim

ARTICLES, BUILDS, STAGING = "articles", "builds", "staging_"
BATCH = 1024  # rows encoded and committed at a time
TIES = 16  # rows fetched beyond the limit, so that equal scores at its edge come in `doc_id` order
_KEEP_OLD = timedelta(days=1)  # how long a page that is open can go on reading a replaced table
_ARTICLE_FIELDS = [field.name for field in fields(Article)]

_TEXT_FIELDS = pa.schema(
    [("doc_id", pa.string()), ("scope", pa.string()), ("content_hash", pa.string())]
    + [(name, pa.bool_() if name == "synthetic" else pa.string()) for name in _ARTICLE_FIELDS]
)
_BUILD_FIELDS = pa.schema(
    [
        *((name, pa.string()) for name in ("build_id", "column", "system", "label")),
        ("dim", pa.int32()),
        *((name, pa.string()) for name in ("model", "weights", "query_prompt", "document_template", "dtype", "max_seq_length", "versions")),
        ("fingerprint", pa.string()),
        ("rows", pa.int64()),
        ("built", pa.string()),
    ]
)

Progress = Callable[[str, int, int], None]


def column_name(system: str, dim: int) -> str:
    return f"{system}_{dim}"


def format_document(article: Article, template: str) -> str:
    """`article` as a system's `document_template` says."""
    return template.format(**{name: getattr(article, name) for name in TEMPLATE_FIELDS})


def content_hash(article: Article) -> str:
    """Changes with whatever a template can show."""
    return hashlib.sha256(json.dumps([getattr(article, name) for name in TEMPLATE_FIELDS]).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class BuildReport:
    """What one build did; `encoded` and `reused` count vectors per system."""

    rows: int
    encoded: Mapping[str, int]
    reused: Mapping[str, int]
    replaced: bool


class Index:
    """An index opened for reading; it goes on serving the same rows while a new build replaces them."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        with _readable(uri):
            database = lancedb.connect(uri)
            if ARTICLES not in database.list_tables().tables:
                raise IndexFault(uri, "holds no index", remedy="run `workbench index build --pair …` (or `workbench demo`)")
            self._table = database.open_table(ARTICLES)
            build_id = (self._table.schema.metadata or {}).get(b"build_id", b"").decode()
            rows = database.open_table(BUILDS).search().where(f"build_id = '{build_id}'").limit(10_000).to_arrow().to_pylist()
            self.builds: dict[str, dict[str, Any]] = {row["column"]: row for row in sorted(rows, key=lambda row: row["column"])}
        self.build_id = build_id

    def differences(self, pair: Pair, encoders: Mapping[str, Encoder]) -> list[str]:
        """In what this index does not fit `pair`, in words; empty where it fits."""
        found = []
        for name, system in pair.systems.items():
            for dim in pair.dims:
                build = self.builds.get(column_name(name, dim))
                if build is None:
                    found.append(f"{column_name(name, dim)} is missing")
                elif build["fingerprint"] != encoders[name].document_fingerprint:
                    wanted = encoders[name].description
                    differing = [f"{key} {build[key]!r} instead of {wanted[key]!r}" for key in _COMPARED if build[key] != wanted[key]]
                    found.append(f"{column_name(name, dim)} ({system.label}) was built with {', '.join(differing)}")
        return found

    def require(self, pair: Pair, encoders: Mapping[str, Encoder]) -> "Index":
        """This index, or an IndexFault that says how it differs from `pair` and what to run."""
        if found := self.differences(pair, encoders):
            shown = "; ".join(found[:2]) + (f"; and {len(found) - 2} more" if len(found) > 2 else "")
            raise IndexFault(self.uri, f"does not fit the pair: {shown}", remedy=f"run `workbench index build --pair {pair.slug}`")
        return self

    @cached_property
    def doc_ids(self) -> list[str]:
        """All `doc_id`s in table order, which is `doc_id` order."""
        return self._column("doc_id")

    @cached_property
    def counts(self) -> dict[str, int]:
        """Number of articles, in all and by scope."""
        scopes = self._column("scope")
        return {"articles": len(scopes)} | {scope.value: scopes.count(scope.value) for scope in Scope}

    def search(self, system: str, dim: int, vector: Vectors, limit: int) -> list[Hit]:
        """The `limit` best articles by LanceDB exact search, metric: inner product of unit vectors (= cosine).

        `vector`: (d,) float32 with d >= dim.
        """
        query = truncate_dim(vector[None, :], dim)[0]
        with _readable(self.uri):
            search: Any = self._table.search(query, vector_column_name=column_name(system, dim))
            found = search.distance_type("dot").bypass_vector_index().select(["doc_id", "_distance"]).limit(limit + TIES).to_arrow()
        pairs = zip(found["doc_id"].to_pylist(), found["_distance"].to_pylist(), strict=True)
        return by_rank(Hit(doc_id, 1.0 - distance) for doc_id, distance in pairs)[:limit]

    def articles(self, doc_ids: Iterable[str] | None = None) -> dict[str, Article]:
        """Articles by `doc_id`; all of them where none are named."""
        query = self._table.search().select(["doc_id", *_ARTICLE_FIELDS])
        if doc_ids is not None:
            named = ", ".join("'{}'".format(doc_id.replace("'", "''")) for doc_id in sorted(set(doc_ids)))
            query = query.where(f"doc_id IN ({named})") if named else query.where("false")
        with _readable(self.uri):
            rows = query.limit(len(self.doc_ids)).to_arrow().to_pylist()
        return {row.pop("doc_id"): Article(**{**row, "level": Level(row["level"])}) for row in rows}

    def vector_batches(self, column: str, rows: int = 8192) -> Iterator[Vectors]:
        """The vectors of one column in table order, (<= rows, dim) float32 at a time."""
        with _readable(self.uri):
            for batch in self._table.search().select([column]).limit(len(self.doc_ids)).to_batches(rows):
                yield _matrix(batch[column])

    def vectors_at(self, column: str, offsets: Sequence[int]) -> Vectors:
        """The vectors of one column at some table positions, (n, dim) float32, in the order of `offsets`."""
        return _taken(self._table, column, offsets)

    def verify(self, articles: Sequence[Article] | None = None) -> list[str]:
        """Faults found by reading everything: row counts, order, vectors, and, where given, the corpus itself."""
        faults = []
        if self.doc_ids != sorted(set(self.doc_ids)):
            faults.append("doc_ids are not unique and in order")
        for column, build in self.builds.items():
            norms = [np.linalg.norm(batch.astype(np.float64), axis=1) for batch in self.vector_batches(column)]
            count = sum(map(len, norms))
            if count != build["rows"]:
                faults.append(f"{column} has {count:,} rows, its build recorded {build['rows']:,}")
            off = sum(int((~(np.abs(norm - 1) < 1e-3)).sum()) for norm in norms)
            if off:
                faults.append(f"{column} has {off:,} vectors that are not of unit length")
        if articles is not None:
            ours = dict(zip(self.doc_ids, self._column("content_hash"), strict=True))
            theirs = {article.doc_id: content_hash(article) for article in articles}
            changed = sum(ours[doc_id] != theirs[doc_id] for doc_id in ours.keys() & theirs.keys())
            if changed or ours.keys() != theirs.keys():
                missing, extra = len(theirs.keys() - ours.keys()), len(ours.keys() - theirs.keys())
                faults.append(f"the corpus has {missing:,} articles that the index lacks, {extra:,} fewer, {changed:,} changed")
        return faults

    def _column(self, name: str) -> list[Any]:
        with _readable(self.uri):
            return self._table.search().select([name]).limit(self._table.count_rows()).to_arrow()[name].to_pylist()


_COMPARED = ("model", "weights", "document_template", "dtype", "max_seq_length")


def build(
    uri: str, articles: Sequence[Article], pair: Pair, encoders: Mapping[str, Encoder], progress: Progress = lambda *_: None
) -> BuildReport:
    """Brings the index at `uri` to `articles` (in `doc_id` order) and `pair`, encoding only what is not there yet.

    `progress(system, done, total)` is called after each committed batch.
    """
    with _only_builder(uri), _readable(uri):
        database = lancedb.connect(uri)
        old = _existing(uri)
        hashes = [content_hash(article) for article in articles]
        sources, encoded = {}, {}
        for name, system in pair.systems.items():
            sources[name] = _VectorSource(database, old, name, encoders[name].document_fingerprint, max(pair.dims))
            encoded[name] = _stage(sources[name], articles, hashes, system.document_template, encoders[name], lambda *n, name=name: progress(name, *n))
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
            self._in_old = {digest: offset for offset, digest in enumerate(old._column("content_hash"))}
        self._staged: dict[str, int] = {}
        if self._name in database.list_tables().tables:
            table = database.open_table(self._name)
            found = table.search().select(["content_hash"]).limit(table.count_rows()).to_arrow()["content_hash"].to_pylist()
            self._staged = {digest: offset for offset, digest in enumerate(found)}

    def __contains__(self, digest: str) -> bool:
        return digest in self._in_old or digest in self._staged

    def add(self, digests: Sequence[str], vectors: Vectors) -> None:
        """Commits one batch to the staging table."""
        vectors = truncate_dim(vectors, self._width)
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
                block[new] = _taken(staged, "vector", [self._staged[chunk[row]] for row in new])
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
        | {"fingerprint": encoders[name].document_fingerprint, "rows": table.num_rows, "built": built}
        for name, system in pair.systems.items()
        for dim in pair.dims
    ]
    new_builds = pa.Table.from_pylist(rows, schema=_BUILD_FIELDS)
    if BUILDS in database.list_tables().tables:
        database.open_table(BUILDS).add(new_builds)
    else:
        database.create_table(BUILDS, new_builds)
    columns = [(column_name(name, dim), pa.list_(pa.float32(), dim)) for name in pair.systems for dim in pair.dims]
    schema = pa.schema([*_TEXT_FIELDS, *(pa.field(*column) for column in columns)], metadata={"build_id": build_id})
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
    derived = ({"doc_id": article.doc_id, "scope": article.scope.value, "content_hash": digest} for article, digest in zip(articles, hashes, strict=True))
    return pa.Table.from_pylist([asdict(article) | more for article, more in zip(articles, derived, strict=True)], schema=_TEXT_FIELDS)


def _up_to_date(old: Index, table: pa.Table, pair: Pair, encoders: Mapping[str, Encoder]) -> bool:
    columns = {column_name(name, dim) for name in pair.systems for dim in pair.dims}
    if columns != set(old.builds) or old.differences(pair, encoders):
        return False
    stored = old._table.search().select(_TEXT_FIELDS.names).limit(old._table.count_rows()).to_arrow()
    return stored.select(_TEXT_FIELDS.names).replace_schema_metadata(None).equals(table)


def _existing(uri: str) -> Index | None:
    try:
        return Index(uri)
    except IndexFault:  # none yet, or one that cannot be read: everything is built again
        return None


def _fixed(vectors: Vectors) -> pa.FixedSizeListArray:
    return pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(vectors).ravel()), vectors.shape[1])


def _matrix(column: Any) -> Vectors:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return array.flatten().to_numpy().reshape(len(array), array.type.list_size)


def _taken(table: Any, column: str, offsets: Sequence[int]) -> Vectors:
    order = np.argsort(offsets, kind="stable")
    found = _matrix(table.take_offsets([int(offsets[row]) for row in order]).select([column]).to_arrow()[column])
    vectors = np.empty_like(found)
    vectors[order] = found
    return vectors


@contextmanager
def _only_builder(uri: str) -> Iterator[None]:
    """One build of a local index at a time; the lock dies with its process."""
    if "://" in uri:
        yield
        return
    Path(uri).parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(f"{uri}.lock", timeout=0):
            yield
    except Timeout:
        raise IndexFault(uri, "is being built by another process", remedy="wait until that build is done") from None


@contextmanager
def _readable(uri: str) -> Iterator[None]:
    """LanceDB's own errors as one that names the index."""
    try:
        yield
    except (OSError, RuntimeError, ValueError, KeyError) as fault:
        first_line = str(fault).partition("\n")[0][:300]
        raise IndexFault(uri, f"cannot be read ({first_line})", remedy="run `workbench index build --pair …` again, or restore the folder") from fault
