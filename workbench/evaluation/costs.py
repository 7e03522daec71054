"""What a dimension costs on this machine: bytes on disk, search latency, and what an ANN index loses."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean
from time import perf_counter
from typing import Any

from workbench.core.dimensions import dim_name
from workbench.core.domain import Hit, Query
from workbench.core.vectors import Vectors
from workbench.evaluation.compare import overlap
from workbench.evaluation.experiment import Experiment
from workbench.evaluation.exports import write_json
from workbench.evaluation.measures import measure
from workbench.evaluation.rankers import DenseRanker, Ranker
from workbench.evaluation.scores import CUTOFF
from workbench.evaluation.tradeoff import LEAST, Latency, bytes_per_vector, latencies
from workbench.index import Index

BUDGET = 5.0  # seconds for the searches of one width, and for what an ANN index of one column loses


@dataclass(frozen=True)
class Approximate:
    """An ANN index against exact search: by query, the share of the exact first CUTOFF that it finds, and the change in RR@CUTOFF.

    Of as many queries as the time allowed.
    """

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
    """Costs by system and dimension, with the judged queries as searches; a run file, which searches nothing, has none.

    Searches of one width are timed by turns (`latencies`): systems of equal columns differ by what the machine does alone.
    """
    searching = {name: _searching(experiment, index, name, rankers[name]) for name in experiment.evaluations}
    timed, timed_ann = _timed(searching, experiment, ann=False), _timed(searching, experiment, ann=True)
    costs: dict[str, dict[int, Cost]] = {}
    for name, searches in searching.items():
        for dim in searches.dims:
            approximate = None
            if (name, dim) in timed_ann:
                approximate = _approximate(experiment, searches, dim, timed_ann[name, dim])
            size = bytes_per_vector(dim) if dim else None
            cost = Cost(size, searches.stored_bytes(dim), timed[name, dim], approximate)
            costs.setdefault(name, {})[dim] = cost
    return costs


@dataclass(frozen=True)
class _Searches:
    """The judged queries as searches of one system; `rows`: their vectors, None of a system without vectors."""

    name: str
    index: Index
    ranker: Ranker
    queries: Sequence[Query]
    rows: Vectors | None

    @property
    def dims(self) -> tuple[int, ...]:
        return self.ranker.dims if self.ranker.stored_bytes is not None else ()

    def stored_bytes(self, dim: int) -> int:
        column = self.index.column_of(self.name, dim)
        return self.index.column_bytes(column) if dim else self.ranker.stored_bytes or 0

    def ann(self, dim: int) -> dict[str, Any]:
        return self.index.ann(self.index.column_of(self.name, dim)) if dim else {}

    def search(self, number: int, dim: int, *, ann: bool) -> list[Hit]:
        if self.rows is None or not isinstance(self.ranker, DenseRanker):
            return self.ranker.search(self.queries[number], dim, CUTOFF).hits
        return self.ranker.find(dim, self.rows[number], CUTOFF, ann=ann)


def _searching(experiment: Experiment, index: Index, name: str, ranker: Ranker) -> _Searches:
    queries = experiment.query_set.judged
    rows = None
    if isinstance(ranker, DenseRanker):
        rows = ranker.vectors.encode(ranker.encoder, [query.text for query in queries])
    return _Searches(name, index, ranker, queries, rows)


def _timed(
    searching: Mapping[str, _Searches], experiment: Experiment, *, ann: bool
) -> dict[tuple[str, int], Latency]:
    """Latencies by system and dimension, those of one width taken by turns; with `ann`, where there is such an index."""
    questions = len(experiment.query_set.judged)
    timed: dict[tuple[str, int], Latency] = {}
    for dim in dict.fromkeys(dim for each in searching.values() for dim in each.dims):
        systems = [each for each in searching.values() if dim in each.dims and (not ann or each.ann(dim))]
        searches = {(each.name, dim): partial(each.search, dim=dim, ann=ann) for each in systems}
        timed |= latencies(searches, questions, BUDGET)
    return timed


def _approximate(experiment: Experiment, searches: _Searches, dim: int, timed: Latency) -> Approximate:
    name = searches.name
    reciprocal_rank = measure(f"RR@{CUTOFF}")
    qrels = experiment.query_set.qrels
    exact_hits = experiment.rankings[name][dim].hits
    exact_values = experiment.evaluations[name][dim].values[f"RR@{CUTOFF}"]
    recall = {}
    change = {}
    began = perf_counter()
    for number, query in enumerate(searches.queries):
        if number >= LEAST and perf_counter() - began > BUDGET:
            break
        approximate = [hit.doc_id for hit in searches.search(number, dim, ann=True)]
        exact = [hit.doc_id for hit in exact_hits[query.query_id][:CUTOFF]]
        recall[query.query_id] = overlap(approximate, exact, CUTOFF) / len(exact)
        ranks = {doc_id: place for place, doc_id in enumerate(approximate, 1)}
        change[query.query_id] = reciprocal_rank(ranks, qrels[query.query_id]) - exact_values[query.query_id]
    recorded = searches.ann(dim)
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
            "queries": len(approximate.recall),
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
    return {"median ms": taken.median * 1e3, "p95 ms": taken.p95 * 1e3, "searches": taken.n}
