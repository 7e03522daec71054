"""An experiment as plain data for JSON, in the one shape that `summary.schema.json` and docs/json.md describe.

Whatever compares is by the name of the system that is held against the baseline, also where there is one or none.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.core.dimensions import dim_name
from workbench.core.domain import Citation, Query
from workbench.evaluation.compare import Paired, Pairwise, Slice, most_different
from workbench.evaluation.experiment import Experiment
from workbench.evaluation.measures import needs_all
from workbench.evaluation.outcomes import ScopeError, count, transitions
from workbench.evaluation.tradeoff import GOOD_ENOUGH, Quality, bytes_per_vector, smallest_dimension
from workbench.query_sets.contamination import Contamination

SCHEMA = "workbench-evaluation/1"
PER_QUERY = "per query"
MOST_DIFFERENT = 10  # queries listed


def summarise(experiment: Experiment, by: Sequence[str] = ()) -> dict[str, Any]:
    """What an experiment says by itself; `by`: the slices to compare in at the widest dimension."""
    dims, widest = experiment.dims, experiment.dims[0]
    summary = {
        "schema": SCHEMA,
        "queries": _queries(experiment),
        "systems": {
            name: {dim_name(dim): _measured(experiment, name, dim) for dim in experiment.dims_of(name)}
            for name in experiment.evaluations
        },
        "pairwise": [_pairwise(each) for each in experiment.comparisons.pairwise(widest)],
        "comparison": _comparison(experiment),
        "transitions": {
            name: {str(dim): _transitions(experiment, name, dim) for dim in dims}
            for name in experiment.challengers
        },
        "most different": {
            name: _most_different(experiment, name, widest) for name in experiment.challengers
        },
        "tradeoff": _tradeoff(experiment),
        PER_QUERY: _per_query(experiment),
    }
    if by:
        summary["slices"] = {
            name: {kind: _slices(experiment, kind, name, widest) for kind in by}
            for name in experiment.challengers
        }
    return summary


def _queries(experiment: Experiment) -> dict[str, Any]:
    """How much of the query set resolves in this corpus, and what that means for measures."""
    query_set = experiment.query_set
    means = next(iter(next(iter(experiment.evaluations.values())).values())).means
    partly, own = query_set.partly_resolved, query_set.with_own_document
    return {
        "judged": len(query_set.judged),
        "unresolved": query_set.unresolved_queries,
        "partly resolved": partly,
        "unresolved citations": query_set.unresolved_citations,
        "citations without an article": [
            {"query_id": item.query_id, "citation": str(item.citation), "reason": item.reason}
            for item in query_set.unresolved
            if item.citation != Citation()
        ],
        "measures of known articles only": sorted(filter(needs_all, means)) if partly else [],
    } | ({"with own document": own} if own else {})


def summarise_contamination(experiment: Experiment, contamination: Contamination) -> dict[str, Any]:
    """What training has seen of the queries, and means and comparison without them."""
    asked = {
        query_id: {"text": duplicate.text, "similarity": duplicate.similarity}
        for query_id, duplicate in sorted(contamination.near_duplicates.items())
    }
    return {
        "asked in training": asked,
        "articles seen": sorted(contamination.relevant_positives),
        "queries with all articles seen": sorted(contamination.all_positives),
        "queries with some articles seen": sorted(contamination.some_positives),
        "without queries asked in training": _without(experiment, frozenset(asked)),
        "without queries given away": _without(experiment, contamination.contaminated),
    }


def _without(experiment: Experiment, left_out: frozenset[str]) -> dict[str, Any]:
    if len(left_out) >= len(experiment.query_set.judged):
        return {"judged": 0}
    rest = experiment.without(left_out)
    means = {
        name: {dim_name(dim): evaluation.means for dim, evaluation in by_dim.items()}
        for name, by_dim in rest.evaluations.items()
    }
    return {"judged": len(rest.query_set.judged), "systems": means, "comparison": _comparison(rest)}


def _comparison(experiment: Experiment) -> dict[str, Any]:
    return {
        name: {
            str(dim): summarise_paired(experiment.comparisons.paired(name, dim)) for dim in experiment.dims
        }
        for name in experiment.challengers
    }


def _pairwise(result: Pairwise) -> dict[str, Any]:
    """Two systems at the widest dimension; `baseline` is the first of them in the pair."""
    named = {"baseline": result.baseline, "system": result.system, "p after Holm": result.p_holm}
    return named | summarise_paired(result.paired)


def summarise_paired(result: Paired) -> dict[str, Any]:
    """A comparison without its number of queries."""
    return {
        "delta": result.delta,
        "interval": list(result.interval),
        "p": result.p,
        "wins": result.wins,
        "ties": result.ties,
        "losses": result.losses,
    }


def _measured(experiment: Experiment, name: str, dim: int) -> dict[str, Any]:
    evaluation = experiment.evaluations[name][dim]
    displaced = experiment.displacement(name, dim).values()
    return evaluation.means | {
        "RR@10 over found": evaluation.mean_over_found("RR@10"),
        "found": evaluation.found("RR@10"),
        "outcomes": count(experiment.outcomes[name][dim].values()),
        "scope errors": count(experiment.scope_errors[name][dim].values(), ScopeError),
        "displacement": {"queries": sum(map(bool, displaced)), "articles": sum(displaced)},
    }


def _per_query(experiment: Experiment) -> dict[str, Any]:
    """Text, relevant articles, and in every system and dimension the rank of the best of them and the outcome."""

    def everywhere(value: Callable[[str, int], Any]) -> dict[str, dict[str, Any]]:
        return {
            name: {dim_name(dim): value(name, dim) for dim in experiment.dims_of(name)}
            for name in experiment.evaluations
        }

    def one(query: Query) -> dict[str, Any]:
        query_id = query.query_id
        return {
            "text": query.text,
            "relevant": sorted(experiment.query_set.qrels[query_id]),
            "ranks": everywhere(lambda name, dim: experiment.best_rank(name, dim, query_id)),
            "outcomes": everywhere(lambda name, dim: experiment.outcomes[name][dim][query_id].value),
        }

    return {query.query_id: one(query) for query in experiment.query_set.judged}


def _transitions(experiment: Experiment, name: str, dim: int) -> list[dict[str, Any]]:
    moves = transitions(experiment.outcomes[experiment.baseline][dim], experiment.outcomes[name][dim])
    return [
        {"from": before, "to": after, "queries": len(query_ids)}
        for (before, after), query_ids in moves.items()
    ]


def _most_different(experiment: Experiment, name: str, dim: int) -> list[dict[str, Any]]:
    before = experiment.evaluations[experiment.baseline][dim].values["RR@10"]
    after = experiment.evaluations[name][dim].values["RR@10"]
    return [
        {"query_id": query_id, "delta": delta}
        for query_id, delta in most_different(before, after, MOST_DIFFERENT)
    ]


def _slices(experiment: Experiment, by: str, name: str, dim: int) -> dict[str, Any]:
    """The comparison in each slice, and both systems' outcomes and errors of scope there."""
    members: dict[str, list[str]] = {}
    for query_id, slice_name in experiment.slices(by).items():
        members.setdefault(slice_name, []).append(query_id)
    compared = experiment.comparisons.by_slice(by, name, dim)
    return {
        slice_name: _slice(experiment, name, dim, members[slice_name], result)
        for slice_name, result in compared.items()
    }


