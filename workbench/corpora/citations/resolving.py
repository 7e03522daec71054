"""Finds the article of a corpus that a citation names."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress

from workbench.core.domain import Citation
from workbench.core.errors import CitationError
from workbench.corpora.citations.article_numbers import article_number
from workbench.corpora.citations.catalogue import Catalogue, Citable, Listed
from workbench.corpora.citations.laws import Dates, Laws
from workbench.corpora.citations.names import law_key, names, part_key
from workbench.corpora.citations.parsing import parse_citations
from workbench.corpora.citations.similar import most_similar
from workbench.corpora.numerals import value_of

_AT_ONCE = 500  # laws or names that a catalogue is asked for together


class Resolver:
    """Finds the article that a citation names in one corpus.

    `articles`: whatever should be found, or the `catalogue` that has it; with two parts of one law, a citation without
    part finds the article when only one part has that number. `dates`: name of a law -> when its version is of, where the
    articles do not say so themselves.
    """

    def __init__(
        self,
        articles: Iterable[Citable] = (),
        dates: Callable[[], Mapping[str, Dates]] | None = None,
        *,
        catalogue: Catalogue | None = None,
    ) -> None:
        self._catalogue = catalogue or Listed(articles)
        self._names: dict[str, str] = {}
        self._spelt: dict[str, list[str]] = {}  # key of a law -> its names in this corpus
        for name in self._catalogue.laws:
            self._names.setdefault(law_key(name), name)
            self._spelt.setdefault(law_key(name), []).append(name)
        self.laws = Laws(self._names, dates or self._catalogue.dates)
        self._articles: dict[str, list[Citable]] = {}
        self._numbered: dict[str, dict[str, list[tuple[str, str]]]] = {}
        self._fits: dict[str, list[str]] = {}

    def expect(self, citations: Iterable[Citation]) -> None:
        """Asks for the articles of many citations together, which one by one would take long."""
        listed = list(citations)
        self._look_up({citation.doc_id for citation in listed if citation.doc_id})
        keys = dict[str, None]()
        for law in dict.fromkeys(citation.law for citation in listed if not citation.doc_id):
            with suppress(CitationError):  # told when it is resolved
                keys[self.laws.find(law).key] = None
        self._fetch(keys)

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
        return {part_key(article.part) for article in self._of_law(key)}

    def _called(self, name: str) -> str:
        """The article with this `doc_id`, or with this `source_id`; what reads as law#part#number is looked up as that."""
        self._look_up({name})
        fits = self._fits[name]
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
        nearest = most_similar(name, self._catalogue.around(name))
        hint = f"the nearest is {nearest}" if nearest else "check which corpus it is of"
        raise CitationError(f'"{name}"', "no article of this corpus or its sources is called so", remedy=hint)

    def _look_up(self, names: Collection[str]) -> None:
        """Finds the articles with these names, where that has not been done yet; a `doc_id` goes before a `source_id`."""
        for some in _batches(name for name in names if name not in self._fits):
            found = dict[str, list[str]]()
            for article in self._catalogue.called(some):
                found.setdefault(article.doc_id, []).append(article.doc_id)
                if source_id := getattr(article, "source_id", ""):
                    found.setdefault(source_id, []).append(article.doc_id)
            for name in some:
                fits = found.get(name, [])
                self._fits[name] = [name] if name in fits else fits

    def _of_law(self, key: str) -> list[Citable]:
        self._fetch([key])
        return self._articles[key]

    def _fetch(self, keys: Iterable[str]) -> None:
        """Asks for the articles of laws, where that has not been done yet."""
        for some in _batches(key for key in keys if key not in self._articles):
            by_name = dict[str, list[Citable]]()
            for article in self._catalogue.of_laws(
                [name for key in some for name in self._spelt.get(key, ())]
            ):
                by_name.setdefault(article.law, []).append(article)
            for key in some:
                named = (by_name.get(name, []) for name in self._spelt.get(key, ()))
                self._articles[key] = [article for of_name in named for article in of_name]

    def _in_law(self, key: str) -> dict[str, list[tuple[str, str]]]:
        """Number -> (part, doc_id) of one law's articles, worked out when the law is first cited."""
        if key not in self._numbered:
            numbered: dict[str, list[tuple[str, str]]] = {}
            for article in self._of_law(key):
                numbered.setdefault(_number_or_name(article.article), []).append(
                    (article.part, article.doc_id)
                )
            self._numbered[key] = numbered
        return self._numbered[key]


def _batches(items: Iterable[str]) -> Iterator[list[str]]:
    listed = list(items)
    return (listed[start : start + _AT_ONCE] for start in range(0, len(listed), _AT_ONCE))


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
