"""Building the index: resumable, one builder at a time, replaced in one commit.

New vectors wait in a table `staging_<fingerprint>` until the table is complete. Articles, full-text indexes and checksums
are written first, then the rows of `builds` that name them, and that commit is the switch: a reader sees the old index or
the new one.
"""

import json
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import pyarrow as pa

from workbench.core.digests import digest
from workbench.core.dimensions import ALL
from workbench.core.documents import content_hash, format_document
from workbench.core.domain import Article
from workbench.core.errors import EncoderError, IndexFault
from workbench.core.pair_text import line_in
from workbench.core.settings import LexicalSystem, Pair
from workbench.core.vectors import TOO_WIDE, TextsWithoutVectors, Vectors, checked, truncate_dim
from workbench.corpora.versions import replaced_from
from workbench.encoders import Encoder, EncoderDescription
from workbench.index.checking import matrix
from workbench.index.checksums import (
    CHECKSUMS,
    COLUMN,
    RunDigests,
    files_in,
    record,
    record_files,
    table_folder,
)
from workbench.index.columns import (
    BUILD_SCHEMA,
    DESCRIBED,
    REPLACED,
    TEXT_FIELDS,
    Column,
    column_name,
    differing_keys,
    lacks_address,
    recorded,
    skipped_in,
    weights_of_both,
)
from workbench.index.faults import readable
from workbench.index.faults_of_storage import StorageFault
from workbench.index.fulltext import build_full_text, describe
from workbench.index.locking import only_builder
from workbench.index.precomputed import SAME_SCORES, SAMPLE, PrecomputedVectors, same_scores
from workbench.index.reading import (
    ARTICLES,
    BUILDS,
    STAGING,
    Index,
    staged_digests,
    staging_name,
    vectors_of,
)
from workbench.index.scalar import build_scalar
from workbench.index.storage import check_place, connect

