"""A part of a corpus, to try things on: the articles that a condition lets through, and so many of them."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, fields
from functools import lru_cache, partial
from hashlib import sha256

from workbench.core.domain import Article
from workbench.core.errors import CorpusError
from workbench.corpora.citations import Resolver

_FIELDS = [field.name for field in fields(Article)]


@dataclass(frozen=True)
class Subset:
    """A part of a corpus; by default all of it.

    `where`: a condition in SQL on the fields of `Article` and on `scope`, e.g. `scope = 'national' AND law LIKE '%劳动%'`.
    Names that `law` is compared with (`law = '劳合法'`) are read as in citations.
    `limit`: so many articles at most. Which ones depends on their `doc_id` alone: a larger limit adds to those of a smaller
    one, from everywhere.
    """

    where: str = ""
    limit: int | None = None

    @classmethod
    def recorded(cls, record: str) -> "Subset":
        """What `record` gave."""
        return cls(**json.loads(record)) if record else cls()

    @property
    def record(self) -> str:
        """As an index keeps it; empty for the whole corpus."""
        return json.dumps(asdict(self), ensure_ascii=False) if self != Subset() else ""

    def select(self, articles: Sequence[Article]) -> list[Article]:
        """The chosen ones of `articles`, in their order."""
        passing = _passing(articles, self.where) if self.where else list(articles)
        if not passing:
            raise CorpusError(
                "--where",
                "lets no article through",
                remedy=f"loosen it; the fields are {', '.join([*_FIELDS, 'scope'])}",
            )
        if self.limit is None or self.limit >= len(passing):
            return passing
        doc_ids = sorted((article.doc_id for article in passing), key=_hashed)
        chosen = set(doc_ids[: self.limit])
        return [article for article in passing if article.doc_id in chosen]


def _by_name(full_name: Callable[[str], str], one: str, other: str) -> int:
    """Compares two names of laws: as equal where both call the same."""
    one, other = full_name(one), full_name(other)
    return (one > other) - (one < other)


def _hashed(doc_id: str) -> bytes:
    return sha256(doc_id.encode()).digest()


def _passing(articles: Sequence[Article], where: str) -> list[Article]:
    columns = [*_FIELDS, "scope"]
    laws = Resolver(articles).laws
    with closing(sqlite3.connect(":memory:")) as database:
        database.create_collation("names", partial(_by_name, lru_cache(laws.full_name)))
        named = [f"{name} COLLATE names" if name == "law" else name for name in columns]
        database.execute(f"CREATE TABLE articles (position INTEGER PRIMARY KEY, {', '.join(named)})")
        marks = ", ".join("?" * (len(columns) + 1))
        rows = (
            (position, *(_sql_value(getattr(article, name)) for name in columns))
            for position, article in enumerate(articles)
        )
        database.executemany(f"INSERT INTO articles VALUES ({marks})", rows)
        database.execute("PRAGMA query_only = ON")
        try:
            # On lines of its own, for it may end in a comment.
            selected = database.execute(f"SELECT position FROM articles WHERE (\n{where}\n)")
            positions = {position for (position,) in selected}
        except (sqlite3.Error, sqlite3.Warning, ValueError) as fault:
            raise CorpusError(
                f"--where {where}",
                f"is no condition ({fault})",
                wanted=f"SQL on {', '.join(columns)}",
                remedy="""write e.g. --where "scope = 'national'\"""",
            ) from fault
    return [article for position, article in enumerate(articles) if position in positions]


def _sql_value(value: object) -> object:
    """Members of enumerations as the strings that they are: SQLite takes no subclass of `str`."""
    return str(value) if isinstance(value, str) else value
