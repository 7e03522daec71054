"""The way from one question to the ranked lists of all systems."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from workbench.core.dimensions import ALL, own_dim
from workbench.core.domain import Article, Hit, Query
from workbench.evaluation.rankers import Ranker, Search
from workbench.evaluation.ranks import Ranking
from workbench.index import Filter, Index, nothing_let_through
from workbench.query_sets.query_set import query_text


@dataclass(frozen=True)
class Listing:
    """One system's answer: its hits at its own dimension `dim`, and exact ranks of every article on the page among those searched.

    `relevant`: dimension -> doc_id -> exact rank in the whole corpus, for the relevant articles; a run file has ranks for
    what it lists only. `found`: how many of the articles searched the system finds, `found_anywhere`: how many of the whole
    corpus; what ranks beyond follows in `doc_id` order, None where it finds all. `encoding` and `searching` are seconds;
    `known` says that the query's vector was cached. `exact`: of an approximate search, how many of its hits exact search
    finds too; None where the search was exact, or the index is large. `answered`:
    False where a run file does not hold the question; `searched`: False of any run file. `ranked`: False where ranks beyond
    the list have not been worked out: then `ranks` and `relevant` are the places of its own hits, and `found` is their number.
    """

    dim: int
    hits: list[Hit]
    ranks: Mapping[str, int]
    relevant: Mapping[int, Mapping[str, int]]
    found: int | None
    encoding: float
    searching: float
    known: bool
    exact: int | None = None
    answered: bool = True
    searched: bool = True
    found_anywhere: int | None = None
    ranked: bool = True


@dataclass(frozen=True)
class Answer:
    """All systems' listings of one question at `dim`, with the articles that they name."""

    text: str
    dim: int
    listings: Mapping[str, Listing]
    articles: Mapping[str, Article]
    relevant: frozenset[str]


@dataclass(frozen=True)
class _Wanted:
    """What is asked of every system."""

    query: Query
    dim: int
    depth: int
    relevant: frozenset[str]
    where: Filter | None
    ann: bool | None
    ranks: bool


def ask(
    query: Query,
    *,
    index: Index,
    rankers: Mapping[str, Ranker],
    dim: int,
    depth: int,
    relevant: frozenset[str] = frozenset(),
    where: Filter | None = None,
    ann: bool | None = None,
    ranks: bool | None = None,
) -> Answer:
    """`query` asked of every system at one dimension, or at its widest where it has not that one.

    `relevant`: `doc_id`s whose ranks are wanted as well, at each of its dimensions. `where`: search these articles only;
    the ranks of hits count within them. `ann`: search through the ANN indexes; by default of a large index, as far as there
    are some. `ranks`: work out exact ranks beyond the lists; by default unless the index is large.
    """
    text = query_text(query.text, most=None)
    ranks = not index.is_large if ranks is None else ranks
    wanted = _Wanted(replace(query, text=text), dim, depth, relevant, where, ann, ranks)
    if where and not index.any(where):
        raise nothing_let_through()
    searched = {name: _search(ranker, wanted) for name, ranker in rankers.items()}
    on_page = frozenset(hit.doc_id for search in searched.values() for hit in search.hits)
    listings = {name: _listing(rankers[name], search, wanted, on_page) for name, search in searched.items()}
    return Answer(text, dim, listings, index.articles(on_page | relevant), relevant)


def _search(ranker: Ranker, wanted: _Wanted) -> Search:
    dim = own_dim(ranker.dims, wanted.dim)
    ann = ranker.searches_approximately(dim) if wanted.ann is None else wanted.ann and dim != ALL
    return ranker.search(wanted.query, dim, wanted.depth, where=wanted.where, ann=ann)


def _listing(ranker: Ranker, search: Search, wanted: _Wanted, on_page: frozenset[str]) -> Listing:
    """`search` with the exact ranks of its articles on the page and of the relevant ones."""
    dim, relevant = own_dim(ranker.dims, wanted.dim), wanted.relevant
    if not wanted.ranks:
        return _unranked(search, dim, relevant)
    dims = ranker.dims if relevant else [dim]
    if wanted.where:
        whole = _rank(ranker, wanted.query, relevant, dims)
        shown = _rank(ranker, wanted.query, on_page, [dim], wanted.where)[dim]
    else:
        whole = _rank(ranker, wanted.query, on_page | relevant, dims)
        shown = whole[dim]
    return Listing(
        dim=dim,
        hits=search.hits,
        ranks=shown.ranks[wanted.query.query_id],
        relevant={
            each: _only(ranking.ranks[wanted.query.query_id], relevant) for each, ranking in whole.items()
        },
        found=shown.found.get(wanted.query.query_id) if on_page else 0,  # no hit in any list: none is found
        encoding=search.encoding,
        searching=search.searching,
        known=search.known,
        exact=search.exact,
        answered=search.answered,
        searched=search.searched,
        found_anywhere=whole[dim].found.get(wanted.query.query_id),
    )


def _unranked(search: Search, dim: int, relevant: frozenset[str]) -> Listing:
    """`search` with what it tells by itself: the places of its own hits."""
    places = {hit.doc_id: place for place, hit in enumerate(search.hits, 1)}
    return Listing(
        dim=dim,
        hits=search.hits,
        ranks=places,
        relevant={dim: _only(places, relevant)},
        found=len(search.hits),
        encoding=search.encoding,
        searching=search.searching,
        known=search.known,
        exact=search.exact,
        answered=search.answered,
        searched=search.searched,
        found_anywhere=len(search.hits),
        ranked=False,
    )


def with_measured(
    answer: Answer, rankings: Mapping[str, Mapping[int, Ranking]], query_ids: Iterable[str]
) -> Answer:
    """`answer` with the exact ranks of the relevant articles that an experiment has of its question, by system."""
    asked = list(query_ids)

    def measured(listing: Listing, by_dim: Mapping[int, Ranking]) -> Listing:
        relevant = {
            dim: {doc_id: rank for query_id in asked for doc_id, rank in ranking.ranks[query_id].items()}
            for dim, ranking in by_dim.items()
        }
        return replace(listing, relevant=relevant, found_anywhere=by_dim[listing.dim].found.get(asked[0]))

    listings = {
        name: listing if listing.ranked or name not in rankings else measured(listing, rankings[name])
        for name, listing in answer.listings.items()
    }
    return replace(answer, listings=listings)


def _rank(
    ranker: Ranker, query: Query, doc_ids: Iterable[str], dims: Sequence[int], where: Filter | None = None
) -> dict[int, Ranking]:
    """Exact ranks of some articles for one question."""
    qrels = {query.query_id: dict.fromkeys(doc_ids, 1)}
    if not qrels[query.query_id]:
        return {dim: Ranking(qrels, qrels, {query.query_id: []}) for dim in dims}
    return ranker.rank([query], qrels, 1, dims=dims, where=where)


def _only(ranks: Mapping[str, int], doc_ids: frozenset[str]) -> dict[str, int]:
    return {doc_id: place for doc_id, place in ranks.items() if doc_id in doc_ids}
