"""Lexical systems: BM25 by LanceDB's full-text search, every match scored."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.dimensions import ALL
from workbench.core.domain import Qrels, Query
from workbench.evaluation.parallel import cores
from workbench.evaluation.rankers.matches import Matches
from workbench.evaluation.rankers.protocol import NOT_FOUND, Scores, Search
from workbench.evaluation.rankers.scored import rank_by_scores
from workbench.evaluation.ranks import Ranking
from workbench.index import Filter, Index, row_mask


@dataclass(frozen=True)
class LexicalRanker:
    """A system whose articles are a full-text column of the index."""

    name: str
    index: Index
    _matches: Matches = field(default_factory=Matches, repr=False, compare=False)

    dims = (ALL,)

    @property
    def column(self) -> str:
        return self.index.column_of(self.name, ALL)

    @property
    def key(self) -> Mapping[str, Any]:
        return {"column": self.column}

    def knows(self, text: str) -> bool:
        return True

    def check(self, queries: Sequence[Query], name: str) -> None:
        """Any query set can be measured."""

    def prepare(self, queries: Sequence[Query]) -> None:
        """Nothing is encoded."""

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
        return rank_by_scores(self.scores, queries, qrels, depth, self.index, where, progress)

    def scores(self, queries: Sequence[Query], where: Filter | None = None) -> Scores:
        found = np.full((len(queries), len(self.index.doc_ids)), NOT_FOUND)
        with ThreadPoolExecutor(cores()) as pool:
            matches = pool.map(lambda query: self._match(query.text), queries)
            for row, (places, scores) in zip(found, matches, strict=True):
                row[places] = scores
        return found[:, row_mask(self.index, where)] if where else found

    def _match(self, text: str) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        return self._matches.once(text, lambda: self.index.match(self.name, text))

    def search(
        self, query: Query, dim: int, depth: int, *, where: Filter | None = None, ann: bool = False
    ) -> Search:
        began = perf_counter()
        hits = self.index.search_text(self.name, query.text, depth, where=where)
        return Search(hits, perf_counter() - began)
