"""The page: `streamlit run workbench/page/app.py -- --pair PAIR --home FOLDER`."""

import argparse
import sys
from collections.abc import Sequence

import streamlit as st

from workbench.errors import WorkbenchError
from workbench.page import markup, sections
from workbench.page.labels import LANGUAGES, label
from workbench.page.services import Services, open_services


def arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pair", default="demo")
    parser.add_argument("--home")
    return parser.parse_args(given)


def main(pair: str, home: str | None) -> None:
    st.set_page_config(page_title="LawVault workbench", page_icon="⚖️", layout="wide")
    st.html(markup.STYLE)
    language = _choice("lang", list(LANGUAGES))
    try:
        with st.spinner(label(language, "opening")):
            services = open_services(pair, home)
        _page(services, language)
    except WorkbenchError as fault:
        show_fault(language, fault)


def show_fault(language: str, fault: WorkbenchError) -> None:
    """A sentence with a remedy, as text."""
    found = fault.found + (f" ({fault.wanted})" if fault.wanted else "")
    st.html(markup.banner(f"{label(language, 'fault', subject=fault.subject, found=found)} {label(language, 'remedy', remedy=fault.remedy)}"))


def _page(services: Services, language: str) -> None:
    pair = services.pair
    head, controls = st.columns([5, 3], vertical_alignment="bottom")
    head.html(markup.header(language, [system.label for system in pair.systems.values()], services.index.counts))
    with controls, st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="bottom"):
        dim = int(_select("dim", label(language, "dim"), [str(dim) for dim in pair.dims], language))
        query_set = _select("set", label(language, "query_set"), list(services.query_sets), language) if services.query_sets else ""
        st.segmented_control(
            label(language, "language"),
            list(LANGUAGES),
            format_func=LANGUAGES.__getitem__,
            default=language,
            required=True,
            key="lang",
            bind="query-params",
        )
    if pair.stand_in:
        st.html(markup.banner(label(language, "stand_in")))
    text = st.text_input(
        label(language, "question"), key="q", placeholder=label(language, "placeholder"), label_visibility="collapsed", bind="query-params"
    )
    sections.samples(services, language, _ask)
    headline = st.container()
    if text:
        try:
            sections.search(services, language, text, dim)
        except WorkbenchError as fault:
            show_fault(language, fault)
    if query_set:
        with headline:
            sections.tiles(services, language, query_set, dim)
        sections.aggregate(services, language, query_set, dim, _ask)


def _ask(text: str) -> None:
    st.session_state["q"] = text


def _choice(name: str, options: Sequence[str]) -> str:
    """What the link or the widget says, or the first option."""
    given = st.session_state.get(name) or st.query_params.get(name)
    return str(given) if given in options else options[0]


def _select(name: str, title: str, options: Sequence[str], language: str) -> str:
    given = st.query_params.get(name)
    if given is not None and given not in options:
        st.toast(label(language, "url_fallback", name=name, found=given, used=options[0]))
    return st.selectbox(title, options, key=name, bind="query-params", width=130)


if __name__ == "__main__":
    chosen = arguments(sys.argv[1:])
    main(chosen.pair, chosen.home)
