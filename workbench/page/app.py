"""The page: `streamlit run workbench/page/app.py -- --pair PAIR --home FOLDER`."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from workbench._pairs import read_pair
from workbench.core.errors import WorkbenchError
from workbench.core.settings import Pair, home_folder
from workbench.page import choices, parts
from workbench.page.choices import PRESENT, VIEWS, View
from workbench.page.labels import LANGUAGES, label, translated
from workbench.page.query_sets import all_sets, own_sets_of
from workbench.page.sections import SECTIONS
from workbench.page.style import banner, contents, style, title

if TYPE_CHECKING:
    from workbench.page.services import Services


def arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pair", default="demo")
    parser.add_argument("--variant", default="")
    parser.add_argument("--home")
    return parser.parse_args(given)


def main(pair_name: str, home_name: str | None, variant: str = "") -> None:
    st.set_page_config(page_title="LawVault workbench", page_icon="⚖️", layout="wide")
    language = choices.given("lang", list(LANGUAGES), next(iter(LANGUAGES)))
    present = choices.given("view", VIEWS, language) == PRESENT
    st.html(f"{style(present)}<i></i>")  # rules alone would go elsewhere, and come after what they are for
    parts.let_browser_catch_up()
    try:
        _page(read_pair(pair_name, variant), home_folder(home_name), language, present)
    except WorkbenchError as fault:
        parts.show_fault(language, fault)
    st.session_state["drawn"] = True


def _page(pair: Pair, home: Path, language: str, present: bool) -> None:
    widths = (5, 4) if len(pair.systems) < 3 else (10, 19)  # two lists more, in one row with the others
    with st.container(key="head"):
        head, controls = st.columns(widths, vertical_alignment="center")
    head = head.empty()
    head.html(title(label(language, "title")))
    with controls:
        view = _view(pair, home, language, present)
    sections = [section for section in SECTIONS.values() if section.presented or not present]
    links = {section.name: translated(language, section.title) for section in sections}
    st.html(contents(links, language, label(language, "sections")), unsafe_allow_javascript=True)
    if pair.stand_in:
        st.html(banner(label(language, "stand_in")))
    _, *below = sections
    top = st.container(key="top")
    top.html('<div class="wb-hold"></div>')  # a container is there once it holds something

    # What stands above is to be seen before these libraries are loaded.
    draw_search, *draw_below = [section.load() for section in sections]
    from workbench.page import markup, services

    opened = services.open_services(pair, home)
    counts = opened.workbench.index.counts
    head.html(markup.header(language, list(opened.labels(view).values()), counts))
    with top:
        for told in parts.notes(language, opened.workbench):
            st.html(banner(told))
        view = _readable(opened, view)
        draw_search(opened, view)
        if not st.session_state.get("drawn"):
            parts.fetch_early()
    places = [parts.place(section) for section in below]
    view = _measured(opened, view)
    for section, place, draw in zip(below, places, draw_below, strict=True):
        with place():
            if view.query_set or not section.needs_query_set:
                draw(opened, view)


def _view(pair: Pair, home: Path, language: str, present: bool) -> View:
    """The choices that concern the whole page, as widgets in one line."""
    sets = list(all_sets(pair, own_sets_of(pair, home)))
    systems = list(pair.systems)
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        baseline = system = systems[0]
        if len(systems) > 2:
            baseline = _system(pair, "base", label(language, "baseline"), systems, language)
        others = [name for name in systems if name != baseline]
        if others:
            system = others[0]
        if len(others) > 1:
            system = _system(pair, "against", label(language, "compared"), others, language)
        dim = _short("dim", label(language, "dim"), [str(dim) for dim in pair.dims], language, "of_dims")
        query_set = _short("set", label(language, "query_set"), sets, language, "of_set") if sets else ""
        choices.segments(
            "lang",
            label(language, "language"),
            list(LANGUAGES),
            language,
            LANGUAGES.__getitem__,
            label_visibility="collapsed",
        )
        if present:
            leave = label(language, "leave_present")
            st.button(leave, key="leave", type="tertiary", on_click=choices.put, args=("view", ""))
    return View(language, int(dim), query_set, baseline, system, present=present)


def _short(name: str, title: str, options: list[str], language: str, key: str) -> str:
    """One of a few options in a line of its own, each with its title in it."""

    def named(option: str) -> str:
        return label(language, key, dim=option, name=option)

    shown = named(st.query_params.get(name, options[0]))
    letters = sum(1 if character.isascii() else 2 for character in shown)
    width = min(194, max(143, 36 + 15 * letters // 2))  # px; beyond, the line would break at 1280
    return choices.select(name, title, options, language, named, width=width, label_visibility="collapsed")


def _system(pair: Pair, key: str, title: str, names: list[str], language: str) -> str:
    """One of these systems, from a list of their labels."""
    return choices.select(
        key,
        title,
        names,
        language,
        lambda name: pair.systems[name].label,
        width=138,
        label_visibility="collapsed",
    )


def _readable(opened: "Services", view: View) -> View:
    """`view`, without its query set where that cannot be read; the fault is shown."""
    try:
        if view.query_set:
            opened.query_set(view.query_set)
    except WorkbenchError as fault:
        parts.show_fault(view.language, fault)
        return replace(view, query_set="")
    return view


def _measured(opened: "Services", view: View) -> View:
    """`view`, without its query set where that cannot be measured; Search has said why."""
    try:
        if view.query_set:
            opened.experiment(view)
    except WorkbenchError:
        return replace(view, query_set="")
    return view


if __name__ == "__main__":
    chosen = arguments(sys.argv[1:])
    main(chosen.pair, chosen.home, chosen.variant)
