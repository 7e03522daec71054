"""The sections of the page: each reads widgets, calls one pure function, builds a frame or figure, and shows it."""

from collections.abc import Callable

import streamlit as st

from workbench import charts, frames
from workbench.asking import ask
from workbench.comparison import overlap, rank_biased_overlap
from workbench.judging import Judgement
from workbench.outcomes import Outcome
from workbench.page import markup
from workbench.page.labels import label
from workbench.page.services import Services, judgement
from workbench.queries import query_text

DEPTH = 10
SAMPLES = 5
TILES = ("RR@10", "Success@10", "Success@1")


def samples(services: Services, language: str, choose: Callable[[str], None]) -> None:
    """Sample queries, one click away: the last query set's shortest ones as buttons in one line, all of them in a list."""
    sets = [[query.text for query in query_set.judged] for query_set in services.query_sets.values()]
    texts = [text for each in reversed(sets) for text in each]
    if not texts:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(markup.note(label(language, "try")), width="content")
        for text in sorted(sets[-1], key=len)[:SAMPLES]:
            st.button(_plain(text), key=f"sample {text}", type="tertiary", on_click=choose, args=(text,))
        with st.popover(label(language, "more_samples"), type="tertiary"):
            for number, text in enumerate(texts):
                st.button(_plain(text), key=f"list {number}", type="tertiary", on_click=choose, args=(text,))


def _plain(text: str) -> str:
    """A button's caption is Markdown: its special characters are escaped."""
    return "".join(f"\\{character}" if character in "\\`*_{}[]<>()#+-.!|~:$" else character for character in text)


def search(services: Services, language: str, text: str, dim: int) -> None:
    """The ranked lists of the first two systems for one question."""
    labels = {name: system.label for name, system in services.pair.systems.items()}
    text = query_text(text)
    query_id, relevant = services.judged.get(text, ("", frozenset()))
    known = all(services.vectors.holds(encoder, [text]) for encoder in services.encoders.values())
    with st.spinner(label(language, "searching", count=len(labels)) if known else label(language, "loading_model")):
        answer = ask(text, index=services.index, encoders=services.encoders, vectors=services.vectors, dim=dim, depth=DEPTH, relevant=relevant)
    if relevant:
        st.html(
            markup.relevant_ranks(
                language, answer, labels, f"{label(language, 'relevant_ranks')} · {label(language, 'judged_as', query_id=query_id)}"
            )
        )
    else:
        st.html(markup.note(label(language, "unjudged")))
    st.html(markup.lists(language, answer, labels))
    one, other = ([hit.doc_id for hit in listing.hits] for listing in list(answer.listings.values())[:2])
    shared = label(language, "agreement", overlap=overlap(one, other, DEPTH), depth=DEPTH, rbo=rank_biased_overlap(one, other))
    st.html(markup.note(f"{shared} · {label(language, 'search_note', dim=dim)}"))


def tiles(services: Services, language: str, query_set: str, dim: int) -> None:
    """The headline: each measure for both systems, the paired difference, won and lost."""
    measured = _judgement(services, language, query_set)
    baseline, *others = measured.evaluations
    system = others[0] if others else baseline
    shown = []
    for measure in TILES:
        result = measured.compare(system, dim, measure)
        p = f"= {result.p:.3f}" if result.p >= 0.001 else "< .001"
        more = f"{result.delta:+.2f} ({label(language, 'interval', low=result.interval[0], high=result.interval[1])}) · {label(language, 'p', p=p)}"
        values = tuple(f"{measured.evaluations[name][dim].means[measure]:.2f}" for name in (baseline, system))
        shown.append(markup.Tile(label(language, measure), values, more))
    errors = tuple(str(list(measured.outcomes[name][dim].values()).count(Outcome.NATIONAL_TO_LOCAL)) for name in (baseline, system))
    shown.append(markup.Tile(label(language, "errors"), errors, label(language, "tile_help_errors")))
    result = measured.compare(system, dim)
    st.html(markup.tiles(shown))
    won = label(language, "won", wins=result.wins, ties=result.ties, losses=result.losses)
    averages = label(language, "averages", name=query_set, count=result.n, dim=dim)
    st.html(markup.note(f"{won} ({label(language, 'won_note')}) · {averages}"))
    if unresolved := measured.query_set.unresolved_queries:
        st.html(markup.note(label(language, "unresolved", count=unresolved)))


def aggregate(services: Services, language: str, query_set: str, dim: int, choose: Callable[[str], None]) -> None:
    """The measures as a chart, and every judged query with both ranks."""
    measured = _judgement(services, language, query_set)
    labels = {name: system.label for name, system in services.pair.systems.items()}
    st.subheader(label(language, "aggregate"), anchor=False)
    headline = frames.headline(measured, dim)
    measures = {measure: label(language, measure) for measure in headline["measure"].unique()}
    title = label(language, "chart_title", count=len(measured.query_set.judged), dim=dim)
    st.plotly_chart(charts.headline_bars(headline, labels, measures, title), key="headline", config={"displayModeBar": False})
    _table(measured, language, labels, dim, choose)


def _table(measured: Judgement, language: str, labels: dict[str, str], dim: int, choose: Callable[[str], None]) -> None:
    frame = frames.per_query(measured, dim)
    outcomes = {f"outcome {name}": frame[f"outcome {name}"].map(lambda outcome: label(language, outcome)) for name in labels}
    st.html(markup.note(f"{label(language, 'per_query')}. {label(language, 'open_hint')}"))
    names = {"query": label(language, "col_query"), "topic": label(language, "col_topic"), "style": label(language, "col_style")}
    names |= {f"rank {name}": label(language, "col_rank", label=text) for name, text in labels.items()}
    names |= {f"outcome {name}": label(language, "col_outcome", label=text) for name, text in labels.items()}

    def open_selected() -> None:
        if rows := st.session_state["per_query"]["selection"]["rows"]:
            choose(str(frame["query"][rows[0]]))

    st.dataframe(
        frame.assign(**outcomes),
        column_config={
            **names,
            "query": st.column_config.TextColumn(names["query"], width=420),
            "gain": st.column_config.NumberColumn(label(language, "col_gain"), format="%+.2f"),
        },
        column_order=["query", *(f"rank {name}" for name in labels), "gain", *(f"outcome {name}" for name in labels), "topic", "style"],
        hide_index=True,
        key="per_query",
        on_select=open_selected,
        selection_mode="single-row",
        height=420,
    )


def _judgement(services: Services, language: str, query_set: str) -> Judgement:
    chosen = services.query_sets[query_set]
    with st.spinner(label(language, "measuring", count=len(chosen.judged))):
        return judgement(services, services.index.build_id, query_set, chosen.fingerprint)
