"""Systems at work, whatever ranks the articles: one module a kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.core.settings import (
    DenseSystem,
    FusionSystem,
    LexicalSystem,
    Pair,
    RunSystem,
)
from workbench.corpora.citations import Resolver
from workbench.encoders import Encoder, QueryVectors
from workbench.evaluation.rankers.dense import DenseRanker
from workbench.evaluation.rankers.fusion import FusionRanker
from workbench.evaluation.rankers.lexical import LexicalRanker
from workbench.evaluation.rankers.protocol import Ranker, Search
from workbench.evaluation.rankers.run import RunRanker
from workbench.evaluation.ranks import Rank, rank
from workbench.index import Index

__all__ = [
    "DenseRanker",
    "FusionRanker",
    "LexicalRanker",
    "Ranker",
    "RunRanker",
    "Search",
    "rankers_for",
]


@dataclass(frozen=True)
class _Works:
    """What systems are put to work with."""

    pair: Pair
    index: Index
    encoders: Mapping[str, Encoder]
    vectors: QueryVectors
    resolver: Callable[[], Resolver]
    sweep: Rank
    made: dict[str, Ranker]


def rankers_for(
    pair: Pair,
    index: Index,
    encoders: Mapping[str, Encoder],
    vectors: QueryVectors,
    resolver: Callable[[], Resolver],
    sweep: Rank = rank,
) -> dict[str, Ranker]:
    """System -> what ranks by it, in the pair's order; no model is loaded and no run file read before it is needed.

    `sweep`: ranks systems with vectors over all articles.
    """
    works = _Works(pair, index, encoders, vectors, resolver, sweep, {})
    return {name: _made(works, name) for name in pair.systems}


def _made(works: _Works, name: str) -> Ranker:
    """Each once: a fusion shares what it is of with the system itself."""
    if name not in works.made:
        works.made[name] = _make(works, name)
    return works.made[name]


def _make(works: _Works, name: str) -> Ranker:
    match works.pair.systems[name]:
        case DenseSystem() as dense:
            dims = works.pair.dims_of(name)
            vectors, encoder = works.vectors, works.encoders[name]
            return DenseRanker(name, works.index, encoder, vectors, dims, dense.device, works.sweep)
        case LexicalSystem():
            return LexicalRanker(name, works.index)
        case FusionSystem() as fusion:
            return FusionRanker(fusion, {part: _made(works, part) for part in fusion.of}, works.index)
        case RunSystem() as run:
            return RunRanker(name, Path(run.path), works.index, works.resolver)
    raise TypeError(f"nothing ranks by {works.pair.systems[name]}")
