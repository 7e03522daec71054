"""Search: one question or a worked example, two ranked columns, and a verdict on any article in them."""

from dataclasses import dataclass, replace

import streamlit as st

from workbench.evaluation.asking import Answer
from workbench.page import (
    agreement,
    choices,
    examples,
    headline,
    markup,
    parts,
    search_options,
    story,
    style,
    verdicts,
)
from workbench.page.choices import View
from workbench.page.labels import label, translated
from workbench.page.link import copy_button
from workbench.page.search_options import Options
from workbench.page.sections import SECTIONS
from workbench.page.services import Services
from workbench.query_sets.query_set import query_text

SAMPLES = 5
SUGGESTED = 2_000  # questions at most, while one types


@dataclass(frozen=True)
class _Asked:
    """The question to answer, and what its heading says of it; empty where there is none."""

    text: str = ""
    heading: str = ""


@parts.fragment("search")
def draw(services: Services, view: View) -> None:
    """The question, what the whole query set says, and the answers."""
    language = view.language
    heading = style.hidden_heading("search", translated(language, SECTIONS["search"].title))
    st.html(heading + markup.suggestions(_known(services, view)))
    parts.scroll_here("search")
    with st.container(key="ask", horizontal=True, vertical_alignment="center", gap="small"):
        title = label(language, "question")
        placeholder = label(language, "placeholder")
        given = choices.text("q", title, placeholder=placeholder, label_visibility="collapsed").strip()
        turn = st.container(horizontal=True, gap="small", width="content")
        _samples(services, view)
        options = search_options.draw(services, view)
        copy = st.container(width="content")
        if not view.present:
            present = label(language, "present")
            st.button(present, key="present", type="tertiary", on_click=_present)
    headline.draw(services, view)
    texts = examples.example_texts(services, view)
    shown = choices.given("example", [str(number) for number in range(1, len(texts) + 1)] or ["1"], language)
    if not view.present:
        with turn:
            _next(language, len(texts), int(shown), bool(given))
        copy.html(copy_button(view, **({} if given or not texts else {"example": shown})), width="content")
    asked = _Asked(given, label(language, "answers_to", text=given))
    if not given and texts:
        text = texts[int(shown) - 1]
        asked = _Asked(text, label(language, "example", number=shown, count=len(texts), text=text))
    if asked.text:
        with parts.faults(language):
            _answer(services, replace(view, third=options.third), options, asked)
    st.html('<div class="wb-done"></div>')


def _known(services: Services, view: View) -> list[str]:
    """The questions that the query sets know, those of the chosen one first."""
    if not view.query_set or view.present:
        return []
    judged = (query for each in services.readable_sets(view.query_set) for query in each.judged)
    return list(dict.fromkeys(query.text for query in judged))[:SUGGESTED]


def _next(language: str, count: int, shown: int, asked: bool) -> None:
    """Steps on to the next example, or back from a question to the examples."""
    if not count:
        return

    def step() -> None:
        choices.put("example", str(shown if asked else shown % count + 1), "1")
        choices.put("q", "")

    st.button(label(language, "to_examples" if asked else "next_example"), key="next example", on_click=step)


def _present() -> None:
    choices.put("view", choices.PRESENT)
    st.rerun()


def _samples(services: Services, view: View) -> None:
    """Sample queries: the shortest of the chosen set as buttons, all of them in a list; behind one button."""
    if not view.query_set or view.present:
        return
    texts = list(dict.fromkeys(query.text for query in services.query_set(view.query_set).judged))
    with choices.behind(label(view.language, "try"), "samples"):
        for text in sorted(texts, key=len)[:SAMPLES]:
            st.button(
                parts.escape_markdown(text),
                key=f"sample {text}",
                type="tertiary",
                on_click=choices.put,
                args=("q", text),
            )
        more = label(view.language, "more_samples", count=len(texts))
        st.selectbox(
            more,
            texts,
            index=None,
            key="sample",
            on_change=_choose_sample,
            placeholder=more,
            label_visibility="collapsed",
        )


def _choose_sample() -> None:
    text = st.session_state["sample"]
    if text:
        choices.put("q", text)
        st.session_state["sample"] = None  # so that the same one can be chosen again


def _answer(services: Services, view: View, options: Options, asked: _Asked) -> None:
    language = view.language
    text = query_text(asked.text, most=None)
    judged = examples.judged(services, view, text)
    origin = label(language, "unjudged")
    if judged.name:
        origin = label(language, "judged_as", query_id=", ".join(judged.query_ids), name=judged.name)
    else:
        query_text(text)  # a question that nobody judged is not longer than one types
    known = services.workbench.knows(text, view.columns)
    with st.spinner(label(language, "searching" if known else "encoding_question"), show_time=not known):
        answer = examples.answer(services, view, text, judged, options)
    reviews = services.reviews.current(query=text)
    labels = services.column_labels(view)
    articles = services.workbench.index.counts["articles"]
    said, columns = story.lead(language, answer, labels, articles)
    blocks = [
        markup.heading(asked.heading),
        markup.lead(said, columns if judged.name else f"{columns} {origin}"),
        markup.lists(
            language,
            answer,
            labels,
            reviews,
            story.verdicts(language, answer),
            style.row_height(view.present),
        ),
        *_below(services, view, options, answer, origin, judged),
    ]
    st.html("".join(blocks))  # at once: never one question's heading above another's answers
    if not view.present:
        verdicts.panel(services, view, answer, reviews)


def _below(
    services: Services, view: View, options: Options, answer: Answer, origin: str, judged: examples.Judged
) -> list[str]:
    """What stands under the lists: every relevant article's exact ranks, and how the lists were made."""
    language = view.language
    made = agreement.made(services, language, answer, options.depth, options.where, options.ann)
    notes = [markup.note(made), markup.note(agreement.times(services, language, answer))]
    if judged.own:
        notes.append(
            markup.note(label(language, "own_documents_left_out", names=", ".join(sorted(judged.own))))
        )
    lexical = [services.pair.lexical[name] for name in view.columns if name in services.pair.lexical]
    if any(system.finds_nothing_in(answer.text) for system in lexical):
        notes.append(markup.note(label(language, "too_short")))
    if not answer.relevant:
        return notes
    title = f"{label(language, 'relevant_ranks')} · {origin}"
    labels = services.column_labels(view)
    return [*notes, markup.relevant_ranks(language, answer, labels, title, judged.pinpoints)]
