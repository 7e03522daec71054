"""Finds the article of a corpus that a citation names."""

from bisect import bisect
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Protocol

from workbench.core.domain import Citation
from workbench.core.errors import CitationError
from workbench.corpora.citations.article_numbers import article_number
from workbench.corpora.citations.laws import Dates, Laws
from workbench.corpora.citations.names import law_key, names, part_key
from workbench.corpora.citations.parsing import parse_citations
from workbench.corpora.citations.similar import most_similar
from workbench.corpora.numerals import value_of


class Citable(Protocol):
    """What a citation can name: an article, or as much of one as tells which it is; found by its `source_id` too, where it has one."""

    @property
    def law(self) -> str: ...
    @property
    def part(self) -> str: ...
    @property
    def article(self) -> str: ...
    @property
    def doc_id(self) -> str: ...


class Resolver:
    """Finds the article that a citation names in one corpus.

    `articles`: whatever should be found; with two parts of one law, a citation without part finds the
    article when only one part has that number. `dates`: name of a law -> when its version is of, where `articles` do not
    say so themselves; asked for when a version is cited.
    """

    def __init__(
        self, articles: Iterable[Citable], dates: Callable[[], Mapping[str, Dates]] | None = None
    ) -> None:
        by_name: defaultdict[str, list[Citable]] = defaultdict(list)
        for article in articles:
            by_name[article.law].append(article)
        self._names: dict[str, str] = {}
        self._articles: dict[str, list[Citable]] = {}
        for name, named in by_name.items():
            key = law_key(name)
            self._names.setdefault(key, name)
            self._articles.setdefault(key, []).extend(named)
        self.laws = Laws(self._names, dates or self._dates)
        self._numbered: dict[str, dict[str, list[tuple[str, str]]]] = {}

    def resolve(self, citation: Citation) -> str:
        """The `doc_id`, or a CitationError that says what is missing, with the nearest law or id."""
        if citation.doc_id:
            return self._called(citation.doc_id)
        number = article_number(citation.article)
        found = self.laws.find(citation.law)
        part = citation.part or found.part
        named = self._in_law(found.key)
        numbered = named.get(number) or named.get(_as_item(number), [])
        fits = self._of_part(found.key, number, part, numbered)
        if len(fits) == 1:
            return fits[0]
        subject = f"《{citation.law}》{part}{citation.article}"
        if fits:
            raise CitationError(subject, "stands in more than one part of that law", remedy="name the part")
        raise CitationError(
            subject,
            f"{self._names[found.key]} is in this corpus, but without {number}",
            remedy="check the number against the text in force",
        )

    def _of_part(self, key: str, number: str, part: str, numbered: list[tuple[str, str]]) -> list[str]:
        """Those of the articles with one number that are in the part that is named, if any is."""
        if not part or not numbered:
            return [doc_id for _, doc_id in numbered]
        wanted = part_key(part)
        if fits := [doc_id for own, doc_id in numbered if part_key(own) == wanted]:
            return fits
        others = [own for own, _ in numbered if own]
        known = names()["parts"].get(key, {})
        right = [name for name, (_, first, last) in known.items() if first <= _main(number) <= last]
        elsewhere = wanted in known and wanted not in right
        if elsewhere or (others and wanted in self._parts(key)):
            where = f": it stands in {others[0]}" if others else f": it is one of {right[0]}" if right else ""
            raise CitationError(
                f"《{key}》{part}{number}",
                f"is not in that part{where}",
                remedy="mend the part or the number",
            )
        return [doc_id for _, doc_id in numbered]

    def _parts(self, key: str) -> set[str]:
        return {part_key(article.part) for article in self._articles[key]}

    def _called(self, name: str) -> str:
        """The article with this `doc_id`, or with this `source_id`; what reads as law#part#number is looked up as that."""
        fits = self._ids.get(name, [])
        if len(fits) == 1:
            return fits[0]
        if fits:
            raise CitationError(
                f'"{name}"',
                f"is what {len(fits)} articles are called in their sources",
                remedy=f"write e.g. {fits[0]}",
            )
        law, _, rest = name.partition("#")
        part, _, number = rest.rpartition("#")
        if number:
            return self.resolve(Citation(law, number, part))
        if "条" in name:  # a citation from a file that nobody mends
            citations = parse_citations(name)
            if len(citations) == 1:
                return self.resolve(citations[0])
        place = bisect(self._sorted_ids, name)
        nearest = most_similar(name, self._sorted_ids[max(place - 2, 0) : place + 2])
        hint = f"the nearest is {nearest}" if nearest else "check which corpus it is of"
        raise CitationError(f'"{name}"', "no article of this corpus or its sources is called so", remedy=hint)

    @cached_property
    def _ids(self) -> dict[str, list[str]]:
        """What an article can be called -> its `doc_id`; several where sources give one name to several."""
        articles = [article for of_law in self._articles.values() for article in of_law]
        called: dict[str, list[str]] = {}
        for article in articles:
            if source_id := getattr(article, "source_id", ""):
                called.setdefault(source_id, []).append(article.doc_id)
        return called | {article.doc_id: [article.doc_id] for article in articles}

    @cached_property
    def _sorted_ids(self) -> list[str]:
        return sorted(self._ids)

    def _in_law(self, key: str) -> dict[str, list[tuple[str, str]]]:
        """Number -> (part, doc_id) of one law's articles, worked out when the law is first cited."""
        if key not in self._numbered:
            numbered: dict[str, list[tuple[str, str]]] = {}
            for article in self._articles.get(key, []):
                numbered.setdefault(_number_or_name(article.article), []).append(
                    (article.part, article.doc_id)
                )
            self._numbered[key] = numbered
        return self._numbered[key]

    def _dates(self) -> dict[str, Dates]:
        """The dates of each law, as its articles have them."""
        return {
            name: Dates(getattr(of_law[0], "published", ""), getattr(of_law[0], "effective", ""))
            for name, of_law in ((self._names[key], of_law) for key, of_law in self._articles.items())
        }


def _as_item(number: str) -> str:
    """What an article is called in amendments, whose items have numbers and no articles: 条目三."""
    return f"条目{number[1:-1]}" if number.endswith("条") else ""


def _main(number: str) -> int:
    """
    >>> _main("第一百二十条之一")
    120
    """
    return value_of(number.removeprefix("第").partition("条")[0])


def _number_or_name(text: str) -> str:
    """Documents that are no articles have names instead of numbers."""
    try:
        return article_number(text)
    except CitationError:
        return text