BATCH, FIRST_BATCH = 1024, 128  # rows encoded and committed at a time: at most, and at first
SURE = 16  # vectors of an index that are compared with those of a server before all are taken over
MANY = 64  # articles without vectors that are no exceptions any more
COMMIT_EVERY = 20  # seconds of encoding that a build which is stopped loses, about
_KEEP_OLD = timedelta(days=1)  # how long a page that is open can go on reading a replaced table

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class BuildReport:
    """What one build did.

    `encoded`, `reused` and `taken` count vectors per system; `notes`: what a reader should know; `skipped`: `doc_id` of an
    article that was left out -> for which system's sake and why.
    """

    rows: int
    encoded: Mapping[str, int]
    reused: Mapping[str, int]
    replaced: bool
    taken: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)


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
    skip_failed: bool = False,
) -> BuildReport:
    """Brings the index at `uri` to `articles` (in `doc_id` order) and `pair`, encoding only what is not there yet.

    `only`: the pair narrowed to the systems and dimensions to build; what is there of the others stays, and where it
    does not cover `articles` nothing is done. One system is encoded after the other, and its model released. `subset`:
    the record of how `articles` were selected from the corpus. `offers`: by system, what reads the vectors that a source brings along; called where some are missing.
    `skip_failed`: leaves out articles for which some system gives no vector, for all systems, so that these search the same
    rows; else an EncoderError names the first of them.
    `progress(system, done, total)` is called while texts are encoded.
    """
    only = only or pair
    check_place(uri)
    with only_builder(uri) as held, readable(uri, pair.typed):
        database = connect(uri)
        old = _existing(uri)
        hashes = [content_hash(article) for article in articles]
        kept = _kept(old, hashes, pair, only, encoders)
        building = pair.column_dims(only)
        columns = {
            name: sorted({*dims} | kept.get(name, set()), reverse=True) for name, dims in building.items()
        }
        columns |= {name: sorted(dims, reverse=True) for name, dims in kept.items() if name not in building}
        holders = [index for index in (old, _other(pair.index.at(pair.index.reuse), uri)) if index]
        work = _Work(
            database,
            holders,
            articles,
            hashes,
            pair,
            encoders,
            offers or {},
            progress,
            set(building),
            skip_failed,
        )
        staged, skipped = dict[str, _Staged](), set[int]()
        for name in columns.keys() - building.keys():
            skipped |= work.failed_before(name).keys()
        for name, dims in columns.items():
            staged[name] = work.stage(name, dims[0], skipped)
            skipped |= staged[name].failed.keys()
        rows = [row for row in range(len(articles)) if row not in skipped]
        table = _text_table([articles[row] for row in rows], [hashes[row] for row in rows], pair.lexical)
        plan = _Plan(columns, {name: one.build for name, one in staged.items()}, pair.lexical, subset)
        encoded = {name: len(one.encoded) for name, one in staged.items() if name in building}
        new = any(one.encoded - skipped for one in staged.values())
        taken = {name: one.taken for name, one in staged.items() if one.taken}
        replaced = bool(not old or new or taken or not _up_to_date(old, table, plan))
        held.check()
        if replaced:
            _replace(
                database, uri, old, table, {name: one.source for name, one in staged.items()}, pair, plan
            )
        for name in database.list_tables().tables:
            if name.startswith(STAGING):
                database.drop_table(name)
        reused = {
            name: len(rows) - len(staged[name].encoded - skipped) - taken.get(name, 0) for name in encoded
        }
        return BuildReport(
            len(rows),
            encoded,
            reused,
            replaced,
            taken,
            tuple(note for one in staged.values() for note in one.notes),
            {
                articles[row].doc_id: f"{pair.systems[name].label}: {why}"
                for name, one in staged.items()
                for row, why in one.failed.items()
            },
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
        elsewhere = pair.elsewhere(name)
        builds = {dim: old.builds.get(old.column_for(name, dim, wanted, elsewhere)) for dim in own}
        dims = {dim for dim, build in builds.items() if build and not differing_keys(build, wanted)}
        dims -= set(building.get(name, ()))
        known = {*old.content_hashes(), *(each.content_hash for each in old.skipped.values())}
        if dims and name not in building and (lacking := len(set(hashes) - known)):
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
    """One system's vectors, all of them there but for those of `failed` (row -> why) and those that need none.

    `build`: what made them, as recorded in `builds`; `encoded`: the rows encoded now.
    """

    source: "_VectorSource"
    build: Mapping[str, str]
    encoded: frozenset[int]
    taken: int
    notes: tuple[str, ...]
    failed: Mapping[int, str]


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
    building: set[str]
    skip_failed: bool

    def stage(self, name: str, width: int, without: Collection[int]) -> _Staged:
        """Encodes what is not there yet of one system, `width` wide, a committed batch at a time; its model is released.

        `without`: rows that are left out for another system's sake.
        """
        encoder, notes, taken = self.encoders[name], list[str](), 0
        source = self._source(name, width)
        failed = {} if name in self.building else self.failed_before(name)
        gone = {*without, *failed}
        missing = [row for row in source.missing(self.hashes) if row not in gone]
        unsure = source.is_unsure and name in self.building
        if missing or unsure:
            notes += self._prepared(name, needed=bool(missing) or not source.lacks_address)
            # a hub may now tell which commit it gives: another one makes other vectors
            source, note = (
                self._sure(name, self._source(name, width)) if unsure else (self._source(name, width), "")
            )
            notes += [note] if note else []
            missing = [row for row in source.missing(self.hashes) if row not in gone]
        if missing and name in self.offers:
            taken, note = self._take_over(source, name, missing)
            missing = [row for row in source.missing(self.hashes) if row not in gone]
            notes += [note]
        self.progress(name, len(self.hashes) - len(missing), len(self.hashes))
        failed |= self._encode(source, name, missing)
        encoded = frozenset(missing) - failed.keys()
        build = self._record(name, source) if encoded or not source.build else dict(source.build)
        encoder.release()
        listed = {self.articles[row].doc_id: [self.hashes[row], why] for row, why in failed.items()}
        build["skipped"] = json.dumps(listed, ensure_ascii=False) if listed else ""
        return _Staged(source, build, encoded, taken, tuple(notes), failed)

    def _source(self, name: str, width: int) -> "_VectorSource":
        addresses = {encoder.description.address for encoder in self.encoders.values()}
        kin = _Kin(self.pair.elsewhere(name), frozenset(addresses))
        return _VectorSource(self.database, self.holders, name, self.encoders[name], width, kin)

    def failed_before(self, name: str) -> dict[int, str]:
        """Row -> why, of what the last build left out for the sake of a system that is not to be built now."""
        digests = {
            each.content_hash: each.why
            for index in self.holders
            for build in index.builds.values()
            if build["system"] == name
            for each in skipped_in(build).values()
        }
        return {row: digests[digest] for row, digest in enumerate(self.hashes) if digest in digests}

    def _prepared(self, name: str, *, needed: bool) -> list[str]:
        """Notes of a model that is ready; where it is not `needed`, also on why it is not."""
        try:
            return self.encoders[name].prepare()
        except EncoderError as fault:
            if needed:
                raise
            return [
                f"{self.pair.systems[name].label}: vectors taken as they are, without comparing any: {fault}"
            ]

    def _sure(self, name: str, source: "_VectorSource") -> tuple["_VectorSource", str]:
        """`source` where a sample of its vectors is what this system's server gives now, else one without them; and a note on it.

        A column of which no address is recorded, or another one, at which no system of the pair is any more.
        """
        label, encoder = self.pair.systems[name].label, self.encoders[name]
        having = source.held(self.hashes)
        rows = having[:: max(1, len(having) // SURE)][:SURE]
        try:
            ours, failed = self._vectors(name, rows) if rows else (np.empty((0, 0), np.float32), {})
        except EncoderError:
            if not source.lacks_address:
                raise
            return source, ""  # it may be away, and nothing else speaks against these vectors
        kept = [place for place in range(len(rows)) if place not in failed]
        theirs = source.of_old([self.hashes[rows[place]] for place in kept]) if kept else ours
        was = f"an index of {source.built_at or 'no recorded address'}"
        if kept and ours.shape[1] >= theirs.shape[1]:
            cosine = same_scores(truncate_dim(ours[kept], theirs.shape[1]), theirs)
            if cosine >= SAME_SCORES:
                address = encoder.description.address
                return (
                    source.at(address),
                    f"{label}: vectors of {was} are those of {address} (least cosine {cosine:.4f} of {len(kept)})",
                )
            return (
                source.alone(),
                f"{label}: vectors of {was} are not this server's (least cosine {cosine:.4f} of {len(kept)}): encoding anew",
            )
        return (
            source.alone(),
            f"{label}: vectors of {was} cannot be compared with this server's: encoding anew",
        )

    def _record(self, name: str, source: "_VectorSource") -> dict[str, str]:
        """What made the vectors of one system, some of them now."""
        encoder = self.encoders[name]
        made = asdict(encoder.description) | {"fingerprint": encoder.document_fingerprint}
        if source.build:
            made["weights"] = weights_of_both(source.build, encoder.description)
        return made

    def _vectors(
        self, name: str, rows: Sequence[int], done: int | None = None
    ) -> tuple[Vectors, dict[int, str]]:
        """(n, d) float32 of some articles, and place in `rows` -> why, of those without a vector, where there is one of any."""
        progress = partial(self._tell, name, done) if done is not None else lambda _: None
        try:
            return self.encoders[name].encode_documents(self._texts(name, rows), progress=progress), {}
        except TextsWithoutVectors as fault:
            return fault.vectors, dict(fault.rows)

    def _encode(self, source: "_VectorSource", name: str, missing: Sequence[int]) -> dict[int, str]:
        """Encodes and commits; row -> why, of the articles without a vector, where they may be left out."""
        failed = dict[int, str]()
        done, start, size = len(self.hashes) - len(missing), 0, FIRST_BATCH
        while start < len(missing):
            rows, began = missing[start : start + size], perf_counter()
            vectors, lacking = self._vectors(name, rows, done + start)
            kept = [place for place in range(len(rows)) if place not in lacking]
            if kept:
                self._check_width(name, vectors, source.width)
                source.add([self.hashes[rows[place]] for place in kept], vectors[kept])
            failed |= {rows[place]: why for place, why in lacking.items()}
            start += len(rows)
            # among those that have vectors; and where many are new, among these
            too_many = 2 * len(failed) > (start if len(failed) > MANY else done + start)
            if failed and (too_many or not self.skip_failed):
                raise self._unskipped(name, failed, start)
            self.progress(name, done + start, len(self.hashes))
            size = min(
                BATCH, max(FIRST_BATCH, int(len(rows) * COMMIT_EVERY / max(perf_counter() - began, 1e-3)))
            )
        return failed

    def _unskipped(self, name: str, failed: Mapping[int, str], tried: int) -> EncoderError:
        """What to say of articles without vectors that are not left out, or are too many for that."""
        row, why = next(iter(failed.items()))
        article = self.articles[row]
        count = f"{len(failed):,} of {tried:,} articles, first " if len(failed) > 1 else ""
        mend = "mend that text, or `max_seq_length`"
        skip = f"or leave such articles out: `workbench index build --pair {self.pair.typed} --skip-failed`"
        return EncoderError(
            self.pair.systems[name].label,
            f"gave no vector for {count}{article.law} {article.article} ({article.doc_id}): {why}",
            wanted="a vector for half of them at least" if self.skip_failed else "",
            remedy="look at the server or model first"
            if self.skip_failed
            else f"{mend}; {skip}; the others are kept",
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
        ours, failed = self._vectors(name, [rows[digest] for digest in sample])
        theirs = np.stack(list(sample.values()))
        kept = [place for place in range(len(sample)) if place not in failed]
        cosine = same_scores(ours[kept], theirs[kept]) if kept and ours.shape == theirs.shape else 0.0
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


@dataclass(frozen=True)
class _Kin:
    """The other systems of a pair: those on other servers than a system, and the addresses of all."""

    elsewhere: frozenset[str]
    addresses: frozenset[str]

    def may_be(self, build: Mapping[str, Any], wanted: EncoderDescription) -> bool:
        """Whether a column can hold what `wanted` makes although that is not on record: if nobody knows at which address, or nobody is there now."""
        if not wanted.address or set(differing_keys(build, wanted)) - {"address"}:
            return False
        if lacks_address(build, wanted):
            return build["system"] not in self.elsewhere
        return recorded(build, "address") not in self.addresses


class _VectorSource:
    """Where vectors of one system, `width` wide, are found by content hash: in a finished index, else in staging.

    `holders`: the indexes to look in; the first that has them counts. `build`: the record of the column that they
    come from; `is_unsure`: whether that may be of another server, `built_at`: of which.
    """

    def __init__(
        self,
        database: Any,
        holders: Sequence[Index],
        system: str,
        encoder: Encoder,
        width: int,
        kin: _Kin,
    ) -> None:
        self._database, self._name, self.width = database, staging_name(encoder, width), width
        self._column, self._in_old, self._subject = "", dict[str, int](), column_name(system, width)
        self.build: Mapping[str, str] | None = None
        wanted = encoder.description
        fitting = [
            (
                not differing_keys(build, wanted) and not lacks_address(build, wanted),
                build["system"] == system,
                -place,
                build["dim"],
                index,
                column,
            )
            for place, index in enumerate(holders)
            for column, build in index.builds.items()
            if build["dim"] >= width
            and (
                (not differing_keys(build, wanted) and not lacks_address(build, wanted))
                or kin.may_be(build, wanted)
            )
        ]
        self.is_unsure, self.built_at, self.lacks_address = False, "", False
        self._old: Index | None = None
        if fitting:
            sure, _, _, _, self._old, self._column = max(
                fitting, key=lambda one: (one[0], one[2], one[1], one[3])
            )
            sound = self._old.sound_rows(self._column)
            hashes = enumerate(self._old.content_hashes())
            self._in_old = {digest: offset for offset, digest in hashes if sound[offset]}
            self.build = self._old.builds[self._column]
            self.is_unsure, self.built_at = not sure, recorded(self.build, "address")
            self.lacks_address = lacks_address(self.build, wanted)
        self._staged, self._staged_rows = _staged(database, self._name)

    def at(self, address: str) -> "_VectorSource":
        """The same of a column that turned out to be what a server at `address` makes."""
        known = copy(self)
        known.build = {**(self.build or {}), "address": address}
        return known

    def alone(self) -> "_VectorSource":
        """The same without what stands in a finished index."""
        known = copy(self)
        known._old, known._column, known._in_old, known.build = None, "", {}, None
        return known

    def held(self, digests: Sequence[str]) -> list[int]:
        """Positions of the digests whose vectors are in a finished index."""
        return [row for row, digest in enumerate(digests) if digest in self._in_old]

    def of_old(self, digests: Sequence[str]) -> Vectors:
        """(n, >= width) float32, of a finished index."""
        found = (
            self._old.vectors_at(self._column, [self._in_old[digest] for digest in digests])
            if self._old
            else None
        )
        return np.empty((0, 0), np.float32) if found is None else found

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
        checksums = [digest(*row) for row in zip(digests, map(bytes, vectors), strict=True)]
        rows = pa.table({"content_hash": digests, "vector": _fixed(vectors), "checksum": checksums})
        if self._staged:
            table = self._database.open_table(self._name)
            table.add(rows.select(table.schema.names))  # an earlier version staged no checksums
        else:
            self._database.create_table(self._name, rows, mode="overwrite")
            self._staged_rows = 0
        self._staged |= {key: self._staged_rows + offset for offset, key in enumerate(digests)}
        self._staged_rows += len(digests)

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


def _staged(database: Any, name: str) -> tuple[dict[str, int], int]:
    """Content hash -> position of what a build that was stopped has staged, without what its checksum does not fit; all rows there."""
    keys = staged_digests(database, name)
    if not keys:
        return {}, 0
    table = database.open_table(name)
    if "checksum" not in table.schema.names:  # as an earlier version staged it
        return {key: offset for offset, key in enumerate(keys)}, len(keys)
    found, offset = dict[str, int](), 0
    try:
        with readable(f"{database.uri}/{name}"):
            for batch in table.search().limit(len(keys)).to_batches(BATCH):
                rows = zip(batch["content_hash"].to_pylist(), batch["checksum"].to_pylist(), strict=True)
                for (key, checksum), vector in zip(rows, matrix(batch["vector"]), strict=True):
                    if checksum == digest(key, vector.tobytes()):
                        found[key] = offset
                    offset += 1
    except StorageFault:
        raise
    except IndexFault:  # what cannot be read is encoded anew
        pass
    return found, len(keys)


def _replace(
    database: Any,
    uri: str,
    old: Index | None,
    table: pa.Table,
    sources: Mapping[str, _VectorSource],
    pair: Pair,
    plan: _Plan,
) -> None:
    """Writes the articles of a new build, what goes with them, then the `builds` rows that name it: that commit is the switch."""
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
            skipped=recorded(plan.builds[name], "skipped"),
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
    _record(database, [])  # so that the table is there
    columns = [
        (column_name(name, dim), pa.list_(pa.float32(), dim))
        for name, dims in plan.columns.items()
        for dim in dims
    ]
    schema = pa.schema(
        [*table.schema, *(pa.field(*column) for column in columns)], metadata={"build_id": build_id}
    )
    runs = {name: RunDigests() for name in schema.names}
    there = set(files_in(table_folder(uri, ARTICLES)))
    with TemporaryDirectory() as folder:
        # read before the write begins: LanceDB consumes the batches in its event loop, where it cannot read
        # as well
        vectors = {
            name: source.gathered(table["content_hash"].to_pylist(), Path(folder) / name)
            for name, source in sources.items()
        }
        written = database.create_table(
            ARTICLES, _complete(table, vectors, plan, schema, runs), schema=schema, mode="overwrite"
        )
    build_full_text(written, plan.full_text)
    build_scalar(database, written, {old.build_id} if old else set())
    record(database, build_id, COLUMN, {name: each.close() for name, each in runs.items()})
    record_files(database, uri, ARTICLES, build_id, there)
    _record(database, rows)
    written.optimize(cleanup_older_than=_KEEP_OLD)
    kept = ", ".join(f"'{kept}'" for kept in {build_id, old.build_id if old else build_id})
    for each in (BUILDS, CHECKSUMS):
        database.open_table(each).delete(f"build_id NOT IN ({kept})")


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
    table: pa.Table,
    vectors: Mapping[str, Vectors],
    plan: _Plan,
    schema: pa.Schema,
    runs: Mapping[str, RunDigests],
) -> Iterator[pa.RecordBatch]:
    """The rows to write, whose checksums are taken as they pass."""
    for start, batch in zip(
        range(0, table.num_rows, BATCH), table.to_batches(max_chunksize=BATCH), strict=True
    ):
        rows = slice(start, start + batch.num_rows)
        columns = [
            _fixed(truncate_dim(vectors[name][rows], dim))
            for name, dims in plan.columns.items()
            for dim in dims
        ]
        rows_of_all = pa.RecordBatch.from_arrays([*batch.columns, *columns], schema=schema)
        for digests, values in zip(runs.values(), rows_of_all.columns, strict=True):
            digests.add(values)
        yield rows_of_all


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
    """Whether `old` is all that is wanted, and as it was built."""
    same_columns = plan.names == set(old.builds) and not any(
        differing_keys(old.builds[column_name(name, ALL)], describe(system))
        for name, system in plan.full_text.items()
    )
    same_records = same_columns and all(
        recorded(old.builds[column_name(name, dim)], key) == recorded(plan.builds[name], key)
        for name, dims in plan.columns.items()
        for dim in dims
        for key in ("address", "skipped")
    )
    same_kind = old.is_newest and old.has_checksums and same_records and plan.subset == old.subset
    return same_kind and not old.verify() and old.text_table().equals(table)


def _existing(uri: str) -> Index | None:
    """The index that is there, if its vectors can be used again: all of them, or those whose checksums say that they are sound."""
    try:
        index = Index(uri)
        return None if not index.has_checksums and index.verify() else index
    except StorageFault:  # which says nothing of the index there
        raise
    except IndexFault:  # none yet, or a damaged one: everything is built again
        return None


def _other(uri: str, own: str) -> Index | None:
    """The index whose vectors are taken over, where there is one beside the pair's `own`."""
    return _existing(uri) if uri and uri != own else None


def _fixed(vectors: Vectors) -> pa.FixedSizeListArray:
    return pa.FixedSizeListArray.from_arrays(
        pa.array(np.ascontiguousarray(vectors).ravel()), vectors.shape[1]
    )
