"""A system's wrong top results over an experiment, as triplets to train on."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf

import numpy as np

from workbench.core.domain import Article, Hit, Level, Query, Scope
from workbench.core.errors import QueryError
from workbench.core.vectors import Vectors, truncate_dim
from workbench.evaluation.experiment import Experiment
from workbench.evaluation.outcomes import DISPLACING
from workbench.evaluation.rankers.own_documents import own_documents
from workbench.evaluation.ranks import VectorTable, rank
from workbench.evaluation.scores import CUTOFF
from workbench.index import Filter, FilteredIndex, Index
from workbench.training.mining import (
    Candidates,
    MinedTriplet,
    Ranked,
    choose_negatives,
    other_scope,
    triplet_lines,
)
from workbench.training.mining_rules import MiningRules

NONE: Mapping[str, Sequence[str]] = {}
_MANY = 10_000  # articles: from here on all are read at once


class Only(StrEnum):
    """Of which queries the wrong results are wanted."""

    REGRESSED = "regressed"  # the first relevant article stands lower than in the baseline
    DISPLACED = "displaced"  # an article of another scope or place stands on top
    MISSED = "missed"  # no relevant article among the first ten


@dataclass(frozen=True)
class Mining:
    """What was mined: triplets in the order of the queries, and the articles and template that make them texts.

    `asked`: how many queries were mined; `empty`: those of them that leave no negative.
    """

    triplets: Sequence[MinedTriplet]
    articles: Mapping[str, Article]
    template: str
    asked: int
    empty: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """JSON lines, as `workbench train` and other trainers read them."""
        return triplet_lines(self.triplets, self.articles, self.template)


def only_of(name: str | None) -> Only | None:
    """The member of that name; a QueryError where there is none."""
    if name is None or name in list(Only):
        return Only(name) if name else None
    raise QueryError("only", f'is "{name}"', wanted=f"one of {', '.join(Only)}", remedy="correct it")


def selected(experiment: Experiment, system: str, dim: int, only: Only | None) -> list[str]:
    """The query_ids that `only` names, in the set's order; a QueryError where there is none."""
    if only is Only.REGRESSED and system == experiment.baseline:
        found = f"is the baseline, which cannot do worse than itself (only = {only})"
        raise QueryError(system, found, remedy="name another system, or another baseline")

    def fits(query_id: str) -> bool:
        if only is Only.DISPLACED:
            return experiment.outcomes[system][dim][query_id] in DISPLACING
        place = experiment.best_rank(system, dim, query_id) or inf
        if only is Only.REGRESSED:
            return place > (experiment.best_rank(experiment.baseline, dim, query_id) or inf)
        return only is None or place > CUTOFF

    chosen = [query.query_id for query in experiment.query_set.judged if fits(query.query_id)]
    if not chosen:
        found = f"has no {only} query in {system} at {dim} dimensions"
        raise QueryError(
            f'query set "{experiment.query_set.name}"', found, remedy="mine all of them, without `only`"
        )
    return chosen


def mine(
    experiment: Experiment,
    system: str,
    template: str,
    *,
    index: Index,
    vectors: Vectors,
    rules: MiningRules,
    only: Only | None = None,
    wrong: Mapping[str, Sequence[str]] = NONE,
    spared: Mapping[str, Sequence[str]] = NONE,
) -> Mining:
    """The system's own wrong results as hard negatives, exactly ranked over all articles of `index` at full width.

    `experiment`: with hits to the depth of the rules; `vectors`: (judged queries, d) of its queries, unit rows;
    `wrong`: query_id -> articles that people called wrong, which are taken before others and fall under no rule; `spared`: those that
    are never taken.
    """
    dim = experiment.dims_of(system)[0]
    chosen = selected(experiment, system, dim, only)
    rows = {query.query_id: row for row, query in enumerate(experiment.query_set.judged)}
    asking = _Asking(
        index,
        index.column_of(system, dim),
        dim,
        {query_id: truncate_dim(vectors[[rows[query_id]]], dim)[0] for query_id in chosen},
        {query.query_id: query for query in experiment.query_set.judged},
    )
    ranking = experiment.rankings[system][dim]
    texts = {query.query_id: query.text for query in experiment.query_set.judged}
    qrels = experiment.query_set.qrels
    positives = asking.scored({query_id: list(qrels[query_id]) for query_id in chosen})
    named = asking.scored({query_id: wrong.get(query_id, ()) for query_id in chosen})
    hits = {query_id: ranking.hits[query_id][: rules.skip + rules.depth] for query_id in chosen}
    relevant = index.articles({doc_id for query_id in chosen for doc_id in qrels[query_id]})
    scopes = {query_id: other_scope(relevant[doc_id] for doc_id in qrels[query_id]) for query_id in chosen}
    across = asking.best_in(scopes, rules.depth) if rules.across else {}
    articles = _articles(index, [*hits.values(), *across.values(), *positives.values(), *named.values()])
    answers: dict[str, set[str]] = {}  # of all queries with one text: none of them is wrong for it
    for query_id, text in texts.items():
        answers.setdefault(text, set()).update(qrels[query_id])
    triplets: list[MinedTriplet] = []
    empty = []
    for query_id in chosen:
        ranks = ranking.ranks[query_id]
        right = [replace(each, rank=ranks[each.doc_id]) for each in positives[query_id]]
        candidates = Candidates(right, hits[query_id], across.get(query_id, ()))
        mined = choose_negatives(
            query_id,
            texts[query_id],
            candidates,
            articles,
            rules,
            named=tuple(named[query_id]),
            spared=(*spared.get(query_id, ()), *answers[texts[query_id]]),
        )
        triplets += mined
        empty += [] if mined else [query_id]
    if not triplets:
        found = f"leaves no negative for any of its {len(chosen)} queries under these rules"
        remedy = "loosen the scores and margins, or look deeper"
        raise QueryError(f'query set "{experiment.query_set.name}"', found, remedy=remedy)
    return Mining(asking.ranked(triplets), articles, template, len(chosen), tuple(empty))


