"""Hard negatives: which of a system's wrong top results a model learns from, and how they are written down."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.core.documents import format_document
from workbench.core.domain import Article, Hit, Scope
from workbench.core.wording import shared_wording
from workbench.training.mining_rules import MiningRules


@dataclass(frozen=True, slots=True)
class Ranked:
    """An article as a system ranks it for one query; `rank` 0 where only people named it."""

    doc_id: str
    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class MinedTriplet:
    """A query, one of its relevant articles, and wrong ones, best-ranked first."""

    query_id: str
    query: str
    positive: Ranked
    negatives: tuple[Ranked, ...]


@dataclass(frozen=True)
class Candidates:
    """What a system ranks for one query: its `positives`, the best `hits`, and the best hits `across` the scope.

    Hits stand in the order of their ranks; `across` are articles of the scope that no relevant article has.
    """

    positives: Sequence[Ranked]
    hits: Sequence[Hit]
    across: Sequence[Hit]


def choose_negatives(
    query_id: str,
    query: str,
    candidates: Candidates,
    articles: Mapping[str, Article],
    rules: MiningRules,
    *,
    named: Sequence[Ranked] = (),
    spared: Collection[str] = (),
) -> list[MinedTriplet]:
    """One triplet for each positive that leaves any negative; `articles`: of all candidates.

    `named`: wrong articles that people named, which fall under no rule; `spared`: articles that are never taken. Ranks of
    negatives beyond the hits are 0.
    """
    relevant = [articles[positive.doc_id] for positive in candidates.positives]
    taken = {article.doc_id for article in relevant} | {negative.doc_id for negative in named} | set(spared)
    taken |= {hit.doc_id for hit in candidates.hits[: rules.skip]}
    places = {hit.doc_id: rank for rank, hit in enumerate(candidates.hits, 1)}
    lowest = float("-inf") if rules.min_score is None else rules.min_score

    def fit(hits: Iterable[Hit], highest: float) -> Iterator[Ranked]:
        for hit in hits:
            fits = lowest <= hit.score <= highest and hit.doc_id not in taken
            if fits and not any(_is_copy(articles[hit.doc_id], other, rules) for other in relevant):
                yield Ranked(hit.doc_id, places.get(hit.doc_id, 0), hit.score)

    triplets = []
    for positive in candidates.positives:
        highest = rules.highest_score(positive.score)
        chosen = list(named[: rules.negatives])
        room = rules.negatives - len(chosen)
        across = fit(candidates.across, highest)
        chosen += _unlike(across, min(rules.across, room), chosen, articles, rules)
        rest = fit(candidates.hits, highest)
        chosen += _unlike(rest, rules.negatives - len(chosen), chosen, articles, rules)
        if chosen:
            ordered = sorted(chosen, key=lambda negative: (-negative.score, negative.doc_id))
            triplets.append(MinedTriplet(query_id, query, positive, tuple(ordered)))
    return triplets


def other_scope(relevant: Iterable[Article]) -> Scope | None:
    """The scope that none of the relevant articles has; None where they have both."""
    scopes = {article.scope for article in relevant}
    return next(iter(set(Scope) - scopes)) if len(scopes) == 1 else None


def triplet_lines(
    triplets: Iterable[MinedTriplet], articles: Mapping[str, Article], template: str
) -> Iterator[str]:
    """Each triplet as a JSON line: `query`, `positive` and `negative` as `datasets` and `sentence_transformers` read
    them, the articles formatted by `template`; beside them ids, ranks and scores."""

    def text(ranked: Ranked) -> str:
        return format_document(articles[ranked.doc_id], template)

    for triplet in triplets:
        line: dict[str, Any] = {
            "query": triplet.query,
            "positive": text(triplet.positive),
            "negative": [text(negative) for negative in triplet.negatives],
            "query_id": triplet.query_id,
            "positive_id": triplet.positive.doc_id,
            "positive_rank": triplet.positive.rank,
            "positive_score": round(triplet.positive.score, 6),
            "negative_ids": [negative.doc_id for negative in triplet.negatives],
            "negative_ranks": [negative.rank for negative in triplet.negatives],
            "negative_scores": [round(negative.score, 6) for negative in triplet.negatives],
        }
        yield json.dumps(line, ensure_ascii=False) + "\n"


def _is_copy(article: Article, other: Article, rules: MiningRules) -> bool:
    """Whether an article has so much of a relevant one's wording that it may well answer as well."""
    same = article.scope is other.scope
    return _shares(article, other, rules.copy_share if same else rules.across_copy_share)


def _shares(article: Article, other: Article, least: float) -> bool:
    """Whether `other` has at least this share of the wording of `article`; above 1 nothing is compared."""
    return least <= 1 and shared_wording(article, other) >= least


def _unlike(
    ranked: Iterator[Ranked],
    count: int,
    before: Sequence[Ranked],
    articles: Mapping[str, Article],
    rules: MiningRules,
) -> list[Ranked]:
    """The first `count` that are neither among those `before`, nor like one of them or of each other."""
    chosen: list[Ranked] = []
    for each in ranked:
        if len(chosen) == count:
            break
        others = [articles[other.doc_id] for other in (*before, *chosen)]
        article = articles[each.doc_id]
        known = any(other.doc_id == each.doc_id for other in others)
        if not known and not any(_shares(article, other, rules.alike_share) for other in others):
            chosen.append(each)
    return chosen
