"""`workbench search`: one question, all systems, in the terminal."""

from typing import TYPE_CHECKING, Any

import click

from workbench.cli.options import Open, pair_options, print_json
from workbench.core.settings import LexicalSystem, System

if TYPE_CHECKING:
    from workbench import Answer
    from workbench.evaluation.asking import Listing


@click.command()
@click.argument("question")
@pair_options
@click.option("--dim", type=int, help="Dimensions of the vectors.  [default: the pair's widest]")
@click.option("--depth", default=10, show_default=True, type=click.IntRange(1, 1000), help="Hits per model.")
@click.option("--as-of", default="", help="Only versions of a law in force on this day, as YYYY-MM-DD.")
@click.option(
    "--ann/--exact",
    default=None,
    help="Search through the approximate indexes, or score every article.  [default: by size: see docs/approximate-search.md]",
)
@click.option(
    "--ranks/--no-ranks",
    default=None,
    help="Work out where each hit stands in the other models, however deep.  [default: unless the index is large]",
)
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def search(
    open_workbench: Open,
    question: str,
    dim: int | None,
    depth: int,
    as_of: str,
    ann: bool | None,
    ranks: bool | None,
    as_json: bool,
) -> None:
    """Ask one QUESTION of every model of the pair."""
    from workbench.index.filters import Filter
    from workbench.query_sets.query_set import query_text

    where = Filter(as_of=as_of)
    workbench = open_workbench(dims=str(dim) if dim else None)
    answer = workbench.ask(query_text(question), depth=depth, where=where or None, ann=ann, ranks=ranks)
    hits = {name: _hits(answer, name) for name in answer.listings}
    if as_json:
        print_json({"query": answer.text, "dim": answer.dim, "hits": hits})
        return
    for name, rows in hits.items():
        click.echo(workbench.pair.systems[name].label)
        if not answer.listings[name].answered:
            click.echo("      a run file, which holds only the queries that it was asked: not this question")
        elif not rows:
            click.echo(
                f"      no article matches this question{_hint(workbench.pair.systems[name], answer.text)}"
            )
        for row in rows:
            article = answer.articles[row["doc_id"]]
            elsewhere = {system: rank for system, rank in row["ranks"].items() if system != name}
            told = ", ".join(f"{system} {_told(rank)}" for system, rank in elsewhere.items())
            others = f"  (in {told})" if elsewhere else ""
            place = f"{row['rank']:>4}  {row['score']:.3f}  {row['scope']:<8}"
            click.echo(f"{place}  {article.law} {article.article}{others}")


def _hint(system: System, text: str) -> str:
    """What helps a question that is too short for a system."""
    too_short = isinstance(system, LexicalSystem) and system.finds_nothing_in(text)
    return ", which is too short: `ngram = [1, 2]` has single characters searched too" if too_short else ""


def _told(rank: int | None) -> str:
    return "–" if rank is None else f"{rank:,}"


def _hits(answer: "Answer", system: str) -> list[dict[str, Any]]:
    """The hits of one system, each with its ranks in all of them."""
    return [
        {
            "rank": rank,
            "doc_id": hit.doc_id,
            "score": hit.score,
            "scope": answer.articles[hit.doc_id].scope.value,
            "published": answer.articles[hit.doc_id].published,
            "effective": answer.articles[hit.doc_id].effective,
            "ranks": {name: _rank(listing, hit.doc_id) for name, listing in answer.listings.items()},
        }
        for rank, hit in enumerate(answer.listings[system].hits, 1)
    ]


def _rank(listing: "Listing", doc_id: str) -> int | None:
    """The rank of an article in one system; None where it does not find it."""
    rank = listing.ranks.get(doc_id)
    return None if rank is None or (listing.found is not None and rank > listing.found) else rank
