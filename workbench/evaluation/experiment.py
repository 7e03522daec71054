"""The way from a query set to the measures of all systems: one call for the page and the command."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from threading import RLock
from time import perf_counter
from typing import Any, TypeVar

from workbench.core.domain import Article, Hit
from workbench.core.errors import QueryError
from workbench.encoders import Encoder, QueryVectors
from workbench.evaluation.cached_rankings import CachedRankings
from workbench.evaluation.compare import Paired, Slice, compare_slices, most_different, paired
from workbench.evaluation.measures import best_rank
from workbench.evaluation.outcomes import Outcome, classify, count, displacement, slices, transitions
from workbench.evaluation.ranks import Ranking, rank
from workbench.evaluation.scores import FURTHER, HEADLINE, Evaluation, evaluate
from workbench.evaluation.tradeoff import (
    Crossover,
    Quality,
    bytes_per_vector,
    crossovers,
    quality,
    smallest_dimension,
)
from workbench.index import Index, column_name
from workbench.query_sets.contamination import Contamination
from workbench.query_sets.query_set import QuerySet

DEPTH = 10
Result = TypeVar("Result")
KEPT = 0.99  # the share of full quality that a shorter vector should keep


@dataclass(frozen=True)
class Experiment:
    """Rankings, measures and outcomes of one query set, by system and dimension; the first system is the baseline.

    `articles`: every relevant and every top-ranked article.
    """

    query_set: QuerySet
    rankings: Mapping[str, Mapping[int, Ranking]]
    evaluations: Mapping[str, Mapping[int, Evaluation]]
    outcomes: Mapping[str, Mapping[int, Mapping[str, Outcome]]]
    articles: Mapping[str, Article]
    seconds: Mapping[str, float]
    _known: dict[tuple[Any, ...], Any] = field(
        default_factory=dict, repr=False, compare=False
    )  # what was worked out before
    _alone: Any = field(default_factory=RLock, repr=False, compare=False)

    def only(self, baseline: str, system: str) -> "Experiment":
        """The same for two of the systems, `baseline` first."""
        names = (baseline, system)

        def chosen(of: Mapping[str, Result]) -> dict[str, Result]:
            return {name: of[name] for name in names}

        return replace(
            self,
            rankings=chosen(self.rankings),
            evaluations=chosen(self.evaluations),
            outcomes=chosen(self.outcomes),
        )

    def without(self, query_ids: frozenset[str]) -> "Experiment":
        """The same for the other queries; at least one has to be left."""
        if not (left := [query for query in self.query_set.judged if query.query_id not in query_ids]):
            raise QueryError(
                f'query set "{self.query_set.name}"', "has no other query", remedy="choose fewer to leave out"
            )

        def rest(of: Mapping[str, Result]) -> dict[str, Result]:
            return {query.query_id: of[query.query_id] for query in left}

        return replace(
            self,
            query_set=replace(self.query_set, judged=tuple(left), qrels=rest(self.query_set.qrels)),
            rankings=_each(
                self.rankings, lambda one: Ranking(rest(one.ranks), rest(one.displaced), rest(one.hits))
            ),
            evaluations=_each(
                self.evaluations,
                lambda one: Evaluation({name: rest(values) for name, values in one.values.items()}),
            ),
            outcomes=_each(self.outcomes, rest),
            _known={},
        )

    @property
    def baseline(self) -> str:
        return next(iter(self.evaluations))

    @cached_property
    def dims(self) -> list[int]:
        """The dimensions judged, widest first."""
        return sorted(self.evaluations[self.baseline], reverse=True)

    def compare(self, system: str, dim: int, measure: str = "RR@10") -> Paired:
        """`system` against the baseline at one dimension."""
        before, after = (self.evaluations[name][dim].values[measure] for name in (self.baseline, system))
        return self._once(("compare", self.baseline, system, dim, measure), lambda: paired(before, after))

    def compare_by(self, by: str, system: str, dim: int, measure: str = "RR@10") -> dict[str, Slice]:
        """`system` against the baseline in each slice of the queries, with Holm's correction; `by`: one of SLICES."""
        before, after = (self.evaluations[name][dim].values[measure] for name in (self.baseline, system))
        return self._once(
            ("slices", by, self.baseline, system, dim, measure),
            lambda: compare_slices(before, after, self.slices(by)),
        )

    def quality(self, system: str) -> dict[int, Quality]:
        """Mean of RR@10 with its interval and its share of full quality, by dimension, widest first."""
        return self._once(("quality", system), lambda: quality(self.values_by_dim(system)))

    def crossovers(self, system: str) -> list[Crossover]:
        """`system` at every dimension against the baseline at its widest, widest first."""
        both = [self.values_by_dim(name) for name in (self.baseline, system)]
        return self._once(("crossovers", self.baseline, system), lambda: crossovers(*both))

    def _once(self, key: tuple[Any, ...], make: Callable[[], Result]) -> Result:
        with self._alone:  # visitors who come together wait for the first one's result
            if key not in self._known:
                self._known[key] = make()
        found: Result = self._known[key]
        return found

    def top_ids(self, system: str, dim: int) -> dict[str, str]:
        """query_id -> doc_id of the article that a system puts on top."""
        return {query_id: hits[0].doc_id for query_id, hits in self.rankings[system][dim].hits.items()}

    def best_rank(self, system: str, dim: int, query_id: str) -> int:
        """Exact rank of the best-ranked relevant article."""
        return int(best_rank(self.rankings[system][dim].ranks[query_id], self.query_set.qrels[query_id]))

    def slices(self, by: str) -> dict[str, str]:
        """query_id -> its slice; `by`: one of SLICES."""
        return slices(by, self.query_set.judged, self.query_set.qrels, self.articles)

    def displacement(self, system: str, dim: int) -> dict[str, int]:
        """Articles of the wrong scope above the first relevant one, by query, at full depth."""
        ranking = self.rankings[system][dim]
        return displacement(ranking.ranks, ranking.displaced, self.query_set.qrels)

    def values_by_dim(self, system: str, measure: str = "RR@10") -> dict[int, Mapping[str, float]]:
        return {dim: self.evaluations[system][dim].values[measure] for dim in self.dims}

    def runs(self, depth: int) -> dict[str, dict[str, list[Hit]]]:
        """Every system and dimension as a run, `base_768` …, of at most `depth` hits a query."""
        return {
            column_name(name, dim): {query_id: hits[:depth] for query_id, hits in ranking.hits.items()}
            for name, by_dim in self.rankings.items()
            for dim, ranking in by_dim.items()
        }

    def summary(self, by: Sequence[str] = ()) -> dict[str, Any]:
        """Everything as plain data, for JSON; `by`: the slices to compare in at the widest dimension."""
        others, widest = list(self.evaluations)[1:], self.dims[0]
        comparison = {
            name: {str(dim): _plain(self.compare(name, dim)) for dim in self.dims} for name in others
        }
        by_slice = {name: {kind: self._sliced(kind, name, widest) for kind in by} for name in others}
        moves = {name: {str(dim): self._moves(name, dim) for dim in self.dims} for name in others}
        changed = {name: self._changed(name, widest) for name in others}
        return {
            "queries": {
                "judged": len(self.query_set.judged),
                "unresolved": self.query_set.unresolved_queries,
            },
            "systems": {
                name: {str(dim): self._measured(name, dim) for dim in self.dims} for name in self.evaluations
            },
            "comparison": _only(comparison),
            "transitions": _only(moves),
            "most different": _only(changed),
            "tradeoff": self._tradeoff(others),
        } | ({"slices": _only(by_slice)} if by else {})

    def _measured(self, name: str, dim: int) -> dict[str, Any]:
        evaluation, displaced = self.evaluations[name][dim], list(self.displacement(name, dim).values())
        over_found = {
            "RR@10 over found": evaluation.mean_over_found("RR@10"),
            "found": evaluation.found("RR@10"),
        }
        outcomes = {"outcomes": count(self.outcomes[name][dim].values())}
        return (
            evaluation.means
            | over_found
            | outcomes
            | {"displacement": {"queries": sum(map(bool, displaced)), "articles": sum(displaced)}}
        )

    def _moves(self, name: str, dim: int) -> list[dict[str, Any]]:
        moves = transitions(self.outcomes[self.baseline][dim], self.outcomes[name][dim])
        return [
            {"from": one, "to": other, "queries": len(query_ids)} for (one, other), query_ids in moves.items()
        ]

    def _sliced(self, by: str, name: str, dim: int) -> dict[str, Any]:
        """The comparison in each slice, and each system's outcomes there."""
        members = self.slices(by)
        return {
            key: {
                "queries": item.paired.n,
                "p after Holm": item.p_holm,
                "outcomes": {
                    system: count(
                        kind
                        for query_id, kind in self.outcomes[system][dim].items()
                        if members[query_id] == key
                    )
                    for system in (self.baseline, name)
                },
            }
            | _plain(item.paired)
            for key, item in self.compare_by(by, name, dim).items()
        }

    def _changed(self, name: str, dim: int) -> list[dict[str, Any]]:
        before, after = (self.evaluations[system][dim].values["RR@10"] for system in (self.baseline, name))
        return [
            {"query_id": query_id, "delta": delta} for query_id, delta in most_different(before, after, 10)
        ]

    def _tradeoff(self, others: Sequence[str]) -> dict[str, Any]:
        systems = {}
        for name in self.evaluations:
            found = self.quality(name)
            systems[name] = {
                "smallest dimension": smallest_dimension({dim: one.mean for dim, one in found.items()}, KEPT),
                "dims": {
                    str(dim): {
                        "RR@10": one.mean,
                        "interval": list(one.interval),
                        "share": one.share,
                        "bytes per vector": bytes_per_vector(dim),
                    }
                    for dim, one in found.items()
                },
            }
        crossed = {
            name: {str(one.dim): _plain(one.paired) for one in self.crossovers(name)} for name in others
        }
        return {
            "share": KEPT,
            "systems": systems,
            f"against {self.baseline} at {self.dims[0]}": _only(crossed),
        }


