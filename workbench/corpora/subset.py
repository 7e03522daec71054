"""A part of a corpus, to try things on: the articles that a condition lets through, and so many of them."""

import json
import sqlite3
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from hashlib import sha256

from workbench.core.domain import Article, Level
from workbench.core.errors import CorpusError
from workbench.corpora.citations import Dates, law_key
from workbench.corpora.citations.laws import Laws
from workbench.corpora.stored import FIELDS, StoredArticles

_NAMES = (*FIELDS, "scope")  # that a condition can use
_SCOPES = " ".join(f"WHEN '{level.value}' THEN '{level.scope.value}'" for level in Level)
_SCOPE = f"CASE level {_SCOPES} END"


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

    def select(self, articles: Collection[Article]) -> Collection[Article]:
        """The chosen ones of `articles`, in their order."""
        stored = StoredArticles.of(articles)
        passing = _passing(stored, self.where) if self.where else stored
        if not passing:
            raise CorpusError(
                "--where",
                "lets no article through",
                remedy=f"loosen it; the fields are {', '.join(_NAMES)}",
            )
        return passing if self.limit is None or self.limit >= len(passing) else _some(passing, self.limit)


def _by_name(full_name: Callable[[str], str], one: str, other: str) -> int:
    """Compares two names of laws: as equal where both call the same."""
    one, other = full_name(one), full_name(other)
    return (one > other) - (one < other)


def _hashed(doc_id: str) -> bytes:
    return sha256(doc_id.encode()).digest()


def _some(articles: StoredArticles, limit: int) -> StoredArticles:
    """Those of `articles` whose `doc_id` has the smallest hash."""
    articles.store.database.create_function("hashed", 1, _hashed, deterministic=True)
    smallest = f"SELECT position FROM {articles.joined} ORDER BY hashed(doc_id) LIMIT ?"
    return articles.store.at(
        f"SELECT place FROM {articles.order} WHERE position IN ({smallest}) ORDER BY position", limit
    )


def _passing(articles: StoredArticles, where: str) -> StoredArticles:
    database = articles.store.database
    database.create_collation("names", partial(_by_name, lru_cache(_laws(articles).full_name)))
    columns = ", ".join(name if name != "law" else "law COLLATE names AS law" for name in FIELDS)
    # On lines of its own, for it may end in a comment; and of whatever it gives only places that there are.
    passing = (
        f"SELECT place FROM (SELECT place, {columns}, {_SCOPE} AS scope FROM articles) WHERE (\n{where}\n)"
    )
    try:
        return articles.store.at(
            f"SELECT place FROM {articles.order} WHERE place IN ({passing}) ORDER BY position"
        )
    except (sqlite3.Error, sqlite3.Warning, ValueError) as fault:
        raise CorpusError(
            f"--where {where}",
            f"is no condition ({fault})",
            wanted=f"SQL on {', '.join(_NAMES)}",
            remedy="""write e.g. --where "scope = 'national'\"""",
        ) from fault
    finally:
        database.create_collation("names", None)


def _laws(articles: StoredArticles) -> Laws:
    """The laws of `articles`, as citations find them."""
    by_key: dict[str, str] = {}
    dates: dict[str, Dates] = {}
    firsts = f"SELECT law, published, effective, min(position) FROM {articles.joined} GROUP BY law ORDER BY 4"
    for law, published, effective, _ in articles.store.run(firsts):
        by_key.setdefault(law_key(law), law)
        dates[law] = Dates(published, effective)
    return Laws(by_key, lambda: dates)
