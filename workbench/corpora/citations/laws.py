"""The laws of one corpus by whatever people call them: short names, other names of interpretations, versions."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from workbench.core.errors import CitationError
from workbench.corpora.citations.names import LawName, law_key, law_name, names
from workbench.corpora.citations.prose import DOUBTFUL
from workbench.corpora.citations.similar import most_similar

_MAKERS = re.compile(
    r"(?:(?:最高人民法院|最高人民检察院|公安部|国家安全部|司法部|最高法院|最高检察院|最高法|最高检|两高)[、和与]?)*(?:关于)?"
)
_KINDS = ("司法解释", "若干问题的解释", "若干问题的规定", "若干规定", "解释", "规定")
_TITLES = ("适用{}的解释{}", "适用{}若干问题的解释{}", "适用{}若干问题的规定{}")
_NUMBERED = re.compile(r"\([一二三四五六七八九十]+\)$")


class Dates(NamedTuple):
    """When a version of a law was published and came into force: ISO dates, or empty."""

    published: str = ""
    effective: str = ""


class Found(NamedTuple):
    """A law of the corpus by its key, and the part of it that was named."""

    key: str
    part: str = ""


class Laws:
    """`by_key`: key of each law -> its name; `dates`: name -> dates, asked for where a version is cited."""

    def __init__(self, by_key: Mapping[str, str], dates: Callable[[], Mapping[str, Dates]]) -> None:
        self._by_key = by_key
        self._dates = dates
        self._found: dict[str, Found | CitationError] = {}  # query sets cite the same laws again and again

    def find(self, cited: str) -> Found:
        """The law that is cited; a CitationError that says what is missing, with the nearest name."""
        if cited not in self._found:
            try:
                self._found[cited] = self._find(cited)
            except CitationError as fault:
                self._found[cited] = fault
        found = self._found[cited]
        if isinstance(found, CitationError):
            raise CitationError(found.subject, found.found, remedy=found.remedy)
        return found

    def _find(self, cited: str) -> Found:
        key = law_key(cited)
        if key in self._by_key:
            return Found(key)
        for name in self._spellings(cited):
            if name.key in self._bases:
                return Found(self._version(name, self._bases[name.key]), name.part)
            if of_court := self._interpretation(name.key):
                return Found(of_court, name.part)
        raise self._unknown(cited)

    def full_name(self, text: str) -> str:
        """The name of the law that a text calls by a short or another name; the text itself where it calls none."""
        try:
            return self._by_key[self.find(text).key]
        except CitationError:
            return text

    def in_titles(self, text: str) -> str:
        """What to look for in the names of laws: a text that stands in any of them, else the name of the law that it calls."""
        return text if any(text in name for name in self._by_key.values()) else self.full_name(text)

    def _spellings(self, cited: str) -> Iterable[LawName]:
        """A name as it stands, then without the words before it that may be prose."""
        yield law_name(cited)
        if match := DOUBTFUL.match(law_name(cited).key):
            yield law_name(law_name(cited).key[match.end() :])

    @cached_property
    def _bases(self) -> dict[str, list[str]]:
        """A law's name without its version -> the keys of its versions, in the order of their names."""
        bases: dict[str, list[str]] = {}
        for key in sorted(self._by_key):
            bases.setdefault(law_name(key).key, []).append(key)
        return bases

    # Versions

    def _version(self, cited: LawName, keys: list[str]) -> str:
        """Which of the versions of a law is cited: where none is, the one without mark, else the last."""
        if not cited.date:
            return cited.key if cited.key in keys else keys[-1]
        dates = {key: self._dates_of(key) for key in keys}
        fits = [key for key in keys if dates[key].published.startswith(cited.date)]
        if not fits and not cited.amended:
            fits = [key for key in keys if _began(dates[key], cited.date)]
        fits = fits or [key for key in keys if not dates[key].published]
        if len(fits) == 1:
            return fits[0]
        held = "、".join(dict.fromkeys(filter(None, (dates[key].published for key in fits or keys))))
        if fits:
            raise CitationError(
                f"《{cited.key}》", f"has several versions of {cited.date} ({held})", remedy="write the day"
            )
        raise CitationError(
            f"《{cited.key}》",
            f"is in this corpus as of {held}, not of {cited.date}",
            remedy='take that version into the corpus (versions = "all"), or cite the one that is there',
        )

    def _dates_of(self, key: str) -> Dates:
        """The dates of a version: its mark goes before what its source says."""
        marked = law_name(key).date
        return Dates(marked) if marked else self._dates().get(self._by_key[key], Dates())

    # Interpretations

    @cached_property
    def _untitled(self) -> dict[str, list[str]]:
        """Title without its makers and 关于 -> keys."""
        untitled: dict[str, list[str]] = {}
        for key in self._bases:
            if bare := _MAKERS.sub("", key, count=1):
                untitled.setdefault(bare, []).append(self._bases[key][-1])
        return untitled

    def _interpretation(self, key: str) -> str:
        """The interpretation that is called so (民诉法解释); empty where none is, or more than one."""
        bare = _MAKERS.sub("", key, count=1)
        candidates = [bare, *_titles(bare)]
        found = {each for name in candidates for each in self._untitled.get(name, ())}
        if not found and not _NUMBERED.search(key):  # 公司法解释 where there is only a first one
            stems = {f"{name}(" for name in candidates}
            found = {
                each
                for bare, keys in self._untitled.items()
                if _NUMBERED.search(bare) and any(map(bare.startswith, stems))
                for each in keys
            }
        return next(iter(found)) if len(found) == 1 else ""

    # What is not there

    def _unknown(self, cited: str) -> CitationError:
        name = law_name(cited).key
        replaced = names()["replaced"]
        bare = name.removeprefix("原")
        if part := replaced["laws"].get(bare):
            found = f"{bare} was repealed on {replaced['on']} and is not in this corpus"
            remedy = f"cite what took its place: {replaced['by']}, {part}"
            return CitationError(f"《{cited}》", found, remedy=remedy)
        law = most_similar(name, self._keys)
        hint = f"the nearest name is {self._by_key[law]}" if law else "no law has a similar name"
        return CitationError(f"《{cited}》", "no law of that name is in this corpus", remedy=hint)

    @cached_property
    def _keys(self) -> list[str]:
        return list(self._by_key)


def _titles(key: str) -> Iterator[str]:
    """Titles that a short name of an interpretation may stand for, without their makers."""
    number = match[0] if (match := _NUMBERED.search(key)) else ""
    bare = key.removesuffix(number)
    for kind in _KINDS:
        if bare.endswith(kind) and (short := bare.removesuffix(kind).removesuffix("的")):
            if title := names()["interpretations"].get(short):
                yield f"{title}{number}"
            yield from (title.format(law_key(short), number) for title in _TITLES)


def _began(dates: Dates, date: str) -> bool:
    """Whether a version came into force then; sources have for many laws the day on which the first version did."""
    return dates.effective >= dates.published and dates.effective.startswith(date)
