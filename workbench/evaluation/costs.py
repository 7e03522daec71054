"""What a dimension costs on this machine: bytes on disk, search latency, and what an ANN index loses."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

from workbench.core.dimensions import ALL, dim_name
from workbench.core.vectors import Vectors
from workbench.evaluation.compare import overlap
from workbench.evaluation.experiment import Experiment
from workbench.evaluation.exports import write_json
from workbench.evaluation.measures import measure
from workbench.evaluation.rankers import DenseRanker, Ranker
from workbench.evaluation.scores import CUTOFF
from workbench.evaluation.tradeoff import Latency, bytes_per_vector, latency
from workbench.index import Index

TIMED = 25  # searches timed per column


@dataclass(frozen=True)
class Approximate:
    """An ANN index against exact search: by query, the share of the exact first CUTOFF that it finds, and the change in RR@CUTOFF."""

    kind: str
    bytes: int
    latency: Latency
    recall: Mapping[str, float]
    rr_change: Mapping[str, float]


@dataclass(frozen=True)
class Cost:
    """`column_bytes`: on disk, all rows; `exact`: a search that scores every row, or every match.

    `bytes_per_vector`: None of a system without vectors; its `column_bytes` are those of its full-text index, a
    fusion's those of all that it is of.
    """

    bytes_per_vector: int | None
    column_bytes: int
    exact: Latency
    approximate: Approximate | None = None


def measure_costs(
    experiment: Experiment, *, index: Index, rankers: Mapping[str, Ranker]
) -> dict[str, dict[int, Cost]]:
    """Costs by system and dimension, with the judged queries as searches; a run file, which searches nothing, has none."""
    queries = experiment.query_set.judged
    costs: dict[str, dict[int, Cost]] = {}
    for name in experiment.evaluations:
        ranker = rankers[name]
        if isinstance(ranker, DenseRanker):
            rows = ranker.vectors.encode(ranker.encoder, [query.text for query in queries])
            costs[name] = {dim: _cost(experiment, index, name, dim, rows) for dim in ranker.dims}
        elif (stored := ranker.stored_bytes) is not None:
            timed = latency(partial(ranker.search, dim=ALL, depth=CUTOFF), queries[:TIMED])
            costs[name] = {ALL: Cost(None, stored, timed)}
    return costs


def _cost(experiment: Experiment, index: Index, name: str, dim: int, rows: Vectors) -> Cost:
    column = index.column_of(name, dim)
    exact = latency(lambda row: index.search(name, dim, row, CUTOFF), list(rows[:TIMED]))
    approximate = _approximate(experiment, index, name, dim, rows) if index.ann(column) else None
    return Cost(bytes_per_vector(dim), index.column_bytes(column), exact, approximate)


def _approximate(experiment: Experiment, index: Index, name: str, dim: int, rows: Vectors) -> Approximate:
    reciprocal_rank = measure(f"RR@{CUTOFF}")
    qrels = experiment.query_set.qrels
    exact_hits = experiment.rankings[name][dim].hits
    exact_values = experiment.evaluations[name][dim].values[f"RR@{CUTOFF}"]
    recall = {}
    change = {}
    for query, row in zip(experiment.query_set.judged, rows, strict=True):
        approximate = [hit.doc_id for hit in index.search(name, dim, row, CUTOFF, ann=True)]
        exact = [hit.doc_id for hit in exact_hits[query.query_id][:CUTOFF]]
        recall[query.query_id] = overlap(approximate, exact, CUTOFF) / len(exact)
        ranks = {doc_id: place for place, doc_id in enumerate(approximate, 1)}
        change[query.query_id] = reciprocal_rank(ranks, qrels[query.query_id]) - exact_values[query.query_id]
    recorded = index.ann(index.column_of(name, dim))
    timed = latency(lambda row: index.search(name, dim, row, CUTOFF, ann=True), list(rows[:TIMED]))
    return Approximate(recorded["kind"], recorded["bytes"], timed, recall, change)


def summarise_costs(costs: Mapping[str, Mapping[int, Cost]]) -> dict[str, dict[str, dict[str, Any]]]:
    """`costs` as plain data, for JSON; latencies in milliseconds."""
    return {
        name: {dim_name(dim): _summarise(cost) for dim, cost in by_dim.items()}
        for name, by_dim in costs.items()
    }


def _summarise(cost: Cost) -> dict[str, Any]:
    summary: dict[str, Any] = {"bytes per vector": cost.bytes_per_vector} if cost.bytes_per_vector else {}
    summary |= {
        "column bytes": cost.column_bytes,
        "exact": _milliseconds(cost.exact),
    }
    approximate = cost.approximate
    if approximate:
        worse = sorted(query_id for query_id, change in approximate.rr_change.items() if change < 0)
        summary["ann"] = {
            "kind": approximate.kind,
            "bytes": approximate.bytes,
            f"recall@{CUTOFF} of exact": fmean(approximate.recall.values()),
            f"RR@{CUTOFF} change": fmean(approximate.rr_change.values()),
            "worse queries": worse,
        } | _milliseconds(approximate.latency)
    return summary


def save_costs(costs: Mapping[str, Any], home: Path, build_id: str) -> None:
    """Saves costs as plain data for one build of an index, as what was measured on this machine."""
    write_json(costs, costs_file(home, build_id))


def costs_file(home: Path, build_id: str) -> Path:
    """Where the costs measured on this machine for one build of an index lie."""
    return home / "costs" / f"{build_id}.json"


def read_costs(home: Path, build_id: str) -> dict[str, Any]:
    """What `measure_costs` measured for this build, as plain data; empty where it was not measured here."""
    file = costs_file(home, build_id)
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def _milliseconds(taken: Latency) -> dict[str, float]:
    return {"median ms": taken.median * 1e3, "p95 ms": taken.p95 * 1e3}
