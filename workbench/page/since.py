"""What changed since an earlier evaluation: its JSON or report, given as a file, beside what is measured now."""

import streamlit as st

from workbench.evaluation.earlier import Earlier, Shared, Since, changes, read_earlier, shared
from workbench.evaluation.experiment import Experiment
from workbench.evaluation.tables import DataFrame
from workbench.page import choices, markup, parts
from workbench.page.choices import View
from workbench.page.labels import label
from workbench.page.services import Services


def draw(services: Services, view: View) -> None:
    """Folded; a file unfolds what it says of the query set on the page."""
    language = view.language
    with st.expander(label(language, "since_title"), key="since"):
        st.html(markup.note(label(language, "since_note")))
        given = st.file_uploader(
            label(language, "since_file"),
            type=["json", "html"],
            key="earlier",
            label_visibility="collapsed",
        )
        if given is not None:
            with parts.faults(language):
                earlier = read_earlier(given.getvalue(), given.name)
                _show(services, view, earlier, services.whole(view))


def _show(services: Services, view: View, earlier: Earlier, experiment: Experiment) -> None:
    language = view.language
    found = changes(earlier, experiment, view.dim)
    st.html(markup.note(_compared(language, earlier, shared(earlier, experiment))))
    if not found:
        st.html(markup.note(label(language, "since_no_system")))
        return
    rows = {name: since for name, by_dim in found.items() for since in by_dim.values()}
    heads = ["system", "since_then", "since_now", "difference", "p_value", "since_moved"]
    table = [[services.label(name), *_figures(language, since)] for name, since in rows.items()]
    st.html(markup.facts([label(language, head) for head in heads], table))
    if view.system in rows:
        _moves(services, view, rows[view.system])


def _compared(language: str, earlier: Earlier, queries: Shared) -> str:
    """Which queries are compared, and which are not."""
    told = [label(language, "since_compared", count=len(queries.compared), articles=earlier.articles)]
    left = {
        "since_only_then": queries.only_then,
        "since_only_now": queries.only_now,
        "since_other_text": queries.other_text,
        "since_other_relevant": queries.other_relevant,
    }
    return " ".join([*told, *(label(language, key, count=len(ids)) for key, ids in left.items() if ids)])


def _figures(language: str, since: Since) -> list[str]:
    low, high = since.paired.interval
    interval = label(language, "interval", low=low, high=high)
    return [
        f"{since.then:.3f}",
        f"{since.now:.3f}",
        f"{since.paired.delta:+.3f} ({interval})",
        parts.p_value(since.paired.p),
        f"{since.paired.wins} / {since.paired.losses}",
    ]


def _moves(services: Services, view: View, since: Since) -> None:
    """The queries whose rank changed in the compared system; a selected row opens in Search."""
    language = view.language
    title = label(language, "since_moves", label=services.label(view.system), count=len(since.moves))
    st.html(markup.heading(title))
    if not since.moves:
        return
    frame = DataFrame(
        {
            "query": [move.text for move in since.moves],
            "then": [move.then for move in since.moves],
            "now": [move.now for move in since.moves],
            "gain": [move.gain for move in since.moves],
        }
    ).astype({"then": "Int64", "now": "Int64"})
    key = f"moves since {view.system} {view.dim}"
    st.dataframe(
        frame,
        column_config={
            "query": st.column_config.TextColumn(label(language, "col_query"), width=420),
            "then": label(language, "since_rank_then"),
            "now": label(language, "since_rank_now"),
            "gain": st.column_config.NumberColumn(label(language, "col_gain"), format="%+.2f"),
        },
        hide_index=True,
        key=key,
        on_select=lambda: choices.open_row(key, frame["query"].tolist()),
        selection_mode="single-row",
        height=parts.table_height(len(frame)),
        placeholder="–",
        alt=title,
    )
