"""Building the index: resumable, one builder at a time, replaced in one commit.

New vectors wait in a table `staging_<fingerprint>` until the table is complete. The new rows of `builds` are written
before the articles that name them, and that commit is the switch: a reader sees the old index or the new one.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import lancedb
import numpy as np
import pyarrow as pa

from workbench.core.dimensions import ALL
from workbench.core.documents import content_hash, format_document
from workbench.core.domain import Article
from workbench.core.errors import EncoderError, IndexFault
from workbench.core.pair_text import line_in
from workbench.core.settings import LexicalSystem, Pair
from workbench.core.vectors import TOO_WIDE, Vectors, checked, truncate_dim
from workbench.corpora.versions import replaced_from
from workbench.encoders import Encoder
from workbench.index.columns import (
    BUILD_SCHEMA,
    DESCRIBED,
    Column,
    column_name,
    differing_keys,
    recorded,
    weights_of_both,
)
from workbench.index.faults import readable
from workbench.index.fulltext import build_full_text, describe
from workbench.index.locking import only_builder
from workbench.index.precomputed import SAME_SCORES, SAMPLE, PrecomputedVectors, same_scores
from workbench.index.reading import (
    ARTICLES,
    BUILDS,
    REPLACED,
    STAGING,
    TEXT_FIELDS,
    Index,
    staged_digests,
    staging_name,
    vectors_of,
)

BATCH, FIRST_BATCH = 1024, 128  # rows encoded and committed at a time: at most, and at first
COMMIT_EVERY = 20  # seconds of encoding that a build which is stopped loses, about
_KEEP_OLD = timedelta(days=1)  # how long a page that is open can go on reading a replaced table

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class BuildReport:
    """What one build did; `encoded`, `reused` and `taken` count vectors per system; `notes`: what a reader should know."""

    rows: int
    encoded: Mapping[str, int]
    reused: Mapping[str, int]
    replaced: bool
    taken: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def build(
    uri: str,
    articles: Sequence[Article],
    pair: Pair,
    encoders: Mapping[str, Encoder],
    progress: Progress = lambda *_: None,
    *,
    only: Pair | None = None,
    subset: str = "",
    offers: Mapping[str, Callable[[], PrecomputedVectors]] | None = None,
) -> BuildReport:
    """Brings the index at `uri` to `articles` (in `doc_id` order) and `pair`, encoding only what is not there yet.

    `only`: the pair narrowed to the systems and dimensions to build; what is there of the others stays, and where it
    does not cover `articles` nothing is done. One system is encoded after the other, and its model released. `subset`:
    the record of how `articles` were selected from the corpus. `offers`: by system, what reads the vectors that a source brings along; called where some are missing.
    `progress(system, done, total)` is called while texts are encoded.
    """
    only = only or pair
    with only_builder(uri), readable(uri, pair.typed):
        database = lancedb.connect(uri)
        old = _existing(uri)
        hashes = [content_hash(article) for article in articles]
        kept = _kept(old, hashes, pair, only, encoders)
        building = pair.column_dims(only)
        columns = {
            name: sorted({*dims} | kept.get(name, set()), reverse=True) for name, dims in building.items()
        }
        columns |= {name: sorted(dims, reverse=True) for name, dims in kept.items() if name not in building}
        holders = [index for index in (old, _other(pair.index.reuse, uri)) if index]
        work = _Work(database, holders, articles, hashes, pair, encoders, offers or {}, progress)
        staged = {name: work.stage(name, dims[0]) for name, dims in columns.items()}
        table = _text_table(articles, hashes, pair.lexical)
        plan = _Plan(columns, {name: one.build for name, one in staged.items()}, pair.lexical, subset)
        encoded = {name: one.encoded for name, one in staged.items() if name in building}
        taken = {name: one.taken for name, one in staged.items() if one.taken}
        replaced = bool(not old or any(encoded.values()) or taken or not _up_to_date(old, table, plan))
        if replaced:
            _replace(database, old, table, {name: one.source for name, one in staged.items()}, pair, plan)
        for name in database.list_tables().tables:
            if name.startswith(STAGING):
                database.drop_table(name)
        reused = {name: len(articles) - count - taken.get(name, 0) for name, count in encoded.items()}
        return BuildReport(
            len(articles),
            encoded,
            reused,
            replaced,
            taken,
            tuple(note for one in staged.values() for note in one.notes),
        )


def _kept(
    old: Index | None, hashes: Sequence[str], pair: Pair, only: Pair, encoders: Mapping[str, Encoder]
) -> dict[str, set[int]]:
    """System -> dimensions of the columns that stay although they are not to be built now; an IndexFault where they cannot."""
    kept: dict[str, set[int]] = {}
    if not old:
        return kept
    building = pair.column_dims(only)
    for name, own in pair.column_dims().items():
        wanted = encoders[name].description
        builds = {dim: old.builds.get(old.column_for(name, dim, wanted)) for dim in own}
        dims = {dim for dim, build in builds.items() if build and not differing_keys(build, wanted)}
        dims -= set(building.get(name, ()))
        if dims and name not in building and (lacking := len(set(hashes) - set(old.column("content_hash")))):
            raise IndexFault(
                old.uri,
                f"has no vectors of {pair.systems[name].label} for {lacking:,} of the articles, as the corpus has changed",
                remedy=f"build all systems together: --systems {','.join(dict.fromkeys([*only.systems, name]))}",
            )
        if dims:
            kept[name] = dims
    return kept


@dataclass(frozen=True)
class _Plan:
    """The vector columns of the new table by system, widest first, and what the record of each says.

    `full_text`: the systems of its full-text columns; they cost no encoding, so all of a pair are always there.
    """

    columns: Mapping[str, Sequence[int]]
    builds: Mapping[str, Mapping[str, str]]
    full_text: Mapping[str, LexicalSystem]
    subset: str

    @property
    def names(self) -> set[str]:
        """The columns beside the fields of an article."""
        vectors = {column_name(name, dim) for name, dims in self.columns.items() for dim in dims}
        return vectors | {column_name(name, ALL) for name in self.full_text}


@dataclass(frozen=True)
class _Staged:
    """One system's vectors, all of them there; `build`: what made them, as recorded in `builds`."""

    source: "_VectorSource"
    build: Mapping[str, str]
    encoded: int
    taken: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Work:
    """What staging the vectors of each system needs."""

    database: Any
    holders: Sequence[Index]
    articles: Sequence[Article]
    hashes: Sequence[str]
    pair: Pair
    encoders: Mapping[str, Encoder]
    offers: Mapping[str, Callable[[], PrecomputedVectors]]
    progress: Progress

    def stage(self, name: str, width: int) -> _Staged:
        """Encodes what is not there yet of one system, `width` wide, a committed batch at a time; its model is released."""
        encoder, notes, taken = self.encoders[name], list[str](), 0
        source = _VectorSource(self.database, self.holders, name, encoder, width)
        missing = source.missing(self.hashes)
        if missing:
            notes += (
                encoder.prepare()
            )  # a hub may now tell which commit it gives: another one makes other vectors
            source = _VectorSource(self.database, self.holders, name, encoder, width)
            missing = source.missing(self.hashes)
        if missing and name in self.offers:
            taken, note = self._take_over(source, name, missing)
            missing, notes = source.missing(self.hashes), [*notes, note]
        self.progress(name, len(self.hashes) - len(missing), len(self.hashes))
        self._encode(source, name, missing)
        build = self._record(name, source) if missing or not source.build else source.build
        encoder.release()
        return _Staged(source, build, len(missing), taken, tuple(notes))

    def _record(self, name: str, source: "_VectorSource") -> dict[str, str]:
        """What made the vectors of one system, some of them now."""
        encoder = self.encoders[name]
        made = asdict(encoder.description) | {"fingerprint": encoder.document_fingerprint}
        if source.build:
            made["weights"] = weights_of_both(source.build, encoder.description)
        return made

    def _encode(self, source: "_VectorSource", name: str, missing: Sequence[int]) -> None:
        done, start, size = len(self.hashes) - len(missing), 0, FIRST_BATCH
        while start < len(missing):
            rows, began = missing[start : start + size], perf_counter()
            progress = partial(self._tell, name, done + start)
            vectors = self.encoders[name].encode_documents(self._texts(name, rows), progress=progress)
            self._check_width(name, vectors, source.width)
            source.add([self.hashes[row] for row in rows], vectors)
            start += len(rows)
            self.progress(name, done + start, len(self.hashes))
            size = min(
                BATCH, max(FIRST_BATCH, int(len(rows) * COMMIT_EVERY / max(perf_counter() - began, 1e-3)))
            )

    def _check_width(self, name: str, vectors: Vectors, width: int) -> None:
        """An EncoderError with the line of the pair file where `dims` are wider than what a model gives."""
        if vectors.shape[1] < width:
            own = ("systems", name, "dims") if self.pair.dense[name].dims else ("dims",)
            raise EncoderError(
                f"{line_in(self.pair.file, *own)}: {column_name(name, width)}",
                f"gives vectors of {vectors.shape[1]} dimensions",
                wanted=f"{width} at least",
                remedy=TOO_WIDE,
            )

    def _tell(self, name: str, before: int, count: int) -> None:
        self.progress(name, before + count, len(self.hashes))

    def _texts(self, name: str, rows: Sequence[int]) -> list[str]:
        return [format_document(self.articles[row], self.pair.dense[name].document_template) for row in rows]

    def _take_over(self, source: "_VectorSource", name: str, missing: Sequence[int]) -> tuple[int, str]:
        """Stages vectors that a source brought along, if a sample of them is what this system's model gives; how many, and why or why not."""
        offer, label = self.offers[name](), self.pair.systems[name].label
        rows = {self.hashes[row]: row for row in missing if self.hashes[row] in offer.keys}
        sample = offer.vectors(list(rows)[:: max(1, len(rows) // SAMPLE)])
        if not sample:
            return 0, f"{label}: the vectors that came along are for none of these articles"
        ours = self.encoders[name].encode_documents(self._texts(name, [rows[digest] for digest in sample]))
        theirs = np.stack(list(sample.values()))
        cosine = same_scores(ours, theirs) if ours.shape == theirs.shape else 0.0
        if cosine < SAME_SCORES:
            return (
                0,
                f"{label}: the vectors that came along are not this model's (least cosine {cosine:.4f} of {len(sample)}): encoding anew",
            )
        taken, digests = 0, list(rows)
        for start in range(0, len(digests), BATCH):
            if found := offer.vectors(digests[start : start + BATCH]):
                source.add(list(found), np.stack(list(found.values())))
                taken += len(found)
                self.progress(name, len(self.hashes) - len(missing) + taken, len(self.hashes))
        return (
            taken,
            f"{label}: {taken:,} vectors taken over (least cosine {cosine:.4f} in a sample of {len(sample)})",
        )


class _VectorSource:
    """Where vectors of one system, `width` wide, are found by content hash: in a finished index, else in staging.

    `holders`: the indexes to look in; the first that has them counts. `build`: the record of the column that they
    come from.
    """

    def __init__(
        self, database: Any, holders: Sequence[Index], system: str, encoder: Encoder, width: int
    ) -> None:
        self._database, self._name, self.width = database, staging_name(encoder, width), width
        self._column, self._in_old, self._subject = "", {}, column_name(system, width)
        self.build: Mapping[str, str] | None = None
        wanted = encoder.description
        having = [index for index in holders if index.columns_made_by(wanted, width)]
        self._old = old = next(iter(having), None)
        if old:
            fitting = old.columns_made_by(wanted, width)
            self._column = max(
                fitting,
                key=lambda column: (old.builds[column]["system"] == system, old.builds[column]["dim"]),
            )
            self._in_old = {digest: offset for offset, digest in enumerate(old.column("content_hash"))}
            self.build = old.builds[self._column]
        self._staged = {digest: offset for offset, digest in enumerate(staged_digests(database, self._name))}

    def missing(self, digests: Sequence[str]) -> list[int]:
        """Positions of the digests whose vectors are not there."""
        return [
            row
            for row, digest in enumerate(digests)
            if digest not in self._in_old and digest not in self._staged
        ]

    def add(self, digests: Sequence[str], vectors: Vectors) -> None:
        """Commits one batch to the staging table."""
        vectors = truncate_dim(checked(vectors, self.width, self._subject), self.width)
        rows = pa.table({"content_hash": digests, "vector": _fixed(vectors)})
        if self._staged:
            self._database.open_table(self._name).add(rows)
        else:
            self._database.create_table(self._name, rows, mode="overwrite")
        self._staged |= {digest: len(self._staged) + offset for offset, digest in enumerate(digests)}

    def gathered(self, digests: Sequence[str], file: Path) -> Vectors:
        """(n, width) float32 in the order of `digests`, in a memory-mapped file."""
        vectors = np.memmap(file, np.float32, "w+", shape=(len(digests), self.width))
        staged = self._database.open_table(self._name) if self._staged else None
        for start in range(0, len(digests), 4 * BATCH):
            chunk = digests[start : start + 4 * BATCH]
            old = [row for row, digest in enumerate(chunk) if digest in self._in_old]
            new = [row for row, digest in enumerate(chunk) if digest not in self._in_old]
            block = np.empty((len(chunk), self.width), np.float32)
            if old and self._old:
                found = self._old.vectors_at(self._column, [self._in_old[chunk[row]] for row in old])
                block[old] = found if found.shape[1] == self.width else truncate_dim(found, self.width)
            if new:
                block[new] = vectors_of(staged, "vector", [self._staged[chunk[row]] for row in new])
            vectors[start : start + len(chunk)] = checked(block, self.width, self._subject)
        return vectors


def _replace(
    database: Any,
    old: Index | None,
    table: pa.Table,
    sources: Mapping[str, _VectorSource],
    pair: Pair,
    plan: _Plan,
) -> None:
    """Writes `builds` rows for a new build, then the articles that name it: that commit is the switch.

    Readers take it from when its full-text indexes are there, and the rows of before until then.
    """
    build_id = uuid.uuid4().hex
    now = datetime.now(UTC).isoformat(timespec="seconds")
    rows = [
        Column(
            build_id=build_id,
            column=column_name(name, dim),
            system=name,
            label=pair.systems[name].label,
            dim=dim,
            rows=table.num_rows,
            built=plan.builds[name].get("built", now),
            chosen=plan.subset,
            **{key: recorded(plan.builds[name], key) for key in (*DESCRIBED, "fingerprint")},
        )
        for name, dims in plan.columns.items()
        for dim in dims
    ]
    rows += [
        Column(
            build_id=build_id,
            column=column_name(name, ALL),
            system=name,
            label=system.label,
            dim=ALL,
            rows=table.num_rows,
            built=now,
            chosen=plan.subset,
            fingerprint="",
            **asdict(describe(system)),
        )
        for name, system in plan.full_text.items()
    ]
    _record(database, rows)
    columns = [
        (column_name(name, dim), pa.list_(pa.float32(), dim))
        for name, dims in plan.columns.items()
        for dim in dims
    ]
    schema = pa.schema(
        [*table.schema, *(pa.field(*column) for column in columns)], metadata={"build_id": build_id}
    )
    with TemporaryDirectory() as folder:
        # read before the write begins: LanceDB consumes the batches in its event loop, where it cannot read
        # as well
        vectors = {
            name: source.gathered(table["content_hash"].to_pylist(), Path(folder) / name)
            for name, source in sources.items()
        }
        written = database.create_table(
            ARTICLES, _complete(table, vectors, plan, schema), schema=schema, mode="overwrite"
        )
    build_full_text(written, plan.full_text)
    written.optimize(cleanup_older_than=_KEEP_OLD)
    kept = ", ".join(f"'{kept}'" for kept in {build_id, old.build_id if old else build_id})
    database.open_table(BUILDS).delete(f"build_id NOT IN ({kept})")


def _record(database: Any, columns: Sequence[Column]) -> None:
    """Adds rows to `builds`; where an older version wrote that table, columns that it lacks are added first."""
    rows = pa.Table.from_pylist([asdict(column) for column in columns], schema=BUILD_SCHEMA)
    if BUILDS not in database.list_tables().tables:
        database.create_table(BUILDS, rows)
        return
    builds = database.open_table(BUILDS)
    lacking = [name for name in BUILD_SCHEMA.names if name not in builds.schema.names]
    if lacking:
        builds.add_columns(dict.fromkeys(lacking, "cast('' as string)"))
    builds.add(rows)


def _complete(
    table: pa.Table, vectors: Mapping[str, Vectors], plan: _Plan, schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    for start, batch in zip(
        range(0, table.num_rows, BATCH), table.to_batches(max_chunksize=BATCH), strict=True
    ):
        rows = slice(start, start + batch.num_rows)
        columns = [
            _fixed(truncate_dim(vectors[name][rows], dim))
            for name, dims in plan.columns.items()
            for dim in dims
        ]
        yield pa.RecordBatch.from_arrays([*batch.columns, *columns], schema=schema)


def _text_table(
    articles: Sequence[Article], hashes: Sequence[str], full_text: Mapping[str, LexicalSystem]
) -> pa.Table:
    """The fields of the articles, and what full text searches of each."""
    derived = (
        {"doc_id": article.doc_id, "scope": article.scope.value, "content_hash": digest, REPLACED: day}
        for article, digest, day in zip(articles, hashes, replaced_from(articles), strict=True)
    )
    table = pa.Table.from_pylist(
        [asdict(article) | more for article, more in zip(articles, derived, strict=True)], schema=TEXT_FIELDS
    )
    columns = {column_name(name, ALL): system for name, system in full_text.items()}
    for column, system in sorted(columns.items()):
        texts = [format_document(article, system.document_template) for article in articles]
        table = table.append_column(column, pa.array(texts, pa.string()))
    return table


def _up_to_date(old: Index, table: pa.Table, plan: _Plan) -> bool:
    same_columns = plan.names == set(old.builds) and not any(
        differing_keys(old.builds[column_name(name, ALL)], describe(system))
        for name, system in plan.full_text.items()
    )
    return old.is_newest and same_columns and plan.subset == old.subset and old.text_table().equals(table)


def _existing(uri: str) -> Index | None:
    """The index that is there, if every vector of it can be read and used again."""
    try:
        index = Index(uri)
        return None if index.verify() else index
    except IndexFault:  # none yet, or a damaged one: everything is built again
        return None


def _other(uri: str, own: str) -> Index | None:
    """The index whose vectors are taken over, where there is one beside the pair's `own`."""
    return _existing(uri) if uri and uri != own else None


def _fixed(vectors: Vectors) -> pa.FixedSizeListArray:
    return pa.FixedSizeListArray.from_arrays(
        pa.array(np.ascontiguousarray(vectors).ravel()), vectors.shape[1]
    )
