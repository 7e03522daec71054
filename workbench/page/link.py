"""The link that reopens exactly this view, and the button that copies it."""

from html import escape
from urllib.parse import urlencode

import streamlit as st

from workbench.page.choices import View
from workbench.page.labels import label


def shown_by_default(view: View) -> dict[str, str]:
    """What the page shows where the address is silent, so that a link goes on to mean it."""
    made = {"lang": view.language, "dim": str(view.dim), "set": view.query_set}
    return {name: value for name, value in made.items() if value}


def link(view: View) -> str:
    """This view's address, with what it shows by default written out, so that it stays this view."""
    made = shown_by_default(view) | {name: st.query_params.get_all(name) for name in st.query_params}
    address = (st.context.url or "").partition("?")[0]
    return f"{address}?{urlencode(made, doseq=True)}"


def copy_button(view: View, **more: str) -> str:
    """A button as HTML that copies the address of the moment; `more`: further defaults. `page.js` does it."""
    defaults = escape(urlencode(shown_by_default(view) | more))
    done = escape(label(view.language, "copied"))
    text = escape(label(view.language, "copy_link"))
    return f'<button type="button" class="wb wb-copy" data-defaults="{defaults}" data-done="{done}">{text}</button>'
