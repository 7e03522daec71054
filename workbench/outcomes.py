"""What kind of error a system makes on a judged query: which law, and national or local."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from workbench.domain import Article, Scope


class Outcome(StrEnum):
    """Class of the top-ranked article against the relevant ones; the first that applies counts."""

    CORRECT = "correct"
    SAME_LAW = "same law"
    NATIONAL_TO_LOCAL = "national→local"
    LOCAL_TO_NATIONAL = "local→national"
    WRONG_REGION = "wrong region"
    OTHER_LAW = "other law"


def outcome(top: Article, relevant: Iterable[Article]) -> Outcome:
    """Outcome of one query; with several relevant articles an error class needs all of them on the other side."""
    relevant = list(relevant)
    if any(top.doc_id == article.doc_id for article in relevant):
        return Outcome.CORRECT
    if any(top.law == article.law for article in relevant):
        return Outcome.SAME_LAW
    scopes = {article.scope for article in relevant}
    if top.scope is Scope.LOCAL and scopes == {Scope.NATIONAL}:
        return Outcome.NATIONAL_TO_LOCAL
    if top.scope is Scope.NATIONAL and scopes == {Scope.LOCAL}:
        return Outcome.LOCAL_TO_NATIONAL
    if top.scope is Scope.LOCAL and all(article.scope is Scope.LOCAL and article.region != top.region for article in relevant):
        return Outcome.WRONG_REGION
    return Outcome.OTHER_LAW


def count(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """How often each class occurs, all classes named."""
    found = list(outcomes)
    return {kind.value: found.count(kind) for kind in Outcome}


def classify(top_ids: Mapping[str, str], qrels: Mapping[str, Iterable[str]], articles: Mapping[str, Article]) -> dict[str, Outcome]:
    """Outcome by query_id; `top_ids`: query_id -> doc_id of the top-ranked article."""
    return {query_id: outcome(articles[top], [articles[doc_id] for doc_id in qrels[query_id]]) for query_id, top in top_ids.items()}
