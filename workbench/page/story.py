"""What happened on one judged question, in words for somebody who sees such a page for the first time."""

from collections.abc import Mapping, Sequence
from math import inf

from workbench.core.domain import Article, Scope
from workbench.evaluation.asking import Answer, Listing
from workbench.evaluation.outcomes import Outcome, ScopeError, outcome, scope_error
from workbench.page.labels import label


def lead(language: str, answer: Answer, labels: Mapping[str, str], articles: int) -> tuple[str, str]:
    """Which system did better on this question and why, where that is known; and what the columns are."""
    columns = label(language, f"columns of {min(2, len(answer.listings))}", articles=articles)
    if not answer.relevant or len(answer.listings) < 2:
        return "", columns
    ranks = {name: _rank(answer, name) for name in list(answer.listings)[:2]}
    better, worse = sorted(ranks, key=lambda name: ranks[name])
    rank, other = (_words(language, answer.listings[name], ranks[name]) for name in (better, worse))
    if ranks[better] == ranks[worse]:
        return label(language, "even", rank=rank), columns
    said = label(language, "better", better=labels[better], worse=labels[worse], rank=rank, other=other)
    hits = answer.listings[worse].hits
    if ranks[worse] > 1 and hits:
        top = label(language, f"top {_mistake(answer.articles[hits[0].doc_id], _relevant(answer))}")
        said = label(language, "below", said=said, top=top)
    return label(language, "full_stop", said=said), columns


def verdicts(language: str, answer: Answer) -> dict[str, tuple[bool, str]]:
    """By system: whether a relevant article stands on top, and what is to be said of its column."""
    return {name: _verdict(language, answer, name) for name in answer.listings}


def _verdict(language: str, answer: Answer, name: str) -> tuple[bool, str]:
    hits = answer.listings[name].hits
    if not answer.relevant or not hits:
        return False, ""
    rank = _rank(answer, name)
    if hits[0].doc_id in answer.relevant:
        return True, label(language, "top_right")
    on_top = label(language, f"top {_mistake(answer.articles[hits[0].doc_id], _relevant(answer))}")
    return False, label(language, "top_wrong", top=on_top, rank=_words(language, answer.listings[name], rank))


def _relevant(answer: Answer) -> list[Article]:
    return [answer.articles[doc_id] for doc_id in sorted(answer.relevant)]


def _mistake(top: Article, relevant: Sequence[Article]) -> str:
    """The kind of wrong article on top; each has words of its own."""
    kind = outcome(top, relevant)
    if kind is Outcome.NATIONAL_TO_LOCAL:
        return "copy" if scope_error(top, relevant) is ScopeError.COPY else Scope.LOCAL.value
    names = {Outcome.LOCAL_TO_NATIONAL: "national instead", Outcome.WRONG_REGION: "place"}
    return names.get(kind, "other")


def _rank(answer: Answer, name: str) -> float:
    """Exact rank of the best-ranked relevant article in the whole corpus; infinite where it is not retrieved."""
    listing: Listing = answer.listings[name]
    found = listing.found_anywhere
    ranks = listing.relevant.get(listing.dim, {}).values()
    return min((rank for rank in ranks if found is None or rank <= found), default=inf)


def _words(language: str, listing: Listing, rank: float) -> str:
    if rank == inf and not listing.ranked and not listing.relevant.get(listing.dim):
        return label(language, "rank_below", depth=len(listing.hits))
    return label(language, "rank_none") if rank == inf else label(language, "rank_at", rank=int(rank))
