"""The look of what the page writes as HTML, and the little that can be shown before anything is loaded."""

from collections.abc import Mapping
from html import escape
from importlib.resources import files

ROW, PRESENTED_ROW = 104, 132  # pixels: the connecting lines need rows of one height
GUTTER, NARROW_GUTTER = 64, 34  # pixels between two columns, and between more

_RULES = files("workbench.page").joinpath("style.css").read_text(encoding="utf-8")
_PRESENTED = files("workbench.page").joinpath("present.css").read_text(encoding="utf-8")
_SCRIPT = files("workbench.page").joinpath("page.js").read_text(encoding="utf-8")


def row_height(present: bool) -> int:
    """Pixels of one hit."""
    return PRESENTED_ROW if present else ROW


def style(present: bool = False) -> str:
    """The rules as HTML; in the presenter's view type is larger."""
    widths = f"--gutter: {GUTTER}px; --narrow-gutter: {NARROW_GUTTER}px;"
    rules = _RULES + (_PRESENTED if present else "")
    return f"<style>\n:root {{ --row: {row_height(present)}px; {widths} }}\n{rules}</style>"


def banner(text: str) -> str:
    """What must not be overlooked."""
    return f'<div class="wb wb-banner">{escape(text)}</div>'


def section_heading(name: str, title: str, note: str) -> str:
    """A section's title under an anchor, and a sentence about it."""
    return f'<div class="wb wb-section" id="{name}"><h2>{escape(title)}</h2><p>{escape(note)}</p></div>'


def held(height: int) -> str:
    """The place of a section that is not drawn yet."""
    return f'<div class="wb" style="height:{height}px"></div>'


def hidden_heading(name: str, title: str) -> str:
    """An anchor whose title is to be heard, not seen."""
    return f'<h2 class="wb wb-hidden" id="{name}" tabindex="-1">{escape(title)}</h2>'


def contents(links: Mapping[str, str], language: str, title: str) -> str:
    """Links to the sections, anchor -> title, with the script that marks the one in sight; `title`: what they are."""
    anchors = (f"<a href=#{name} target=_self>{escape(title)}</a>" for name, title in links.items())
    return (
        f'<nav class="wb wb-nav" lang="{language}" aria-label="{escape(title)}">{"".join(anchors)}</nav>'
        f"<script>{_SCRIPT}</script>"
    )


def title(text: str) -> str:
    """The page's name, before anything else is known."""
    return f'<div class="wb wb-head"><h1>{escape(text)}</h1></div>'
