"""Articles on a disk, as many as there may be: read one after the other, as often as wanted, while memory holds a few."""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from itertools import count
from operator import attrgetter
from typing import Any
from weakref import finalize

from workbench.core.domain import Article, Level
from workbench.core.errors import CorpusError

CACHE = 32 << 20  # bytes of a database in memory, and as many again while it sorts
FIELDS = tuple(field.name for field in fields(Article))
_COLUMNS = ("key", "subkey", "doc_id", *FIELDS)
# for all columns but the first two; of a level its value, for SQLite takes no subclass of `str`
_VALUES = attrgetter("doc_id", *(name if name != "level" else "level.value" for name in FIELDS))
_LEVELS = {level.value: level for level in Level}
_NO_ROOM = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)

Keys = tuple[str, str]


def temporary_database() -> sqlite3.Connection:
    """An empty database for this process alone; what is more than CACHE lies in a file that vanishes with it.

    Any thread may use it, also while another one reads.
    """
    database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    for setting in ("journal_mode = OFF", "secure_delete = OFF", f"cache_size = -{CACHE >> 10}"):
        database.execute(f"PRAGMA {setting}")
    database.execute("BEGIN")  # what never ends: nobody else reads, and nothing is taken back
    return database


@contextmanager
def enough_room() -> Iterator[None]:
    """A full disk as a CorpusError."""
    try:
        yield
    except sqlite3.OperationalError as fault:
        if getattr(fault, "sqlite_errorcode", 0) & 0xFF not in _NO_ROOM:
            raise
        raise CorpusError(
            "the folder for temporary files",
            f"has no room for the corpus ({fault})",
            remedy="make room there, or name a folder on a larger disk in SQLITE_TMPDIR",
        ) from fault


class ArticleStore:
    """A table `articles` of articles as they came: `place` counts from one, `key` and `subkey` are what `keys` gives."""

    def __init__(self, keys: Callable[[Article], Keys] = lambda _: ("", "")) -> None:
        self.database = temporary_database()
        finalize(self, self.database.close)
        self._keys = keys
        self._orders = count(1)
        self.run(f"CREATE TABLE articles (place INTEGER PRIMARY KEY, {', '.join(_COLUMNS)})")

    def run(self, statement: str, *values: Any) -> sqlite3.Cursor:
        with enough_room():
            return self.database.execute(statement, values)

    def number(self, query: str, *values: Any) -> int:
        """The one number that a query gives."""
        ((number,),) = self.run(query, *values)
        return int(number)

    def add(self, articles: Iterable[Article]) -> int:
        """Puts `articles` behind those that are there; the last place of the latter."""
        before = self.number("SELECT coalesce(max(place), 0) FROM articles")
        marks = ", ".join("?" * len(_COLUMNS))
        statement = f"INSERT INTO articles ({', '.join(_COLUMNS)}) VALUES ({marks})"
        self.run("DROP INDEX IF EXISTS by_key")  # to sort all keys is quicker than to fit them in one by one
        rows = ((*self._keys(article), *_VALUES(article)) for article in articles)
        with enough_room():
            self.database.executemany(statement, rows)
        self.run("CREATE INDEX by_key ON articles (key, subkey)")
        return before

    def read(self, rest: str, *values: Any) -> Iterator[Article]:
        """The articles that a query gives, from its FROM on."""
        names = ", ".join(f"articles.{name}" for name in FIELDS)
        with enough_room():
            for row in self.run(f"SELECT {names} {rest}", *values):
                yield _article(*row)

    def at(self, query: str, *values: Any) -> "StoredArticles":
        """The articles at the places that a query gives, in its order."""
        order = f"order_{next(self._orders)}"
        self.run(f"CREATE TABLE {order} (position INTEGER PRIMARY KEY, place INTEGER)")
        self.run(f"INSERT INTO {order} (place) {query}", *values)
        return StoredArticles(self, order)


class StoredArticles(Collection[Article]):
    """Articles of a store in the order of its table `order`; `joined`: both, to be selected from."""

    def __init__(self, store: ArticleStore, order: str) -> None:
        self.store = store
        self.order = order
        self.joined = f"{order} CROSS JOIN articles USING (place)"
        self._count = store.number(f"SELECT count(*) FROM {order}")

    @classmethod
    def of(cls, articles: Iterable[Article]) -> "StoredArticles":
        """Articles in their order; as they are where they are stored already."""
        if isinstance(articles, StoredArticles):
            return articles
        store = ArticleStore()
        store.add(articles)
        return store.at("SELECT place FROM articles ORDER BY place")

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Article]:
        return self.store.read(f"FROM {self.joined} ORDER BY position")

    def __contains__(self, article: object) -> bool:
        return any(each == article for each in self)


def _article(law: str, number: str, text: str, level: str, *more: Any) -> Article:
    *others, synthetic, source_id = more
    values: tuple[Any, ...] = law, number, text, _LEVELS[level], *others, bool(synthetic), source_id
    return Article(*values)
