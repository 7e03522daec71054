"""Results as HTML: every text is escaped here, so that a corpus or a query can only ever be shown as text."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import atan2, degrees, hypot, inf
from types import MappingProxyType

from workbench.core.domain import Article, Hit, Scope
from workbench.corpora.citations import COUNTRY
from workbench.corpora.versions import name_and_mark
from workbench.evaluation.asking import Answer, Listing
from workbench.evaluation.text_overlap import common_passages, shared_spans
from workbench.page.charts import SYSTEM_COLOURS
from workbench.page.labels import label
from workbench.page.names import level_name
from workbench.page.style import GUTTER, NARROW_GUTTER, ROW
from workbench.query_sets.reviews import Review

SCOPE_COLOURS = {Scope.NATIONAL: "#00796B", Scope.LOCAL: "#8E4585"}


@dataclass(frozen=True)
class Tile:
    """One figure for the presenter: a name and what it means, each system's value, what to say about the difference.

    `first`: the place of the system that the first value is of.
    """

    name: str
    meaning: str
    values: tuple[str, ...]
    more: str
    first: int = 0


def header(language: str, systems: Sequence[str], counts: Mapping[str, int]) -> str:
    pair = ' <span class="wb-soft">⟷</span> '.join(
        _tinted("b", name, colour) for name, colour in zip(systems, SYSTEM_COLOURS, strict=False)
    )
    return (
        f'<div class="wb wb-head"><h1>{escape(label(language, "title"))}</h1><span class="wb-pair">{pair}</span>'
        f'<span class="wb-soft">{escape(label(language, "corpus", **counts))}</span></div>'
    )


def _tinted(tag: str, text: str, colour: str) -> str:
    return f'<{tag} class="wb-ink" style="--tint:{colour}">{escape(text)}</{tag}>'


def note(text: str) -> str:
    return f'<div class="wb wb-note">{escape(text)}</div>'


def suggestions(texts: Iterable[str]) -> str:
    """What the browser suggests while one types a question; `page.js` puts it to the field."""
    options = "".join(f'<option value="{escape(text)}"></option>' for text in texts)
    return f'<datalist id="wb-questions">{options}</datalist>'


def heading(text: str) -> str:
    return f'<h3 class="wb wb-h3">{escape(text)}</h3>'


def lead(said: str, more: str) -> str:
    """What came of a question, in a sentence, and what the lists below are."""
    first = f"<b>{escape(said)}</b> " if said else ""
    return f'<p class="wb wb-lead">{first}<span class="wb-soft">{escape(more)}</span></p>'


def sentences(texts: Iterable[str]) -> str:
    return f'<ul class="wb wb-verdicts">{"".join(f"<li>{escape(text)}</li>" for text in texts)}</ul>'


def folded(summary: str, notes: Iterable[str]) -> str:
    """Notes that unfold below a line."""
    return unfolding(summary, "".join(map(note, notes)))


def unfolding(summary: str, inside: str) -> str:
    """What is HTML already, and unfolds below a line."""
    return f'<details class="wb wb-folded"><summary>{escape(summary)}</summary>{inside}</details>'


def tiles(figures: Sequence[Tile], title: str) -> str:
    """Figures in one row; `title`: what all of them are figures of."""
    shown = "".join(map(_tile, figures))
    return f'<section class="wb" aria-label="{escape(title)}"><div class="wb-tiles">{shown}</div></section>'


def _tile(tile: Tile) -> str:
    tints = SYSTEM_COLOURS[tile.first :]
    values = '<span class="to">→</span>'.join(
        _tinted("span", value, colour) for value, colour in zip(tile.values, tints, strict=False)
    )
    meaning = f' <span class="meaning">{escape(tile.meaning)}</span>' if tile.meaning else ""
    return (
        f'<div class="wb-tile"><div class="name">{escape(tile.name)}{meaning}</div>'
        f'<div class="values">{values}</div><div class="more">{escape(tile.more)}</div></div>'
    )


def facts(heads: Sequence[str], rows: Iterable[Sequence[str]], figures: bool = True) -> str:
    """A small table; the first column names the row, the others are figures, or texts."""
    sides = ["", *([' class="n"' if figures else ""] * (len(heads) - 1))]
    head = "".join(_head(side, text) for side, text in zip(sides, heads, strict=True))
    body = "".join(
        "<tr>"
        + "".join(f"<td{side}>{escape(text)}</td>" for side, text in zip(sides, row, strict=True))
        + "</tr>"
        for row in rows
    )
    return _scrolling(
        "wb-wide", " · ".join(filter(None, heads)), f'<table class="wb-facts"><tr>{head}</tr>{body}</table>'
    )


def _scrolling(kind: str, name: str, inside: str) -> str:
    """What may be wider or longer than its place: to be reached, and scrolled, by keyboard."""
    return f'<div class="wb {kind}" role="region" tabindex="0" aria-label="{escape(name)}">{inside}</div>'


def _head(attributes: str, text: str) -> str:
    """The head of a column; above the names of rows there may be none."""
    return f'<th{attributes} scope="col">{escape(text)}</th>' if text else "<td></td>"


def lists(
    language: str,
    answer: Answer,
    labels: Mapping[str, str],
    reviews: Sequence[Review] = (),
    said: Mapping[str, tuple[bool, str]] | None = None,
    row: int = ROW,
) -> str:
    """The ranked columns side by side, with lines that join the same article in neighbouring ones.

    `said`: by system, whether a relevant article is on top and what to say of it; `row`: pixels of one hit.
    """
    names = list(answer.listings)
    reviews_of: dict[str, list[Review]] = {}
    for review in reviews:
        reviews_of.setdefault(review.doc_id, []).append(review)
    blocks = []
    for place, name in enumerate(names):
        if place:
            gutter = GUTTER if len(names) == 2 else NARROW_GUTTER
            blocks.append(_lines(answer, names[place - 1], name, gutter, row))
        verdict = (said or {}).get(name, (False, ""))
        blocks.append(_column(language, answer, labels, name, SYSTEM_COLOURS[place], reviews_of, verdict))
    shape = f" of{len(names)}" if len(names) != 2 else ""
    return f'<div class="wb wb-lists{shape}">{"".join(blocks)}</div>'


def _column(
    language: str,
    answer: Answer,
    labels: Mapping[str, str],
    own: str,
    colour: str,
    reviews_of: Mapping[str, Sequence[Review]],
    verdict: tuple[bool, str],
) -> str:
    listing = answer.listings[own]
    scores = [None, *(hit.score for hit in listing.hits)]
    hits = "".join(
        _hit(language, answer, labels, own, place, hit, above, reviews_of.get(hit.doc_id, ()))
        for place, (hit, above) in enumerate(zip(listing.hits, scores, strict=False), 1)
    )
    right, said = verdict
    words = f'<span class="wb-said{" right" if right else ""}">{escape(said)}</span>' if said else ""
    head = f'<div class="wb-system">{_tinted("b", labels[own], colour)}{words}</div>'
    if not hits:
        hits = note(label(language, "no_hits" if listing.answered else "not_asked"))
    return f'<div style="--tint:{colour}">{head}{hits}</div>'


def _hit(
    language: str,
    answer: Answer,
    labels: Mapping[str, str],
    own: str,
    place: int,
    hit: Hit,
    above: float | None,
    reviews: Sequence[Review],
) -> str:
    article = answer.articles[hit.doc_id]
    relevant = hit.doc_id in answer.relevant
    tick = f'<span class="wb-tick">✓ {escape(label(language, "relevant"))}</span>' if relevant else ""
    behind = "" if above is None else f"{hit.score - above:+.4f}".replace("-0.0000", "0.0000")
    gap = behind and f'<span class="wb-gap">{behind}</span>'
    chips = "".join(
        f'<span class="wb-verdict">{escape(spoken(language, review))}</span>' for review in reviews
    )
    where = provenance(language, article)
    text = marked(answer.text, article.text)
    return (
        f'<div class="wb-hit{" relevant" if relevant else ""}"><div class="wb-rank">{place}</div>'
        f'<div class="wb-name" title="{escape(where)}">{badge(language, article)}{_name(article)}{tick}</div>'
        f'<div class="wb-score">{hit.score:.3f}{gap}</div>'
        f'<div class="wb-text"><details><summary><span class="cut">{text}</span>'
        f'<span class="where">{escape(where)} — {escape(label(language, "close"))}</span></summary>'
        f'<div class="full">{text}</div></details></div>'
        f'<div class="wb-there">{_elsewhere(language, answer, labels, own, place, hit)}{chips}</div></div>'
    )


def spoken(language: str, review: Review) -> str:
    """A review in a few words: who, and the verdict or that there is a note."""
    key = f"verdict {review.verdict.value}" if review.verdict else "verdict_note"
    return f"{review.author}: {label(language, key)}"


def provenance(language: str, article: Article) -> str:
    """Where an article stands: law, part, chapter, number, level and dates."""
    dates = [
        label(language, key, date=date)
        for key, date in (("published", article.published), ("effective", article.effective))
        if date
    ]
    return " · ".join(
        filter(
            None,
            (
                article.law,
                article.part,
                article.chapter,
                article.article,
                level_name(language, article.level.value),
                *dates,
            ),
        )
    )


def _name(article: Article) -> str:
    """Law, version and article; a law's country prefix gives way, so that version and number are always to be seen."""
    law, mark = name_and_mark(article.law.removeprefix(COUNTRY))
    version = f'<span class="wb-version">{escape(mark)}</span>' if mark else ""
    return f'<span class="wb-law">{escape(law)}</span>{version}<span>{escape(article.article)}</span>'


