"""A query set joined with what people said of its answers."""

from itertools import permutations

import pytest

from workbench.core.domain import Citation, Query
from workbench.query_sets.query_set import QuerySet
from workbench.query_sets.reviewed import ReviewedSet, with_reviews
from workbench.query_sets.reviews import Review, Verdict

YES, PARTLY, NO = Verdict.RELEVANT, Verdict.PARTLY, Verdict.NOT_RELEVANT

ASKED = QuerySet(
    "asked", (Query("q1", "几人"), Query("q2", "几灯")), {"q1": {"a": 2}, "q2": {"a": 1, "b": 1}}
)


def said(query: str, doc_id: str, verdict: Verdict | None, author: str = "Wang") -> Review:
    return Review(query, doc_id, author, verdict, "", "tiny", 16, "2030-01-01T00:00:00", 1, deleted=False)


def heard(*reviews: Review) -> ReviewedSet:
    return with_reviews(ASKED, reviews, {"a", "b", "c", "d"})


@pytest.mark.parametrize(
    ("reviews", "qrels", "wrong", "spared", "disputed"),
    [
        ([], {"q1": {"a": 2}, "q2": {"a": 1, "b": 1}}, {}, {}, ()),
        ([said("几人", "c", YES)], {"q1": {"a": 2, "c": 1}, "q2": {"a": 1, "b": 1}}, {}, {}, ()),
        ([said("几人", "a", YES)], {"q1": {"a": 2}, "q2": {"a": 1, "b": 1}}, {}, {}, ()),
        ([said("几人", "c", NO)], {"q1": {"a": 2}, "q2": {"a": 1, "b": 1}}, {"q1": ["c"]}, {}, ()),
        (
            [
                said("几人", "d", NO),
                said("几人", "c", NO),
                said("几人", "c", NO, "Li"),
                said("几灯", "c", NO),
            ],
            {"q1": {"a": 2}, "q2": {"a": 1, "b": 1}},
            {"q1": ["c", "d"], "q2": ["c"]},
            {},
            (),
        ),
        ([said("几人", "c", PARTLY)], {"q1": {"a": 2}, "q2": {"a": 1, "b": 1}}, {}, {"q1": ["c"]}, ()),
        ([said("几人", "c", None)], {"q1": {"a": 2}, "q2": {"a": 1, "b": 1}}, {}, {}, ()),
        # Two people differ.
        (
            [said("几人", "c", NO), said("几人", "c", YES, "Li")],
            {"q1": {"a": 2}, "q2": {"a": 1, "b": 1}},
            {},
            {"q1": ["c"]},
            (("几人", "c"),),
        ),
        (
            [said("几人", "c", NO), said("几人", "c", PARTLY, "Li")],
            {"q1": {"a": 2}, "q2": {"a": 1, "b": 1}},
            {},
            {"q1": ["c"]},
            (("几人", "c"),),
        ),
        (
            [said("几人", "c", PARTLY), said("几人", "c", YES, "Li")],
            {"q1": {"a": 2}, "q2": {"a": 1, "b": 1}},
            {},
            {"q1": ["c"]},
            (("几人", "c"),),
        ),
        # A person and the set differ; a query that has no other article goes.
        ([said("几灯", "b", NO)], {"q1": {"a": 2}, "q2": {"a": 1}}, {}, {"q2": ["b"]}, (("几灯", "b"),)),
        ([said("几人", "a", NO)], {"q2": {"a": 1, "b": 1}}, {}, {"q1": ["a"]}, (("几人", "a"),)),
        (
            [said("几人", "a", NO), said("几人", "c", YES)],
            {"q1": {"c": 1}, "q2": {"a": 1, "b": 1}},
            {},
            {"q1": ["a"]},
            (("几人", "a"),),
        ),
        # Articles that the index lacks, and questions as a whole.
        (
            [said("几人", "x", YES), said("几人", "y", NO), said("几人", "", YES)],
            {"q1": {"a": 2}, "q2": {"a": 1, "b": 1}},
            {},
            {},
            (),
        ),
        # Questions that only people asked: learnt from where an article answers them.
        (
            [said("几点", "c", YES), said("几点", "d", NO), said("几天", "d", NO), said("几月", "x", YES)],
            {"q1": {"a": 2}, "q2": {"a": 1, "b": 1}, "review-2": {"c": 1}},
            {"review-1": ["d"], "review-2": ["d"]},
            {},
            (),
        ),
    ],
)
def test_verdicts_join_the_query_set(
    reviews: list[Review],
    qrels: dict[str, dict[str, int]],
    wrong: dict[str, list[str]],
    spared: dict[str, list[str]],
    disputed: tuple[tuple[str, str], ...],
) -> None:
    verdicts = heard(*reviews)
    assert verdicts.query_set.qrels == qrels
    assert [query.query_id for query in verdicts.query_set.judged] == list(qrels)
    assert (verdicts.wrong, verdicts.spared, verdicts.disputed) == (wrong, spared, disputed)
    assert ASKED.qrels == {"q1": {"a": 2}, "q2": {"a": 1, "b": 1}}  # as it was


def test_the_order_of_verdicts_does_not_matter() -> None:
    reviews = (
        said("几人", "c", YES),
        said("几人", "c", NO, "Li"),
        said("几点", "d", YES),
        said("几天", "b", YES),
        said("几天", "a", NO),
    )
    assert all(heard(*order) == heard(*reviews) for order in permutations(reviews))


def test_a_question_that_people_asked_has_an_id_of_its_own() -> None:
    taken = QuerySet("asked", (Query("review-1", "几人"),), {"review-1": {"a": 1}})
    verdicts = with_reviews(taken, [said("几点", "c", YES), said("几天", "d", YES)], {"a", "c", "d"})
    assert verdicts.query_set.qrels == {"review-1": {"a": 1}, "review-2": {"d": 1}, "review-3": {"c": 1}}
    asked = {query.query_id: (query.text, query.relevant) for query in verdicts.query_set.judged}
    assert asked["review-2"] == ("几天", (Citation(doc_id="d"),))
    assert asked["review-3"] == ("几点", (Citation(doc_id="c"),))


def test_every_query_that_asks_the_same_learns_what_people_said() -> None:
    twice = QuerySet("asked", (Query("q1", "几人"), Query("q2", "几人")), {"q1": {"a": 1}, "q2": {"b": 1}})
    reviewed = with_reviews(twice, [said("几人", "c", YES), said("几人", "d", NO)], {"a", "b", "c", "d"})
    assert reviewed.query_set.qrels == {"q1": {"a": 1, "c": 1}, "q2": {"b": 1, "c": 1}}
    assert reviewed.wrong == {"q1": ["d"], "q2": ["d"]}
