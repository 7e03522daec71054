"""What each reviewer said, and how far every two agree on what both judged."""

import streamlit as st

from workbench.evaluation.tables import DataFrame
from workbench.page import choices, markup, parts
from workbench.page.labels import label
from workbench.query_sets.agreement import Agreement, agreements, reviewers
from workbench.query_sets.reviews import Review, Verdict


def draw(language: str, reviews: list[Review]) -> None:
    """Of two reviewers or more: their verdicts counted, their agreement, and what they judged differently."""
    people = reviewers(reviews)
    if len(people) < 2:
        return
    st.html(markup.heading(label(language, "reviewers_title")))
    heads = [
        label(language, "col_author"),
        *(label(language, f"verdict {verdict.value}") for verdict in Verdict),
        label(language, "reviewers_notes"),
    ]
    rows = [
        [one.author or "–", *(f"{one.verdicts[verdict]:,}" for verdict in Verdict), f"{one.notes:,}"]
        for one in people
    ]
    st.html(markup.facts(heads, rows))
    found = agreements(reviews)
    if not found:
        st.html(markup.note(label(language, "agreement_nothing")))
        return
    heads = [label(language, f"agreement_{head}") for head in ("of", "both", "alike", "kappa")]
    st.html(markup.facts(heads, [_row(each) for each in found]))
    st.html(markup.note(label(language, "agreement_note")))
    _differ(language, found)


def _row(found: Agreement) -> list[str]:
    kappa = "–" if found.kappa is None else f"{found.kappa:.2f}"
    names = " · ".join(name or "–" for name in (found.first, found.second))
    return [names, f"{found.both:,}", f"{found.alike:.0%}", kappa]


def _differ(language: str, found: list[Agreement]) -> None:
    """What two reviewers judged differently; a selected row opens the question."""
    rows = [
        {
            "query": query,
            "doc_id": doc_id or label(language, "whole_question"),
            "who": f"{each.first} · {each.second}",
        }
        for each in found
        for query, doc_id in each.differ
    ]
    if not rows:
        return
    frame = DataFrame(rows)
    title = label(language, "agreement_differ", count=len(rows))
    st.html(markup.heading(title))
    st.dataframe(
        frame,
        column_config={
            "query": st.column_config.TextColumn(label(language, "col_query"), width=370),
            "doc_id": label(language, "col_doc_id"),
            "who": label(language, "col_author"),
        },
        hide_index=True,
        key="differ",
        on_select=lambda: choices.open_row("differ", frame["query"].tolist()),
        selection_mode="single-row",
        height=parts.table_height(len(rows)),
        alt=title,
    )
