"""An index searched: by LanceDB's vector search, exactly or through an ANN index, and by its full-text search, within a filter."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.dimensions import ALL
from workbench.core.domain import Hit, by_rank
from workbench.core.errors import IndexFault
from workbench.core.vectors import Vectors, truncate_dim
from workbench.index.checking import matrix
from workbench.index.faults import readable
from workbench.index.filters import Filter, in_list
from workbench.index.row_digests import vector_digests
from workbench.index.rows import MANY, IndexedArticles
from workbench.index.single_rows import Places

TIES = 16  # rows fetched beyond the limit, so that equal scores at its edge come in `doc_id` order
# How hard an ANN search tries (measured: docs/approximate-search.md): partitions that are looked into, at
# least and one for so many rows, and candidates for each hit wanted.
PROBES, ROWS_A_PROBE, REFINE = 50, 5_000, 5


class SearchedIndex(IndexedArticles):
    """Searches of one version of `articles`."""

    def _condition(self, where: Filter) -> str:
        """`where` in SQL, of which everything that it goes through is what was built.

        An IndexFault where it asks for more than this index knows.
        """
        if where.as_of:
            self._check_knows_versions()
        named = [law for law in self.laws.names if where.law in law] if where.law else []
        if not where.law or len(named) > MANY:
            self._single.ensure(where.columns)
            return where.sql
        self._single.ensure(where.columns)
        rest = replace(
            where, law=""
        ).sql  # the laws are known by their names: they need not be looked through
        return " AND ".join(filter(None, (in_list("law", named), rest)))

    def any(self, where: Filter) -> bool:
        """Whether a filter lets any article through."""
        condition = self._condition(where)
        with readable(self.uri, self._pair):
            return bool(self._table.count_rows(condition))

    def places(self, where: Filter) -> Places:
        """Positions of the articles that a filter lets through."""
        return self._single.places_where(self._condition(where), where.columns)

    def search(
        self,
        system: str,
        dim: int,
        vector: Vectors,
        limit: int,
        *,
        ann: bool = False,
        where: Filter | None = None,
    ) -> list[Hit]:
        """The `limit` best articles by LanceDB search, metric: inner product of unit vectors (= cosine).

        Exact, or with `ann` through the column's ANN index: PROBES partitions or more, REFINE times the hits rescored
        exactly. `where`: only articles that this lets through, applied before the search. `vector`: (d,) float32 with d >= dim.
        """
        column = self.column_of(system, dim)
        if column not in self.vector_columns:
            raise IndexFault(
                self.uri,
                f"has no vector column {column}",
                wanted=f"one of {', '.join(self.vector_columns)}",
                remedy="add it to the pair",
            )
        if ann and not self.ann(column):
            raise IndexFault(
                column,
                "has no ANN index",
                remedy="run `workbench index build --ann ivf_rq`, or search exactly",
            )
        query = truncate_dim(vector[None, :], dim)[0]
        search: Any = self._table.search(query, vector_column_name=column).distance_type("dot")
        if where:
            search = search.where(self._condition(where), prefilter=True)
        if ann:
            self._checked.ensure_files()
            # with a filter it goes on to further partitions until there are as many as wanted
            probes = max(PROBES, self.rows // ROWS_A_PROBE)
            search = search.minimum_nprobes(probes).maximum_nprobes(0 if where else probes)
            return self._rescored(search, column, query, limit)
        self._checked.ensure(["doc_id", column])
        with readable(self.uri, self._pair):
            found = (
                search.bypass_vector_index().select(["doc_id", "_distance"]).limit(limit + TIES).to_arrow()
            )
        pairs = zip(found["doc_id"].to_pylist(), found["_distance"].to_pylist(), strict=True)
        return by_rank(Hit(doc_id, 1.0 - distance) for doc_id, distance in pairs)[:limit]

    def _rescored(self, search: Any, column: str, query: Vectors, limit: int) -> list[Hit]:
        """The best of REFINE times as many candidates of an ANN index, by their own vectors, each of which is checked.

        Where an earlier version built the index, that is by reading the whole column once.
        """
        if not self._single.has_digests(column):
            self._checked.ensure(["doc_id", column])
        with readable(self.uri, self._pair):
            search = search.select(["doc_id", column, "_distance"]).with_row_id(True)
            found = search.limit((limit + TIES) * REFINE).to_arrow()
        doc_ids, vectors = found["doc_id"].to_pylist(), matrix(found[column])
        if self._single.has_digests(column):
            self._single.check(column, found["_rowid"].to_numpy(), vector_digests(doc_ids, vectors))
        scores = np.einsum("ij,j->i", vectors, query, dtype=np.float64)
        return by_rank(map(Hit, doc_ids, scores.tolist()))[:limit]

    def match(
        self, system: str, text: str, limit: int | None = None, *, where: Filter | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Positions and BM25 scores of the articles that share a word with `text`, best first: all, or the `limit` best.

        Of equal scores at the edge of `limit` any may come.
        """
        column = self.column_of(system, ALL)
        self._checked.ensure_files()
        with readable(self.uri, self._pair):
            search: Any = self._table.search(text, query_type="fts", fts_columns=column)
            if where:
                search = search.where(self._condition(where), prefilter=True)
            search = search.select(["_score"]).with_row_id(True)
            found = search.limit(limit or self.rows).to_arrow()
        return self._single.places(found["_rowid"].to_numpy()), found["_score"].to_numpy()

    def search_text(self, system: str, text: str, limit: int, *, where: Filter | None = None) -> list[Hit]:
        """The `limit` best articles by LanceDB full-text search, scored by BM25; fewer where fewer share a word with `text`."""
        places, scores = self.match(system, text, limit + TIES, where=where)
        pairs = zip(places.tolist(), scores.tolist(), strict=True)
        return by_rank(Hit(self.doc_ids[place], score) for place, score in pairs)[:limit]
