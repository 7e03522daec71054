"""The way from one question to the ranked lists of all systems."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

from workbench.core.domain import Article, Hit
from workbench.core.vectors import Vectors
from workbench.encoders import Encoder, QueryVectors
from workbench.evaluation.compare import overlap
from workbench.evaluation.ranks import VectorTable, rank
from workbench.index import Filter, FilteredIndex, Index
from workbench.query_sets.query_set import query_text


@dataclass(frozen=True)
class Listing:
    """One system's answer: hits of LanceDB's search, and exact ranks of every article on the page among those searched.

    `relevant`: dimension -> doc_id -> exact rank in the whole corpus, for the relevant articles. `encoding` and
    `searching` are seconds; `known` says that the query's vector was kept from before. `exact`: of an approximate
    search, how many of its hits exact search finds too; None where the search was exact.
    """

    hits: list[Hit]
    ranks: Mapping[str, int]
    relevant: Mapping[int, Mapping[str, int]]
    encoding: float
    searching: float
    known: bool
    exact: int | None = None


@dataclass(frozen=True)
class Answer:
    """All systems' listings of one question, with the articles that they name."""

    text: str
    dim: int
    listings: Mapping[str, Listing]
    articles: Mapping[str, Article]
    relevant: frozenset[str]


@dataclass(frozen=True)
class _Found:
    """What one system answered, before any rank is counted."""

    vector: Vectors
    hits: list[Hit]
    exact: int | None
    encoding: float
    searching: float
    known: bool


def ask(
    text: str,
    *,
    index: Index,
    encoders: Mapping[str, Encoder],
    vectors: QueryVectors,
    dim: int,
    depth: int,
    relevant: frozenset[str] = frozenset(),
    dims: Sequence[int] = (),
    where: Filter | None = None,
    ann: bool = False,
) -> Answer:
    """`text` asked of every system at one dimension.

    `relevant`: `doc_id`s whose ranks are wanted as well, at each of `dims` too. `where`: search these articles only;
    the ranks of hits count within them. `ann`: search through the ANN index.
    """
    text, dims = query_text(text), sorted({dim, *dims})
    found = {
        name: _search(text, name, index, encoder, vectors, dim, depth, where, ann)
        for name, encoder in encoders.items()
    }
    named = {hit.doc_id for one in found.values() for hit in one.hits}
    listings = {}
    for name, one in found.items():
        column = index.column_of(name, dims[-1])
        by_dim = _ranks(
            index, column, dims if relevant else [dim], one.vector, relevant if where else named | relevant
        )
        ranks = (
            _ranks(FilteredIndex(index, where), column, [dim], one.vector, named)[dim]
            if where
            else by_dim[dim]
        )
        wanted = {
            each: {doc_id: place for doc_id, place in places.items() if doc_id in relevant}
            for each, places in by_dim.items()
        }
        listings[name] = Listing(one.hits, ranks, wanted, one.encoding, one.searching, one.known, one.exact)
    return Answer(text, dim, listings, index.articles(named | relevant), relevant)


def _ranks(
    table: VectorTable, column: str, dims: Sequence[int], vector: Vectors, doc_ids: Iterable[str]
) -> dict[int, Mapping[str, int]]:
    """Exact ranks of some articles for one query vector, by dimension."""
    wanted = dict.fromkeys(doc_ids, 1)
    if not wanted:
        return {dim: {} for dim in dims}
    return {
        dim: found.ranks["query"]
        for dim, found in rank(table, column, dims, ["query"], vector, {"query": wanted}, 1).items()
    }


def _search(
    text: str,
    name: str,
    index: Index,
    encoder: Encoder,
    vectors: QueryVectors,
    dim: int,
    depth: int,
    where: Filter | None,
    ann: bool,
) -> _Found:
    known = vectors.holds(encoder, [text])
    began = perf_counter()
    vector = vectors.encode(encoder, [text])
    encoded = perf_counter()
    hits = index.search(name, dim, vector[0], depth, ann=ann, where=where)
    searched = perf_counter()
    exact = None
    if ann:
        one, other = (
            [hit.doc_id for hit in each]
            for each in (hits, index.search(name, dim, vector[0], depth, where=where))
        )
        exact = overlap(one, other, depth)
    return _Found(vector, hits, exact, encoded - began, searched - encoded, known)
