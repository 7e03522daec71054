"""The LanceDB table `articles` opened for reading: its rows and vectors, searched, one by one or all of them, verified."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import lancedb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from workbench.core.ann import EXACT_UP_TO
from workbench.core.dimensions import ALL
from workbench.core.documents import content_hash
from workbench.core.domain import Article, Hit, Level, Scope, by_rank
from workbench.core.errors import IndexFault
from workbench.core.settings import is_remote
from workbench.core.vectors import Vectors, truncate_dim
from workbench.encoders import Encoder
from workbench.index.checking import CheckedTable, Damage, matrix, told
from workbench.index.checksums import recorded_of, table_folder
from workbench.index.columns import REPLACED, TEXT_FIELDS
from workbench.index.derived import read_derived
from workbench.index.described import Builds, Described
from workbench.index.doc_ids import DocIds
from workbench.index.faults import readable
from workbench.index.faults_of_storage import StorageFault
from workbench.index.filters import Filter, in_list
from workbench.index.fulltext import has_full_text, index_name
from workbench.index.laws import KEYS, LAWS, LawsThere, laws_of, unpacked
from workbench.index.row_digests import vector_digests
from workbench.index.side_by_side import aligned
from workbench.index.single_rows import Places, SingleRows
from workbench.index.storage import connect

ARTICLES, BUILDS, STAGING = "articles", "builds", "staging_"
TIES = 16  # rows fetched beyond the limit, so that equal scores at its edge come in `doc_id` order
SAMPLE_FAR = 2_000  # rows fetched from object storage to tell what a column takes
# How hard an ANN search tries (measured: docs/approximate-search.md): partitions that are looked into, at least
# and one for so many rows, and candidates for each hit wanted.
PROBES, ROWS_A_PROBE, REFINE = 50, 5_000, 5
_ARTICLE_FIELDS = [field.name for field in fields(Article)]
_PIECE = 1 << 16  # rows of a text column read at a time
_MANY = 1_000  # articles or laws in one condition


class Citable(NamedTuple):
    """As much of an article as a citation names."""

    doc_id: str
    law: str
    part: str
    article: str
    source_id: str


class Index(Described):
    """An index opened for reading; it goes on serving the same rows while a new build replaces them.

    `cache_bytes`: bytes of vector columns that stay in memory once they were streamed, so that one question after the
    other does not read them from disk again. `pair`: what the user typed for the pair, for advice. `is_newest`: False
    where a build has replaced the rows and not yet made their full-text indexes, so that these are the rows of before.
    `exact_up_to`: with more articles it is large, and a question is not asked of all of them unless one wants that. Nothing
    of a row is read before it is needed.
    """

    def __init__(
        self, uri: str, *, cache_bytes: int = 0, pair: str = "…", exact_up_to: int = EXACT_UP_TO
    ) -> None:
        self._pair, self._exact_up_to = pair, exact_up_to
        self._cache_bytes, self._cached_columns = cache_bytes, dict[str, Vectors]()
        self.cached_norms: dict[tuple[str, tuple[int, ...]], NDArray[np.float64]] | None = (
            {} if cache_bytes else None
        )
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
            super().__init__(uri, *_newest_complete(articles, database.open_table(BUILDS)))
            self.is_newest = self._table.version == newest
            self.build_id = _build_id(self._table)
            checksums = recorded_of(database, self.build_id)
        self._database = database
        self._checked = CheckedTable(uri, pair, self._table, checksums, table_folder(uri, ARTICLES))
        self._single = SingleRows(uri, pair, database, self._table, self._checked)

    @cached_property
    def rows(self) -> int:
        """How many articles it holds."""
        return self._checked.rows

    @property
    def is_large(self) -> bool:
        """Whether scoring every article takes longer than a question should."""
        return self.rows > self._exact_up_to

    @cached_property
    def doc_ids(self) -> DocIds:
        """All `doc_id`s in table order, which is `doc_id` order; read once one of them is wanted."""
        return DocIds(self.rows, lambda: self._checked.pieces("doc_id", _PIECE))

    @cached_property
    def local(self) -> NDArray[np.bool_]:
        """Which articles are local, in table order."""
        pieces = (pc.equal(piece, Scope.LOCAL.value) for piece in self._checked.pieces("scope", _PIECE))
        return np.concatenate([piece.to_numpy(zero_copy_only=False) for piece in pieces])

    @cached_property
    def laws(self) -> LawsThere:
        """The laws with their levels, places and dates: as the build has worked them out, else from all articles."""
        with readable(self.uri, self._pair):
            content = read_derived(self._database, self.build_id, LAWS)
        return laws_of(self._side_by_side(KEYS)) if content is None else unpacked(content)

    def _side_by_side(self, columns: Sequence[str]) -> Iterator[Any]:
        """Some columns in table order, as record batches of their checked pieces."""
        there = [name for name in columns if name in self._checked.schema.names]
        for pieces in aligned([self.pieces(name) for name in there]):
            yield pa.RecordBatch.from_arrays(pieces, there)

    @property
    def counts(self) -> dict[str, int]:
        """Number of articles, in all and by scope."""
        return self.laws.counts

    @cached_property
    def has_versions(self) -> bool:
        """Whether some law is there in several versions, as far as this index was built to know."""
        return self._knows_versions and self.laws.values(REPLACED) != [""]

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
        """`where` in SQL, of which everything that it goes through is what was built.

        An IndexFault where it asks for more than this index knows.
        """
        if where.as_of:
            self._check_knows_versions()
        named = [law for law in self.laws.names if where.law in law] if where.law else []
        if not where.law or len(named) > _MANY:
            self._single.ensure(where.columns)
            return where.sql
        self._single.ensure(where.columns)
        rest = replace(
            where, law=""
        ).sql  # the laws are known by their names: they need not be looked through
        return " AND ".join(filter(None, (in_list("law", named), rest)))

    def any(self, where: Filter) -> bool:
        """Whether a filter lets any article through."""
        condition = self._condition(where)
        with readable(self.uri, self._pair):
            return bool(self._table.count_rows(condition))

    def places(self, where: Filter) -> Places:
        """Positions of the articles that a filter lets through."""
        return self._single.places_where(self._condition(where), where.columns)

    def values(self, field: str) -> list[str]:
        """The distinct values of level, region, law or a date, in order."""
        return self.laws.values(field)

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

        Exact, or with `ann` through the column's ANN index: PROBES partitions or more, REFINE times the hits rescored
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
        search: Any = self._table.search(query, vector_column_name=column).distance_type("dot")
        if where:
            search = search.where(self._condition(where), prefilter=True)
        if ann:
            self._checked.ensure_files()
            # with a filter it goes on to further partitions until there are as many as wanted
            probes = max(PROBES, self.rows // ROWS_A_PROBE)
            search = search.minimum_nprobes(probes).maximum_nprobes(0 if where else probes)
            return self._rescored(search, column, query, limit)
        self._checked.ensure(["doc_id", column])
        with readable(self.uri, self._pair):
            found = (
                search.bypass_vector_index().select(["doc_id", "_distance"]).limit(limit + TIES).to_arrow()
            )
        pairs = zip(found["doc_id"].to_pylist(), found["_distance"].to_pylist(), strict=True)
        return by_rank(Hit(doc_id, 1.0 - distance) for doc_id, distance in pairs)[:limit]

    def _rescored(self, search: Any, column: str, query: Vectors, limit: int) -> list[Hit]:
        """The best of REFINE times as many candidates of an ANN index, by their own vectors, each of which is checked.

        Where an earlier version built the index, that is by reading the whole column once.
        """
        if not self._single.has_digests(column):
            self._checked.ensure(["doc_id", column])
        with readable(self.uri, self._pair):
            search = search.select(["doc_id", column, "_distance"]).with_row_id(True)
            found = search.limit((limit + TIES) * REFINE).to_arrow()
        doc_ids, vectors = found["doc_id"].to_pylist(), matrix(found[column])
        if self._single.has_digests(column):
            self._single.check(column, found["_rowid"].to_numpy(), vector_digests(doc_ids, vectors))
        scores = np.einsum("ij,j->i", vectors, query, dtype=np.float64)
        return by_rank(map(Hit, doc_ids, scores.tolist()))[:limit]

    def match(
        self, system: str, text: str, limit: int | None = None, *, where: Filter | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Positions and BM25 scores of the articles that share a word with `text`, best first: all, or the `limit` best.

        Of equal scores at the edge of `limit` any may come.
        """
        column = self.column_of(system, ALL)
        self._checked.ensure_files()
        with readable(self.uri, self._pair):
            search: Any = self._table.search(text, query_type="fts", fts_columns=column)
            if where:
                search = search.where(self._condition(where), prefilter=True)
            search = search.select(["_score"]).with_row_id(True)
            found = search.limit(limit or self.rows).to_arrow()
        return self._single.places(found["_rowid"].to_numpy()), found["_score"].to_numpy()

    def search_text(self, system: str, text: str, limit: int, *, where: Filter | None = None) -> list[Hit]:
        """The `limit` best articles by LanceDB full-text search, scored by BM25; fewer where fewer share a word with `text`."""
        places, scores = self.match(system, text, limit + TIES, where=where)
        pairs = zip(places.tolist(), scores.tolist(), strict=True)
        return by_rank(Hit(self.doc_ids[place], score) for place, score in pairs)[:limit]

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
        """Articles by `doc_id`; all of them where none are named."""
        if doc_ids is None:
            batches: Iterable[Any] = self._side_by_side(["doc_id", *_ARTICLE_FIELDS])
        else:
            named = sorted(set(doc_ids))
            parts = (named[start : start + _MANY] for start in range(0, len(named), _MANY))
            batches = (self.rows_where(in_list("doc_id", part), ["doc_id"]) for part in parts)
        rows = (row for batch in batches for row in batch.select(["doc_id", *_ARTICLE_FIELDS]).to_pylist())
        return {row.pop("doc_id"): Article(**{**row, "level": Level(row["level"])}) for row in rows}

    def rows_where(self, condition: str, of: Iterable[str]) -> Any:
        """The text fields of the articles that fulfil a condition in SQL on the columns `of`, as an Arrow table."""
        return self._single.where(condition, of)

    def citable(self) -> Iterator[Citable]:
        """What tells every article from the others, in table order; much quicker than the whole articles."""
        for batch in self._side_by_side(Citable._fields):
            yield from map(Citable, *(column.to_pylist() for column in batch.columns))

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
        shape = (self.rows, self._checked.schema.field(column).type.list_size)
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
        if not self.doc_ids.ascend:
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
        return [value for piece in self.pieces(name) for value in piece.to_pylist()]

    def pieces(self, name: str) -> Iterator[Any]:
        """The same as Arrow arrays."""
        return self._checked.pieces(name, _PIECE)


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