def _elsewhere(
    language: str, answer: Answer, labels: Mapping[str, str], own: str, place: int, hit: Hit
) -> str:
    """Where the other systems rank this article; of two, also how it moved from the baseline's list to the other one."""
    others = [name for name in answer.listings if name != own]
    ranks = {name: rank_words(language, answer.listings[name], hit.doc_id) for name in others}
    texts = [
        escape(label(language, "elsewhere", label=labels[name], rank=rank)) for name, rank in ranks.items()
    ]
    if len(others) != 1:
        return " · ".join(texts)
    text, other = texts[0], answer.listings[others[0]]
    listed = hit.doc_id in {listed_hit.doc_id for listed_hit in other.hits}
    if own == next(iter(answer.listings)):
        return text if listed else f"{text} <b>{escape(label(language, 'gone'))}</b>"
    if not listed:
        return f"{text} <b>{escape(label(language, 'new'))}</b>"
    there, key = other.ranks[hit.doc_id], "unmoved"
    if there != place:
        key = "moved_up" if there > place else "moved_down"
    return f"{text} <b>{escape(label(language, key, places=abs(there - place)))}</b>"


def rank_words(language: str, listing: Listing, doc_id: str, dim: int | None = None) -> str:
    """Where one system ranks an article, by default of those on the page, with `dim` of the relevant ones; or that it does not."""
    ranks, found = listing.ranks, listing.found
    if dim is not None:  # with a filter too, these are ranks in the whole corpus
        ranks, found = listing.relevant[dim], listing.found_anywhere
    rank = ranks.get(doc_id)
    if rank is None and not listing.ranked and listing.answered:
        return label(language, "not_listed", depth=len(listing.hits))
    if rank is None:
        return label(language, "beyond", depth=found or 0) if listing.answered else "–"
    if found is not None and rank > found:
        return label(language, "no_match")
    return f"{rank:,}" if dim is not None else label(language, "nth", rank=rank)


