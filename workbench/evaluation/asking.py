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
    `searching` are seconds; `known` says that the query's vector was cached. `exact`: of an approximate
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
class _Search:
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
    text = query_text(text)
    searched = {
        name: _search(text, name, index, encoder, vectors, dim, depth, where, ann)
        for name, encoder in encoders.items()
    }
    on_page = {hit.doc_id for search in searched.values() for hit in search.hits}
    listings = {
        name: _listing(search, index, name, dim, sorted({dim, *dims}), on_page, relevant, where)
        for name, search in searched.items()
    }
    return Answer(text, dim, listings, index.articles(on_page | relevant), relevant)


def _listing(
    search: _Search,
    index: Index,
    name: str,
    dim: int,
    dims: Sequence[int],
    on_page: set[str],
    relevant: frozenset[str],
    where: Filter | None,
) -> Listing:
    """`search` with the exact ranks of its articles on the page and of the relevant ones; `dims` ascend."""
    column = index.column_of(name, dims[-1])
    wanted_dims = dims if relevant else [dim]
    if where:
        by_dim = _ranks(index, column, wanted_dims, search.vector, relevant)
        ranks = _ranks(FilteredIndex(index, where), column, [dim], search.vector, on_page)[dim]
    else:
        by_dim = _ranks(index, column, wanted_dims, search.vector, on_page | relevant)
        ranks = by_dim[dim]
    return Listing(
        hits=search.hits,
        ranks=ranks,
        relevant={wanted_dim: _only(places, relevant) for wanted_dim, places in by_dim.items()},
        encoding=search.encoding,
        searching=search.searching,
        known=search.known,
        exact=search.exact,
    )


def _only(ranks: Mapping[str, int], doc_ids: frozenset[str]) -> dict[str, int]:
    return {doc_id: place for doc_id, place in ranks.items() if doc_id in doc_ids}


def _ranks(
    table: VectorTable, column: str, dims: Sequence[int], vector: Vectors, doc_ids: Iterable[str]
) -> dict[int, Mapping[str, int]]:
    """Exact ranks of some articles for one query vector, by dimension."""
    relevances = dict.fromkeys(doc_ids, 1)
    if not relevances:
        return {dim: {} for dim in dims}
    rankings = rank(table, column, dims, ["query"], vector, {"query": relevances}, 1)
    return {dim: ranking.ranks["query"] for dim, ranking in rankings.items()}


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
) -> _Search:
    known = vectors.holds(encoder, [text])
    began = perf_counter()
    vector = vectors.encode(encoder, [text])
    encoded = perf_counter()
    hits = index.search(name, dim, vector[0], depth, ann=ann, where=where)
    searched = perf_counter()
    exact = None
    if ann:
        exact_hits = index.search(name, dim, vector[0], depth, where=where)
        exact = overlap([hit.doc_id for hit in hits], [hit.doc_id for hit in exact_hits], depth)
    return _Search(vector, hits, exact, encoded - began, searched - encoded, known)
