"""National versus local: what kind of error each system makes, where the errors went, and which articles displaced which."""

from itertools import chain
from typing import Any

import streamlit as st

from workbench.evaluation import tables
from workbench.evaluation.experiment import Experiment
from workbench.evaluation.outcomes import Outcome, ScopeError
from workbench.evaluation.tables import DataFrame, level_confusion
from workbench.page import chart_tables, charts, choices, markup, parts, scope_errors
from workbench.page.choices import View
from workbench.page.labels import label, words
from workbench.page.names import level_name
from workbench.page.sections import SECTIONS
from workbench.page.sections.aggregate import query_table
from workbench.page.services import Services

ANY = "any"


@parts.fragment("confusion")
def draw(services: Services, view: View) -> None:
    language = view.language
    experiment = services.experiment(view)
    labels = services.labels(view)
    parts.section_heading(language, SECTIONS["confusion"])
    bars, flow = st.columns(2, gap="large")
    with bars:
        _outcomes(language, experiment, labels, view)
    if view.compares:
        with flow:
            _flow(language, experiment, labels, view)
    scope_errors.draw_kinds(language, experiment, labels, view)
    _levels(language, experiment, labels, view)
    _chosen(language, experiment, labels, view)
    scope_errors.draw_pairs(language, services, experiment, view)


def _outcomes(language: str, experiment: Experiment, labels: dict[str, str], view: View) -> None:
    frame = tables.outcomes(experiment, view.dim)
    title = label(language, "chart_outcomes", count=len(experiment.query_set.judged))
    figure = charts.outcome_bars(frame, labels, title, words(language, "queries", *Outcome))
    spoken = "; ".join(
        f"{labels[row.system]}, {label(language, row.outcome)}: {row.queries}" for row in frame.itertuples()
    )
    st.plotly_chart(figure, key="outcomes", config=parts.NO_TOOLBAR, alt=f"{title}: {spoken}")
    chart_tables.counts(language, frame, "outcome", labels)
    notes = []
    if Outcome.SUPERSEDED in set(frame["outcome"]):
        notes.append(label(language, "superseded_note"))
    for name, text in labels.items():
        counts = experiment.displacement(name, view.dim).values()
        queries = sum(map(bool, counts))
        notes.append(label(language, "displacing", label=text, queries=queries, articles=sum(counts)))
    st.html(markup.note(" · ".join(notes)))


def _flow(language: str, experiment: Experiment, labels: dict[str, str], view: View) -> None:
    frame = tables.moves(experiment, view.dim)
    title = label(language, "chart_flow")
    figure = charts.flow(frame, labels, title, words(language, *Outcome))
    changed = frame[frame["before"] != frame["after"]]
    spoken = "; ".join(
        f"{label(language, row.before)} → {label(language, row.after)}: {row.queries}"
        for row in changed.itertuples()
    )
    st.plotly_chart(figure, key="flow", config=parts.NO_TOOLBAR, alt=f"{title}: {spoken}")
    chart_tables.moves(language, frame, labels)


def _levels(language: str, experiment: Experiment, labels: dict[str, str], view: View) -> None:
    frame = level_confusion(experiment, view.dim)
    if frame.empty:  # nothing is found for any query
        return
    level_names = {level: level_name(language, level) for level in tables.levels_in(frame)}
    title = label(language, "chart_levels")
    texts = words(language, "relevant_level", "top", "change") | level_names
    figure = charts.confusion(frame, labels, title, texts, parts.ink())
    spoken = "; ".join(
        f"{labels[row.system]}, {level_names[row.relevant]} → {level_names[row.top]}: {row.queries}"
        for row in frame.itertuples()
    )

    def choose_cell() -> None:
        if points := parts.chosen_points("levels"):
            system, relevant, top = points[0]
            choices.put("cell", [relevant, top] + ([system] if system else []))

    st.plotly_chart(
        figure,
        key="levels",
        config=parts.NO_TOOLBAR,
        on_select=choose_cell,
        selection_mode="points",
        alt=f"{title}: {spoken}",
    )
    st.html(markup.note(label(language, "levels_note")))
    chart_tables.levels(language, frame, labels)