def badge(language: str, article: Article) -> str:
    words = [
        label(language, article.scope.value),
        article.region,
        label(language, "synthetic") if article.synthetic else "",
    ]
    filled = " filled" if article.scope is Scope.LOCAL else ""
    text = escape(" · ".join(filter(None, words)))
    colour = SCOPE_COLOURS[article.scope]
    return f'<span class="wb-badge{filled}" style="--scope:{colour}">{text}</span>'


def marked(query: str, text: str) -> str:
    """`text` escaped, with the phrases that it shares with `query` marked."""
    return _marked(text, shared_spans(query, text))


def _marked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    pieces = []
    at = 0
    for start, end in spans:
        pieces += [escape(text[at:start]), "<mark>", escape(text[start:end]), "</mark>"]
        at = end
    return "".join([*pieces, escape(text[at:])])


def _lines(answer: Answer, left: str, right: str, gutter: int, row: int) -> str:
    places = {hit.doc_id: place for place, hit in enumerate(answer.listings[right].hits)}
    lines = []
    for place, hit in enumerate(answer.listings[left].hits):
        if hit.doc_id in places:
            down = row * (places[hit.doc_id] - place)
            strong = ' class="relevant"' if hit.doc_id in answer.relevant else ""
            length = hypot(gutter, down)
            angle = degrees(atan2(down, gutter))
            position = (
                f"top:{row * (place + 0.5):.0f}px;width:{length:.1f}px;transform:rotate({angle:.2f}deg)"
            )
            lines.append(f'<i{strong} style="{position}"></i>')
    height = row * max(len(answer.listings[left].hits), len(answer.listings[right].hits))
    return (
        f'<div class="wb-links" style="height:{height}px;--tint:{SYSTEM_COLOURS[1]}">{"".join(lines)}</div>'
    )


