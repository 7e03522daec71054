"""Pseudo-queries: questions made from statute text alone, without any label, each with the article that answers it."""

import random
import re
from collections.abc import Iterator, Sequence

from workbench.core.domain import Article
from workbench.corpora.citations import COUNTRY

_NOT_WORDS = re.compile(r"[^\u4e00-\u9fffa-zA-Z0-9]+")
_AFTER_CLAUSE = re.compile(r"(?<=[，。；：\n])")


def pseudo_queries(articles: Sequence[Article], count: int, *, seed: int) -> Iterator[tuple[str, int]]:
    """(pseudo-query, position of its article): 80 % one to four short spans of the article, 10 % a half of it,
    10 % the name of its law. A local article's pseudo-query begins with its place, as people who mean local rules say it.
    Every article comes once before any comes twice."""
    chance = random.Random(seed)  # noqa: S311 (training data, nothing secret)
    order: list[int] = []
    for _ in range(count):
        if not order:
            order = chance.sample(range(len(articles)), len(articles))
        position = order.pop()
        article = articles[position]
        yield article.region + _question(article, chance), position


def _question(article: Article, chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.1:
        return article.law
    clauses = [clause for clause in _AFTER_CLAUSE.split(article.text) if clause.strip()]
    if kind < 0.2 and len(clauses) > 1:
        cut = chance.randrange(1, len(clauses))
        return "".join(chance.choice([clauses[:cut], clauses[cut:]]))
    words = _NOT_WORDS.sub("", article.text)
    spans = [_span(words, chance) for _ in range(chance.randint(1, 4))]
    if chance.random() < 0.1:
        spans.insert(0, article.law.removeprefix(COUNTRY))
    return "，".join(spans)


def _span(words: str, chance: random.Random) -> str:
    length = min(chance.randint(2, 9), len(words))
    start = chance.randrange(len(words) - length + 1)
    return words[start : start + length]
