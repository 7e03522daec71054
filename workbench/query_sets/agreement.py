"""How far reviewers agree: what each of them said, and Cohen's kappa of every two on what both judged."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from workbench.query_sets.reviews import Review, Verdict

Judged = dict[tuple[str, str], Verdict]  # (question, doc_id) -> what one reviewer called it


@dataclass(frozen=True)
class Reviewer:
    """How often one author gave each verdict; `notes`: what else they wrote."""

    author: str
    verdicts: Mapping[Verdict, int]
    notes: int


@dataclass(frozen=True)
class Agreement:
    """Two reviewers on the `both` answers that both judged: the share they judged alike, and Cohen's kappa (Cohen 1960).

    `kappa`: 1 where they always agree, 0 where they do as often as chance would have it; None where chance alone would have
    them agree always, since both gave one and the same verdict throughout. `differ`: (question, doc_id) judged differently.
    """

    first: str
    second: str
    both: int
    alike: float
    kappa: float | None
    differ: tuple[tuple[str, str], ...]


def reviewers(reviews: Iterable[Review]) -> list[Reviewer]:
    """By name; `reviews`: the newest of each, without deleted ones."""
    by_author: dict[str, list[Review]] = {}
    for review in reviews:
        by_author.setdefault(review.author, []).append(review)
    return [_reviewer(author, by_author[author]) for author in sorted(by_author)]


def _reviewer(author: str, reviews: list[Review]) -> Reviewer:
    given = Counter(review.verdict for review in reviews if review.verdict)
    counted = {verdict: given[verdict] for verdict in Verdict}
    return Reviewer(author, counted, len(reviews) - sum(counted.values()))


def agreements(reviews: Iterable[Review]) -> list[Agreement]:
    """Every two reviewers who judged an answer in common, by name."""
    judged: dict[str, Judged] = {}
    for review in reviews:
        if review.verdict:
            judged.setdefault(review.author, {})[review.query, review.doc_id] = review.verdict
    pairs = (
        (first, second, sorted(judged[first].keys() & judged[second].keys()))
        for first, second in combinations(sorted(judged), 2)
    )
    return [
        _agreement((first, judged[first]), (second, judged[second]), both)
        for first, second, both in pairs
        if both
    ]


def _agreement(
    first: tuple[str, Judged], second: tuple[str, Judged], both: list[tuple[str, str]]
) -> Agreement:
    given = [[verdicts[answer].value for answer in both] for _, verdicts in (first, second)]
    differ = [answer for answer, one, other in zip(both, *given, strict=True) if one != other]
    return Agreement(
        first[0], second[0], len(both), 1 - len(differ) / len(both), _kappa(*given), tuple(differ)
    )


def _kappa(first: list[str], second: list[str]) -> float | None:
    if len({*first, *second}) == 1:
        return None
    from sklearn.metrics import cohen_kappa_score  # which takes a second to load

    return float(cohen_kappa_score(first, second))
