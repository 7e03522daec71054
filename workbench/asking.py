"""The way from one question to the ranked lists of all systems."""

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter

from workbench.domain import Article, Hit
from workbench.encoders import Encoder, QueryVectors
from workbench.index import Index, column_name
from workbench.queries import query_text
from workbench.ranking import rank


@dataclass(frozen=True)
class Listing:
    """One system's answer: hits of LanceDB's exact search, and exact ranks of every article on the page.

    `encoding` and `searching` are seconds; `known` says that the query's vector was kept from before.
    """

    hits: list[Hit]
    ranks: Mapping[str, int]
    encoding: float
    searching: float
    known: bool


@dataclass(frozen=True)
class Answer:
    """All systems' listings of one question, with the articles that they name."""

    text: str
    dim: int
    listings: Mapping[str, Listing]
    articles: Mapping[str, Article]
    relevant: frozenset[str]


def ask(
    text: str, *, index: Index, encoders: Mapping[str, Encoder], vectors: QueryVectors, dim: int, depth: int, relevant: frozenset[str] = frozenset()
) -> Answer:
    """`text` asked of every system at one dimension; `relevant`: `doc_id`s whose ranks are wanted as well."""
    text = query_text(text)
    found = {}
    for name, encoder in encoders.items():
        known = vectors.holds(encoder, [text])
        began = perf_counter()
        vector = vectors.encode(encoder, [text])
        encoded = perf_counter()
        found[name] = (vector, index.search(name, dim, vector[0], depth), encoded - began, perf_counter() - encoded, known)
    named = {hit.doc_id for _, hits, *_ in found.values() for hit in hits} | relevant
    listings = {}
    for name, (vector, hits, encoding, searching, known) in found.items():
        ranking = rank(index, column_name(name, dim), [dim], [text], vector, {text: dict.fromkeys(named, 1)}, 1)[dim]
        listings[name] = Listing(hits, ranking.ranks[text], encoding, searching, known)
    return Answer(text, dim, listings, index.articles(named), relevant)
