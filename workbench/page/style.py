"""The look of what the page writes as HTML, and the little that can be shown before anything is loaded."""

from collections.abc import Mapping
from html import escape
from importlib.resources import files

ROW = 116  # pixels: the connecting lines need rows of one height
GUTTER, NARROW_GUTTER = 64, 34  # pixels between two columns, and between more

_RULES = files("workbench.page").joinpath("style.css").read_text(encoding="utf-8")
STYLE = f"<style>\n:root {{ --row: {ROW}px; --gutter: {GUTTER}px; --narrow-gutter: {NARROW_GUTTER}px; }}\n{_RULES}</style>"


def banner(text: str) -> str:
    """What must not be overlooked."""
    return f'<div class="wb wb-banner">{escape(text)}</div>'


def section_heading(name: str, title: str, note: str) -> str:
    """A section's title under an anchor, and a sentence about it."""
    return f'<div class="wb wb-section" id="{name}"><h2>{escape(title)}</h2><p>{escape(note)}</p></div>'


def contents(links: Mapping[str, str]) -> str:
    """Links to the sections: anchor -> title."""
    anchors = (f"<a href=#{name} target=_self>{escape(title)}</a>" for name, title in links.items())
    return f'<nav class="wb wb-nav">{"".join(anchors)}</nav>'


def title(text: str) -> str:
    """The page's name, before anything else is known."""
    return f'<div class="wb wb-head"><h1>{escape(text)}</h1></div>'
