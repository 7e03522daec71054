"""Training pairs made from statute text alone, without any label."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from workbench.citations import COUNTRY
from workbench.domain import Article
from workbench.index import format_document

LONGEST = 200  # characters

_NOT_WORDS = re.compile(r"[^\u4e00-\u9fffa-zA-Z0-9]+")
_AFTER_CLAUSE = re.compile(r"(?<=[，。；：\n])")


def unlabelled_pairs(articles: Sequence[Article], count: int, template: str, *, seed: int) -> Iterator[tuple[str, int, str]]:
    """(pseudo-question, position of its article, article in part): 80 % made of short spans, 10 % the other
    part of the article, 10 % the law's name.

    Every article comes once before any comes twice, so that a batch holds no article two times. The article
    loses a third of its clauses: a model must not lean on any single one.
    """
    chance = random.Random(seed)  # noqa: S311 (training data, nothing secret)
    order: list[int] = []
    for _ in range(count):
        if not order:
            order = chance.sample(range(len(articles)), len(articles))
        position = order.pop()
        article = articles[position]
        yield _question(article, chance), position, format_document(_thinned(article, chance), template)


def _question(article: Article, chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.1:
        return article.law.removeprefix(COUNTRY)
    clauses = [clause for clause in _AFTER_CLAUSE.split(article.text) if clause.strip()]
    if kind < 0.2 and len(clauses) > 1:
        cut = chance.randrange(1, len(clauses))
        return "".join(clauses[:cut] if chance.random() < 0.5 else clauses[cut:])
    words = _NOT_WORDS.sub("", article.text)
    spans = [_span(words, chance) for _ in range(chance.randint(1, 3))]
    if chance.random() < 0.2:
        spans.insert(0, article.law.removeprefix(COUNTRY))
    return "，".join(spans)


def _span(words: str, chance: random.Random) -> str:
    length = min(chance.randint(3, 14), len(words))
    start = chance.randrange(len(words) - length + 1)
    return words[start : start + length]


def _thinned(article: Article, chance: random.Random) -> Article:
    clauses = _AFTER_CLAUSE.split(article.text)
    kept = "".join(clause for clause in clauses if chance.random() > 1 / 3)
    return shortened(replace(article, text=kept or article.text))


def shortened(article: Article) -> Article:
    """`article` with the beginning of its text only: training time grows with length, and most articles are shorter."""
    return replace(article, text=article.text[:LONGEST])