def relevant_ranks(
    language: str,
    answer: Answer,
    labels: Mapping[str, str],
    title: str,
    pinpoints: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The exact rank of every relevant article in every system and at every dimension, also when it is far down.

    `pinpoints`: `doc_id` -> which place in the article is meant.
    """
    tints = dict(zip(answer.listings, SYSTEM_COLOURS, strict=False))
    columns = [
        (name, dim)
        for name, listing in answer.listings.items()
        for dim in sorted(listing.relevant, reverse=True)
    ]
    systems = "".join(
        f'<th class="of" colspan="{len(answer.listings[name].relevant)}" style="--tint:{tint}">{escape(labels[name])}</th>'
        for name, tint in tints.items()
    )
    widths = "".join(f'<th class="n" style="--tint:{tints[name]}">{dim or "–"}</th>' for name, dim in columns)

    def best_rank(doc_id: str) -> tuple[float, str]:
        ranks = [listing.relevant[listing.dim].get(doc_id, inf) for listing in answer.listings.values()]
        return min(ranks), doc_id

    rows = []
    for doc_id in sorted(answer.relevant, key=best_rank):
        article = answer.articles[doc_id]
        cells = "".join(
            f'<td class="n{"" if dim == answer.listings[name].dim else " other"}" style="--tint:{tints[name]}">'
            f"{escape(rank_words(language, answer.listings[name], doc_id, dim))}</td>"
            for name, dim in columns
        )
        rows.append(
            f"<tr><td>{badge(language, article)}{escape(article.law)} {escape(article.article)}"
            f"{escape(pinpoints.get(doc_id, ''))}</td>{cells}</tr>"
        )
    head = f"<tr><th>{escape(title)}</th>{systems}</tr><tr><td></td>{widths}</tr>"
    return _scrolling("wb-wide", title, f'<table class="wb-relevant">{head}{"".join(rows)}</table>')


@dataclass(frozen=True)
class Confused:
    """A question, its relevant article, the article that stood on top instead, and what to say about the two."""

    query: str
    relevant: Article
    top: Article
    remark: str


def confused(language: str, pairs: Iterable[Confused]) -> str:
    """Relevant and displacing articles side by side: the wording they share is marked, what differs is plain."""
    return f'<div class="wb wb-pairs">{"".join(_confused(language, pair) for pair in pairs)}</div>'


def _confused(language: str, pair: Confused) -> str:
    shared = common_passages(pair.relevant.text, pair.top.text)
    sides = [
        _side(language, "side_relevant", pair.relevant, [(start, start + size) for start, _, size in shared]),
        _side(language, "side_top", pair.top, [(start, start + size) for _, start, size in shared]),
    ]
    return f'<div class="ask">{escape(pair.query)}<span>{escape(pair.remark)}</span></div>{"".join(sides)}'


def _side(language: str, key: str, article: Article, spans: Sequence[tuple[int, int]]) -> str:
    return (
        f'<div class="wb-side"><div class="where">{escape(label(language, key))}</div>'
        f'<div class="head">{badge(language, article)}{_name(article)}</div>'
        f"{_scrolling('full', f'{article.law} {article.article}', _marked(article.text, spans))}</div>"
    )


def article_text(language: str, article: Article, query: str) -> str:
    """One article in full, with where it stands."""
    inside = (
        f"<div>{badge(language, article)}<b>{_name(article)}</b></div>"
        f'<div class="wb-note">{escape(provenance(language, article))}</div>'
        f'<div class="full">{marked(query, article.text)}</div>'
    )
    return _scrolling("wb-article", f"{article.law} {article.article}", inside)
