"""How far reviewers agree, against kappas that can be worked out by hand."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.query_sets.agreement import Agreement, Reviewer, agreements, reviewers
from workbench.query_sets.reviews import Review, Verdict

YES, PARTLY, NO = Verdict.RELEVANT, Verdict.PARTLY, Verdict.NOT_RELEVANT


def said(author: str, verdicts: Sequence[Verdict | None], first: int = 0) -> list[Review]:
    """One author's verdicts on answers numbered from `first`; None: a note alone."""
    return [
        Review("谁看渡口", f"d{number:03}", author, verdict, "", "pair", 768, "2026-01-01T00:00:00", 1, False)
        for number, verdict in enumerate(verdicts, first)
    ]


def test_cohens_own_kind_of_table() -> None:
    """Of 50 answers both call 20 relevant and 15 not: alike .7, by chance .5, so kappa .4."""
    first = said("甲", [YES] * 25 + [NO] * 25)
    second = said("乙", [YES] * 20 + [NO] * 5 + [YES] * 10 + [NO] * 15)
    (found,) = agreements([*first, *second])
    assert (found.first, found.second, found.both) == ("乙", "甲", 50)
    assert found.alike == pytest.approx(0.7)
    assert found.kappa == pytest.approx(0.4)
    assert len(found.differ) == 15
    assert found.differ[0] == ("谁看渡口", "d020")


@pytest.mark.parametrize(
    ("first", "second", "alike", "kappa"),
    [
        ([YES, NO, PARTLY], [YES, NO, PARTLY], 1, 1),
        ([YES, YES], [YES, YES], 1, None),
        ([YES, NO], [NO, YES], 0, -1),
        ([YES, NO, YES, NO], [YES, YES, NO, NO], 0.5, 0),
    ],
)
def test_the_ends_of_the_scale(
    first: list[Verdict], second: list[Verdict], alike: float, kappa: float | None
) -> None:
    (found,) = agreements([*said("a", first), *said("b", second)])
    assert found.alike == pytest.approx(alike)
    assert found.kappa == (None if kappa is None else pytest.approx(kappa))


def test_only_what_both_judged_counts() -> None:
    reviews = [*said("a", [YES, NO, None]), *said("b", [YES, YES], 1), *said("c", [NO], 9)]
    assert agreements(reviews) == [Agreement("a", "b", 1, 0.0, 0.0, (("谁看渡口", "d001"),))]


def test_what_each_said() -> None:
    assert reviewers([*said("b", [YES, YES, None]), *said("a", [NO])]) == [
        Reviewer("a", {YES: 0, PARTLY: 0, NO: 1}, 0),
        Reviewer("b", {YES: 2, PARTLY: 0, NO: 0}, 1),
    ]


VERDICTS = st.lists(st.sampled_from([YES, PARTLY, NO]), min_size=2, max_size=12)


@given(VERDICTS, VERDICTS)
def test_kappa_is_at_most_what_is_alike_and_does_not_depend_on_the_order(
    one: list[Verdict], other: list[Verdict]
) -> None:
    (found,) = agreements([*said("a", one), *said("b", other)])
    (turned,) = agreements([*said("b", one), *said("a", other)])
    assert found.kappa == (None if turned.kappa is None else pytest.approx(turned.kappa))
    if found.kappa is not None:
        assert -1 <= found.kappa <= found.alike + 1e-12
