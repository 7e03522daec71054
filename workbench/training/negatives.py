"""Source-aware hard negatives from vectors in memory: wrong articles that the base system itself ranks high."""

from collections.abc import Sequence

import numpy as np

from workbench.core.domain import Article, Hit, Scope, by_rank
from workbench.core.vectors import Vectors
from workbench.query_sets.query_set import QuerySet
from workbench.training.mining import (
    Candidates,
    MinedTriplet,
    Ranked,
    choose_negatives,
    other_scope,
)
from workbench.training.mining_rules import MiningRules

_BATCH = 1_024  # questions scored at a time


def mine(
    query_set: QuerySet, articles: Sequence[Article], asked: Vectors, vectors: Vectors, rules: MiningRules
) -> list[MinedTriplet]:
    """The triplets of every judged query; ranks are not counted.

    `asked`: (judged queries, d), `vectors`: (articles, d), unit rows.
    """
    by_id = {article.doc_id: article for article in articles}
    places = {article.doc_id: place for place, article in enumerate(articles)}
    of_scope = {scope: np.array([article.scope is scope for article in articles]) for scope in Scope}
    mined: list[MinedTriplet] = []
    for start in range(0, len(asked), _BATCH):
        scores = asked[start : start + _BATCH] @ vectors.T
        for query, row in zip(query_set.judged[start : start + _BATCH], scores, strict=True):
            relevant = [by_id[doc_id] for doc_id in sorted(query_set.qrels[query.query_id])]
            positives = [
                Ranked(article.doc_id, 0, float(row[places[article.doc_id]])) for article in relevant
            ]
            scope = other_scope(relevant)
            across = _best(row, articles, rules.depth, of_scope[scope]) if scope and rules.across else []
            hits = _best(row, articles, rules.skip + rules.depth)
            candidates = Candidates(positives, hits, across)
            mined += choose_negatives(query.query_id, query.text, candidates, by_id, rules)
    return mined


def _best(
    scores: Vectors, articles: Sequence[Article], depth: int, among: np.ndarray | None = None
) -> list[Hit]:
    scores = scores if among is None else np.where(among, scores, -np.inf)
    depth = min(depth, len(scores))
    least = np.partition(scores, -depth)[-depth]
    places = np.flatnonzero((scores >= least) & (scores > -np.inf))  # all that tie at the end of the depth
    best = [Hit(articles[place].doc_id, float(scores[place])) for place in places.tolist()]
    return by_rank(best)[:depth]
