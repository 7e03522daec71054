"""Errors of scope on the page: how many of each kind, and the pairs of articles behind them; the report shows the same."""

from typing import Any

import streamlit as st

from workbench.evaluation import tables
from workbench.evaluation.experiment import Experiment
from workbench.evaluation.outcomes import DisplacedPair, ScopeError
from workbench.page import chart_tables, charts, choices, markup, parts
from workbench.page.choices import View
from workbench.page.labels import label, words
from workbench.page.names import outcome_name
from workbench.page.services import Services

ALL = "all"
PAIRS = 5  # displaced pairs shown at first


def draw_kinds(language: str, experiment: Experiment, labels: dict[str, str], view: View) -> None:
    """How many errors of each kind each system makes; a selected bar shows its queries and pairs."""
    bars, meaning = st.columns(2, gap="large", vertical_alignment="center")
    frame = tables.scope_errors(experiment, view.dim)
    spoken = "; ".join(
        f"{labels[row.system]}, {label(language, row.kind)}: {row.queries}" for row in frame.itertuples()
    )

    def choose_bar() -> None:
        if points := parts.chosen_points("kinds"):
            system, kind = points[0]
            sides = {view.baseline: "from"} | {view.system: "to"}
            for name, side in sides.items():
                choices.put(side, kind if name == system else "")
            choices.put("cell", "")
            choices.put("displaced", system, view.system)
            choices.put("kind", kind)

    figure = chart(language, experiment, labels, view)
    bars.plotly_chart(
        figure,
        key="kinds",
        config=parts.NO_TOOLBAR,
        on_select=choose_bar,
        selection_mode="points",
        alt=f"{figure.layout.title.text}: {spoken}",
    )
    with bars:
        chart_tables.counts(language, frame, "kind", labels)
    meaning.html(meanings(language) + markup.note(label(language, "kinds_note")))


def chart(language: str, experiment: Experiment, labels: dict[str, str], view: View) -> Any:
    """Kinds of error of scope, a bar a system."""
    frame = tables.scope_errors(experiment, view.dim)
    totals = [str(frame.loc[frame["system"] == name, "queries"].sum()) for name in view.systems]
    title = label(language, "chart_kinds", counts=" → ".join(totals))
    return charts.kind_bars(frame, labels, title, words(language, "queries", *ScopeError))


def meanings(language: str) -> str:
    """What each kind is, as a table."""
    heads = [label(language, "kind_name"), label(language, "kind_is")]
    rows = [[label(language, kind), label(language, f"meaning {kind}")] for kind in ScopeError]
    return markup.facts(heads, rows, figures=False)


def draw_pairs(language: str, services: Services, experiment: Experiment, view: View) -> None:
    """The displaced pairs of one system, narrowed by kind."""
    st.html(markup.heading(label(language, "displaced_title")))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        system = choices.segments(
            "displaced", label(language, "displaced_in"), view.systems[::-1], language, services.label
        )
        found = tables.displaced(experiment, system, view.dim)
        counts = {ALL: len(found)} | {
            kind.value: sum(pair.kind is kind for pair in found) for kind in ScopeError
        }
        kind = choices.segments(
            "kind",
            label(language, "kind"),
            list(counts),
            language,
            lambda kind: f"{label(language, kind)} {counts[kind]}",
        )
        pairs = [pair for pair in found if kind in (ALL, pair.kind)]
        all_pairs = choices.switch(
            "all_pairs",
            label(language, "all_pairs", count=len(pairs)),
            language,
            disabled=len(pairs) <= PAIRS,
        )
    if not pairs:
        st.html(markup.note(label(language, "none_of_kind" if found else "no_displaced")))
        return
    st.html(markup.note(label(language, "displaced_note")))
    texts = {query.query_id: query.text for query in experiment.query_set.judged}
    if not all_pairs:
        pairs = pairs[:PAIRS]
    worded = [confused(language, experiment, texts[pair.query_id], pair) for pair in pairs]
    st.html(markup.confused(language, worded))


def confused(language: str, experiment: Experiment, text: str, pair: DisplacedPair) -> markup.Confused:
    """A displaced pair with the words around it."""
    outcome = outcome_name(language, pair.outcome, pair.kind)
    remark = f"{outcome} · {_rank_words(language, pair.rank)}"
    return markup.Confused(text, experiment.articles[pair.relevant], experiment.articles[pair.top], remark)


def _rank_words(language: str, rank: int | None) -> str:
    return label(language, "relevant_nowhere") if rank is None else label(language, "relevant_at", rank=rank)