def _each(
    table: Mapping[str, Mapping[int, Any]], change: Callable[[Any], Result]
) -> dict[str, dict[int, Result]]:
    """A table by system and dimension with `change` made to every entry."""
    return {name: {dim: change(one) for dim, one in by_dim.items()} for name, by_dim in table.items()}


def contamination_summary(experiment: Experiment, found: Contamination) -> dict[str, Any]:
    """What training has seen of the queries, and the headline without them, as plain data for JSON."""
    rest = {
        "without queries asked in training": frozenset(found.near_duplicates),
        "without queries given away": found.contaminated,
    }
    return {
        "asked in training": {
            query_id: {"text": twin.text, "similarity": twin.similarity}
            for query_id, twin in sorted(found.near_duplicates.items())
        },
        "articles seen": sorted(found.relevant_positives),
        "queries with all articles seen": sorted(found.all_positives),
        "queries with some articles seen": sorted(found.some_positives),
    } | {name: _headline(experiment, query_ids) for name, query_ids in rest.items()}


def _headline(experiment: Experiment, left_out: frozenset[str]) -> dict[str, Any]:
    """Means and comparison over the queries that are not left out."""
    if len(left_out) >= len(experiment.query_set.judged):
        return {"judged": 0}
    rest = experiment.without(left_out)
    means = {
        name: {str(dim): one.means for dim, one in by_dim.items()}
        for name, by_dim in rest.evaluations.items()
    }
    others = list(rest.evaluations)[1:]
    comparison = {name: {str(dim): _plain(rest.compare(name, dim)) for dim in rest.dims} for name in others}
    return {"judged": len(rest.query_set.judged), "systems": means, "comparison": _only(comparison)}


