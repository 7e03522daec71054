"""The records that every part of the workbench speaks of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Scope(StrEnum):
    """Whether a rule holds in the whole country or in one place."""

    NATIONAL = "national"
    LOCAL = "local"


class Level(StrEnum):
    """Rank of a rule in the order of sources (Legislation Law of the PRC, chapters 2 to 5)."""

    CONSTITUTION = "宪法"
    LAW = "法律"
    ADMINISTRATIVE_REGULATION = "行政法规"
    JUDICIAL_INTERPRETATION = "司法解释"
    DEPARTMENT_RULE = "部门规章"
    LOCAL_REGULATION = "地方性法规"
    LOCAL_GOVERNMENT_RULE = "地方政府规章"

    @property
    def scope(self) -> Scope:
        local = self in (Level.LOCAL_REGULATION, Level.LOCAL_GOVERNMENT_RULE)
        return Scope.LOCAL if local else Scope.NATIONAL


@dataclass(frozen=True, slots=True)
class Article:
    """One retrievable statute article.

    `article` is the canonical number (第五十五条); `region` is empty for national rules; `published` and
    `effective` are ISO dates or empty; `implements` is the national law that a local rule carries out; `source_id` is
    what its source calls it, where the source has names of its own. A document of a data set that is no article has its
    `source_id` for a number, its title for a law, and where it has none the name of the data set for a part.
    """

    law: str
    article: str
    text: str
    level: Level
    region: str = ""
    part: str = ""
    chapter: str = ""
    published: str = ""
    effective: str = ""
    implements: str = ""
    synthetic: bool = False
    source_id: str = ""

    @property
    def doc_id(self) -> str:
        """Stable name without white space: the same article from two sources has the same one."""
        return "".join("#".join(filter(None, (self.law, self.part, self.article))).split())

    @property
    def numbered(self) -> bool:
        """Whether `article` is a number, and not what the source calls a document."""
        return not self.source_id or self.article != self.source_id

    @property
    def scope(self) -> Scope:
        return self.level.scope


@dataclass(frozen=True, slots=True)
class Citation:
    """A law and an article number in canonical form; `part` only where a law has parts with own numbers.

    `doc_id`: where given, it alone names the article, as the corpus or its source calls it. `relevance`: how well the
    article answers (TREC and BEIR grade it); above 0. `pinpoint`: which place in the article is meant (第一款第（三）项).
    """

    law: str = ""
    article: str = ""
    part: str = ""
    doc_id: str = ""
    relevance: int = 1
    pinpoint: str = ""

    def __str__(self) -> str:
        return self.doc_id or " ".join(filter(None, (self.law, self.part, self.article + self.pinpoint)))


@dataclass(frozen=True, slots=True)
class Query:
    """One information need and the citations that answer it.

    `own_documents`: those that are the question itself, which its rankings leave out: `doc_id`s, and before they are resolved
    what their source calls them. They tell no two queries apart.
    """

    query_id: str
    text: str
    relevant: tuple[Citation, ...] = ()
    topic: str = ""
    style: str = ""
    own_documents: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Hit:
    """One retrieved article; `score` is the cosine of query and article vector, in [-1, 1]."""

    doc_id: str
    score: float


SLICES = ("level", "region", "law", "topic", "style")  # by what queries are told apart

Qrels = Mapping[str, Mapping[str, int]]


def is_day(text: str) -> bool:
    """Whether `text` is a date as ISO 8601 has it.

    >>> [is_day(text) for text in ("2020-02-29", "2021-02-29", "20200229", "2020-2-9")]
    [True, False, False, False]
    """
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def by_rank(hits: Iterable[Hit]) -> list[Hit]:
    """Hits in the one order that ranks are counted in: higher score first, then `doc_id`.

    >>> [hit.doc_id for hit in by_rank([Hit("b", 0.5), Hit("c", 0.9), Hit("a", 0.5)])]
    ['c', 'a', 'b']
    """
    return sorted(hits, key=lambda hit: (-hit.score, hit.doc_id))
