"""Results as HTML: every text is escaped here, so that a corpus or a query can only ever be shown as text."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import atan2, degrees, hypot

from workbench.core.domain import Article, Hit, Scope
from workbench.corpora.citations import COUNTRY
from workbench.evaluation.asking import Answer
from workbench.evaluation.text_overlap import common_passages, shared_spans
from workbench.page.charts import SYSTEM_COLOURS
from workbench.page.labels import label
from workbench.page.names import level_name
from workbench.page.style import GUTTER, ROW
from workbench.query_sets.reviews import Review

SCOPE_COLOURS = {Scope.NATIONAL: "#00796B", Scope.LOCAL: "#8E4585"}


@dataclass(frozen=True)
class Tile:
    """One figure for the presenter: a name, each system's value, and what to say about the difference."""

    name: str
    values: tuple[str, ...]
    more: str


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


def heading(text: str) -> str:
    return f'<div class="wb wb-h3">{escape(text)}</div>'


def sentences(texts: Iterable[str]) -> str:
    return f'<ul class="wb wb-verdicts">{"".join(f"<li>{escape(text)}</li>" for text in texts)}</ul>'


def tiles(figures: Sequence[Tile]) -> str:
    return f'<div class="wb wb-tiles">{"".join(_tile(tile) for tile in figures)}</div>'


def _tile(tile: Tile) -> str:
    values = '<span class="to">→</span>'.join(
        _tinted("span", value, colour) for value, colour in zip(tile.values, SYSTEM_COLOURS, strict=False)
    )
    return (
        f'<div class="wb-tile"><div class="name">{escape(tile.name)}</div>'
        f'<div class="values">{values}</div><div class="more">{escape(tile.more)}</div></div>'
    )


def facts(heads: Sequence[str], rows: Iterable[Sequence[str]], figures: bool = True) -> str:
    """A small table; the first column names the row, the others are figures, or texts."""
    sides = ["", *([' class="n"' if figures else ""] * (len(heads) - 1))]
    head = "".join(f"<th{side}>{escape(text)}</th>" for side, text in zip(sides, heads, strict=True))
    body = "".join(
        "<tr>"
        + "".join(f"<td{side}>{escape(text)}</td>" for side, text in zip(sides, row, strict=True))
        + "</tr>"
        for row in rows
    )
    return f'<div class="wb"><table class="wb-facts"><tr>{head}</tr>{body}</table></div>'


def lists(language: str, answer: Answer, labels: Mapping[str, str], reviews: Sequence[Review] = ()) -> str:
    """Two ranked columns, with lines that join the same article."""
    left, right = list(answer.listings)[:2]
    reviews_of: dict[str, list[Review]] = {}
    for review in reviews:
        reviews_of.setdefault(review.doc_id, []).append(review)
    columns = [
        _column(language, answer, labels, own, other, colour, reviews_of)
        for own, other, colour in ((left, right, SYSTEM_COLOURS[0]), (right, left, SYSTEM_COLOURS[1]))
    ]
    return f'<div class="wb wb-lists">{columns[0]}{_lines(answer, left, right)}{columns[1]}</div>'


def _column(
    language: str,
    answer: Answer,
    labels: Mapping[str, str],
    own: str,
    other: str,
    colour: str,
    reviews_of: Mapping[str, Sequence[Review]],
) -> str:
    listing = answer.listings[own]
    encoding = (
        label(language, "cached") if listing.known else label(language, "ms", value=listing.encoding * 1000)
    )
    times = label(language, "times", encoding=encoding, search=listing.searching * 1000)
    scores = [None, *(hit.score for hit in listing.hits)]
    hits = "".join(
        _hit(language, answer, labels, own, other, place, hit, above, reviews_of.get(hit.doc_id, ()))
        for place, (hit, above) in enumerate(zip(listing.hits, scores, strict=False), 1)
    )
    name = _tinted("b", labels[own], colour)
    head = f'<div class="wb-system">{name}<span class="wb-note">{escape(times)}</span></div>'
    return f'<div style="--tint:{colour}">{head}{hits}</div>'


