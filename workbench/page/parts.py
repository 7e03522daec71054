"""What several sections share: faults in a sentence, places held while something loads, captions as plain text."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from time import sleep
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from workbench.core.errors import WorkbenchError
from workbench.page import style
from workbench.page.labels import label, translated
from workbench.page.sections import Section
from workbench.page.style import banner

if TYPE_CHECKING:
    from workbench._workbench import Workbench
    from workbench.page.choices import View
    from workbench.page.services import Services

Draw = Callable[["Services", "View"], None]
_CATCHING_UP = 0.2  # seconds
NO_TOOLBAR = {"displayModeBar": False}


@contextmanager
def faults(language: str) -> Iterator[None]:
    """A fault that the user can mend becomes a sentence with its remedy; the rest of the page stays."""
    try:
        yield
    except WorkbenchError as fault:
        show_fault(language, fault)


def fragment(name: str) -> Callable[[Draw], Draw]:
    """A section's `draw` as a piece of the page that is drawn again by itself; where it ends in a fault, that is told."""

    def made(draw: Draw) -> Draw:
        @st.fragment(key=name)
        @wraps(draw)
        def told(services: "Services", view: "View") -> None:
            with faults(view.language):
                draw(services, view)

        return told

    return made


def show_fault(language: str, fault: WorkbenchError) -> None:
    finding = fault.found
    if fault.wanted:
        finding += f" ({label(language, 'wanted', wanted=fault.wanted)})"
    sentence = label(language, "fault", subject=fault.subject, found=finding)
    st.html(banner(f"{sentence} {label(language, 'remedy', remedy=fault.remedy)}"))


def notes(language: str, workbench: "Workbench") -> list[str]:
    """What a reader of any figure should know: articles left out, and similarities that are not measured."""
    skipped = workbench.index.skipped.values()
    labels = list(dict.fromkeys(each.label for each in skipped))
    told = [label(language, "left_out", count=len(skipped), systems=", ".join(labels))] if labels else []
    others = workbench.other_similarities.items()
    return told + [
        label(language, "other_similarity", system=workbench.pair.systems[name].label, declared=declared)
        for name, declared in others
    ]


def place(section: Section) -> Callable[[], DeltaGenerator]:
    """Holds a section's place in a session's first run, so that nothing jumps; call it for the container to draw in."""
    if st.session_state.get("drawn"):
        return st.container
    held = st.empty()
    held.html(style.held(section.height))
    return held.container


def let_browser_catch_up() -> None:
    """In a session's first run, gives the browser time to fetch its code for HTML, with which the page's rules come.

    What is no HTML would be seen before, in other places.
    """
    if not st.session_state.get("drawn"):
        sleep(_CATCHING_UP)


def fetch_early() -> None:
    """Has the browser fetch its code for charts and tables while the server still measures."""
    with st.container(key="early"):
        st.plotly_chart({"data": [{"type": "scatter"}], "layout": {"height": 10}}, key="early chart")
        st.dataframe([], height=40)


def section_heading(language: str, section: Section) -> None:
    """A section's title, which a link can name, and what it is for."""
    title = translated(language, section.title)
    note = translated(language, section.note)
    st.html(style.section_heading(section.name, title, note))


def escape_markdown(text: str) -> str:
    """A caption is Markdown: its special characters are escaped."""
    special = "\\`*_{}[]<>()#+-.!|~:$"
    return "".join(f"\\{character}" if character in special else character for character in text)


def table_height(rows: int) -> int:
    """Pixels of a table that shows all its rows, or as many as one looks through at once."""
    return min(420, 38 + 35 * max(1, rows))


def ink() -> str:
    """The colour of text in the visitor's theme, for figures that stand on colour."""
    return "#E8EAED" if st.context.theme.type == "dark" else "#1B1F24"


def p_value(p: float) -> str:
    """Rounded; with spaces that do not break a line."""
    return f"=\u00a0{p:.3f}" if p >= 0.001 else "<\u00a0.001"


def scroll_here(name: str) -> None:
    """Brings an anchor into sight where a click elsewhere on the page asked for it."""
    if st.session_state.pop("scroll to", None) == name:
        st.html(
            f'<script>{{ const place = document.getElementById("{name}"); place.scrollIntoView({{behavior: "smooth"}});'
            "place.focus({preventScroll: true}); }</script>",
            unsafe_allow_javascript=True,
        )


def chosen_points(key: str) -> Sequence[Any]:
    """`customdata` of the points selected in a chart; for its callback."""
    return [
        point["customdata"] for point in st.session_state[key]["selection"]["points"] if "customdata" in point
    ]
