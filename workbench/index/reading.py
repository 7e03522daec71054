"""The LanceDB table `articles` opened for reading: described, held against a pair, searched, verified."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import lancedb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from workbench.core.dimensions import ALL
from workbench.core.documents import content_hash
from workbench.core.domain import Article, Hit, Level, Scope, by_rank
from workbench.core.errors import IndexFault
from workbench.core.settings import Pair, is_remote
from workbench.core.vectors import Vectors, truncate_dim
from workbench.corpora.citations import Dates
from workbench.encoders import Encoder, EncoderDescription
from workbench.index.checking import CheckedTable, Damage, matrix, told
from workbench.index.checksums import recorded_of, table_folder
from workbench.index.columns import (
    Skipped,
    column_name,
    difference,
    differing_keys,
    lacks_address,
    skipped_in,
)
from workbench.index.faults import readable
from workbench.index.faults_of_storage import StorageFault
from workbench.index.filters import Filter, quoted
from workbench.index.fulltext import describe, has_full_text, index_name
from workbench.index.storage import connect

ARTICLES, BUILDS, STAGING = "articles", "builds", "staging_"
TIES = 16  # rows fetched beyond the limit, so that equal scores at its edge come in `doc_id` order
SAMPLE_FAR = 2_000  # rows fetched from object storage to tell what a column takes
PROBES, REFINE = 50, 5  # how hard an ANN search tries (measured: docs/approximate-search.md)
_ARTICLE_FIELDS = [field.name for field in fields(Article)]

REPLACED = "replaced"  # from which day a newer version of the law is in force; empty where there is none
TEXT_FIELDS = pa.schema(
    [(name, pa.string()) for name in ("doc_id", "scope", "content_hash", REPLACED)]
    + [(name, pa.bool_() if name == "synthetic" else pa.string()) for name in _ARTICLE_FIELDS]
)


_FILTERED = (
    "level",
    "region",
    "law",
    "published",
    "effective",
    REPLACED,
)  # the columns that a filter looks at
_PIECE = 1 << 16  # rows of a text column read at a time
Builds = dict[str, dict[str, Any]]  # column -> its row of `builds`


class Citable(NamedTuple):
    """As much of an article as a citation names."""

    doc_id: str
    law: str
    part: str
    article: str
    source_id: str


class Index:
    """An index opened for reading; it goes on serving the same rows while a new build replaces them.

    `cache_bytes`: bytes of vector columns that stay in memory once they were streamed, so that one question after the
    other does not read them from disk again. `pair`: what the user typed for the pair, for advice. `is_newest`: False
    where a build has replaced the rows and not yet made their full-text indexes, so that these are the rows of before.
    """

    def __init__(self, uri: str, *, cache_bytes: int = 0, pair: str = "…") -> None:
        self.uri = uri
        self._pair = pair
        self._cache_bytes, self._cached_columns = cache_bytes, dict[str, Vectors]()
        self.cached_norms: dict[tuple[str, tuple[int, ...]], NDArray[np.float64]] | None = (
            {} if cache_bytes else None
        )
        self._columns: Mapping[tuple[str, int], str] = {}
        self._labels, self._values = dict[str, NDArray[np.str_]](), dict[str, list[str]]()
        with readable(uri, pair):
            database = connect(uri)
            if ARTICLES not in database.list_tables().tables:
                raise IndexFault(
                    uri,
                    "holds no index",
                    remedy=f"run `workbench index build --pair {pair}` (or `workbench demo`)",
                )
            articles = database.open_table(ARTICLES)
            newest = articles.version
            self._table, self.builds = _newest_complete(articles, database.open_table(BUILDS))
            self.is_newest = self._table.version == newest
            self.build_id = _build_id(self._table)
            checksums = recorded_of(database, self.build_id)
        self._checked = CheckedTable(uri, pair, self._table, checksums, table_folder(uri, ARTICLES))

    def differences(self, pair: Pair, encoders: Mapping[str, Encoder]) -> list[str]:
        """In what this index does not fit `pair`, in words; empty where it fits."""
        found = []
        made_by = {name: (encoders[name].description, dims) for name, dims in pair.column_dims().items()}
        made_by |= {name: (describe(system), (ALL,)) for name, system in pair.lexical.items()}
        for name, (wanted, dims) in made_by.items():
            for dim in dims:
                column = self.column_for(name, dim, wanted, _elsewhere(pair, name))
                build = self.builds.get(column)
                if build is None or (dim == ALL and not has_full_text(self._table, column)):
                    found.append(f"{column_name(name, dim)} is missing")
                elif differing := differing_keys(build, wanted):
                    said = ", ".join(difference(key, build, wanted) for key in differing)
                    found.append(
                        f"{column_name(name, dim)} ({pair.systems[name].label}) was built with {said}"
                    )
        return found

    def check_fits(self, pair: Pair, encoders: Mapping[str, Encoder]) -> "Index":
        """This index, or an IndexFault that says how it differs from `pair` and what to run."""
        if found := self.differences(pair, encoders):
            shown = "; ".join(found[:2]) + (f"; and {len(found) - 2} more" if len(found) > 2 else "")
            raise IndexFault(
                self.uri,
                f"does not fit the pair: {shown}",
                remedy=f"run `workbench index build --pair {pair.typed}`",
            )
        descriptions = {name: encoders[name].description for name in pair.dense}  # each reads a model's files
        descriptions |= {name: describe(system) for name, system in pair.lexical.items()}
        self._columns = {
            (name, dim): self.column_for(name, dim, description, _elsewhere(pair, name))
            for name, description in descriptions.items()
            for dim in pair.dims_of(name)
        }
        return self

    def without_address(self, pair: Pair, encoders: Mapping[str, Encoder]) -> list[str]:
        """Of which columns nobody recorded on which server their models were, in words, and what to do."""
        found = []
        for name, dims in pair.column_dims().items():
            wanted = encoders[name].description
            columns = [self.column_for(name, dim, wanted, _elsewhere(pair, name)) for dim in dims]
            if any(
                column in self.builds and lacks_address(self.builds[column], wanted) for column in columns
            ):
                found.append(
                    f"{', '.join(columns)} ({pair.systems[name].label}): built before addresses were recorded, and taken to be of "
                    f"{wanted.address}; `workbench index build --pair {pair.typed}` compares a sample and records it"
                )
        return found

    def column_for(
        self, system: str, dim: int, wanted: EncoderDescription, elsewhere: Collection[str] = ()
    ) -> str:
        """The column with the vectors that an encoder described as `wanted` makes, whatever system it is named after; else the system's own.

        `elsewhere`: systems on other servers, whose columns are not meant where they record no address.
        """
        own = column_name(system, dim)
        fitting = [
            column
            for column in self.columns_made_by(wanted, dim)
            if self.builds[column]["dim"] == dim
            and not (
                self.builds[column]["system"] in elsewhere and lacks_address(self.builds[column], wanted)
            )
        ]
        return own if own in fitting or not fitting else fitting[0]

    def columns_made_by(self, wanted: EncoderDescription, width: int) -> list[str]:
        """The columns, `width` wide at least, with vectors that an encoder described as `wanted` makes."""
        return [
            column
            for column, build in self.builds.items()
            if build["dim"] >= width and not differing_keys(build, wanted)
        ]

    def column_of(self, system: str, dim: int) -> str:
        """The column with a system's vectors; systems that differ in their query prompts only share one."""
        return self._columns.get((system, dim), column_name(system, dim))

    @property
    def vector_columns(self) -> list[str]:
        """The columns with vectors, in order."""
        return [column for column, build in self.builds.items() if build["dim"] != ALL]

    @property
    def text_columns(self) -> list[str]:
        """The columns with a full-text index, in order."""
        return [column for column, build in self.builds.items() if build["dim"] == ALL]

    @property
    def columns_in_words(self) -> str:
        """How many columns systems search, by kind."""
        counts = {"vector": len(self.vector_columns), "full-text": len(self.text_columns)}
        told = [
            f"{count} {kind} column{'s' * (count != 1)}"
            for kind, count in counts.items()
            if count or kind == "vector"
        ]
        return " and ".join(told)

    @property
    def subset(self) -> str:
        """Which part of the corpus it holds, as `Subset` records it; empty for all of it."""
        return next((build.get("chosen") or "" for build in self.builds.values()), "")

    @cached_property
    def skipped(self) -> dict[str, Skipped]:
        """The articles that are in no row, as the model of some column gave no vector for them, by `doc_id`."""
        return {doc_id: each for build in self.builds.values() for doc_id, each in skipped_in(build).items()}

    @property
    def left_out(self) -> list[str]:
        """How many articles are in no row, a sentence a system, with the first of them."""
        by_label = dict[str, list[str]]()
        for doc_id, each in self.skipped.items():
            by_label.setdefault(each.label, []).append(f"{doc_id} ({each.why})")
        return [
            f"{len(found):,} articles are left out for all systems, as {label} gave no vector for them, first {found[0]}"
            for label, found in by_label.items()
        ]

    @cached_property
    def doc_ids(self) -> list[str]:
        """All `doc_id`s in table order, which is `doc_id` order."""
        return self.column("doc_id")

    @cached_property
    def local(self) -> NDArray[np.bool_]:
        """Which articles are local, in table order."""
        return np.array(self.column("scope")) == Scope.LOCAL

    @cached_property
    def counts(self) -> dict[str, int]:
        """Number of articles, in all and by scope."""
        scopes = self.column("scope")
        return {"articles": len(scopes)} | {scope.value: scopes.count(scope.value) for scope in Scope}

    @cached_property
    def has_versions(self) -> bool:
        """Whether some law is there in several versions, as far as this index was built to know."""
        return self._knows_versions and self.values(REPLACED) != [""]

    @property
    def _knows_versions(self) -> bool:
        return REPLACED in self._checked.schema.names

    def _check_knows_versions(self) -> None:
        if not self._knows_versions:
            raise IndexFault(
                self.uri,
                "was built before the workbench looked from when a law is replaced",
                remedy=f"run `workbench index build --pair {self._pair}`, which encodes nothing anew",
            )

    def _condition(self, where: Filter) -> str:
        """`where` in SQL; an IndexFault where it asks for more than this index knows."""
        if where.as_of:
            self._check_knows_versions()
        return where.sql

    def labels(self, field: str) -> NDArray[np.str_]:
        """A text field of every article (level, region, law, dates), in table order."""
        if field not in self._labels:
            self._labels[field] = np.array(self.column(field))
        return self._labels[field]

    def values(self, field: str) -> list[str]:
        """The distinct values of a text field, in order."""
        if field not in self._values:
            self._values[field] = np.unique(self.labels(field)).tolist()
        return self._values[field]

    def search(
        self,
        system: str,
        dim: int,
        vector: Vectors,
        limit: int,
        *,
        ann: bool = False,
        where: Filter | None = None,
    ) -> list[Hit]:
        """The `limit` best articles by LanceDB search, metric: inner product of unit vectors (= cosine).

        Exact, or with `ann` through the column's ANN index: PROBES partitions, REFINE times the hits rescored
        exactly. `where`: only articles that this lets through, applied before the search. `vector`: (d,) float32 with d >= dim.
        """
        column = self.column_of(system, dim)
        if column not in self.vector_columns:
            raise IndexFault(
                self.uri,
                f"has no vector column {column}",
                wanted=f"one of {', '.join(self.vector_columns)}",
                remedy="add it to the pair",
            )
        if ann and not self.ann(column):
            raise IndexFault(
                column,
                "has no ANN index",
                remedy="run `workbench index build --ann ivf_rq`, or search exactly",
            )
        query = truncate_dim(vector[None, :], dim)[0]
        self._checked.ensure(["doc_id", column, *(_FILTERED if where else ())])
        if ann:
            self._checked.ensure_files()
        with readable(self.uri, self._pair):
            search: Any = self._table.search(query, vector_column_name=column)
            search = search.distance_type("dot")
            search = search.nprobes(PROBES).refine_factor(REFINE) if ann else search.bypass_vector_index()
            if where:
                search = search.where(self._condition(where), prefilter=True)
            found = search.select(["doc_id", "_distance"]).limit(limit + TIES).to_arrow()
        pairs = zip(found["doc_id"].to_pylist(), found["_distance"].to_pylist(), strict=True)
        return by_rank(Hit(doc_id, 1.0 - distance) for doc_id, distance in pairs)[:limit]

    def match(
        self, system: str, text: str, limit: int | None = None, *, where: Filter | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Positions and BM25 scores of the articles that share a word with `text`, best first: all, or the `limit` best.

        Of equal scores at the edge of `limit` any may come.
        """
        column = self.column_of(system, ALL)
        self._checked.ensure_files()
        self._checked.ensure(_FILTERED if where else ())
        with readable(self.uri, self._pair):
            search: Any = self._table.search(text, query_type="fts", fts_columns=column)
            if where:
                search = search.where(self._condition(where), prefilter=True)
            search = search.select(["_score"]).with_row_id(True)
            found = search.limit(limit or len(self._row_ids)).to_arrow()
        places = np.searchsorted(self._row_ids, found["_rowid"].to_numpy())
        return places.astype(np.int64), found["_score"].to_numpy()

    def search_text(self, system: str, text: str, limit: int, *, where: Filter | None = None) -> list[Hit]:
        """The `limit` best articles by LanceDB full-text search, scored by BM25; fewer where fewer share a word with `text`."""
        places, scores = self.match(system, text, limit + TIES, where=where)
        pairs = zip(places.tolist(), scores.tolist(), strict=True)
        return by_rank(Hit(self.doc_ids[place], score) for place, score in pairs)[:limit]

    @cached_property
    def _row_ids(self) -> NDArray[np.uint64]:
        """LanceDB's own number of each row, in table order, which is theirs."""
        with readable(self.uri, self._pair):
            rows = (
                self._table.search().select(["scope"]).with_row_id(True).limit(len(self.doc_ids)).to_arrow()
            )
        return rows["_rowid"].to_numpy()

    def ann(self, column: str) -> dict[str, Any]:
        """Kind, bytes, seconds to build and parameters of a column's ANN index; empty where it has none."""
        recorded: dict[str, Any] = json.loads(self.builds[column].get("ann") or "{}")
        return recorded

    def column_bytes(self, column: str, sample: int = 20_000) -> int:
        """Bytes that a vector column takes on disk, measured by writing its first `sample` rows alone, scaled to all."""
        sample = SAMPLE_FAR if is_remote(self.uri) else sample
        with TemporaryDirectory() as folder, readable(self.uri, self._pair):
            rows = self._table.search().select([column]).limit(sample).to_arrow().select([column])
            lancedb.connect(folder).create_table("column", rows)
            written = sum(file.stat().st_size for file in Path(folder).rglob("*.lance") if file.is_file())
            return round(written * self._checked.rows / rows.num_rows)

    def text_bytes(self, column: str) -> int:
        """Bytes that a full-text index takes on disk; the text that it searches is not counted."""
        with readable(self.uri, self._pair):
            index = next(each for each in self._table.list_indices() if each.name == index_name(column))
            return int(index.size_bytes)

    def articles(self, doc_ids: Iterable[str] | None = None) -> dict[str, Article]:
        """Articles by `doc_id`; all of them where none are named. What a template shows of one is held against its content hash."""
        fields = ["doc_id", "content_hash", *_ARTICLE_FIELDS]
        query = self._table.search().select(fields)
        if doc_ids is not None:
            named = ", ".join(map(quoted, sorted(set(doc_ids))))
            query = query.where(f"doc_id IN ({named})") if named else query.where("false")
        # The text is by far the longest: of a few articles it is read here alone.
        self._checked.ensure(fields if doc_ids is None else [name for name in fields if name != "text"])
        with readable(self.uri, self._pair):
            rows = query.limit(len(self.doc_ids)).to_arrow().to_pylist()
            hashes = {row["doc_id"]: row.pop("content_hash") for row in rows}
            found = {row.pop("doc_id"): Article(**{**row, "level": Level(row["level"])}) for row in rows}
        if doc_ids is not None and self.has_checksums:
            self._check_texts(found, hashes)
        return found

    def _check_texts(self, articles: Mapping[str, Article], hashes: Mapping[str, str]) -> None:
        changed = [doc_id for doc_id, article in articles.items() if content_hash(article) != hashes[doc_id]]
        if changed:
            self._checked.ensure(["text"])  # says which rows
            raise IndexFault(
                self.uri,
                f"{len(changed):,} texts are not what was built, e.g. of {min(changed)}",
                remedy=f"run `workbench index build --pair {self._pair}`, or restore the folder",
            )

    def citable(self) -> Iterator[Citable]:
        """What tells every article from the others, in table order; much quicker than the whole articles."""
        return map(Citable, *(self.column(name) for name in Citable._fields))

    def law_dates(self) -> dict[str, Dates]:
        """When each law of the table was published and came into force, by its name."""
        columns = (self.column(name) for name in ("law", "published", "effective"))
        return {law: Dates(published, effective) for law, published, effective in zip(*columns, strict=True)}

    def vector_batches(self, column: str, rows: int = 2048) -> Iterator[Vectors]:
        """The vectors of one column in table order, (<= rows, dim) float32 at a time.

        An IndexFault where rows are not what was built or not of unit length: as late as with the last ones.
        """
        if (cached := self._cached_columns.get(column)) is not None:
            longer = 32 * rows
            yield from (cached[start : start + longer] for start in range(0, len(cached), longer))
            return
        cached = self._room(column)
        start = 0
        for piece in self._checked.pieces(column, rows):
            vectors = matrix(piece)
            if cached is not None:
                cached[start : start + len(vectors)] = vectors
            start += len(vectors)
            yield vectors
        if cached is not None:
            self._cached_columns[column] = cached

    def load(self, column: str) -> None:
        """Reads a column into memory, where it fits into what this index may hold."""
        if column not in self._cached_columns and self._room(column) is not None:
            for _ in self.vector_batches(column):
                pass

    def _room(self, column: str) -> Vectors | None:
        """Where to keep a column in memory, if it still fits."""
        shape = (len(self.doc_ids), self._checked.schema.field(column).type.list_size)
        fits = (
            sum(cached.nbytes for cached in self._cached_columns.values()) + 4 * shape[0] * shape[1]
            <= self._cache_bytes
        )
        return np.empty(shape, np.float32) if fits else None

    def vectors_at(self, column: str, offsets: Sequence[int]) -> Vectors:
        """The vectors of one column at some table positions, (n, dim) float32, in the order of `offsets`."""
        cached = self._cached_columns.get(column)
        if cached is not None:
            return cached[list(offsets)]
        with readable(self.uri, self._pair):
            return vectors_of(self._table, column, offsets)

    def text_table(self) -> pa.Table:
        """Everything but the vectors, in table order."""
        names = [
            name for name in [*TEXT_FIELDS.names, *self.text_columns] if name in self._checked.schema.names
        ]  # an older index lacks some
        with readable(self.uri, self._pair):
            found = self._table.search().select(names).limit(self._checked.rows).to_arrow()
        return found.select(names).replace_schema_metadata(None)

    @property
    def has_checksums(self) -> bool:
        """Whether its build recorded checksums; without them a flipped bit shows only where a norm or LanceDB notices."""
        return bool(self._checked.checksums)

    def find_damage(self) -> list[Damage]:
        """Reads every column, and says which rows are not what was built, a run with such vectors by these alone."""
        return [each for column in self._checked.schema.names for each in told(self._checked.damage(column))]

    def sound_rows(self, column: str) -> NDArray[np.bool_]:
        """(rows,): where both the vector in `column` and the content hash that says what it is of are what was built."""
        sound = np.ones(self._checked.rows, bool)
        for each in [*self._checked.damage("content_hash"), *self._checked.damage(column)]:
            sound[each.first : each.last + 1] = False
        return sound

    def content_hashes(self) -> list[str]:
        """What each row is of, unchecked; empty where it cannot be read at all."""
        try:
            with readable(self.uri):
                rows = self._table.search().select(["content_hash"]).limit(self._checked.rows).to_arrow()
                return rows["content_hash"].to_pylist()
        except IndexFault:
            return []

    def verify(self, articles: Iterable[Article] | None = None) -> list[str]:
        """Faults found by reading everything: checksums, vectors, row counts, order, and, where given, the corpus itself."""
        faults = [str(each) for each in self.find_damage()]
        faults += self._checked.damaged_files()
        faults += [f"the checksums of {subject} are damaged" for subject in self._checked.checksums.damaged]
        with readable(self.uri, self._pair):
            lacking = [column for column in self.text_columns if not has_full_text(self._table, column)]
        faults += [f"{column} has no full-text index over all rows" for column in lacking]
        rows = self._checked.rows
        faults += [
            f"{column} has {rows:,} rows, its build recorded {build['rows']:,}"
            for column, build in self.builds.items()
            if rows != build["rows"]
        ]
        if not faults:
            faults += self._other_articles(articles)
        return faults

    def _other_articles(self, articles: Iterable[Article] | None) -> list[str]:
        """In what the articles are not in order, or not those of the corpus; empty where they are."""
        faults = []
        if self.doc_ids != sorted(set(self.doc_ids)):
            faults.append("doc_ids are not unique and in order")
        if articles is not None:
            ours = dict(zip(self.doc_ids, self.column("content_hash"), strict=True))
            theirs = {article.doc_id: content_hash(article) for article in articles}
            for doc_id, skipped in self.skipped.items():
                if theirs.get(doc_id) == skipped.content_hash:
                    del theirs[doc_id]
            changed = sum(ours[doc_id] != theirs[doc_id] for doc_id in ours.keys() & theirs.keys())
            if changed or ours.keys() != theirs.keys():
                missing, extra = len(theirs.keys() - ours.keys()), len(ours.keys() - theirs.keys())
                faults.append(
                    f"the corpus has {missing:,} articles that the index lacks, {extra:,} fewer, {changed:,} changed"
                )
        return faults

    def column(self, name: str) -> list[Any]:
        """One column of the table, in table order."""
        if name == REPLACED:
            self._check_knows_versions()
        return [value for piece in self._checked.pieces(name, _PIECE) for value in piece.to_pylist()]


def _elsewhere(pair: Pair, system: str) -> frozenset[str]:
    return pair.elsewhere(system) if system in pair.dense else frozenset()


def _build_id(table: Any) -> str:
    """The build that a version of `articles` is of."""
    return (table.schema.metadata or {}).get(b"build_id", b"").decode()


def _recorded_builds(builds: Any, build_id: str) -> Builds:
    """Column -> its row of `builds`, in order."""
    rows = builds.search().where(f"build_id = '{build_id}'").limit(10_000).to_arrow().to_pylist()
    return {row["column"]: row for row in sorted(rows, key=lambda row: row["column"])}


def _newest_complete(articles: Any, builds: Any) -> tuple[Any, Builds]:
    """`articles` at its newest version whose full-text columns have their indexes, and what is recorded of its columns.

    At the newest where none is complete. A build replaces the rows in one commit and makes these indexes in further ones: a reader gets the rows of before.
    """
    newest = _recorded_builds(builds, _build_id(articles))
    if _is_complete(articles, newest):
        return articles, newest
    for version in sorted((each["version"] for each in articles.list_versions()), reverse=True):
        articles.checkout(version)
        recorded = _recorded_builds(builds, _build_id(articles))
        if _is_complete(articles, recorded):
            return articles, recorded
    articles.checkout_latest()
    return articles, newest


def _is_complete(articles: Any, recorded: Builds) -> bool:
    full_text = [column for column, build in recorded.items() if build["dim"] == ALL]
    return bool(recorded) and all(has_full_text(articles, column) for column in full_text)


def staging_name(encoder: Encoder, width: int) -> str:
    """The table where new vectors wait until all are there."""
    return f"{STAGING}{encoder.document_fingerprint}_{width}"


def staged_digests(database: Any, name: str) -> list[str]:
    """Content hashes in a staging table, in its order; none where there is no such table, or a build that was killed has left a part."""
    if name not in database.list_tables().tables:
        return []
    try:
        with readable(f"{database.uri}/{name}"):
            table = database.open_table(name)
            rows = table.search().select(["content_hash"]).limit(table.count_rows()).to_arrow()
            found: list[str] = rows["content_hash"].to_pylist()
    # killed while it made the table, with nothing in it yet, or removed it, with all in the index
    except StorageFault:
        raise
    except IndexFault:
        return []
    return found


def digests_with_vectors(uri: str, encoder: Encoder, width: int) -> set[str]:
    """Content hashes of what has a vector of `encoder`, `width` wide: in the index, or left by a build that was stopped."""
    if "://" not in uri and not Path(uri).exists():  # connecting would make the folder
        return set()
    with readable(uri):
        database = connect(uri)
        found, built = (
            set(staged_digests(database, staging_name(encoder, width))),
            ARTICLES in database.list_tables().tables,
        )
    index = Index(uri) if built else None
    if index and index.columns_made_by(encoder.description, width):
        found |= set(index.column("content_hash"))
    return found


def vectors_of(table: Any, column: str, offsets: Sequence[int]) -> Vectors:
    """(n, d) float32: a column at some positions of a table, in the order of `offsets`."""
    order = np.argsort(offsets, kind="stable")
    found = matrix(
        table.take_offsets([int(offsets[row]) for row in order]).select([column]).to_arrow()[column]
    )
    vectors = np.empty_like(found)
    vectors[order] = found
    return vectors