def _hit(
    language: str,
    answer: Answer,
    labels: Mapping[str, str],
    own: str,
    other: str,
    place: int,
    hit: Hit,
    above: float | None,
    reviews: Sequence[Review],
) -> str:
    article = answer.articles[hit.doc_id]
    relevant = hit.doc_id in answer.relevant
    tick = f'<span class="wb-tick">✓ {escape(label(language, "relevant"))}</span>' if relevant else ""
    gap = "" if above is None else f'<span class="wb-gap">{hit.score - above:+.4f}</span>'
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
        f'<div class="wb-there">{_elsewhere(language, answer, labels, own, other, place, hit)}{chips}</div></div>'
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
    """Law and article; a law's country prefix gives way, so that its number is always to be seen."""
    law = escape(article.law.removeprefix(COUNTRY))
    return f'<span class="wb-law">{law}</span><span>{escape(article.article)}</span>'


def _elsewhere(
    language: str, answer: Answer, labels: Mapping[str, str], own: str, other: str, place: int, hit: Hit
) -> str:
    """Where the other system ranks this article, and how it moved from the baseline's list to the other one."""
    there = answer.listings[other].ranks[hit.doc_id]
    text = escape(label(language, "elsewhere", label=labels[other], rank=there))
    listed = hit.doc_id in {listed_hit.doc_id for listed_hit in answer.listings[other].hits}
    if own == next(iter(answer.listings)):
        return text if listed else f"{text} <b>{escape(label(language, 'gone'))}</b>"
    if not listed:
        return f"{text} <b>{escape(label(language, 'new'))}</b>"
    key = "unmoved"
    if there != place:
        key = "moved_up" if there > place else "moved_down"
    return f"{text} <b>{escape(label(language, key, places=abs(there - place)))}</b>"


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


def _lines(answer: Answer, left: str, right: str) -> str:
    places = {hit.doc_id: place for place, hit in enumerate(answer.listings[right].hits)}
    lines = []
    for place, hit in enumerate(answer.listings[left].hits):
        if hit.doc_id in places:
            down = ROW * (places[hit.doc_id] - place)
            strong = ' class="relevant"' if hit.doc_id in answer.relevant else ""
            length = hypot(GUTTER, down)
            angle = degrees(atan2(down, GUTTER))
            position = (
                f"top:{ROW * (place + 0.5):.0f}px;width:{length:.1f}px;transform:rotate({angle:.2f}deg)"
            )
            lines.append(f'<i{strong} style="{position}"></i>')
    height = ROW * max(len(answer.listings[left].hits), len(answer.listings[right].hits))
    return (
        f'<div class="wb-links" style="height:{height}px;--tint:{SYSTEM_COLOURS[1]}">{"".join(lines)}</div>'
    )


def relevant_ranks(language: str, answer: Answer, labels: Mapping[str, str], title: str) -> str:
    """The exact rank of every relevant article in every system and at every dimension, also when it is far down."""
    tints = dict(zip(answer.listings, SYSTEM_COLOURS, strict=False))
    dims = sorted(next(iter(answer.listings.values())).relevant, reverse=True)
    systems = "".join(
        f'<th class="of" colspan="{len(dims)}" style="--tint:{tints[name]}">{escape(labels[name])}</th>'
        for name in tints
    )
    widths = "".join(
        f'<th class="n" style="--tint:{tint}">{dim}</th>' for tint in tints.values() for dim in dims
    )

    def best_rank(doc_id: str) -> tuple[int, str]:
        return min(listing.relevant[answer.dim][doc_id] for listing in answer.listings.values()), doc_id

    rows = []
    for doc_id in sorted(answer.relevant, key=best_rank):
        article = answer.articles[doc_id]
        cells = "".join(
            f'<td class="n{"" if dim == answer.dim else " other"}" style="--tint:{tint}">{answer.listings[name].relevant[dim][doc_id]:,}</td>'
            for name, tint in tints.items()
            for dim in dims
        )
        rows.append(
            f"<tr><td>{badge(language, article)}{escape(article.law)} {escape(article.article)}</td>{cells}</tr>"
        )
    head = f"<tr><th>{escape(title)}</th>{systems}</tr><tr><th></th>{widths}</tr>"
    return f'<div class="wb"><table class="wb-relevant">{head}{"".join(rows)}</table></div>'


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
        f'<div class="full">{_marked(article.text, spans)}</div></div>'
    )


def article_text(language: str, article: Article, query: str) -> str:
    """One article in full, with where it stands."""
    return (
        f'<div class="wb wb-article"><div>{badge(language, article)}<b>{_name(article)}</b></div>'
        f'<div class="wb-note">{escape(provenance(language, article))}</div>'
        f'<div class="full">{marked(query, article.text)}</div></div>'
    )
