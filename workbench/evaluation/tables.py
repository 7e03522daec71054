"""Results as DataFrames, the form in which tables, charts and files take them."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from pandas import DataFrame as DataFrame  # for the page, which only hands them on

from workbench.core.domain import Level, Query
from workbench.core.text import BYTE_ORDER_MARK
from workbench.evaluation.compare import Paired
from workbench.evaluation.experiment import Experiment
from workbench.evaluation.outcomes import (
    DisplacedPair,
    Outcome,
    ScopeError,
    count,
    displaced_pairs,
    level_matrix,
    shown,
    transitions,
)
from workbench.evaluation.scores import CUTOFF, HEADLINE
from workbench.evaluation.tradeoff import bytes_per_vector
from workbench.index import column_name
from workbench.query_sets.contamination import Contamination


class Change(StrEnum):
    """How a query fares in the other system against the baseline, by its reciprocal rank at CUTOFF."""

    IMPROVED = "improved"
    REGRESSED = "regressed"
    MISSED = "both missed"
    UNCHANGED = "unchanged"


class Failure(StrEnum):
    """Why a query of the other system deserves a look; the first that applies."""

    REGRESSION = "regression"
    DISPLACEMENT = "displacement"
    MISS = "miss"


class InTraining(StrEnum):
    """What training held of a query; the first that applies."""

    QUERY = "query seen"
    ARTICLES = "answers seen"
    SOME = "some answers seen"
    NOTHING = "nothing seen"


def in_training(contamination: Contamination, query_id: str) -> InTraining:
    """What training held of one query."""
    kinds = {
        InTraining.QUERY: contamination.near_duplicates,
        InTraining.ARTICLES: contamination.all_positives,
        InTraining.SOME: contamination.some_positives,
    }
    return next((kind for kind, query_ids in kinds.items() if query_id in query_ids), InTraining.NOTHING)


def contamination_table(experiment: Experiment, contamination: Contamination, dim: int) -> pd.DataFrame:
    """One row a part of the query set (all, not asked in training, nothing of it in training): queries, both means of
    RR@10, the paired difference.
    """
    left_out_of = {
        "all": frozenset[str](),
        "not asked": frozenset(contamination.near_duplicates),
        "unseen": contamination.contaminated,
    }
    rows = []
    for part, left_out in left_out_of.items():
        row = {"part": part, "queries": len(experiment.query_set.judged) - len(left_out)}
        if row["queries"]:
            row |= _means_and_difference(experiment.without(left_out) if left_out else experiment, dim)
        rows.append(row)
    return pd.DataFrame(rows, columns=["part", "queries", "baseline", "system", "delta", "low", "high", "p"])


def _means_and_difference(experiment: Experiment, dim: int) -> dict[str, Any]:
    baseline, system = _pair(experiment)
    means = {
        "baseline": experiment.evaluations[baseline][dim].means["RR@10"],
        "system": experiment.evaluations[system][dim].means["RR@10"],
    }
    return means | difference(experiment.comparisons.paired(system, dim))


def difference(result: Paired) -> dict[str, float]:
    """A comparison as columns of a row."""
    low, high = result.interval
    return {"delta": result.delta, "low": low, "high": high, "p": result.p}


def _pair(experiment: Experiment) -> tuple[str, str]:
    """Baseline and the last of the other systems (the baseline itself where it is alone)."""
    return experiment.baseline, list(experiment.evaluations)[-1]


def per_query(experiment: Experiment, dim: int, contamination: Contamination | None = None) -> pd.DataFrame:
    """One row a judged query, most improved first: text, topic, style, level of its relevant articles, these as `cited`, each system's
    best rank, outcome and kind of error of scope ("" where it is none), gain, change.

    `contamination`: what training held of them, for a column `seen`; None where that is not known.
    """
    baseline, system = _pair(experiment)
    before = experiment.evaluations[baseline][dim].values["RR@10"]
    after = experiment.evaluations[system][dim].values["RR@10"]
    levels = experiment.slices("level")
    rows = []
    for query in experiment.query_set.judged:
        row = _query_fields(query)
        row["level"] = levels[query.query_id]
        row["cited"] = "; ".join(cited(experiment, query.query_id))
        row["seen"] = in_training(contamination, query.query_id).value if contamination else ""
        for name in experiment.evaluations:
            row[f"rank {name}"] = experiment.best_rank(name, dim, query.query_id)
            row[f"outcome {name}"] = experiment.outcomes[name][dim][query.query_id].value
            row[f"scope error {name}"] = str(experiment.scope_errors[name][dim].get(query.query_id, ""))
        row["gain"] = after[query.query_id] - before[query.query_id]
        row["change"] = _change(before[query.query_id], after[query.query_id]).value
        rows.append(row)
    frame = _with_ranks(rows, [f"rank {name}" for name in experiment.evaluations])
    return frame.sort_values(["gain", "query_id"], ascending=[False, True], ignore_index=True)


def cited(experiment: Experiment, query_id: str) -> list[str]:
    """The relevant articles of a query: law, number, and which place in the article is meant where its citation says so."""
    pinpoints = experiment.query_set.pinpoints.get(query_id, {})
    articles = ((doc_id, experiment.articles.get(doc_id)) for doc_id in experiment.query_set.qrels[query_id])
    return [
        (f"{article.law} {article.article}" if article else doc_id) + pinpoints.get(doc_id, "")
        for doc_id, article in articles
    ]


def _with_ranks(rows: list[dict[str, Any]], columns: Iterable[str]) -> pd.DataFrame:
    """`rows` as a table whose columns of ranks are whole numbers, or nothing where there is no rank."""
    frame = pd.DataFrame(rows)
    lacking = [name for name in columns if frame[name].isna().any()]
    return frame.astype(dict.fromkeys(lacking, "Int64"))


def _query_fields(query: Query) -> dict[str, Any]:
    return {"query_id": query.query_id, "query": query.text, "topic": query.topic, "style": query.style}


def _change(before: float, after: float) -> Change:
    if before == after:
        return Change.UNCHANGED if before else Change.MISSED
    return Change.IMPROVED if after > before else Change.REGRESSED


def headline(experiment: Experiment, dim: int) -> pd.DataFrame:
    """One row a headline measure and system: mean, and its difference from the baseline with interval and p."""
    rows = []
    for measure in HEADLINE:
        for name in experiment.evaluations:
            against = difference(experiment.comparisons.paired(name, dim, measure))
            mean = experiment.evaluations[name][dim].means[measure]
            rows.append({"measure": measure, "system": name, "mean": mean} | against)
    return pd.DataFrame(rows)


def by_slice(experiment: Experiment, by: str, dim: int) -> pd.DataFrame:
    """One row a slice, largest first: its queries, both means of RR@10, the paired difference with interval, p and p
    after Holm.
    """
    baseline, system = _pair(experiment)
    slice_of = experiment.slices(by)
    rows = []
    for name, item in experiment.comparisons.by_slice(by, system, dim).items():
        query_ids = [query_id for query_id, own_slice in slice_of.items() if own_slice == name]
        row = {
            "slice": name,
            "queries": item.paired.n,
            "baseline": _mean(experiment, baseline, dim, query_ids),
            "system": _mean(experiment, system, dim, query_ids),
        }
        rows.append(row | difference(item.paired) | {"p_holm": item.p_holm})
    return pd.DataFrame(rows).sort_values(["queries", "slice"], ascending=[False, True], ignore_index=True)


def _mean(experiment: Experiment, name: str, dim: int, query_ids: list[str]) -> float:
    values = experiment.evaluations[name][dim].values["RR@10"]
    return float(np.mean([values[query_id] for query_id in query_ids]))


def outcome_classes(experiment: Experiment) -> list[Outcome]:
    """The classes that an experiment has a use for, whatever the dimension."""
    return shown(
        kind
        for by_dim in experiment.outcomes.values()
        for found in by_dim.values()
        for kind in found.values()
    )


def outcomes(experiment: Experiment, dim: int) -> pd.DataFrame:
    """One row a system and outcome class: how many queries."""
    rows = []
    for name in experiment.evaluations:
        counts = count(experiment.outcomes[name][dim].values())
        rows += [
            {"system": name, "outcome": kind.value, "queries": counts[kind]}
            for kind in outcome_classes(experiment)
        ]
    return pd.DataFrame(rows)


def scope_errors(experiment: Experiment, dim: int) -> pd.DataFrame:
    """One row a system and kind of error of scope: how many queries."""
    rows = []
    for name in experiment.evaluations:
        counts = count(experiment.scope_errors[name][dim].values(), ScopeError)
        rows += [{"system": name, "kind": kind, "queries": queries} for kind, queries in counts.items()]
    return pd.DataFrame(rows)


def moves(experiment: Experiment, dim: int) -> pd.DataFrame:
    """One row a move from the baseline's outcome to the other system's: how many queries."""
    baseline, system = _pair(experiment)
    query_ids_of = transitions(experiment.outcomes[baseline][dim], experiment.outcomes[system][dim])
    rows = [
        {"before": before.value, "after": after.value, "queries": len(query_ids)}
        for (before, after), query_ids in query_ids_of.items()
    ]
    return pd.DataFrame(rows)


def level_confusion(experiment: Experiment, dim: int) -> pd.DataFrame:
    """One row a system, level of the first relevant article and level of the top-ranked one: how many queries, and
    which.
    """
    rows = []
    for name in experiment.evaluations:
        matrix = level_matrix(
            experiment.top_ids(name, dim),
            experiment.rankings[name][dim].ranks,
            experiment.query_set.qrels,
            experiment.articles,
        )
        for (relevant, top), query_ids in matrix.items():
            rows.append(
                {
                    "system": name,
                    "relevant": relevant.value,
                    "top": top.value,
                    "queries": len(query_ids),
                    "query_ids": query_ids,
                }
            )
    return pd.DataFrame(rows, columns=["system", "relevant", "top", "queries", "query_ids"])


def levels_in(confusion: pd.DataFrame) -> list[str]:
    """The levels that occur, in the order of sources of law."""
    occurring = {*confusion["relevant"], *confusion["top"]}
    return [level.value for level in Level if level.value in occurring]


def displaced(experiment: Experiment, system: str, dim: int) -> list[DisplacedPair]:
    """The relevant articles of one system that an article of the wrong scope or place displaced, nearest misses first."""
    return displaced_pairs(
        experiment.outcomes[system][dim],
        experiment.scope_errors[system][dim],
        experiment.top_ids(system, dim),
        experiment.rankings[system][dim].ranks,
        experiment.query_set.qrels,
    )


def displaced_table(experiment: Experiment, dim: int) -> pd.DataFrame:
    """All systems' displaced pairs, for a file."""
    texts = {query.query_id: query.text for query in experiment.query_set.judged}
    columns = ["system", "query_id", "query", "outcome", "kind", "relevant", "rank", "top"]
    rows = [
        [
            *(name, pair.query_id, texts[pair.query_id], pair.outcome.value, pair.kind.value),
            *(pair.relevant, pair.rank, pair.top),
        ]
        for name in experiment.evaluations
        for pair in displaced(experiment, name, dim)
    ]
    return pd.DataFrame(rows, columns=columns).astype({"rank": "Int64"})  # a run file has none for some


