"""Review: cases that deserve a look, and what people said of articles and questions."""

import streamlit as st

from workbench.evaluation import tables
from workbench.evaluation.tables import Failure
from workbench.page import choices, markup, parts, reviewers, verdicts
from workbench.page.choices import View
from workbench.page.labels import label
from workbench.page.sections import SECTIONS
from workbench.page.sections.aggregate import ALL, query_table
from workbench.page.services import Services
from workbench.query_sets.reviews import Review, Verdict

STATES = ("current", "deleted")


@parts.fragment("review")
def draw(services: Services, view: View) -> None:
    language = view.language
    parts.section_heading(language, SECTIONS["review"])
    with parts.faults(language):
        reviews = services.reviews.current()
        if view.query_set:
            _failures(services, view, reviews)
        _reviews(services, view, reviews)


def _failures(services: Services, view: View, reviews: list[Review]) -> None:
    """Regressions, displacements and misses of the second system, gathered from the chosen query set."""
    language = view.language
    table = tables.failures(services.experiment(view), view.dim)
    reviewed = {review.query for review in reviews}
    st.html(markup.heading(label(language, "failures_title", label=services.label(view.system))))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        counts = {ALL: len(table)} | {kind.value: int((table["failure"] == kind).sum()) for kind in Failure}
        kind = choices.segments(
            "failure",
            label(language, "show"),
            [ALL, *map(str, Failure)],
            language,
            lambda kind: f"{label(language, kind)} {counts[kind]}",
        )
        open_only = choices.switch("open", label(language, "unreviewed"), language)
    mask = (table["failure"] == kind) | (kind == ALL)
    if open_only:
        mask &= ~table["query"].isin(reviewed)
    query_table(language, table[mask].reset_index(drop=True), services.labels(view), "failures", ("failure",))


def _reviews(services: Services, view: View, reviews: list[Review]) -> None:
    language = view.language
    st.html(markup.heading(label(language, "said_title")))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        state = choices.segments(
            "said", label(language, "show"), STATES, language, lambda state: label(language, f"said {state}")
        )
        if state == "deleted":
            reviews = services.reviews.current(deleted=True)
        chosen = choices.several(
            "verdict",
            label(language, "col_verdict"),
            [*map(str, Verdict)],
            language,
            lambda verdict: label(language, f"verdict {verdict}"),
            width=230,
        )
        authors = choices.several(
            "who",
            label(language, "col_author"),
            sorted({review.author for review in reviews}),
            language,
            width=180,
        )
        wanted = choices.text("find", label(language, "find"), width=200).strip().lower()
    fitting = [review for review in reviews if _fits(review, chosen, authors, wanted)]
    if not fitting:
        st.html(markup.note(label(language, "nothing_said" if not reviews else "nothing_fits")))
    else:
        _list(services, view, fitting)
    if state != "deleted":
        reviewers.draw(language, reviews)
    verdicts.show_review_fault(language)
    verdicts.undo_button(services, language, "reviewing")


def _fits(review: Review, chosen: list[str], authors: list[str], wanted: str) -> bool:
    if chosen and review.verdict not in chosen:
        return False
    if authors and review.author not in authors:
        return False
    return any(wanted in text.lower() for text in (review.query, review.doc_id, review.note))


def _list(services: Services, view: View, reviews: list[Review]) -> None:
    """The reviews as a table; the selected one can be opened, edited, deleted or restored."""
    language = view.language
    frame = tables.records(reviews, ("query", "doc_id", "verdict", "note", "author", "at"))
    frame["verdict"] = [
        label(language, f"verdict {review.verdict.value}") if review.verdict else "" for review in reviews
    ]
    frame["doc_id"] = [review.doc_id or label(language, "whole_question") for review in reviews]
    key = f"said {hash(tuple((review.query, review.doc_id, review.author) for review in reviews))}"
    selected = st.dataframe(
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
    rows = selected["selection"]["rows"]
    if rows:
        _edit(services, view, reviews[rows[0]])
    else:
        st.html(markup.note(label(language, "said_hint")))


def _edit(services: Services, view: View, review: Review) -> None:
    language = view.language
    key = f"{review.query} {review.doc_id} {review.author} {review.version}"
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
        format_func=lambda verdict: label(language, f"verdict {verdict}"),
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
