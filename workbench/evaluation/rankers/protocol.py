"""What every system offers, of whatever kind: exact ranks of a query set, and an answer to one question."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from workbench.core.domain import Hit, Qrels, Query
from workbench.evaluation.ranks import Ranking
from workbench.index import Filter

Scores = NDArray[np.float64]
NOT_FOUND = -np.inf  # the score of an article that a system does not find


@dataclass(frozen=True)
class Search:
    """What one system answered to one question.

    `encoding`, `searching`: seconds; `known`: the query's vector was cached. `exact`: of an approximate search, how many
    of its hits exact search finds too; None where the search was exact, or the index is large. `answered`: False of a run that does not hold the
    question; `searched`: False of any run.
    """

    hits: list[Hit]
    searching: float
    encoding: float = 0.0
    known: bool = True
    exact: int | None = None
    answered: bool = True
    searched: bool = True


class Ranker(Protocol):
    """A system of a pair at work on one index."""

    @property
    def dims(self) -> tuple[int, ...]:
        """Its own dimensions, widest first; (ALL,) where it has no vectors."""
        ...

    @property
    def key(self) -> Mapping[str, Any]:
        """Whatever its rankings depend on beside index, query set and depth; plain data."""
        ...

    @property
    def stored_bytes(self) -> int | None:
        """Bytes on disk of what it searches at its widest; None where it searches nothing."""
        ...

    def searches_approximately(self, dim: int) -> bool:
        """Whether a question at one of its dimensions goes through an ANN index by default."""
        ...

    def knows(self, text: str) -> bool:
        """Whether it answers a question without loading a model."""
        ...

    def check(self, queries: Sequence[Query], name: str) -> None:
        """OtherQueries where it cannot be measured on this query set, called `name`."""
        ...

    def prepare(self, queries: Sequence[Query]) -> None:
        """Encodes what has to be encoded for `queries`, and keeps it."""
        ...

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
        """Exact ranks by dimension, over all articles or those that `where` lets through.

        `dims`: of its own, by default all; `progress(articles)`: how many articles, or as many as that share of the queries
        stands for, have been ranked.
        """
        ...

    def scores(self, queries: Sequence[Query], where: Filter | None = None) -> Scores:
        """(queries, articles) float64: the score at full width of all articles, or of those that `where` lets through.

        NOT_FOUND where it does not find one. Equal articles have equal scores.
        """
        ...

    def search(
        self, query: Query, dim: int, depth: int, *, where: Filter | None = None, ann: bool = False
    ) -> Search:
        """The best articles for one question; `dim`: one of its own."""
        ...
