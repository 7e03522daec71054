"""What the visitor chose. The address is the one place where choices live, so a copied link reopens the view.

A widget shows what the address says, and writes to it when it is used. Values in the address are the same in every language.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date
from typing import Any

import streamlit as st

from workbench.core.domain import is_day
from workbench.page.labels import label

FULL, PRESENT = VIEWS = ("full", "present")  # `view` in the address
EARLIEST, LATEST = date(1900, 1, 1), date(2099, 12, 31)  # between which a day can be chosen


@dataclass(frozen=True)
class View:
    """The choices that concern the whole page; `baseline` and `system` are the two compared, `third` stands beside them in Search.

    `present`: the presenter's view, in which choices hold but no widget is drawn.
    """

    language: str
    dim: int
    query_set: str
    baseline: str
    system: str
    third: str = ""
    present: bool = False

    @property
    def systems(self) -> tuple[str, ...]:
        """The two compared, or the only one."""
        return tuple(dict.fromkeys((self.baseline, self.system)))

    @property
    def compares(self) -> bool:
        """Whether there are two systems to compare: a pair may have one alone."""
        return self.baseline != self.system

    @property
    def columns(self) -> tuple[str, ...]:
        """The systems in Search's columns, each once."""
        return tuple(dict.fromkeys(filter(None, (*self.systems, self.third))))


def presenting() -> bool:
    """Whether the address asks for the presenter's view."""
    return st.query_params.get("view") == PRESENT


def how_many(names: Iterable[str]) -> int:
    """How many of these choices are not the default."""
    return sum(name in st.query_params for name in names)


def behind(title: str, key: str) -> AbstractContextManager[Any]:
    """Widgets behind a button with this title; in the presenter's view there is none."""
    return nullcontext() if presenting() else st.popover(title, key=key)


def given(name: str, options: Sequence[str], language: str, default: str = "") -> str:
    """What the address says, or the default (by default the first option); an unknown value gets a note."""
    value = st.query_params.get(name)
    default = default or options[0]
    if value is None or value in options:
        return value or default
    _fall_back(name, value, default, language)
    return default


def given_all(name: str, options: Sequence[str], language: str) -> list[str]:
    """The values in the address that are options, each once; the others are answered with a note."""
    values = dict.fromkeys(st.query_params.get_all(name))
    for value in values:
        if value not in options:
            _fall_back(name, value, label(language, "any"), language)
    return [value for value in values if value in options]


def put(name: str, values: str | Iterable[str], default: str = "") -> None:
    """Writes a choice to the address; a default leaves it out."""
    values = [values] if isinstance(values, str) else list(values)
    if values in ([], [default]):
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = values if len(values) > 1 else values[0]


def select(
    name: str,
    title: str,
    options: Sequence[str],
    language: str,
    named: Callable[[str], str] = str,
    **more: Any,
) -> str:
    """One of `options` from a list."""
    return _single(st.selectbox, name, title, options, language, named, **more)


def segments(
    name: str,
    title: str,
    options: Sequence[str],
    language: str,
    named: Callable[[str], str] = str,
    *,
    default: str = "",
    **more: Any,
) -> str:
    """One of a few options, all to be seen."""
    return _single(
        st.segmented_control, name, title, options, language, named, default, required=True, **more
    )


def several(
    name: str,
    title: str,
    options: Sequence[str],
    language: str,
    named: Callable[[str], str] = str,
    **more: Any,
) -> list[str]:
    """Any of `options`; none means all."""
    chosen = given_all(name, options, language)
    if presenting():
        return chosen
    key = _key(name, language)
    _show(key, chosen)
    st.multiselect(
        title,
        options,
        key=key,
        format_func=named,
        on_change=_store,
        args=(name, key),
        placeholder=label(language, "any"),
        **more,
    )
    return chosen


def text(name: str, title: str, **more: Any) -> str:
    """A line of text."""
    chosen = st.query_params.get(name, "")
    if presenting():
        return chosen
    key = f"choice {name}"
    _show(key, chosen)
    st.text_input(title, key=key, on_change=_store, args=(name, key), **more)
    return chosen


def day(name: str, title: str, language: str, **more: Any) -> str:
    """A day as YYYY-MM-DD, or none."""
    value = st.query_params.get(name, "")
    if value and not (is_day(value) and EARLIEST <= date.fromisoformat(value) <= LATEST):
        _fall_back(name, value, label(language, "any"), language)
        value = ""
    if presenting():
        return value
    key = f"choice {name}"
    _show(key, date.fromisoformat(value) if value else None)
    st.date_input(
        title,
        value=None,
        key=key,
        format="YYYY-MM-DD",
        min_value=EARLIEST,
        max_value=LATEST,
        on_change=_store,
        args=(name, key),
        **more,
    )
    return value


def is_on(name: str, language: str, *, usual: bool = False) -> bool:
    """What the address says of a switch."""
    return given(name, ("0", "1"), language, str(int(usual))) == "1"


def switch(name: str, title: str, language: str, *, usual: bool = False, **more: Any) -> bool:
    """On or off."""
    chosen = is_on(name, language, usual=usual)
    if presenting():
        return chosen
    key = _key(name, language)
    _show(key, chosen)
    st.toggle(title, key=key, on_change=_store, args=(name, key, str(int(usual))), **more)
    return chosen


def _single(
    widget: Callable[..., Any],
    name: str,
    title: str,
    options: Sequence[str],
    language: str,
    named: Callable[[str], str],
    default: str = "",
    **more: Any,
) -> str:
    chosen = given(name, options, language, default)
    if presenting():
        return chosen
    key = _key(name, language)
    _show(key, chosen)
    widget(
        title,
        options,
        key=key,
        format_func=named,
        on_change=_store,
        args=(name, key, default or options[0]),
        **more,
    )
    return chosen


def _key(name: str, language: str) -> str:
    """A widget remembers its options as they are worded, so each language has its own."""
    return f"choice {name} {language}"


def _show(key: str, chosen: Any) -> None:
    if st.session_state.get(key) != chosen:
        st.session_state[key] = chosen


def _store(name: str, key: str, default: str = "") -> None:
    value = st.session_state[key]
    if isinstance(value, bool | date):
        value = str(int(value) if isinstance(value, bool) else value)
    put(name, value or "", default)


def _fall_back(name: str, unknown: str, used: str, language: str) -> None:
    """Says once what the address asked for in vain, and takes it out of the address."""
    put(name, [value for value in st.query_params.get_all(name) if value != unknown])
    st.toast(label(language, "url_fallback", name=name, found=unknown[:80], used=used))


def open_query(text: str) -> None:
    """Puts a question into Search and brings it into sight; for callbacks of widgets anywhere on the page."""
    put("q", text)
    st.session_state["scroll to"] = "search"
    st.rerun("search")


def open_row(key: str, texts: Sequence[str]) -> None:
    """Opens the question whose row was selected in the table `key`; `texts`: the rows' questions. For the table's callback."""
    rows = st.session_state[key]["selection"]["rows"]
    if rows:
        open_query(texts[rows[0]])