def tradeoff(experiment: Experiment, costs: Mapping[str, Any]) -> pd.DataFrame:
    """One row a system and dimension: mean of RR@10 with interval and share of full quality, bytes a vector and, where
    `costs` (as `summarise_costs` gives them) has them, bytes of the column and median milliseconds of a search.
    """
    rows = []
    for name in experiment.with_vectors:
        for dim, quality in experiment.comparisons.quality(name).items():
            low, high = quality.interval
            row = {"system": name, "dim": dim, "mean": quality.mean, "low": low, "high": high}
            row |= {"share": quality.share, "bytes": bytes_per_vector(dim)}
            rows.append(row | measured_costs(costs.get(name, {}).get(str(dim), {})))
    return pd.DataFrame(rows)


def measured_costs(cost: Mapping[str, Any]) -> dict[str, float]:
    """Bytes of a column and median milliseconds of a search; NaN for what was not measured."""
    return {
        "column bytes": cost.get("column bytes", np.nan),
        "exact ms": cost.get("exact", {}).get("median ms", np.nan),
        "ann ms": cost.get("ann", {}).get("median ms", np.nan),
    }


def ranks_by_dim(experiment: Experiment, system: str) -> pd.DataFrame:
    """One row a query, who suffers first on top: its best rank at every dimension.

    `suffers`: the widest dimension at which its RR@10 is lower than at full width, 0 where it never is; `loss`: how
    much lower it is at the narrowest.
    """
    values = experiment.values_by_dim(system)
    rows = []
    for query in experiment.query_set.judged:
        gains = {dim: by_query[query.query_id] for dim, by_query in values.items()}
        ranks = {str(dim): experiment.best_rank(system, dim, query.query_id) for dim in gains}
        full = gains[max(gains)]
        suffers = next((dim for dim in gains if gains[dim] < full), 0)
        row = {"query_id": query.query_id, "query": query.text} | ranks
        rows.append(row | {"suffers": suffers, "loss": full - gains[min(gains)]})
    return pd.DataFrame(rows).sort_values(
        ["suffers", "loss", "query_id"], ascending=[False, False, True], ignore_index=True
    )


