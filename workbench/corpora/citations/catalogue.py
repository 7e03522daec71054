"""Where the articles lie that citations name: in memory, or wherever else they can be asked for by law and by name."""

from bisect import bisect
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Protocol

from workbench.corpora.citations.laws import Dates


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


class Catalogue(Protocol):
    """The laws of one corpus and their articles."""

    @property
    def laws(self) -> Sequence[str]:
        """The names of the laws, in the order of their first articles."""
        ...

    def of_laws(self, names: Collection[str]) -> Iterable[Citable]:
        """The articles of these laws, in corpus order."""
        ...

    def called(self, names: Collection[str]) -> Iterable[Citable]:
        """The articles with one of these names for a `doc_id` or a `source_id`, in corpus order."""
        ...

    def around(self, name: str) -> Sequence[str]:
        """Of all `doc_id`s and `source_id`s, in order, the two before where `name` would stand and the two behind."""
        ...

    def dates(self) -> Mapping[str, Dates]:
        """When the version of each law is of, by the law's name."""
        ...


class Listed:
    """A catalogue of articles in memory."""

    def __init__(self, articles: Iterable[Citable]) -> None:
        self._by_law: dict[str, list[Citable]] = {}
        for article in articles:
            self._by_law.setdefault(article.law, []).append(article)

    @property
    def laws(self) -> Sequence[str]:
        return list(self._by_law)

    def of_laws(self, names: Collection[str]) -> list[Citable]:
        return [article for name in names for article in self._by_law.get(name, ())]

    def called(self, names: Collection[str]) -> list[Citable]:
        found = (article for name in names for article in self._called.get(name, ()))
        return list({id(article): article for article in found}.values())

    def around(self, name: str) -> list[str]:
        place = bisect(self._names, name)
        return self._names[max(place - 2, 0) : place + 2]

    def dates(self) -> Mapping[str, Dates]:
        return {
            law: Dates(getattr(first, "published", ""), getattr(first, "effective", ""))
            for law, (first, *_) in self._by_law.items()
        }

    @cached_property
    def _called(self) -> dict[str, list[Citable]]:
        """What an article can be called -> those that are; several where sources give one name to several."""
        called: dict[str, list[Citable]] = {}
        for of_law in self._by_law.values():
            for article in of_law:
                for name in {article.doc_id, getattr(article, "source_id", "")} - {""}:
                    called.setdefault(name, []).append(article)
        return called

    @cached_property
    def _names(self) -> list[str]:
        return sorted(self._called)
