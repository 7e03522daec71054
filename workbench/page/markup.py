"""Hits as HTML: every text is escaped here, so that a corpus or a query can only ever be shown as text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import atan2, degrees, hypot

from workbench.asking import Answer
from workbench.charts import SYSTEM_COLOURS
from workbench.citations import COUNTRY
from workbench.domain import Article, Hit, Scope
from workbench.page.labels import label
from workbench.wording import shared_spans

ROW, GUTTER = 112, 64  # pixels: the connecting lines need rows of one height
SCOPE_COLOURS = {Scope.NATIONAL: "#00796B", Scope.LOCAL: "#8E4585"}

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
.wb-score {{ text-align: right; }}
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
.wb-links {{ position: relative; align-self: end; overflow: hidden; }}
.wb-links i {{ position: absolute; left: 0; transform-origin: 0 50%; border-top: 1.5px solid currentColor; opacity: .3; }}
.wb-links i.relevant {{ border-top: 3px solid var(--tint); opacity: 1; }}
.wb-relevant {{ border-collapse: collapse; font-size: .92rem; }}
.wb-relevant td, .wb-relevant th {{ padding: .2rem 1.4rem .2rem 0; text-align: left; font-weight: 400; border: 0; }}
.wb-relevant th {{ color: var(--soft); font-size: .82rem; }}
.wb-relevant td.n {{ font-weight: 650; color: color-mix(in srgb, var(--tint) 80%, currentColor); text-align: right; }}
.wb-relevant th.n {{ text-align: right; color: color-mix(in srgb, var(--tint) 80%, currentColor); }}
</style>
"""


@dataclass(frozen=True)
class Tile:
    """One figure for the presenter: a name, each system's value, and what to say about the difference."""

    name: str
    values: tuple[str, ...]
    more: str


def header(language: str, systems: Sequence[str], counts: Mapping[str, int]) -> str:
    pair = ' <span class="wb-soft">⟷</span> '.join(
        f'<b class="wb-ink" style="--tint:{colour}">{escape(name)}</b>' for name, colour in zip(systems, SYSTEM_COLOURS, strict=False)
    )
    return (
        f'<div class="wb wb-head"><h1>{escape(label(language, "title"))}</h1><span class="wb-pair">{pair}</span>'
        f'<span class="wb-soft">{escape(label(language, "corpus", **counts))}</span></div>'
    )


def note(text: str) -> str:
    return f'<div class="wb wb-note">{escape(text)}</div>'


def banner(text: str) -> str:
    return f'<div class="wb wb-banner">{escape(text)}</div>'


def tiles(shown: Sequence[Tile]) -> str:
    return f'<div class="wb wb-tiles">{"".join(_tile(tile) for tile in shown)}</div>'


def _tile(tile: Tile) -> str:
    values = '<span class="to">→</span>'.join(
        f'<span class="wb-ink" style="--tint:{colour}">{escape(value)}</span>' for value, colour in zip(tile.values, SYSTEM_COLOURS, strict=False)
    )
    return f'<div class="wb-tile"><div class="name">{escape(tile.name)}</div><div class="values">{values}</div><div class="more">{escape(tile.more)}</div></div>'


def lists(language: str, answer: Answer, labels: Mapping[str, str]) -> str:
    """Two ranked columns, with lines that join the same article."""
    left, right = list(answer.listings)[:2]
    columns = [
        _column(language, answer, labels, own, other, colour)
        for own, other, colour in ((left, right, SYSTEM_COLOURS[0]), (right, left, SYSTEM_COLOURS[1]))
    ]
    return f'<div class="wb wb-lists">{columns[0]}{_lines(answer, left, right)}{columns[1]}</div>'


def _column(language: str, answer: Answer, labels: Mapping[str, str], own: str, other: str, colour: str) -> str:
    listing = answer.listings[own]
    encoding = label(language, "kept") if listing.known else label(language, "ms", value=listing.encoding * 1000)
    times = label(language, "times", encoding=encoding, search=listing.searching * 1000)
    hits = "".join(_hit(language, answer, labels, own, other, place, hit) for place, hit in enumerate(listing.hits, 1))
    return f'<div style="--tint:{colour}"><div class="wb-system"><b class="wb-ink">{escape(labels[own])}</b><span class="wb-note">{escape(times)}</span></div>{hits}</div>'


