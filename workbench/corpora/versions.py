"""Versions of one law: which article is another one's older version, and from which day a newer version is in force."""

import re
from collections.abc import Collection, Sequence
from functools import lru_cache

from workbench.core.domain import Article
from workbench.corpora.citations import VERSION, law_key

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


def replaced_from(articles: Sequence[Article]) -> list[str]:
    """The first day on which a newer version of an article's law is in force, for each of `articles`; empty where there is none.

    Of a law in parts with numbers of their own each part by itself. A version is in force from the later of its two
    dates on, for none is before it is published. One without date replaces nothing.
    """
    laws: dict[_Law, dict[str, tuple[str, str]]] = {}  # -> its versions by name: age, first day in force
    for article in articles:
        if (age := _age(article)) is not None:
            versions = laws.setdefault(_law_of(article), {})
            began = age, max(article.published, article.effective)
            versions[article.law] = min(versions.get(article.law, began), began)
    days = {
        (law, name): min((since for age, since in versions.values() if age > own), default="")
        for law, versions in laws.items()
        for name, (own, _) in versions.items()
    }
    return [days.get((_law_of(article), article.law), "") for article in articles]


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


class Replacements:
    """From which day each article is replaced."""

    def __init__(self, days: dict[str, str]) -> None:
        self._days = days

    @classmethod
    def of(cls, articles: "Collection[Article]") -> "Replacements":
        listed = list(articles)
        return cls(dict(zip([a.doc_id for a in listed], replaced_from(listed), strict=True)))

    def day(self, article: Article) -> str:
        return self._days[article.doc_id]
