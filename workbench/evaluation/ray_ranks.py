"""Exact ranks by workers on Ray: each tallies some runs of rows, and their tallies become one."""

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.core.domain import Qrels
from workbench.core.engines import RayCluster
from workbench.core.errors import EngineError, IndexFault
from workbench.core.settings import Pair
from workbench.core.vectors import Vectors
from workbench.evaluation.parallel import split
from workbench.evaluation.ranks import Rank, Ranking, VectorTable, asked_of, rank, rankings_of
from workbench.evaluation.tallies import Asked, Tallies, merged, partial_tallies
from workbench.index import Index
from workbench.index.engines.ray_pool import RayPool
from workbench.index.engines.ray_tasks import Work

PARTS = 4  # pieces of work for each worker, so that none waits long for the slowest


@contextmanager
def ranks_on(
    cluster: RayCluster, pair: Pair, index: Index, say: Callable[[str], None] = lambda _: None
) -> Iterator[Rank]:
    """What ranks as `rank` does, over the whole of an index of `pair`, by workers on `cluster`."""
    with RayPool(cluster, say, gpus=0) as pool:
        yield partial(_rank, pool, _Place(pair, index.uri, index.build_id), index)


class _Rows(NamedTuple):
    """Rows of the table from `start` on; `local` (n,): which of them are local."""

    start: int
    local: NDArray[np.bool_]


@dataclass(frozen=True)
class _Place:
    """Where workers find the index."""

    pair: Pair
    uri: str
    build_id: str

    def work(self, asked: Asked, device: str) -> Work[_Rows, Tallies]:
        """Called in the worker: what tallies rows there."""
        return partial(_tally, self._opened(), asked, device)

    def _opened(self) -> Index:
        found = "has another index"
        try:
            index = Index(self.pair.index.at(self.uri), pair=self.pair.typed)
            if index.build_id == self.build_id:
                return index
        except IndexFault as fault:
            found = fault.found
        raise EngineError(
            f"{self.uri} on {socket.gethostname()}",
            found,
            wanted="the index that is to be measured",
            remedy="give `[index] uri` a folder that all machines share, or object storage: docs/cluster.md",
        )


def _tally(index: Index, asked: Asked, device: str, rows: _Rows, progress: Callable[[int], None]) -> Tallies:
    part = slice(rows.start, rows.start + len(rows.local))
    vectors = index.vector_part(asked.column, part)
    return partial_tallies(asked, vectors, rows.local, rows.start, device=device, progress=progress)


def _rank(
    pool: RayPool,
    place: _Place,
    index: Index,
    table: VectorTable,
    column: str,
    dims: Sequence[int],
    query_ids: Sequence[str],
    vectors: Vectors,
    qrels: Qrels,
    depth: int,
    progress: Callable[[int], None] = lambda _: None,
    *,
    device: str = "auto",
) -> dict[int, Ranking]:
    if table is not index or not query_ids:  # what a filter lets through is small
        return rank(table, column, dims, query_ids, vectors, qrels, depth, progress, device=device)
    asked = asked_of(table, column, dims, query_ids, vectors, qrels, depth)
    edges = (0, *index.run_ends)
    parts = [slice(edges[part.start], edges[part.stop]) for part in split(len(edges) - 1, PARTS * pool.size)]
    rows = [_Rows(part.start, table.local[part]) for part in parts]
    work = partial(place.work, asked, device)
    tallies = merged(pool.map(work, rows, lambda part: len(part.local), progress))
    return rankings_of(query_ids, asked, tallies, table.doc_ids)