def _hit(language: str, answer: Answer, labels: Mapping[str, str], own: str, other: str, place: int, hit: Hit) -> str:
    article, relevant = answer.articles[hit.doc_id], hit.doc_id in answer.relevant
    tick = f'<span class="wb-tick">✓ {escape(label(language, "relevant"))}</span>' if relevant else ""
    where = " · ".join(filter(None, (article.law, article.part, article.chapter, article.article)))
    return (
        f'<div class="wb-hit{" relevant" if relevant else ""}"><div class="wb-rank">{place}</div>'
        f'<div class="wb-name" title="{escape(where)}">{_badge(language, article)}{_name(article)}{tick}</div>'
        f'<div class="wb-score">{hit.score:.3f}</div>'
        f'<div class="wb-text"><details><summary><span class="cut">{marked(answer.text, article.text)}</span>'
        f'<span class="where">{escape(where)} — {escape(label(language, "close"))}</span></summary>'
        f'<div class="full">{marked(answer.text, article.text)}</div></details></div>'
        f'<div class="wb-there">{_elsewhere(language, answer, labels, own, other, place, hit)}</div></div>'
    )


def _name(article: Article) -> str:
    """Law and article; a law's country prefix gives way, so that its number is always to be seen."""
    return f'<span class="wb-law">{escape(article.law.removeprefix(COUNTRY))}</span><span>{escape(article.article)}</span>'


def _elsewhere(language: str, answer: Answer, labels: Mapping[str, str], own: str, other: str, place: int, hit: Hit) -> str:
    """Where the other system ranks this article; beside a later system's hits, how far they moved from the baseline."""
    there = answer.listings[other].ranks[hit.doc_id]
    text = escape(label(language, "elsewhere", label=labels[other], rank=there))
    if own == next(iter(answer.listings)):
        return text
    key = "moved_up" if there > place else "moved_down" if there < place else "unmoved"
    return f"{text} <b>{escape(label(language, key, places=abs(there - place)))}</b>"


def _badge(language: str, article: Article) -> str:
    words = [label(language, article.scope.value), article.region, label(language, "synthetic") if article.synthetic else ""]
    filled = " filled" if article.scope is Scope.LOCAL else ""
    return f'<span class="wb-badge{filled}" style="--scope:{SCOPE_COLOURS[article.scope]}">{escape(" · ".join(filter(None, words)))}</span>'


def marked(query: str, text: str) -> str:
    """`text` escaped, with the phrases that it shares with `query` marked."""
    pieces, at = [], 0
    for start, end in shared_spans(query, text):
        pieces += [escape(text[at:start]), "<mark>", escape(text[start:end]), "</mark>"]
        at = end
    return "".join([*pieces, escape(text[at:])])


def _lines(answer: Answer, left: str, right: str) -> str:
    places = {hit.doc_id: place for place, hit in enumerate(answer.listings[right].hits)}
    lines = []
    for place, hit in enumerate(answer.listings[left].hits):
        if hit.doc_id in places:
            down = ROW * (places[hit.doc_id] - place)
            strong = ' class="relevant"' if hit.doc_id in answer.relevant else ""
            position = f"top:{ROW * (place + 0.5):.0f}px;width:{hypot(GUTTER, down):.1f}px;transform:rotate({degrees(atan2(down, GUTTER)):.2f}deg)"
            lines.append(f'<i{strong} style="{position}"></i>')
    height = ROW * max(len(answer.listings[left].hits), len(answer.listings[right].hits))
    return f'<div class="wb-links" style="height:{height}px;--tint:{SYSTEM_COLOURS[1]}">{"".join(lines)}</div>'


def relevant_ranks(language: str, answer: Answer, labels: Mapping[str, str], heading: str) -> str:
    """The exact rank of every relevant article in every system, also when it is far down."""
    names = list(answer.listings)
    heads = "".join(f'<th class="n" style="--tint:{colour}">{escape(labels[name])}</th>' for name, colour in zip(names, SYSTEM_COLOURS, strict=False))
    rows = []
    for doc_id in sorted(answer.relevant, key=lambda doc_id: (answer.listings[names[-1]].ranks[doc_id], doc_id)):
        article = answer.articles[doc_id]
        cells = "".join(
            f'<td class="n" style="--tint:{colour}">{answer.listings[name].ranks[doc_id]:,}</td>'
            for name, colour in zip(names, SYSTEM_COLOURS, strict=False)
        )
        rows.append(f"<tr><td>{_badge(language, article)}{escape(article.law)} {escape(article.article)}</td>{cells}</tr>")
    return f'<div class="wb"><table class="wb-relevant"><tr><th>{escape(heading)}</th>{heads}</tr>{"".join(rows)}</table></div>'
