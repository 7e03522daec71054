"""Lexical systems: BM25 by LanceDB's full-text search, every match scored."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.dimensions import ALL
from workbench.core.domain import Query
from workbench.core.machine import cores
from workbench.evaluation.rankers.matches import Matches
from workbench.evaluation.rankers.own_documents import not_found, without
from workbench.evaluation.rankers.protocol import NOT_FOUND, Scores, Search
from workbench.evaluation.rankers.scored import ScoredRanker
from workbench.index import Filter, Index, row_mask


@dataclass(frozen=True)
class LexicalRanker(ScoredRanker):
    """A system whose articles are a full-text column of the index."""

    name: str
    index: Index
    _matches: Matches = field(default_factory=Matches, repr=False, compare=False)

    @property
    def column(self) -> str:
        return self.index.column_of(self.name, ALL)

    @property
    def key(self) -> Mapping[str, Any]:
        return {"column": self.column}

    @property
    def stored_bytes(self) -> int:
        return self.index.text_bytes(self.column)

    def scores(self, queries: Sequence[Query], where: Filter | None = None) -> Scores:
        found = np.full((len(queries), len(self.index.doc_ids)), NOT_FOUND)
        with ThreadPoolExecutor(cores()) as pool:
            matches = pool.map(lambda query: self._match(query.text), queries)
            for row, (places, scores) in zip(found, matches, strict=True):
                row[places] = scores
        not_found(found, queries, self.index)
        return found[:, row_mask(self.index, where)] if where else found

    def _match(self, text: str) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        return self._matches.once(text, lambda: self.index.match(self.name, text))

    def search(
        self, query: Query, dim: int, depth: int, *, where: Filter | None = None, ann: bool = False
    ) -> Search:
        began = perf_counter()
        deep = depth + len(query.own_documents)
        found = self.index.search_text(self.name, query.text, deep, where=where)
        return Search(without(found, query.own_documents, depth), perf_counter() - began)