def _chosen(language: str, experiment: Experiment, labels: dict[str, str], view: View) -> None:
    """The queries of a chosen move between outcomes or kinds of error, or of a chosen cell of a matrix."""
    options = [ANY, *map(str, tables.outcome_classes(experiment)), *map(str, ScopeError)]
    before, after = view.baseline, view.system

    def named(option: str) -> str:
        name = label(language, option)
        return label(language, "error_of", kind=name) if option in list(ScopeError) else name

    def chosen(choice: str, system: str) -> str:
        title = label(language, "outcome_of", label=labels[system])
        return choices.select(choice, title, options, language, named, width=270)

    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        outcome_before = chosen("from", before) if view.compares else ANY
        outcome_after = chosen("to", after)
        query_ids = _cell(language, experiment, labels, view)
    table = tables.per_query(experiment, view.dim)
    mask = _is(table, before, outcome_before) & _is(table, after, outcome_after)
    if query_ids is not None:
        mask &= table["query_id"].isin(query_ids)
    if (outcome_before, outcome_after) != (ANY, ANY) or query_ids is not None:
        query_table(language, table[mask].reset_index(drop=True), labels, "moved")
    else:
        st.html(markup.note(label(language, "choose_move")))


def _choose_cell(language: str, frame: DataFrame, labels: dict[str, str]) -> None:
    """The cells of both systems' matrices as a list, for whoever has no mouse."""
    counts = {
        " ".join(row[:3]): row[3]
        for row in frame[["relevant", "top", "system", "queries"]].itertuples(index=False)
    }
    chosen = " ".join(st.query_params.get_all("cell"))
    key = f"cells {language}"
    st.session_state[key] = chosen if chosen in counts else ""

    def named(option: str) -> str:
        if not option:
            return label(language, "any")
        relevant, top, system = option.split(" ", 2)
        levels = f"{level_name(language, relevant)} → {level_name(language, top)}"
        return f"{labels[system]}: {levels} ({counts[option]:,})"

    def choose() -> None:
        choices.put("cell", st.session_state[key].split(" ", 2) if st.session_state[key] else "")

    st.selectbox(
        label(language, "cells"), ["", *counts], key=key, format_func=named, on_change=choose, width=330
    )


def _is(table: DataFrame, system: str, option: str) -> Any:
    """Which rows have this outcome, or this kind of error of scope, in a system; ANY: all of them."""
    column = "scope error" if option in list(ScopeError) else "outcome"
    return (table[f"{column} {system}"] == option) | (option == ANY)


def _cell(language: str, experiment: Experiment, labels: dict[str, str], view: View) -> set[str] | None:
    """The query_ids of the chosen cell, with a way to let go of it; of the difference: those that moved in or out."""
    frame = level_confusion(experiment, view.dim)
    if not choices.presenting():
        _choose_cell(language, frame, labels)
    options = [*tables.levels_in(frame), *labels]
    cell = choices.given_all("cell", options, language)
    if len(cell) < 1 or cell[0] in labels:
        return None
    relevant = cell[0]
    top = next((value for value in cell[1:] if value not in labels), relevant)
    systems = [value for value in cell if value in labels] or list(labels)
    rows = frame[(frame["relevant"] == relevant) & (frame["top"] == top)]
    query_ids = [set(chain.from_iterable(rows.loc[rows["system"] == name, "query_ids"])) for name in systems]
    caption = label(
        language,
        "cell",
        relevant=level_name(language, relevant),
        top=level_name(language, top),
        labels=" ⟷ ".join(labels[name] for name in systems),
    )
    if choices.presenting():
        st.html(markup.note(caption))
    else:
        st.button(
            parts.escape_markdown(f"{caption} ×"),
            key="let go of cell",
            on_click=choices.put,
            args=("cell", ""),
        )
    return query_ids[0] if len(query_ids) == 1 else query_ids[0] ^ query_ids[1]
