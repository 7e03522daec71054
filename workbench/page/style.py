"""The look of what the page writes as HTML, light and dark, on screens from 1280 to 1920 pixels."""

from collections.abc import Mapping
from html import escape

ROW, GUTTER = 116, 64  # pixels: the connecting lines need rows of one height

STYLE = f"""
<style>
.wb {{ --soft: color-mix(in srgb, currentColor 62%, transparent); --line: color-mix(in srgb, currentColor 14%, transparent);
       font-variant-numeric: tabular-nums; line-height: 1.45; }}
.wb * {{ box-sizing: border-box; }}
.stMainBlockContainer {{ padding-top: 2.2rem; padding-bottom: 3rem; }}
.wb-head {{ display: flex; flex-wrap: wrap; align-items: baseline; gap: .2rem 1.6rem; }}
.wb-head h1 {{ font-size: 1.45rem; font-weight: 650; margin: 0; padding: 0; letter-spacing: -.01em; }}
.wb-pair b {{ font-weight: 600; }}
.wb-soft {{ color: var(--soft); }}
.wb-note {{ color: var(--soft); font-size: .82rem; }}
.wb-nav {{ display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; font-size: .9rem; }}
.wb-nav a {{ color: var(--soft); text-decoration: none; border-bottom: 1px solid transparent; }}
.wb-nav a:hover, .wb-nav a:focus-visible {{ color: inherit; border-color: currentColor; }}
.wb-section {{ border-top: 1px solid var(--line); margin-top: 1.6rem; padding-top: .9rem; scroll-margin-top: 1rem; }}
.wb-section h2 {{ font-size: 1.2rem; font-weight: 650; margin: 0; padding: 0; }}
.wb-section p {{ margin: .1rem 0 0; color: var(--soft); font-size: .9rem; max-width: 62rem; }}
.wb-h3 {{ font-weight: 600; font-size: 1rem; }}
.wb-banner {{ border-left: 3px solid #E69F00; padding: .3rem .8rem; font-size: .88rem; background: color-mix(in srgb, #E69F00 9%, transparent); }}
.wb-tiles {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 1rem 2rem; min-height: 92px; }}
.wb-tile .name {{ color: var(--soft); font-size: .82rem; }}
.wb-tile .values {{ font-size: 1.5rem; font-weight: 600; white-space: nowrap; }}
.wb-tile .values .to {{ color: var(--soft); font-weight: 400; padding: 0 .15em; }}
.wb-tile .more {{ font-size: .82rem; color: var(--soft); }}
.wb-tile .more b {{ color: inherit; font-weight: 650; }}
.wb-lists {{ display: grid; grid-template-columns: minmax(0, 1fr) {GUTTER}px minmax(0, 1fr); }}
.wb-system {{ display: flex; justify-content: space-between; align-items: baseline; gap: 1rem; padding: 0 0 .35rem; border-bottom: 2px solid var(--tint); }}
.wb-ink {{ color: color-mix(in srgb, var(--tint) 80%, currentColor); }}
.wb-system b {{ font-size: 1.05rem; font-weight: 650; }}
.wb-hit {{ height: {ROW}px; padding: .55rem .2rem .4rem; border-bottom: 1px solid var(--line); position: relative;
           display: grid; grid-template-columns: 2rem minmax(0, 1fr) auto; column-gap: .4rem; align-content: start; }}
.wb-hit.relevant {{ background: color-mix(in srgb, var(--tint) 9%, transparent); }}
.wb-rank {{ font-size: 1.1rem; font-weight: 650; text-align: right; padding-right: .2rem; }}
.wb-name {{ display: flex; align-items: baseline; min-width: 0; white-space: nowrap; font-weight: 600; }}
.wb-law {{ overflow: hidden; text-overflow: ellipsis; margin-right: .4em; }}
.wb-score {{ text-align: right; line-height: 1.2; }}
.wb-gap {{ display: block; color: var(--soft); font-size: .75rem; }}
.wb-verdict {{ margin-left: .8em; padding: 0 .4em; border: 1px dashed var(--line); border-radius: 3px; }}
.wb-there {{ grid-column: 2 / 4; color: var(--soft); font-size: .78rem; margin-top: .1rem; white-space: nowrap; }}
.wb-there b {{ color: color-mix(in srgb, var(--tint) 80%, currentColor); }}
.wb-badge {{ font-size: .7rem; font-weight: 650; letter-spacing: .03em; border: 1px solid var(--scope); color: color-mix(in srgb, var(--scope) 80%, currentColor); border-radius: 3px;
             padding: 0 .35em; margin-right: .45em; white-space: nowrap; }}
.wb-badge.filled {{ background: var(--scope); color: #fff; }}
.wb-tick {{ color: color-mix(in srgb, var(--tint) 80%, currentColor); font-weight: 650; font-size: .82rem; margin-left: .5em; white-space: nowrap; }}
.wb-text {{ grid-column: 2 / 4; font-size: .88rem; color: var(--soft); margin-top: .15rem; }}
.wb-text summary {{ list-style: none; cursor: pointer; display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; overflow: hidden; }}
.wb-text summary::-webkit-details-marker {{ display: none; }}
.wb-text details[open] {{ position: absolute; left: 0; right: 0; top: 2.2rem; z-index: 5; padding: .5rem .8rem .7rem; border: 1px solid var(--line);
             border-radius: 4px; background: var(--page, Canvas); color: CanvasText; box-shadow: 0 6px 24px rgb(0 0 0 / .18); max-height: 24rem; overflow: auto; }}
.wb-text details[open] summary {{ display: block; color: var(--soft); font-size: .8rem; }}
.wb-text details[open] .cut, .wb-text details:not([open]) .where {{ display: none; }}
.wb-text .full {{ white-space: pre-line; }}
.wb mark {{ background: color-mix(in srgb, #F0E442 45%, transparent); color: inherit; padding: 0 .05em; border-radius: 2px; }}
.wb-pairs mark {{ background: color-mix(in srgb, #F0E442 28%, transparent); }}
.wb-links {{ position: relative; align-self: end; overflow: hidden; }}
.wb-links i {{ position: absolute; left: 0; transform-origin: 0 50%; border-top: 1.5px solid currentColor; opacity: .3; }}
.wb-links i.relevant {{ border-top: 3px solid var(--tint); opacity: 1; }}
.wb-relevant {{ border-collapse: collapse; font-size: .92rem; }}
.wb-relevant td, .wb-relevant th {{ padding: .2rem 1.4rem .2rem 0; text-align: left; font-weight: 400; border: 0; }}
.wb-relevant th {{ color: var(--soft); font-size: .82rem; }}
.wb-relevant {{ max-width: 100%; margin: .4rem 0 1.1rem; }}
.wb-lists + .wb-note, .wb-tiles + .wb-note, .wb-verdicts + .wb {{ margin-top: .7rem; }}
.wb-h3 + .wb-note {{ margin-bottom: .9rem; }}
.wb-relevant .of {{ border-bottom: 2px solid var(--tint); color: color-mix(in srgb, var(--tint) 80%, currentColor); padding-left: .4rem; }}
.wb-relevant td.n.other {{ font-weight: 400; color: var(--soft); }}
.wb-relevant td.n {{ font-weight: 650; color: color-mix(in srgb, var(--tint) 80%, currentColor); text-align: right; }}
.wb-relevant th.n {{ text-align: right; color: color-mix(in srgb, var(--tint) 80%, currentColor); }}
.wb-facts {{ border-collapse: collapse; font-size: .9rem; }}
.wb-facts td, .wb-facts th {{ padding: .25rem 1.2rem .25rem 0; text-align: left; font-weight: 400; border: 0; border-bottom: 1px solid var(--line); vertical-align: top; }}
.wb-facts th {{ color: var(--soft); font-size: .82rem; }}
.wb-facts .n {{ text-align: right; }}
.wb-verdicts {{ margin: 0; padding-left: 1.1rem; line-height: 1.7; }}
.wb-pairs {{ display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: .9rem 2rem; }}
.wb-pairs .ask {{ grid-column: 1 / 3; font-weight: 600; border-top: 1px solid var(--line); padding-top: .7rem; }}
.wb-pairs .ask span {{ font-weight: 400; color: var(--soft); font-size: .85rem; margin-left: .6em; }}
.wb-side .head {{ font-weight: 600; }}
.wb-side .where {{ color: var(--soft); font-size: .8rem; }}
.wb-side .full {{ font-size: .9rem; margin-top: .25rem; max-height: 15rem; overflow: auto; white-space: pre-line; }}
.wb-article {{ max-height: 22rem; overflow: auto; border-left: 3px solid var(--line); padding: .1rem 0 .1rem 1rem; }}
.wb-article .full {{ white-space: pre-line; font-size: .95rem; }}
.st-key-early {{ position: absolute; width: 1px; height: 1px; overflow: hidden; visibility: hidden; }}
.stPlotlyChart {{ overflow: visible; }}
[data-testid="stElementToolbar"] [aria-label^="Download as CSV"] {{ display: none; }}
</style>
"""


def banner(text: str) -> str:
    """What must not be overlooked."""
    return f'<div class="wb wb-banner">{escape(text)}</div>'


def section_heading(name: str, title: str, said: str) -> str:
    """A section's title under an anchor, and a sentence about it."""
    return f'<div class="wb wb-section" id="{name}"><h2>{escape(title)}</h2><p>{escape(said)}</p></div>'


def contents(links: Mapping[str, str]) -> str:
    """Links to the sections: anchor -> title."""
    return f'<nav class="wb wb-nav">{"".join(f"<a href=#{name} target=_self>{escape(title)}</a>" for name, title in links.items())}</nav>'


def title(text: str) -> str:
    """The page's name, before anything else is known."""
    return f'<div class="wb wb-head"><h1>{escape(text)}</h1></div>'
