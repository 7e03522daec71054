"""Versions of one law: which article is another one's older version, and from which day a newer version is in force."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from weakref import finalize

from workbench.core.domain import Article
from workbench.corpora.citations import VERSION, law_key
from workbench.corpora.stored import enough_room, temporary_database

OLD = "旧版"  # marks an older version without a date
_MARK = re.compile(rf"{VERSION.pattern}|[(（](?:\d{{4}}-\d\d-\d\d|{OLD})[)）]$")
_Law = tuple[str, str, str]  # its name, the place it holds in, a part with numbers of its own


def marked(law: str, published: str) -> str:
    """The name of an older version of `law`.

    >>> marked("渡口法", "2015-03-15"), marked("渡口法", "")
    ('渡口法（2015-03-15）', '渡口法（旧版）')
    """
    return f"{law}（{published or OLD}）"


@lru_cache(maxsize=20_000)
def name_and_mark(law: str) -> tuple[str, str]:
    """A law's name, and the mark of its version behind it; empty where there is none.

    >>> name_and_mark("渡口法（2015-03-15）"), name_and_mark("渡口法(2019年修正)"), name_and_mark("渡口法（试行）")
    (('渡口法', '（2015-03-15）'), ('渡口法', '(2019年修正)'), ('渡口法（试行）', ''))
    """
    match = _MARK.search(law)
    return (law[: match.start()].rstrip(), match[0]) if match else (law, "")


def same_law(one: Article, other: Article) -> bool:
    """Whether two articles are of one law, in whatever versions of it."""
    return _law(one.law, one.region) == _law(other.law, other.region)


def is_older_version(article: Article, other: Article) -> bool:
    """Whether `article` is what `other` was in an older version of its law; not where nothing tells which is the older one."""
    age, other_age = _age(article), _age(other)
    if age is None or other_age is None or age >= other_age:
        return False
    same_place = (article.part, article.article) == (other.part, other.article)
    return same_place and same_law(article, other)


class Replacements:
    """When the versions of a corpus' laws are replaced by newer ones: told of all its articles first, then asked for any.

    Of a law in parts with numbers of their own each part by itself. A version is in force from the later of its two
    dates on, for none is before it is published. One without date replaces nothing.
    """

    def __init__(self) -> None:
        self._database = temporary_database()
        finalize(self, self._database.close)
        self._database.execute(f"CREATE TABLE versions ({_VERSION}, PRIMARY KEY ({_VERSION})) WITHOUT ROWID")
        # Articles of a law follow one another: what was told, and what was asked last and answered.
        self._told: tuple[str, ...] = ()
        self._asked: tuple[str, ...] = ()
        self._answer = ""

    @classmethod
    def of(cls, articles: Iterable[Article]) -> "Replacements":
        replacements = cls()
        for article in articles:
            replacements.add(article)
        return replacements

    def add(self, article: Article) -> None:
        told = article.law, article.region, article.part, article.published, article.effective
        if told == self._told:
            return
        self._told, self._asked = told, ()
        if (age := _age(article)) is not None:
            version = *_law_of(article), article.law, age, max(article.published, article.effective)
            with enough_room():
                self._database.execute("INSERT OR IGNORE INTO versions VALUES (?, ?, ?, ?, ?, ?)", version)

    def day(self, article: Article) -> str:
        """The first day on which a newer version of an article's law is in force; empty where there is none."""
        asked = article.law, article.region, article.part
        if asked != self._asked:
            self._asked, self._answer = asked, self._day(article.law, _law_of(article))
        return self._answer

    def _day(self, name: str, law: _Law) -> str:
        began: dict[str, tuple[str, str]] = {}  # name of a version -> its age, its first day in force
        for version, age, since in self._database.execute(_VERSIONS_OF, law):
            began.setdefault(version, (age, since))
        if name not in began:
            return ""
        own, _ = began[name]
        return min((since for age, since in began.values() if age > own), default="")


_VERSION = "law, region, part, name, age, since"
_VERSIONS_OF = (
    "SELECT name, age, since FROM versions WHERE (law, region, part) = (?, ?, ?) ORDER BY age, since"
)


def replaced_from(articles: Sequence[Article]) -> list[str]:
    """`Replacements.day` of each of `articles`."""
    replacements = Replacements.of(articles)
    return [replacements.day(article) for article in articles]


def _age(article: Article) -> str | None:
    """What sorts the versions of a law, the oldest first: when they were published; None where nothing tells."""
    if published := article.published or article.effective:
        return published
    return "" if OLD in name_and_mark(article.law)[1] else None


def _law_of(article: Article) -> _Law:
    return *_law(article.law, article.region), article.part


@lru_cache(maxsize=20_000)
def _law(name: str, region: str) -> tuple[str, str]:
    """What all versions of one law share, under any spelling of its name."""
    return law_key(name_and_mark(name)[0]), region
