"""Shorter vectors: quality with intervals, what they keep, when they cross the baseline, latency."""

import time

import pytest

from workbench.core.errors import QueryError
from workbench.evaluation.tradeoff import (
    LEAST,
    MOST,
    bytes_per_vector,
    crossovers,
    latencies,
    quality,
    smallest_dimension,
)


@pytest.mark.parametrize(
    ("means", "share", "wanted"),
    [
        ({768: 0.50, 512: 0.50, 256: 0.496, 128: 0.44}, 0.99, 256),
        (
            {768: 0.50, 512: 0.48, 256: 0.50, 128: 0.44},
            0.99,
            768,
        ),  # 256 alone recovers: chance, not a length to choose
        ({768: 0.50, 512: 0.45, 256: 0.45, 128: 0.45}, 0.9, 128),
        ({768: 0.0, 128: 0.0}, 0.99, None),
        ({128: 0.3}, 1, 128),
    ],
)
def test_the_smallest_dimension_that_keeps_a_share(
    means: dict[int, float], share: float, wanted: int | None
) -> None:
    assert smallest_dimension(means, share) == wanted


@pytest.mark.parametrize("share", [0, -1, 1.01])
def test_a_share_that_cannot_be(share: float) -> None:
    with pytest.raises(QueryError, match="share: is"):
        smallest_dimension({128: 0.3}, share)


def test_quality_has_intervals_and_shares() -> None:
    found = quality({4: {"a": 0.0, "b": 0.5}, 16: {"a": 0.5, "b": 1.0}})
    assert list(found) == [16, 4]
    assert found[4].mean == 0.25
    assert found[4].share == pytest.approx(1 / 3)
    assert found[16].interval == (0.5, 1.0)  # two queries: every mean of a resample lies between them
    assert quality({4: {"a": 0.0}})[4].share is None


def test_a_cut_system_against_the_full_baseline() -> None:
    base = {16: dict.fromkeys("abcdef", 0.5), 4: dict.fromkeys("abcdef", 0.0)}
    tuned = {16: dict.fromkeys("abcdef", 1.0), 4: dict.fromkeys("abcdef", 0.25)}
    full, cut = crossovers(base, tuned)
    assert (full.dim, full.width, full.reached, full.paired.delta) == (16, 16, True, 0.5)
    assert (cut.dim, cut.width, cut.reached, cut.paired.delta) == (4, 16, False, -0.25)
    assert cut.paired.p == pytest.approx(1 / 32)


def test_latencies_are_timed_by_turns_after_a_warm_up() -> None:
    asked: list[str] = []
    searches = {name: lambda number, name=name: asked.append(f"{name}{number}") for name in "ab"}
    found = latencies(searches, 4, 60.0, warm_up=2)
    assert " ".join(asked) == "b0 a0 a1 b1 b2 a2 a3 b3 b0 a0 a1 b1"
    assert {each.n for each in found.values()} == {4}
    assert all(0 < each.median <= each.p95 for each in found.values())
    with pytest.raises(QueryError, match="no query to search with"):
        latencies(searches, 0, 60.0)


def test_beyond_the_budget_three_searches_of_each_are_timed_and_no_more() -> None:
    asked: list[str] = []
    searches = {name: lambda number, name=name: asked.append(f"{name}{number}") for name in "ab"}
    assert {each.n for each in latencies(searches, 9, 0.0).values()} == {LEAST}
    assert len(asked) == 2 * (1 + LEAST)
    assert latencies({"a": searches["a"]}, 1, 60.0)["a"].n == LEAST  # one question, asked again
    assert latencies({"a": searches["a"]}, 99, 60.0)["a"].n == MOST


def test_a_machine_that_slows_down_slows_equal_searches_alike() -> None:
    """Timed one after the other, the second of two equal searches would take twice as long."""
    searched = 0

    def search(_: int) -> None:
        nonlocal searched
        searched += 1
        time.sleep(0.002 if searched < 20 else 0.004)

    found = latencies({"first": search, "second": search}, 20, 60.0, warm_up=0)
    assert found["first"].median == pytest.approx(found["second"].median, rel=0.3)


def test_bytes() -> None:
    assert [bytes_per_vector(dim) for dim in (768, 128)] == [3072, 512]