def _slice(
    experiment: Experiment, name: str, dim: int, query_ids: Sequence[str], result: Slice
) -> dict[str, Any]:
    outcomes, kinds = {}, {}
    for system in (experiment.baseline, name):
        found, errors = experiment.outcomes[system][dim], experiment.scope_errors[system][dim]
        outcomes[system] = count(found[query_id] for query_id in query_ids)
        kinds[system] = count((errors[query_id] for query_id in query_ids if query_id in errors), ScopeError)
    counted = {"queries": result.paired.n, "p after Holm": result.p_holm}
    return counted | {"outcomes": outcomes, "scope errors": kinds} | summarise_paired(result.paired)


def _tradeoff(experiment: Experiment) -> dict[str, Any]:
    crossovers = {
        name: {
            str(crossover.dim): summarise_paired(crossover.paired)
            for crossover in experiment.comparisons.crossovers(name)
        }
        for name in experiment.challengers
        if name in experiment.with_vectors
    }
    full = dim_name(experiment.dims_of(experiment.baseline)[0])
    return {
        "share": GOOD_ENOUGH,
        "systems": {
            name: _by_dimension(experiment.comparisons.quality(name)) for name in experiment.with_vectors
        },
        f"against {experiment.baseline} at {full}": crossovers,
    }


def _by_dimension(quality: Mapping[int, Quality]) -> dict[str, Any]:
    means = {dim: measured.mean for dim, measured in quality.items()}
    return {
        "smallest dimension": smallest_dimension(means, GOOD_ENOUGH),
        "dims": {
            str(dim): {
                "RR@10": measured.mean,
                "interval": list(measured.interval),
                "share": measured.share,
                "bytes per vector": bytes_per_vector(dim),
            }
            for dim, measured in quality.items()
        },
    }
