"""What kind of error a system makes on a judged query: which law, national or local, and whose wording misled it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from math import inf

from workbench.core.domain import Article, Level, Qrels, Query, Scope
from workbench.core.wording import shared_wording
from workbench.corpora.citations import law_key
from workbench.corpora.versions import is_older_version, same_law
from workbench.evaluation.measures import Ranks


class Outcome(StrEnum):
    """Class of the top-ranked article against the relevant ones; the first that applies counts."""

    CORRECT = "correct"
    SUPERSEDED = "superseded"
    SAME_LAW = "same law"
    NATIONAL_TO_LOCAL = "national→local"
    LOCAL_TO_NATIONAL = "local→national"
    WRONG_REGION = "wrong region"
    OTHER_LAW = "other law"
    NOTHING = "nothing found"


# What cannot be where a corpus has each law once, and where systems rank every article.
RARE = (Outcome.SUPERSEDED, Outcome.NOTHING)


def outcome(top: Article, relevant: Iterable[Article]) -> Outcome:
    """Outcome of one query; with several relevant articles an error of scope needs all of them on the other side."""
    relevant = list(relevant)
    if any(top.doc_id == article.doc_id for article in relevant):
        return Outcome.CORRECT
    if any(is_older_version(top, article) for article in relevant):
        return Outcome.SUPERSEDED
    if any(same_law(top, article) for article in relevant):
        return Outcome.SAME_LAW
    scopes = {article.scope for article in relevant}
    if top.scope is Scope.LOCAL and scopes == {Scope.NATIONAL}:
        return Outcome.NATIONAL_TO_LOCAL
    if top.scope is Scope.NATIONAL and scopes == {Scope.LOCAL}:
        return Outcome.LOCAL_TO_NATIONAL
    if top.scope is Scope.LOCAL and all(
        article.scope is Scope.LOCAL and article.region != top.region for article in relevant
    ):
        return Outcome.WRONG_REGION
    return Outcome.OTHER_LAW


def shown(found: Iterable[Outcome]) -> list[Outcome]:
    """The classes to name where `found` are all that occur: those of RARE only if they do."""
    occurring = set(found)
    return [kind for kind in Outcome if kind in occurring or kind not in RARE]


def count(found: Iterable[StrEnum], kinds: type[StrEnum] = Outcome) -> dict[str, int]:
    """How often each of `kinds` occurs, all of them named."""
    listed = list(found)
    return {kind.value: listed.count(kind) for kind in kinds}


def classify(
    top_ids: Mapping[str, str], qrels: Mapping[str, Iterable[str]], articles: Mapping[str, Article]
) -> dict[str, Outcome]:
    """Outcome of each query of `qrels`; `top_ids`: query_id -> doc_id of the top-ranked article, where there is any."""
    return {
        query_id: outcome(articles[top_ids[query_id]], [articles[doc_id] for doc_id in relevant])
        if query_id in top_ids
        else Outcome.NOTHING
        for query_id, relevant in qrels.items()
    }


DISPLACING = (Outcome.NATIONAL_TO_LOCAL, Outcome.LOCAL_TO_NATIONAL, Outcome.WRONG_REGION)
COPIED = 0.5  # a copy has at least this share of its wording from a relevant article


class ScopeError(StrEnum):
    """Kind of an article of the wrong scope or place that stands on top; the first that applies counts."""

    COPY = "copy"
    IMPLEMENTING = "implementing"
    OTHER_RULE = "other rule"


def scope_error(top: Article, relevant: Iterable[Article]) -> ScopeError:
    """Kind of one error of scope: what `top` is to any of the articles that should have stood there."""
    relevant = list(relevant)
    if any(shared_wording(top, article) >= COPIED for article in relevant):
        return ScopeError.COPY
    if any(_carries_out(top, article) or _carries_out(article, top) for article in relevant):
        return ScopeError.IMPLEMENTING
    return ScopeError.OTHER_RULE


def _carries_out(article: Article, other: Article) -> bool:
    """Whether the law of `article` names that of `other` as the one it implements, in whatever spelling."""
    return bool(article.implements) and law_key(article.implements) == law_key(other.law)


def scope_errors(
    outcomes: Mapping[str, Outcome],
    top_ids: Mapping[str, str],
    qrels: Mapping[str, Iterable[str]],
    articles: Mapping[str, Article],
) -> dict[str, ScopeError]:
    """Kind by query_id, of the queries whose outcome is one of DISPLACING."""
    return {
        query_id: scope_error(articles[top_ids[query_id]], [articles[doc_id] for doc_id in qrels[query_id]])
        for query_id, found in outcomes.items()
        if found in DISPLACING
    }


def displacement(ranks: Mapping[str, Ranks], displaced: Mapping[str, Ranks], qrels: Qrels) -> dict[str, int]:
    """How many articles of the wrong scope stand above the first relevant one, at any depth, by query_id of those with one.

    >>> displacement({"q": {"a": 9, "b": 3}}, {"q": {"a": 5, "b": 2}}, {"q": {"a": 1, "b": 1}})
    {'q': 2}
    """
    return {
        query_id: displaced[query_id][_first_relevant(ranks[query_id], relevances)]
        for query_id, relevances in qrels.items()
        if any(relevances.get(doc_id, 0) > 0 for doc_id in ranks[query_id])
    }


def _first_relevant(ranks: Ranks, relevances: Mapping[str, int]) -> str:
    """The best-ranked relevant article; the first in `doc_id` order where none is ranked."""
    relevant = [doc_id for doc_id, relevance in relevances.items() if relevance > 0]
    return min(relevant, key=lambda doc_id: (ranks.get(doc_id, inf), doc_id))


def transitions(
    before: Mapping[str, Outcome], after: Mapping[str, Outcome]
) -> dict[tuple[Outcome, Outcome], list[str]]:
    """Which queries moved from one outcome to another (or stayed): (before, after) -> query_ids, in the order of the classes."""
    moves: dict[tuple[Outcome, Outcome], list[str]] = {move: [] for move in product(Outcome, Outcome)}
    for query_id in sorted(before):
        moves[before[query_id], after[query_id]].append(query_id)
    return {move: query_ids for move, query_ids in moves.items() if query_ids}


def level_matrix(
    top_ids: Mapping[str, str], ranks: Mapping[str, Ranks], qrels: Qrels, articles: Mapping[str, Article]
) -> dict[tuple[Level, Level], list[str]]:
    """Confusion of levels: (level of the first relevant article, level of the top-ranked one) -> query_ids."""
    matrix: dict[tuple[Level, Level], list[str]] = {}
    for query_id in sorted(top_ids):
        relevant = articles[_first_relevant(ranks[query_id], qrels[query_id])]
        matrix.setdefault((relevant.level, articles[top_ids[query_id]].level), []).append(query_id)
    return matrix


@dataclass(frozen=True)
class DisplacedPair:
    """A relevant article and the article of another scope or place that stood on top instead.

    `rank`: of the relevant one; None where a run file does not list it.
    """

    query_id: str
    relevant: str
    rank: int | None
    top: str
    outcome: Outcome
    kind: ScopeError


def displaced_pairs(
    outcomes: Mapping[str, Outcome],
    kinds: Mapping[str, ScopeError],
    top_ids: Mapping[str, str],
    ranks: Mapping[str, Ranks],
    qrels: Qrels,
) -> list[DisplacedPair]:
    """One pair for each query with the wrong scope or place on top, nearest misses first; `kinds`: as `scope_errors` gives them."""
    pairs = []
    for query_id, kind in kinds.items():
        relevant = _first_relevant(ranks[query_id], qrels[query_id])
        rank = ranks[query_id].get(relevant)
        pairs.append(DisplacedPair(query_id, relevant, rank, top_ids[query_id], outcomes[query_id], kind))
    return sorted(pairs, key=lambda pair: (pair.rank or inf, pair.query_id))


_SLICE_OF: dict[str, Callable[[Query, Article], str]] = {
    "level": lambda query, article: article.level.value,
    "region": lambda query, article: article.region or Scope.NATIONAL.value,
    "law": lambda query, article: article.law,
    "topic": lambda query, article: query.topic,
    "style": lambda query, article: query.style,
}


def slices(
    by: str, queries: Iterable[Query], qrels: Qrels, articles: Mapping[str, Article]
) -> dict[str, str]:
    """query_id -> its slice by level, region, law, topic or style; with several relevant articles all their values."""
    slice_of = _SLICE_OF[by]
    names = {}
    for query in queries:
        relevant = [articles[doc_id] for doc_id, gain in qrels[query.query_id].items() if gain > 0]
        values = {slice_of(query, article) for article in relevant}
        names[query.query_id] = " / ".join(sorted(values)) or "–"
    return names
