"""One query set over all systems of a pair: exact rankings, what they measure, and what kind of errors they hold."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import isinf
from time import perf_counter
from typing import TypeVar

from workbench.core.dimensions import ALL, ByDimension, own_dim
from workbench.core.domain import Article, Hit
from workbench.core.errors import QueryError
from workbench.evaluation.cached_rankings import CachedRankings
from workbench.evaluation.comparisons import Comparisons, Memo
from workbench.evaluation.measures import best_rank
from workbench.evaluation.outcomes import Outcome, ScopeError, classify, displacement, scope_errors, slices
from workbench.evaluation.rankers import Ranker
from workbench.evaluation.ranks import Ranking
from workbench.evaluation.scores import CUTOFF, FURTHER, HEADLINE, Evaluation, evaluate
from workbench.index import Index, column_name
from workbench.query_sets.query_set import QuerySet

Value = TypeVar("Value")
Changed = TypeVar("Changed")
Rankings = Mapping[str, Mapping[int, Ranking]]


@dataclass(frozen=True)
class Experiment:
    """Rankings, evaluations and outcomes of one query set, by system and dimension; the first system is the baseline.

    `dims`: the dimensions to compare at, widest first. A system of other ones has there what it has at its widest, and one
    without vectors what it has at ALL (ByDimension). `scope_errors`: the kind of each error of scope, by query_id of those alone; `articles`: every relevant and every
    top-ranked article; `seconds`: what encoding and ranking took.
    """

    query_set: QuerySet
    dims: tuple[int, ...]
    rankings: Rankings
    evaluations: Mapping[str, Mapping[int, Evaluation]]
    outcomes: Mapping[str, Mapping[int, Mapping[str, Outcome]]]
    scope_errors: Mapping[str, Mapping[int, Mapping[str, ScopeError]]]
    articles: Mapping[str, Article]
    seconds: Mapping[str, float]
    _memo: Memo = field(default_factory=Memo, repr=False, compare=False)

    @cached_property
    def comparisons(self) -> Comparisons:
        """Paired tests, intervals and trade-offs, each worked out once; views with `only` share them."""
        return Comparisons(self.evaluations, self.slices, self._memo)

    def only(self, baseline: str, system: str) -> "Experiment":
        """The same for two of the systems, `baseline` first."""
        return replace(
            self,
            rankings={name: self.rankings[name] for name in (baseline, system)},
            evaluations={name: self.evaluations[name] for name in (baseline, system)},
            outcomes={name: self.outcomes[name] for name in (baseline, system)},
            scope_errors={name: self.scope_errors[name] for name in (baseline, system)},
        )

    def without(self, query_ids: frozenset[str]) -> "Experiment":
        """The same for the other queries; at least one has to be left."""
        rest = tuple(query for query in self.query_set.judged if query.query_id not in query_ids)
        if not rest:
            raise QueryError(
                f'query set "{self.query_set.name}"', "has no other query", remedy="choose fewer to leave out"
            )

        def narrowed(by_query: Mapping[str, Value]) -> dict[str, Value]:
            return {query.query_id: by_query[query.query_id] for query in rest}

        def ranking(whole: Ranking) -> Ranking:
            found = narrowed(whole.found) if whole.found else {}
            return Ranking(narrowed(whole.ranks), narrowed(whole.displaced), narrowed(whole.hits), found)

        def evaluation(whole: Evaluation) -> Evaluation:
            return Evaluation({measure: narrowed(values) for measure, values in whole.values.items()})

        def without(kinds: Mapping[str, ScopeError]) -> dict[str, ScopeError]:
            return {query_id: kind for query_id, kind in kinds.items() if query_id not in query_ids}

        return replace(
            self,
            query_set=replace(self.query_set, judged=rest, qrels=narrowed(self.query_set.qrels)),
            rankings=_map_entries(self.rankings, ranking),
            evaluations=_map_entries(self.evaluations, evaluation),
            outcomes=_map_entries(self.outcomes, narrowed),
            scope_errors=_map_entries(self.scope_errors, without),
            _memo=Memo(),
        )

    @property
    def baseline(self) -> str:
        return next(iter(self.evaluations))

    @property
    def challengers(self) -> list[str]:
        """The systems that are held against the baseline."""
        return list(self.evaluations)[1:]

    def dims_of(self, system: str) -> list[int]:
        """A system's own dimensions, widest first."""
        return list(self.evaluations[system])

    @property
    def with_vectors(self) -> list[str]:
        """The systems that can be cut short."""
        return [name for name in self.evaluations if self.dims_of(name) != [ALL]]

    def measured_at(self, system: str, dim: int) -> int:
        """The system's own dimension that stands for `dim`; ALL of a system without vectors."""
        return own_dim(self.dims_of(system), dim)

    def top_ids(self, system: str, dim: int) -> dict[str, str]:
        """query_id -> doc_id of the article that a system puts on top, of the queries to which it finds any."""
        return _top_ids(self.rankings[system][dim])

    def best_rank(self, system: str, dim: int, query_id: str) -> int | None:
        """Exact rank of the best-ranked relevant article; None where the system finds none, or a run file lists none."""
        best = best_rank(self.rankings[system][dim].found_ranks[query_id], self.query_set.qrels[query_id])
        return None if isinf(best) else int(best)

    def slices(self, by: str) -> dict[str, str]:
        """query_id -> its slice; `by`: one of SLICES."""
        return slices(by, self.query_set.judged, self.query_set.qrels, self.articles)

    def displacement(self, system: str, dim: int) -> dict[str, int]:
        """Articles of the wrong scope above the first relevant one, by query, at full depth.

        Without the queries of which the system finds no relevant article.
        """
        ranking = self.rankings[system][dim]
        return displacement(ranking.found_ranks, ranking.displaced, self.query_set.qrels)

    def values_by_dim(self, system: str, measure: str = "RR@10") -> dict[int, Mapping[str, float]]:
        """The system's own dimension -> query_id -> value of one measure, widest first."""
        return {dim: evaluation.values[measure] for dim, evaluation in self.evaluations[system].items()}

    def runs(self, depth: int) -> dict[str, dict[str, list[Hit]]]:
        """Every system and dimension as a run, `base_768` …, of at most `depth` hits a query."""
        return {
            column_name(name, dim): {query_id: hits[:depth] for query_id, hits in ranking.hits.items()}
            for name, by_dim in self.rankings.items()
            for dim, ranking in by_dim.items()
        }


