"""What systems without vectors share, and exact ranks of those that score every article: lexical ones and fusions."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from workbench.core.dimensions import ALL
from workbench.core.domain import Hit, Qrels, Query
from workbench.core.machine import cores
from workbench.evaluation.rankers.own_documents import own_documents
from workbench.evaluation.rankers.protocol import NOT_FOUND, Scores
from workbench.evaluation.ranks import Ranking, places_of
from workbench.index import Filter, Index, rows_of

_BYTES = 64e6  # of scores that are held at a time


class WithoutVectors:
    """A system that needs no model: it can be asked any question, and nothing is encoded for it."""

    dims = (ALL,)

    def searches_approximately(self, dim: int) -> bool:
        return False

    def knows(self, text: str) -> bool:
        return True

    def check(self, queries: Sequence[Query], name: str) -> None:
        """Any query set can be measured."""

    def prepare(self, queries: Sequence[Query]) -> None:
        """Nothing is encoded."""


class ScoredRanker(WithoutVectors, ABC):
    """A system without vectors that scores every article of its `index`."""

    index: Index

    @property
    def matrices(self) -> int:
        """Of scores that it holds at once."""
        return 1

    @abstractmethod
    def scores(self, queries: Sequence[Query], where: Filter | None = None) -> Scores: ...

    def rank(
        self,
        queries: Sequence[Query],
        qrels: Qrels,
        depth: int,
        *,
        dims: Sequence[int] | None = None,
        where: Filter | None = None,
        progress: Callable[[int], None] = lambda _: None,
    ) -> dict[int, Ranking]:
        table = rows_of(self.index, where)
        own = own_documents(queries, qrels, table)
        qrels = own.counted
        places = places_of(table.doc_ids, {doc_id for query in queries for doc_id in qrels[query.query_id]})
        ranks, displaced = dict[str, dict[str, int]](), dict[str, dict[str, int]]()
        hits, found = dict[str, list[Hit]](), dict[str, int]()
        with ThreadPoolExecutor(cores()) as pool:
            for group in _groups(queries, len(self.index.doc_ids), self.matrices):
                rows = self.scores(group, where)
                best = pool.map(lambda row: hits_by_scores(row, depth, table.doc_ids), rows)
                for query, row, listed in zip(group, rows, best, strict=True):
                    wanted = {doc_id: places[doc_id] for doc_id in qrels[query.query_id]}
                    above = {doc_id: _above(row, place) for doc_id, place in wanted.items()}
                    ranks[query.query_id] = {doc_id: 1 + int(mask.sum()) for doc_id, mask in above.items()}
                    displaced[query.query_id] = {
                        doc_id: int((mask & (table.local != table.local[wanted[doc_id]])).sum())
                        for doc_id, mask in above.items()
                    }
                    hits[query.query_id] = listed
                    found[query.query_id] = int((row > NOT_FOUND).sum())
                progress(len(self.index.doc_ids) * len(hits) // len(queries))
        return {ALL: own.taken_out(Ranking(ranks, displaced, hits, found), depth)}


def best_first(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """The places of `scores` (n,) in the one order: the best first, of equal ones the earlier.

    As a stable sort has them, in half its time: only among equal scores are places sorted.

    >>> best_first(np.array([0.1, 0.7, 0.1, 0.7])).tolist()
    [1, 3, 0, 2]
    """
    order = np.argsort(-scores)
    ranked = scores[order]
    same = np.concatenate([[False], ranked[1:] == ranked[:-1]])[: len(scores)]  # as the one before
    tied = np.flatnonzero(same | np.append(same[1:], False)[: len(scores)])
    run = np.cumsum(~same[tied]) * len(scores)  # of equal scores
    order[tied] = np.sort(run + order[tied]) - run
    return order


def hits_by_scores(scores: NDArray[np.float64], depth: int, doc_ids: Sequence[str]) -> list[Hit]:
    """The `depth` best articles that are found, in the one order; `scores` (articles,)."""
    last = len(scores) - min(depth, len(scores))
    edge = max(np.partition(scores, last)[last], np.finfo(np.float64).min)
    candidates = np.flatnonzero(scores >= edge)
    best = candidates[best_first(scores[candidates])[:depth]]
    return [Hit(doc_ids[place], float(scores[place])) for place in best.tolist()]


def _above(scores: NDArray[np.float64], place: int) -> NDArray[np.bool_]:
    """Which articles stand above the one at `place`."""
    above: NDArray[np.bool_] = scores > scores[place]
    above[:place] |= scores[:place] == scores[place]
    return above


def _groups(queries: Sequence[Query], articles: int, matrices: int) -> Iterator[Sequence[Query]]:
    """`queries` in runs whose scores, in so many matrices, stay within _BYTES."""
    size = max(1, int(_BYTES / (8 * matrices * max(articles, 1))))
    return (queries[start : start + size] for start in range(0, len(queries), size))
