"""The articles of an index: opened, counted, by name or by condition, or a column at a time; nothing is read before it is needed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from workbench.core.ann import EXACT_UP_TO
from workbench.core.dimensions import ALL
from workbench.core.domain import Article, Level, Scope
from workbench.core.errors import IndexFault
from workbench.index.checking import CheckedTable
from workbench.index.checksums import recorded_of, table_folder
from workbench.index.columns import REPLACED
from workbench.index.derived import read_derived
from workbench.index.described import Builds, Described
from workbench.index.doc_ids import DocIds
from workbench.index.faults import readable
from workbench.index.filters import in_list
from workbench.index.fulltext import has_full_text
from workbench.index.laws import KEYS, LAWS, LawsThere, laws_of, unpacked
from workbench.index.side_by_side import aligned
from workbench.index.single_rows import SingleRows
from workbench.index.storage import connect, open_if_there

ARTICLES, BUILDS = "articles", "builds"
MANY = 1_000  # articles or laws in one condition
_ARTICLE_FIELDS = [field.name for field in fields(Article)]
_PIECE = 1 << 16  # rows of a text column read at a time


class Citable(NamedTuple):
    """As much of an article as a citation names."""

    doc_id: str
    law: str
    part: str
    article: str
    source_id: str


class IndexedArticles(Described):
    """One version of `articles`; `pair`: what the user typed for the pair, for advice.

    `is_newest`: False where a build has replaced the rows and not yet made their full-text indexes, so that these are the
    rows of before. `exact_up_to`: with more articles it is large, and a question is not asked of all of them unless one
    wants that.
    """

    def __init__(self, uri: str, *, pair: str = "…", exact_up_to: int = EXACT_UP_TO) -> None:
        self._pair, self._exact_up_to = pair, exact_up_to
        with readable(uri, pair):
            database = connect(uri)
            articles = open_if_there(database, ARTICLES)
            if articles is None:
                raise IndexFault(
                    uri,
                    "holds no index",
                    remedy=f"run `workbench index build --pair {pair}` (or `workbench demo`)",
                )
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
        return np.concatenate(
            [np.empty(0, bool), *(piece.to_numpy(zero_copy_only=False) for piece in pieces)]
        )

    @cached_property
    def laws(self) -> LawsThere:
        """The laws with their levels, places and dates: as the build has worked them out, else from all articles."""
        with readable(self.uri, self._pair):
            content = read_derived(self._database, self.build_id, LAWS)
        return laws_of(self._side_by_side(KEYS)) if content is None else unpacked(content)

    def _side_by_side(self, columns: Sequence[str]) -> Iterator[Any]:
        """Some columns in table order, as record batches of their checked pieces."""
        for name in set(columns) - {REPLACED}:
            self._check_has(name)
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

    def values(self, field: str) -> list[str]:
        """The distinct values of level, region, law or a date, in order."""
        return self.laws.values(field)

    def articles(self, doc_ids: Iterable[str] | None = None) -> dict[str, Article]:
        """Articles by `doc_id`; all of them where none are named."""
        if doc_ids is None:
            batches: Iterable[Any] = self._side_by_side(["doc_id", *_ARTICLE_FIELDS])
        else:
            named = sorted(set(doc_ids))
            parts = (named[start : start + MANY] for start in range(0, len(named), MANY))
            batches = (self.rows_where(in_list("doc_id", part), ["doc_id"]) for part in parts)
        rows = (row for batch in batches for row in batch.select(["doc_id", *_ARTICLE_FIELDS]).to_pylist())
        return {row.pop("doc_id"): Article(**{**row, "level": Level(row["level"])}) for row in rows}

    def _check_has(self, field: str) -> None:
        """An IndexFault where an earlier version built it, which did not know of that field."""
        if field not in self._checked.schema.names:
            raise IndexFault(
                self.uri,
                f"has no field {field}, as an earlier version built it",
                remedy=f"run `workbench index build --pair {self._pair}` again, which encodes nothing anew",
            )

    def rows_where(self, condition: str, of: Iterable[str]) -> Any:
        """The text fields of the articles that fulfil a condition in SQL on the columns `of`, as an Arrow table."""
        for name in {*_ARTICLE_FIELDS, *of}:
            self._check_has(name)
        return self._single.where(condition, of)

    def citable(self) -> Iterator[Citable]:
        """What tells every article from the others, in table order; much quicker than the whole articles."""
        for batch in self._side_by_side(Citable._fields):
            yield from map(Citable, *(column.to_pylist() for column in batch.columns))

    def column(self, name: str) -> list[Any]:
        """One column of the table, in table order."""
        return list(self.stream(name))

    def stream(self, name: str) -> Iterator[Any]:
        """The same, read as it goes."""
        for piece in self.pieces(name):
            yield from piece.to_pylist()

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