@dataclass(frozen=True)
class _Asking:
    """One column of an index, and the queries that are asked of it with their vectors: query_id -> (dim,)."""

    index: Index
    column: str
    dim: int
    queries: Mapping[str, Vectors]
    asked: Mapping[str, Query]

    def scored(self, wanted: Mapping[str, Sequence[str]]) -> dict[str, list[Ranked]]:
        """The named articles of each query with their scores, best first; ranks are 0."""
        doc_ids = sorted({doc_id for listed in wanted.values() for doc_id in listed})
        places = {doc_id: place for place, doc_id in enumerate(doc_ids)}
        offsets = [bisect_left(self.index.doc_ids, doc_id) for doc_id in doc_ids]
        found = self.index.vectors_at(self.column, offsets) if offsets else np.empty((0, self.dim))
        scored = {}
        for query_id, listed in wanted.items():
            each = [
                Ranked(doc_id, 0, float(found[places[doc_id]].astype(np.float64) @ self.queries[query_id]))
                for doc_id in listed
            ]
            scored[query_id] = sorted(each, key=lambda one: (-one.score, one.doc_id))
        return scored

    def best_in(self, scopes: Mapping[str, Scope | None], depth: int) -> dict[str, list[Hit]]:
        """The best articles of each query's scope."""
        best: dict[str, list[Hit]] = {}
        for scope in Scope:
            asked = [query_id for query_id, wanted in scopes.items() if wanted is scope]
            if asked and self.index.counts[scope.value]:
                levels = tuple(level for level in Level if level.scope is scope)
                best |= self._rank(FilteredIndex(self.index, Filter(levels=levels)), asked, {}, depth)[1]
        return best

    def ranked(self, triplets: Sequence[MinedTriplet]) -> list[MinedTriplet]:
        """The triplets with the exact rank of every negative, at any depth."""
        beyond: dict[str, dict[str, int]] = {}
        for triplet in triplets:
            for negative in triplet.negatives:
                if not negative.rank:
                    beyond.setdefault(triplet.query_id, {})[negative.doc_id] = 1
        ranks = self._rank(self.index, list(beyond), beyond, 1)[0] if beyond else {}

        def placed(query_id: str, negative: Ranked) -> Ranked:
            return negative if negative.rank else replace(negative, rank=ranks[query_id][negative.doc_id])

        return [
            replace(triplet, negatives=tuple(placed(triplet.query_id, each) for each in triplet.negatives))
            for triplet in triplets
        ]

    def _rank(
        self, table: VectorTable, asked: Sequence[str], qrels: Mapping[str, Mapping[str, int]], depth: int
    ) -> tuple[Mapping[str, Mapping[str, int]], dict[str, list[Hit]]]:
        """Exact ranks of what `qrels` names, and the best `depth` hits, of each query."""
        rows = np.stack([self.queries[query_id] for query_id in asked])
        own = own_documents([self.asked[query_id] for query_id in asked], qrels, table)
        whole = rank(table, self.column, [self.dim], asked, rows, own.counted, own.deep(depth))[self.dim]
        ranking = own.taken_out(whole, depth)
        return ranking.ranks, {query_id: ranking.hits[query_id] for query_id in asked}


def _articles(index: Index, listed: Iterable[Sequence[Hit | Ranked]]) -> dict[str, Article]:
    doc_ids = {each.doc_id for row in listed for each in row}
    return index.articles(doc_ids if len(doc_ids) < _MANY else None)
