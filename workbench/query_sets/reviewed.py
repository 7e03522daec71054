"""A query set joined with what people said of its answers: what to learn from, and what to leave alone."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from workbench.core.domain import Citation, Query
from workbench.query_sets.query_set import QuerySet
from workbench.query_sets.reviews import Review, Verdict

Said = dict[str, dict[str, set[Verdict]]]  # question -> doc_id -> what people called it


@dataclass(frozen=True)
class ReviewedSet:
    """A query set whose qrels hold what people judged.

    By query_id: `wrong`, the articles that they called not relevant, and `spared`, those that are neither relevant nor
    wrong: partly relevant, or disputed. `disputed`: (question, doc_id), for people to look at.
    """

    query_set: QuerySet
    wrong: Mapping[str, Sequence[str]] = field(default_factory=dict)
    spared: Mapping[str, Sequence[str]] = field(default_factory=dict)
    disputed: Sequence[tuple[str, str]] = ()


def with_reviews(query_set: QuerySet, reviews: Iterable[Review], known: Collection[str]) -> ReviewedSet:
    """`query_set` with what people judged, questions that only they asked included.

    An article is disputed where people differ, or where the set has it as relevant and a person has not. `known`: the
    `doc_id`s of the index; other articles are left out.
    """
    said = _said(reviews, known)
    asked: dict[str, list[str]] = {}
    for query in query_set.judged:
        asked.setdefault(query.text, []).append(query.query_id)
    judged, qrels = list(query_set.judged), {key: dict(row) for key, row in query_set.qrels.items()}
    wrong: dict[str, list[str]] = {}
    spared: dict[str, list[str]] = {}
    disputed: dict[tuple[str, str], None] = {}
    for text, query_id in _with_ids(said, asked, query_set):
        row = qrels.setdefault(query_id, {})
        for doc_id, kinds in said[text].items():
            differ = len(kinds) > 1 or (doc_id in row and kinds == {Verdict.NOT_RELEVANT})
            if differ:
                disputed[text, doc_id] = None
            if differ or kinds == {Verdict.PARTLY}:
                spared.setdefault(query_id, []).append(doc_id)
                if Verdict.NOT_RELEVANT in kinds:
                    row.pop(doc_id, None)
            elif kinds == {Verdict.NOT_RELEVANT}:
                wrong.setdefault(query_id, []).append(doc_id)
            else:
                row.setdefault(doc_id, 1)
        if row and text not in asked:
            judged.append(Query(query_id, text, tuple(Citation(doc_id=doc_id) for doc_id in row)))
    rest = tuple(query for query in judged if qrels[query.query_id])
    kept = {query.query_id: qrels[query.query_id] for query in rest}
    return ReviewedSet(replace(query_set, judged=rest, qrels=kept), wrong, spared, tuple(disputed))


def _said(reviews: Iterable[Review], known: Collection[str]) -> Said:
    said: Said = {}
    for review in sorted(reviews, key=lambda review: (review.query, review.doc_id)):
        if review.verdict and review.doc_id in known:
            said.setdefault(review.query, {}).setdefault(review.doc_id, set()).add(review.verdict)
    return said


def _with_ids(
    said: Said, asked: Mapping[str, Sequence[str]], query_set: QuerySet
) -> Iterator[tuple[str, str]]:
    """Each question with the ids that the set has for it, else with a new one."""
    new = (name for number in count(1) if (name := f"review-{number}") not in query_set.qrels)
    for text in said:
        for query_id in asked.get(text) or [next(new)]:
            yield text, query_id
