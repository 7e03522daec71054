"""All systems of the pair in one table, one chart and one matrix of tests, from which two are chosen for the rest of the page."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from workbench.evaluation import all_systems
from workbench.evaluation.all_systems import MEASURES
from workbench.evaluation.experiment import Experiment
from workbench.page import chart_tables, charts, choices, markup, parts
from workbench.page.charts import SYSTEM_COLOURS
from workbench.page.choices import View
from workbench.page.labels import label
from workbench.page.services import Services


def draw(services: Services, view: View) -> None:
    language, experiment = view.language, services.whole(view)
    labels = services.all_labels(view)
    frame = overview(services, experiment, view)
    st.html(table(language, frame, labels, view))
    st.plotly_chart(
        chart(language, frame, labels, view),
        key="all systems",
        config=parts.NO_TOOLBAR,
        alt=label(language, "all_alt", said="; ".join(_spoken(frame, labels))),
    )
    measures = {measure: label(language, measure) for measure in _measures(frame)}
    chart_tables.all_systems(language, frame, labels, measures)
    _matrix(language, all_systems.matrix(experiment, view.dim), labels, view)
    for name in (name for name in services.pair.systems if name not in experiment.evaluations):
        st.html(markup.note(label(language, "not_answered", label=services.label(name), name=view.query_set)))


def overview(services: Services, experiment: Experiment, view: View) -> pd.DataFrame:
    """One row a system; the report shows the same."""
    articles = services.workbench.index.counts["articles"]
    return all_systems.overview(experiment, view.dim, services.costs(), articles)


def table(language: str, frame: pd.DataFrame, labels: Mapping[str, str], view: View) -> str:
    """The overview as HTML, with what its marks mean."""
    heads = ["", *(label(language, measure) for measure in _measures(frame))]
    heads += [label(language, f"all_{column}") for column in ("errors", "bytes", "ms")]
    rows = []
    for row in frame.to_dict("records"):
        figures = [_figure(language, row, measure) for measure in _measures(frame)]
        costs = ["–" if pd.isna(row[column]) else f"{row[column]:,.0f}" for column in ("bytes", "ms")]
        rows.append([labels[row["system"]], *figures, f"{row['errors']:,}", *costs])
    title = label(language, "all_title", name=view.query_set, dim=view.dim)
    return markup.heading(title) + markup.facts(heads, rows) + markup.note(label(language, "all_note"))


def chart(language: str, frame: pd.DataFrame, labels: Mapping[str, str], view: View) -> object:
    colours = dict(zip(view.systems, SYSTEM_COLOURS, strict=False))
    measures = {measure: label(language, measure) for measure in _measures(frame)}
    return charts.all_systems(frame, labels, measures, label(language, "chart_all"), colours)


def _measures(frame: pd.DataFrame) -> list[str]:
    return [measure for measure in MEASURES if measure in frame]


def _figure(language: str, row: Mapping[str, object], measure: str) -> str:
    mark = row[f"{measure} best"]
    return (f"{label(language, f'all_{mark}')} " if mark else "") + f"{row[measure]:.3f}"


def _spoken(frame: pd.DataFrame, labels: Mapping[str, str]) -> list[str]:
    return [
        f"{labels[row['system']]} MRR@10 {row['RR@10']:.3f} ({row['RR@10 low']:.3f} – {row['RR@10 high']:.3f})"
        for row in frame.to_dict("records")
    ]


def _matrix(language: str, compared: pd.DataFrame, labels: Mapping[str, str], view: View) -> None:
    """Every system against every other; a selected cell chooses the two that the page compares."""
    names = list(labels)
    worded = compared.assign(
        text=[f"{row.delta:+.3f} · p\u00a0{parts.p_value(row.p_holm)}" for row in compared.itertuples()]
    )
    cells = worded.pivot(index="baseline", columns="system", values="text").reindex(
        index=names, columns=names
    )
    rows = cells.fillna("").set_axis([labels[name] for name in names]).reset_index(names="baseline")
    key = f"matrix {view.baseline} {view.system} {view.dim} {view.query_set}"

    def choose() -> None:
        for place, column in st.session_state[key]["selection"]["cells"]:
            baseline, system = names[place], column
            if system in names and system != baseline:
                choices.put("base", baseline, names[0])
                choices.put("against", system)
                st.rerun()

    st.html(markup.heading(label(language, "matrix_title")) + markup.note(label(language, "matrix_note")))
    st.dataframe(
        rows,
        column_config={"baseline": label(language, "matrix_against")}
        | {name: st.column_config.TextColumn(labels[name]) for name in names},
        hide_index=True,
        key=key,
        on_select=choose,
        selection_mode="single-cell",
        height=parts.table_height(len(rows)),
    )
