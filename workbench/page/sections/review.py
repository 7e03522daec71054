"""Review: cases that deserve a look, and what people said of articles and questions."""

import streamlit as st

from workbench.evaluation import tables
from workbench.evaluation.tables import Failure
from workbench.page import choices, markup, parts, verdicts
from workbench.page.choices import View
from workbench.page.labels import label
from workbench.page.sections import SECTIONS
from workbench.page.sections.aggregate import ALL, query_table
from workbench.page.services import Services
from workbench.query_sets.reviews import Review, Verdict

SHOWN = ("current", "deleted")


@st.fragment(key="review")
def draw(services: Services, view: View) -> None:
    language = view.language
    parts.section_heading(language, SECTIONS["review"])
    with parts.faults(language):
        reviews = services.reviews.current()
        if view.query_set:
            _failures(services, view, reviews)
        _said(services, view, reviews)


def _failures(services: Services, view: View, reviews: list[Review]) -> None:
    """Regressions, displacements and misses of the second system, gathered from the chosen query set."""
    language, table = view.language, tables.failures(services.experiment(view), view.dim)
    reviewed = {review.query for review in reviews}
    st.html(markup.heading(label(language, "failures_title", label=services.label(view.system))))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        counts = {ALL: len(table)} | {kind.value: int((table["failure"] == kind).sum()) for kind in Failure}
        kind = choices.segments(
            "failure",
            label(language, "show"),
            [ALL, *map(str, Failure)],
            language,
            lambda each: f"{label(language, each)} {counts[each]}",
        )
        open_only = choices.switch("open", label(language, "unreviewed"), language)
    kept = (table["failure"] == kind) | (kind == ALL)
    if open_only:
        kept &= ~table["query"].isin(reviewed)
    query_table(language, table[kept].reset_index(drop=True), services.labels(view), "failures", ("failure",))


def _said(services: Services, view: View, reviews: list[Review]) -> None:
    language = view.language
    st.html(markup.heading(label(language, "said_title")))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        state = choices.segments(
            "said", label(language, "show"), SHOWN, language, lambda each: label(language, f"said {each}")
        )
        if state == "deleted":
            reviews = services.reviews.current(deleted=True)
        named = lambda each: label(language, f"verdict {each}")  # noqa: E731 (used once)
        chosen = choices.several(
            "verdict", label(language, "col_verdict"), [*map(str, Verdict)], language, named, width=230
        )
        authors = choices.several(
            "who",
            label(language, "col_author"),
            sorted({review.author for review in reviews}),
            language,
            width=180,
        )
        wanted = choices.text("find", label(language, "find"), width=200).strip().lower()
    shown = [review for review in reviews if _fits(review, chosen, authors, wanted)]
    if not shown:
        st.html(markup.note(label(language, "nothing_said" if not reviews else "nothing_fits")))
    else:
        _list(services, view, shown)
    verdicts.show_review_fault(language)
    verdicts.undo_button(services, language, "reviewing")


def _fits(review: Review, chosen: list[str], authors: list[str], wanted: str) -> bool:
    said = (not chosen or review.verdict in chosen) and (not authors or review.author in authors)
    return said and (
        not wanted or any(wanted in text.lower() for text in (review.query, review.doc_id, review.note))
    )


def _list(services: Services, view: View, shown: list[Review]) -> None:
    """The reviews as a table; the selected one can be opened, edited, deleted or restored."""
    language = view.language
    frame = tables.records(shown, ("query", "doc_id", "verdict", "note", "author", "at"))
    frame["verdict"] = [
        label(language, f"verdict {review.verdict.value}") if review.verdict else "" for review in shown
    ]
    frame["doc_id"] = [review.doc_id or label(language, "whole_question") for review in shown]
    key = f"said {hash(tuple((review.query, review.doc_id, review.author) for review in shown))}"
    found = st.dataframe(
        frame,
        column_config={
            "query": st.column_config.TextColumn(label(language, "col_query"), width=300),
            **{name: label(language, f"col_{name}") for name in ("doc_id", "verdict", "author")},
            "note": st.column_config.TextColumn(label(language, "note"), width=260),
            "at": st.column_config.DatetimeColumn(label(language, "col_at"), format="YYYY-MM-DD HH:mm"),
        },
        hide_index=True,
        key=key,
        on_select="rerun",
        selection_mode="single-row",
        height=min(320, 38 + 35 * len(frame)),
        alt=label(language, "said_alt", count=len(frame)),
    )
    if rows := found["selection"]["rows"]:
        _edit(services, view, shown[rows[0]])
    else:
        st.html(markup.note(label(language, "said_hint")))


def _edit(services: Services, view: View, review: Review) -> None:
    language, key = view.language, f"{review.query} {review.doc_id} {review.author} {review.version}"
    st.html(markup.heading(" · ".join(filter(None, (review.query, review.doc_id, review.author)))))
    if review.deleted:
        st.button(
            label(language, "restore"),
            key="restore",
            on_click=verdicts.change,
            args=(lambda: services.reviews.undo(review),),
        )
        return
    options = [*map(str, Verdict)]
    chosen = st.segmented_control(
        label(language, "col_verdict"),
        options,
        default=review.verdict and review.verdict.value,
        format_func=lambda each: label(language, f"verdict {each}"),
        key=f"verdict of {key} {language}",
    )
    note = st.text_area(
        label(language, "note"), value=review.note, key=f"note of {key}", max_chars=5_000, height=80
    )

    def store() -> None:
        verdict = Verdict(chosen) if chosen else None
        save = services.reviews.save
        verdicts.change(
            lambda: save(
                review.query,
                review.doc_id,
                review.author,
                verdict,
                note,
                pair=review.pair,
                dim=review.dim,
                looked_at=review.version,
            )
        )

    with st.container(horizontal=True, gap="small"):
        st.button(label(language, "save"), key="save edit", type="primary", on_click=store)
        st.button(
            label(language, "delete"),
            key="delete",
            on_click=verdicts.change,
            args=(lambda: services.reviews.delete(review),),
        )
        st.button(
            label(language, "open_question"),
            key="open reviewed",
            type="tertiary",
            on_click=choices.open_query,
            args=(review.query,),
        )