def _map_entries(
    table: Mapping[str, Mapping[int, Value]], change: Callable[[Value], Changed]
) -> dict[str, Mapping[int, Changed]]:
    """A table by system and dimension with `change` made to every entry."""
    return {
        name: ByDimension({dim: change(entry) for dim, entry in by_dim.items()})
        for name, by_dim in table.items()
    }


def _top_ids(ranking: Ranking) -> dict[str, str]:
    return {query_id: hits[0].doc_id for query_id, hits in ranking.hits.items() if hits}


def run_experiment(
    query_set: QuerySet,
    *,
    index: Index,
    rankers: Mapping[str, Ranker],
    dims: Sequence[int],
    depth: int = CUTOFF,
    measures: Sequence[str] = HEADLINE + FURTHER,
    cache: CachedRankings | None = None,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> Experiment:
    """Ranks every judged query exactly in every system, over all articles of `index`.

    `dims`: to compare at; `depth`: hits a query; `measures`: as `parse_measures` gives them, those of
    HEADLINE come with them in any case; `cache`: where rankings of an earlier run are, and these go.
    `progress(system, articles, total)` is called after each batch of articles. A QueryError where no query is judged.
    """
    if not query_set.judged:
        raise QueryError(
            f'query set "{query_set.name}"',
            f"has no judged query: none of its {query_set.unresolved_queries} queries resolves in this corpus",
            remedy="give queries whose citations name articles of this corpus",
        )
    for ranker in rankers.values():  # before anything that takes long
        ranker.check(query_set.judged, query_set.name)
    began = perf_counter()
    for ranker in rankers.values():
        ranker.prepare(query_set.judged)
    encoding = perf_counter() - began
    made = {name: _Ranked(ranker, name, query_set, index, depth) for name, ranker in rankers.items()}
    rankings = {name: ByDimension(each.cached(cache, progress)) for name, each in made.items()}
    seconds = {"encoding": encoding, "ranking": perf_counter() - began - encoding}
    wanted = tuple(dict.fromkeys((*HEADLINE, *measures)))
    evaluations = _map_entries(
        rankings, lambda ranking: evaluate(ranking.found_ranks, query_set.qrels, wanted)
    )
    articles = index.articles(_named(query_set, rankings))
    outcomes = _map_entries(rankings, lambda ranking: classify(_top_ids(ranking), query_set.qrels, articles))
    kinds = {
        name: ByDimension(
            {
                dim: scope_errors(found, _top_ids(rankings[name][dim]), query_set.qrels, articles)
                for dim, found in by_dim.items()
            }
        )
        for name, by_dim in outcomes.items()
    }
    return Experiment(query_set, tuple(dims), rankings, evaluations, outcomes, kinds, articles, seconds)


@dataclass(frozen=True)
class _Ranked:
    """One system over one query set."""

    ranker: Ranker
    name: str
    query_set: QuerySet
    index: Index
    depth: int

    def cached(
        self, cache: CachedRankings | None, progress: Callable[[str, int, int], None]
    ) -> dict[int, Ranking]:
        """The rankings by dimension: from `cache` where they are there, else made and put there."""
        if not cache:
            return self._rank(progress)
        key = {
            "build": self.index.build_id,
            "depth": self.depth,
            "queries": self.query_set.fingerprint,
        } | dict(self.ranker.key)
        rankings = cache.get(key)
        if rankings is None:
            rankings = self._rank(progress)
            cache.put(key, rankings)
        return rankings

    def _rank(self, progress: Callable[[str, int, int], None]) -> dict[int, Ranking]:
        total = len(self.index.doc_ids)
        return self.ranker.rank(
            self.query_set.judged,
            self.query_set.qrels,
            max(self.depth, CUTOFF),
            progress=lambda done: progress(self.name, done, total),
        )


def _named(query_set: QuerySet, rankings: Rankings) -> set[str]:
    """Every relevant and every top-ranked article."""
    named = {doc_id for relevant in query_set.qrels.values() for doc_id in relevant}
    for by_dim in rankings.values():
        for ranking in by_dim.values():
            named.update(_top_ids(ranking).values())
    return named
