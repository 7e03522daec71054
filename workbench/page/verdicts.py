"""Reviewing hits: a verdict and a note on any article or the question itself, kept with name and time."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

import streamlit as st

from workbench.core.domain import Citation
from workbench.core.errors import WorkbenchError
from workbench.evaluation.asking import Answer, Listing
from workbench.page import markup, parts
from workbench.page.choices import View
from workbench.page.labels import label
from workbench.page.services import Services
from workbench.query_sets.reviews import Review, Verdict

WHOLE = ""  # the `doc_id` of a verdict on the question as a whole
OWN_SET = "own"


def panel(services: Services, view: View, answer: Answer, reviews: Sequence[Review]) -> None:
    """Choose an article, read it whole, say what it is; the next one without a verdict follows by itself."""
    language = view.language
    st.html(markup.heading(label(language, "verdict_title")))
    reading, reviewing = st.columns([3, 2], gap="large")
    with reviewing:
        author = st.text_input(
            label(language, "author"),
            key="author",
            placeholder=label(language, "author_placeholder"),
            max_chars=80,
        )
    options = _options(answer)
    key = f"article of {answer.text}"
    own = {review.doc_id: review for review in reviews if review.author == author.strip()}
    if st.session_state.get(key) not in options:
        st.session_state[key] = next((doc_id for doc_id in options if doc_id not in own), options[0])
    with reading:
        doc_id = st.selectbox(
            label(language, "article_choice"),
            options,
            key=key,
            format_func=lambda doc_id: _option_text(language, answer, doc_id, own),
        )
        if doc_id:
            st.html(markup.article_text(language, answer.articles[doc_id], answer.text))
        else:
            st.html(markup.note(label(language, "whole_question_note")))
    with reviewing:
        _form(
            services,
            view,
            answer,
            doc_id,
            author,
            own.get(doc_id),
            [option for option in options if option not in own and option != doc_id],
            key,
        )
        undo_button(services, language, "giving a verdict")
    telling = [review for review in reviews if review.verdict or review.note]
    if telling:
        st.html(
            markup.facts(
                [label(language, "said_so_far"), ""],
                [[_subject(answer, review), described(language, review)] for review in telling],
                figures=False,
            )
        )
    _own_set(services, view, answer, reviews)


def _options(answer: Answer) -> list[str]:
    """The articles on the page, best first, then the question as a whole."""
    places: dict[str, int] = dict.fromkeys(answer.relevant, 10**9)
    for listing in answer.listings.values():
        for place, hit in enumerate(listing.hits, 1):
            places[hit.doc_id] = min(place, places.get(hit.doc_id, place))
    return [*sorted(places, key=lambda doc_id: (places[doc_id], doc_id)), WHOLE]


def _option_text(language: str, answer: Answer, doc_id: str, own: dict[str, Review]) -> str:
    if doc_id == WHOLE:
        return label(language, "whole_question")
    article = answer.articles[doc_id]
    ranks = " | ".join(_rank(listing, doc_id) for listing in answer.listings.values())
    review = own.get(doc_id)
    mark = ""
    if review and review.verdict:
        mark = f" — {label(language, f'verdict {review.verdict.value}')}"
    return f"{ranks} · {article.law} {article.article}{mark}"


def _rank(listing: Listing, doc_id: str) -> str:
    rank = listing.ranks.get(doc_id) or listing.relevant[listing.dim].get(doc_id)
    return f"{rank:,}" if rank else "–"


def _subject(answer: Answer, review: Review) -> str:
    article = answer.articles.get(review.doc_id)
    return f"{article.law} {article.article}" if article else review.doc_id or "—"


def described(language: str, review: Review) -> str:
    """A review in one line: who, verdict, note, when."""
    verdict = label(language, f"verdict {review.verdict.value}") if review.verdict else ""
    return " · ".join(filter(None, (review.author, verdict, review.note, review.at[:16].replace("T", " "))))


def _form(
    services: Services,
    view: View,
    answer: Answer,
    doc_id: str,
    author: str,
    mine: Review | None,
    rest: Sequence[str],
    key: str,
) -> None:
    language = view.language
    looked_at = mine.version if mine else 0
    note_key = f"note {answer.text} {doc_id} {looked_at}"
    st.text_area(
        label(language, "note"), value=mine.note if mine else "", key=note_key, max_chars=5_000, height=90
    )

    def save(verdict: Verdict | None) -> None:
        note = st.session_state[note_key]

        def go_on() -> None:
            if rest and verdict:
                st.session_state[key] = rest[0]

        change(
            lambda: services.reviews.save(
                answer.text,
                doc_id,
                author,
                verdict,
                note,
                pair=services.pair.slug,
                dim=view.dim,
                looked_at=looked_at,
            ),
            go_on,
        )

    with st.container(horizontal=True, gap="small"):
        for verdict in Verdict:
            kind: Literal["primary", "secondary"] = (
                "primary" if mine and mine.verdict is verdict else "secondary"
            )
            st.button(
                label(language, f"verdict {verdict.value}"),
                key=f"verdict {verdict.value}",
                type=kind,
                on_click=save,
                args=(verdict,),
            )
        st.button(
            label(language, "save_note"),
            key="save note",
            type="tertiary",
            on_click=save,
            args=(mine.verdict if mine else None,),
        )
    show_review_fault(language)


def change(action: Callable[[], Review], then: Callable[[], None] = lambda: None) -> None:
    """Does something to a review, in a callback, and shows it wherever reviews stand.

    What went wrong is shown by `show_review_fault`; what went well can be undone, and is followed by `then`.
    """
    try:
        st.session_state["last change"] = action()
        then()
    except WorkbenchError as fault:
        st.session_state["review fault"] = fault
    st.rerun(["search", "review"])


def show_review_fault(language: str) -> None:
    fault = st.session_state.pop("review fault", None)
    if fault:
        parts.show_fault(language, fault)


def undo_button(services: Services, language: str, where: str) -> None:
    """Takes back this session's last change to a review."""
    last: Review | None = st.session_state.get("last change")
    if last:
        key = "undo_delete" if last.deleted else "undo_save"
        undo = partial(services.reviews.undo, last)
        forget = partial(st.session_state.pop, "last change")
        st.button(
            parts.escape_markdown(label(language, key, said=described(language, last))),
            key=f"undo {where}",
            type="tertiary",
            on_click=change,
            args=(undo, forget),
        )


def _own_set(services: Services, view: View, answer: Answer, reviews: Sequence[Review]) -> None:
    """Makes a question with a relevant article part of a query set of one's own."""
    language = view.language
    relevant = {
        review.doc_id: answer.articles[review.doc_id]
        for review in reviews
        if review.verdict is Verdict.RELEVANT and review.doc_id in answer.articles
    }
    if not relevant:
        st.html(markup.note(label(language, "own_set_hint")))
        return

    def add() -> None:
        name = st.session_state["own set"]
        try:
            citations = [
                Citation(article.law, article.article, article.part)
                if article.numbered
                else Citation(doc_id=article.doc_id)
                for article in relevant.values()
            ]
            query = services.own_sets.add(name, answer.text, citations)
        except WorkbenchError as fault:
            st.session_state["review fault"] = fault
            return
        st.session_state["added"] = (name, query.query_id)
        st.rerun()

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input(label(language, "own_set"), value=OWN_SET, key="own set", width=220)
        st.button(label(language, "own_set_add", count=len(relevant)), key="add to own set", on_click=add)
    added = st.session_state.pop("added", None)
    if added:
        name, query_id = added
        st.success(parts.escape_markdown(label(language, "own_set_added", name=name, query_id=query_id)))
