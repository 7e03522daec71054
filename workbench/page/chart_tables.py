"""The figures of each chart as a table, which unfolds below it: for whoever cannot see it, and to copy from."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd
import streamlit as st

from workbench.evaluation.tables import DataFrame
from workbench.page import markup, parts
from workbench.page.labels import label
from workbench.page.names import level_name

Labels = Mapping[str, str]


def differences(language: str, frame: DataFrame, labels: Labels) -> None:
    """Each measure's mean in each system, with the difference from the baseline."""
    rows = [
        [label(language, row.measure), labels[row.system], f"{row.mean:.3f}", *_difference(language, row)]
        for row in frame.itertuples()
    ]
    _show(language, ["measure", "system", "mean_short", "difference", "p_value"], rows)


def slices(language: str, frame: DataFrame, names: Sequence[str]) -> None:
    """Each slice's means and their difference; `names`: of the frame's rows."""
    rows = [
        [
            name,
            f"{row.queries:,}",
            f"{row.baseline:.3f}",
            f"{row.system:.3f}",
            *_difference(language, row, row.p_holm),
        ]
        for name, row in zip(names, frame.itertuples(), strict=True)
    ]
    _show(language, ["slice", "queries", "baseline", "compared_short", "difference", "p_holm"], rows)


def all_systems(language: str, frame: DataFrame, labels: Labels, measures: Labels) -> None:
    """Each system's means with their intervals; `measures`: what they are called."""
    rows = [
        [labels[row["system"]], *(_mean(row, measure) for measure in measures)]
        for row in frame.to_dict("records")
    ]
    _table(language, [label(language, "system"), *measures.values()], rows)


def counts(language: str, frame: DataFrame, column: str, labels: Labels) -> None:
    """Queries by system and outcome, or kind of error; `column`: which of the two."""
    rows = [
        [labels[str(name)], label(language, str(kind)), f"{queries:,}"]
        for name, kind, queries in frame[["system", column, "queries"]].itertuples(index=False)
    ]
    _show(language, ["system", "top_short", "queries"], rows)


def moves(language: str, frame: DataFrame, labels: Labels) -> None:
    """Queries by their outcome in the one system and in the other."""
    rows = [
        [label(language, row.before), label(language, row.after), f"{row.queries:,}"]
        for row in frame.itertuples()
    ]
    heads = [label(language, "outcome_of", label=text) for text in labels.values()]
    _table(language, [*(heads * 2)[:2], label(language, "queries")], rows)


def levels(language: str, frame: DataFrame, labels: Labels) -> None:
    """Queries by system, level of the relevant article and level of the one on top."""
    rows = [
        [
            labels[row.system],
            level_name(language, row.relevant),
            level_name(language, row.top),
            f"{row.queries:,}",
        ]
        for row in frame.itertuples()
    ]
    _show(language, ["system", "relevant_level", "top", "queries"], rows)


def tradeoff(language: str, frame: DataFrame, labels: Labels) -> None:
    """Quality with its interval, bytes and search time by system and dimension."""
    rows = []
    for row in frame.to_dict("records"):
        quality = _mean(row, "mean", ("low", "high"))
        latency = "–" if pd.isna(row["exact ms"]) else f"{row['exact ms']:.1f}"
        rows.append([labels[row["system"]], f"{row['dim']}", quality, f"{row['bytes']:,}", latency])
    _show(language, ["system", "dim", "RR@10", "bytes", "latency"], rows)


def _difference(language: str, row: object, p: float | None = None) -> list[str]:
    """Difference with its interval, and p, as two cells."""
    delta, low, high, own = (getattr(row, name) for name in ("delta", "low", "high", "p"))
    interval = label(language, "interval", low=low, high=high)
    return [f"{delta:+.3f} ({interval})", parts.p_value(own if p is None else p).removeprefix("=\u00a0")]


def _mean(row: Mapping[str, float], measure: str, ends: tuple[str, str] | None = None) -> str:
    low, high = ends or (f"{measure} low", f"{measure} high")
    return f"{row[measure]:.3f} ({row[low]:.3f} – {row[high]:.3f})"


def _show(language: str, heads: Iterable[str], rows: Iterable[Sequence[str]]) -> None:
    _table(language, [label(language, head) for head in heads], rows)


def _table(language: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    st.html(markup.unfolding(label(language, "as_table"), markup.facts(heads, rows)))