def _only(by_system: Mapping[str, Any]) -> Any:
    """The one other system's entry where there is only one."""
    return next(iter(by_system.values())) if len(by_system) == 1 else dict(by_system)


def _plain(result: Paired) -> dict[str, Any]:
    return {
        "delta": result.delta,
        "interval": list(result.interval),
        "p": result.p,
        "wins": result.wins,
        "ties": result.ties,
        "losses": result.losses,
    }


def run_experiment(
    query_set: QuerySet,
    *,
    index: Index,
    encoders: Mapping[str, Encoder],
    vectors: QueryVectors,
    dims: Sequence[int],
    width: int,
    depth: int = DEPTH,
    kept: CachedRankings | None = None,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> Experiment:
    """Ranks every judged query exactly in every system; `width`: the widest indexed dimension.

    `kept`: where rankings of an earlier run are, and these go. `progress(system, articles, of)` is called after each
    batch of articles.
    """
    if not query_set.judged:
        raise QueryError(
            f'query set "{query_set.name}"',
            f"has no judged query: none of its {query_set.unresolved_queries} queries resolves in this corpus",
            remedy="give queries whose citations name articles of this corpus",
        )
    texts, query_ids = (
        [query.text for query in query_set.judged],
        [query.query_id for query in query_set.judged],
    )
    began = perf_counter()
    encoded = {name: vectors.encode(encoder, texts) for name, encoder in encoders.items()}
    encoding = perf_counter() - began
    rankings: dict[str, dict[int, Ranking]] = {}
    for name, rows in encoded.items():
        shown = lambda done, name=name: progress(name, done, len(index.doc_ids))  # noqa: E731 (bound to this system)
        key = {
            "build": index.build_id,
            "column": index.column_of(name, width),
            "dims": sorted(dims),
            "depth": depth,
        }
        key |= {"queries": query_set.fingerprint, "encoder": encoders[name].query_fingerprint}
        found = kept.get(key) if kept else None
        if found is None:
            found = rank(
                index,
                index.column_of(name, width),
                dims,
                query_ids,
                rows,
                query_set.qrels,
                max(depth, DEPTH),
                shown,
            )
            if kept:
                kept.put(key, found)
        rankings[name] = {dim: found[dim] for dim in sorted(dims, reverse=True)}
    ranking = perf_counter() - began - encoding
    evaluations = {
        name: {
            dim: evaluate(found.ranks, query_set.qrels, HEADLINE + FURTHER) for dim, found in by_dim.items()
        }
        for name, by_dim in rankings.items()
    }
    measured = Experiment(
        query_set, rankings, evaluations, {}, {}, {"encoding": encoding, "ranking": ranking}
    )
    tops = {(name, dim): measured.top_ids(name, dim) for name, by_dim in rankings.items() for dim in by_dim}
    named = {doc_id for top in tops.values() for doc_id in top.values()} | {
        doc_id for relevant in query_set.qrels.values() for doc_id in relevant
    }
    articles = index.articles(named)
    outcomes = {
        name: {dim: classify(tops[name, dim], query_set.qrels, articles) for dim in by_dim}
        for name, by_dim in rankings.items()
    }
    return replace(measured, outcomes=outcomes, articles=articles)