def failures(experiment: Experiment, dim: int) -> pd.DataFrame:
    """Queries of the other system that deserve a look: regressions, then displacements, then misses; worst first."""
    system = _pair(experiment)[1]
    table = per_query(experiment, dim)
    displacing = {pair.query_id for pair in displaced(experiment, system, dim)}
    kinds = [
        _failure(row.change, row.query_id in displacing, None if pd.isna(rank) else int(rank))
        for row, rank in zip(table.itertuples(), table[f"rank {system}"], strict=True)
    ]
    order = {kind.value: place for place, kind in enumerate(Failure)}
    failing = table.assign(failure=kinds)[[bool(kind) for kind in kinds]]
    ordered = failing.assign(_order=failing["failure"].map(order)).sort_values(
        ["_order", "gain", f"rank {system}", "query_id"]
    )
    return ordered.drop(columns="_order").reset_index(drop=True)


def _failure(change: str, displaced_by_other: bool, rank: int | None) -> str:
    if change == Change.REGRESSED:
        return Failure.REGRESSION.value
    if displaced_by_other:
        return Failure.DISPLACEMENT.value
    return Failure.MISS.value if rank is None or rank > CUTOFF else ""


def all_ranks(experiment: Experiment, measures: Iterable[str] = ()) -> pd.DataFrame:
    """One row a judged query, in the order of the query set: text, relevant articles, and for every system and dimension
    rank, RR@10, outcome, kind of error of scope, displacement and, of `measures`, the others.
    """
    further = [measure for measure in measures if measure != "RR@10"]
    displaced_by = {
        (name, dim): experiment.displacement(name, dim)
        for name in experiment.evaluations
        for dim in experiment.dims_of(name)
    }
    rows = []
    for query in experiment.query_set.judged:
        query_id = query.query_id
        row = _query_fields(query)
        row["relevant"] = ";".join(experiment.query_set.qrels[query_id])
        for name, dim in displaced_by:
            column = column_name(name, dim)
            values = experiment.evaluations[name][dim].values
            row[f"{column} rank"] = experiment.best_rank(name, dim, query_id)
            row[f"{column} RR@10"] = values["RR@10"][query_id]
            row[f"{column} outcome"] = experiment.outcomes[name][dim][query_id].value
            row[f"{column} scope error"] = str(experiment.scope_errors[name][dim].get(query_id, ""))
            row[f"{column} displacement"] = displaced_by[name, dim].get(query_id)
            row |= {f"{column} {measure}": values[measure][query_id] for measure in further}
        rows.append(row)
    columns = [column_name(name, dim) for name, dim in displaced_by]
    return _with_ranks(rows, [f"{column} {what}" for column in columns for what in ("rank", "displacement")])


def records(items: Iterable[Any], fields: Iterable[str]) -> pd.DataFrame:
    """Frozen records as rows."""
    names = list(fields)
    return pd.DataFrame([[getattr(item, name) for name in names] for item in items], columns=names)


def csv_text(frame: pd.DataFrame) -> str:
    """`frame` as CSV (RFC 4180), with the mark by which spreadsheets know UTF-8.

    A text that a spreadsheet would take for a formula gets an apostrophe in front, which our own readers take off again.
    """
    texts = frame.select_dtypes(exclude="number").columns
    safe = frame.assign(
        **{name: frame[name].astype(str).str.replace(r"^(?=[=+\-@\t\r])", "'", regex=True) for name in texts}
    )
    return BYTE_ORDER_MARK + safe.to_csv(index=False, lineterminator="\r\n")
