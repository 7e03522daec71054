"""Fusions: other systems' full rankings in one, by reciprocal ranks or by scaled scores."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.domain import Query
from workbench.core.machine import cores
from workbench.core.settings import FusionSystem
from workbench.evaluation.rankers.protocol import NOT_FOUND, Ranker, Scores, Search
from workbench.evaluation.rankers.scored import ScoredRanker, best_first, hits_by_scores
from workbench.index import Filter, Index, rows_of

Row = NDArray[np.float64]
_Asked = tuple[str, str, tuple[str, ...], Filter | None]  # query_id, text, own documents, what is searched


def reciprocal_ranks(scores: Row, k: int) -> Row:
    """1 / (k + rank) of each article, 0 where it is not found (Cormack, Clarke and Büttcher 2009).

    Ranks are in the one order: of equal scores the earlier place first.

    >>> reciprocal_ranks(np.array([0.5, 0.9, -np.inf]), 60).round(5).tolist()
    [0.01613, 0.01639, 0.0]
    """
    found = np.flatnonzero(scores > NOT_FOUND)
    worths = np.zeros(len(scores))
    worths[found[best_first(scores[found])]] = 1 / (k + np.arange(1, len(found) + 1))
    return worths


def scaled(scores: Row) -> Row:
    """Scores with the least that is found at 0 and the best at 1, and 0 where an article is not found.

    >>> scaled(np.array([2.0, 4.0, 3.0, -np.inf])).tolist()
    [0.0, 1.0, 0.5, 0.0]
    """
    found = scores > NOT_FOUND
    if not found.any():
        return np.zeros(len(scores))
    least, best = scores[found].min(), scores[found].max()
    return np.where(found, (scores - least) / (best - least) if best > least else 1.0, 0.0)


@dataclass(frozen=True)
class FusionRanker(ScoredRanker):
    """A fusion at work; `parts`: what it is of, by system."""

    settings: FusionSystem
    parts: Mapping[str, Ranker]
    index: Index
    _latest: dict[_Asked, Scores] = field(default_factory=dict, repr=False, compare=False)

    @property
    def matrices(self) -> int:
        return len(self.parts)

    @property
    def stored_bytes(self) -> int:
        return sum(part.stored_bytes or 0 for part in self.parts.values())

    @property
    def key(self) -> Mapping[str, Any]:
        parts = [[self._weight(name), dict(part.key)] for name, part in self.parts.items()]
        return {"method": self.settings.method, "k": self.settings.k, "parts": parts}

    def knows(self, text: str) -> bool:
        return all(part.knows(text) for part in self.parts.values())

    def check(self, queries: Sequence[Query], name: str) -> None:
        for part in self.parts.values():
            part.check(queries, name)

    def prepare(self, queries: Sequence[Query]) -> None:
        for part in self.parts.values():
            part.prepare(queries)

    def scores(self, queries: Sequence[Query], where: Filter | None = None) -> Scores:
        return self._one(queries[0], where) if len(queries) == 1 else self._scores(queries, where)

    def _one(self, query: Query, where: Filter | None) -> Scores:
        """For one question, which is first searched and then ranked, with a filter and without: the latest two stay."""
        asked = (query.query_id, query.text, query.own_documents, where)  # a run file knows its id
        if (latest := self._latest.get(asked)) is None:
            latest = self._scores([query], where)
            if len(self._latest) > 1:
                self._latest.clear()
            self._latest[asked] = latest
        return latest.copy()

    def _scores(self, queries: Sequence[Query], where: Filter | None) -> Scores:
        parts = {name: part.scores(queries, where) for name, part in self.parts.items()}
        fused = next(iter(parts.values()))  # written over row by row, once a row has been read
        with ThreadPoolExecutor(cores()) as pool:
            rows = [{name: scores[place] for name, scores in parts.items()} for place in range(len(queries))]
            for place, row in enumerate(pool.map(self._fused, rows)):
                fused[place] = row
        return fused

    def _fused(self, rows: Mapping[str, Row]) -> Row:
        """The score of every article for one question, from those in each part."""
        settings = self.settings
        worths = [
            self._weight(name)
            * (reciprocal_ranks(row, settings.k) if settings.method == "rrf" else scaled(row))
            for name, row in rows.items()
        ]
        if len(worths) > 2:
            # The least first, so that the same worths from other parts are a tie to the last bit.
            worths = list(np.sort(worths, axis=0))
        total = sum(worths[1:], start=worths[0])
        found = np.any([row > NOT_FOUND for row in rows.values()], axis=0)
        return np.where(found, total, NOT_FOUND)

    def _weight(self, part: str) -> float:
        return self.settings.weights.get(part, 1.0)

    def search(
        self, query: Query, dim: int, depth: int, *, where: Filter | None = None, ann: bool = False
    ) -> Search:
        known, began = self.knows(query.text), perf_counter()
        scores = self.scores([query], where)[0]
        hits = hits_by_scores(scores, depth, rows_of(self.index, where).doc_ids)
        return Search(hits, perf_counter() - began, known=known)
