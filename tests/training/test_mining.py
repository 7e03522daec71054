"""Which wrong results become hard negatives: every rule by itself, and all of them against `mine_hard_negatives`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from datasets import Dataset
from hypothesis import given, settings
from hypothesis import strategies as st
from sentence_transformers import SentenceTransformer
from sentence_transformers.util import mine_hard_negatives

from tests.conftest import save_model
from workbench.core.domain import Article, Hit, Level, Query, Scope, by_rank
from workbench.core.vectors import Vectors
from workbench.query_sets.query_set import QuerySet
from workbench.training import negatives
from workbench.training.mining import (
    Candidates,
    MinedTriplet,
    Ranked,
    choose_negatives,
    other_scope,
    triplet_lines,
)
from workbench.training.mining_rules import HELP, MiningRules
from workbench.training.negatives import mine


def article(name: str, text: str, level: Level = Level.LAW) -> Article:
    """An article whose `doc_id` is `name`."""
    return Article(law=name, article="", text=text, level=level)


def by_id(*articles: Article) -> dict[str, Article]:
    return {each.doc_id: each for each in articles}


# By score: a answers, b to e are national as it is, x and y local; no two share a pair of characters.
SCORES = {"b": 0.875, "x": 0.75, "a": 0.625, "c": 0.5, "y": 0.375, "d": 0.25, "e": 0.125}
BOTH = by_id(
    article("a", "渡船载客不得超过定员"),
    article("b", "灯塔由守塔人看管"),
    article("c", "磨坊逢五开门"),
    article("d", "驿站备马三匹"),
    article("e", "茶亭免费供水"),
    article("x", "晒场归村民共有", Level.LOCAL_REGULATION),
    article("y", "水车每年检修", Level.LOCAL_GOVERNMENT_RULE),
)
HITS = [Hit(doc_id, score) for doc_id, score in SCORES.items()]


def candidates(*relevant: str) -> Candidates:
    """The articles of SCORES, of which these answer."""
    positives = [Ranked(doc_id, list(SCORES).index(doc_id) + 1, SCORES[doc_id]) for doc_id in relevant]
    scope = other_scope(BOTH[doc_id] for doc_id in relevant)
    return Candidates(positives, HITS, [hit for hit in HITS if BOTH[hit.doc_id].scope is scope])


def ids(triplet: MinedTriplet) -> str:
    """The names of its negatives, one after the other."""
    return "".join(negative.doc_id for negative in triplet.negatives)


def chosen(rules: MiningRules, *relevant: str, named: Sequence[Ranked] = ()) -> dict[str, str]:
    """Each positive with its negatives."""
    mined = choose_negatives("q", "问", candidates(*relevant), BOTH, rules, named=named)
    assert {(triplet.query_id, triplet.query) for triplet in mined} <= {("q", "问")}
    return {triplet.positive.doc_id: ids(triplet) for triplet in mined}


@pytest.mark.parametrize(
    ("rules", "wanted"),
    [
        (MiningRules(), "bxcyde"),
        (MiningRules(across=0), "bxcyde"),
        (MiningRules(negatives=3, across=1), "bxc"),
        # `across`: so many of the other scope are among them, and stand where they rank.
        (MiningRules(negatives=3, across=2), "bxy"),
        (MiningRules(negatives=3, across=3), "bxy"),  # there are two
        (MiningRules(negatives=2, across=2), "xy"),
        (MiningRules(negatives=1, across=1), "x"),
        (MiningRules(negatives=1, across=5), "x"),
        (MiningRules(negatives=1, across=0), "b"),
        # `skip` counts the relevant article, too.
        (MiningRules(across=0, skip=1), "xcyde"),
        (MiningRules(across=0, skip=2), "cyde"),
        (MiningRules(across=0, skip=3), "cyde"),
        (MiningRules(across=0, skip=5, negatives=1), "d"),
        # Scores, both ends included.
        (MiningRules(max_score=0.5), "cyde"),
        (MiningRules(max_score=0.49), "yde"),
        (MiningRules(min_score=0.25), "bxcyd"),
        (MiningRules(min_score=0.26), "bxcy"),
        (MiningRules(min_score=0.375, max_score=0.5), "cy"),
        # Margins below .625, the score of a.
        (MiningRules(absolute_margin=0.0), "cyde"),
        (MiningRules(absolute_margin=0.125), "cyde"),
        (MiningRules(absolute_margin=0.25), "yde"),
        (MiningRules(absolute_margin=-0.125), "xcyde"),
        (MiningRules(relative_margin=0.0), "cyde"),
        (MiningRules(relative_margin=0.25), "yde"),
        (MiningRules(relative_margin=0.5), "de"),
        (MiningRules(absolute_margin=0.125, relative_margin=0.5), "de"),
        (MiningRules(absolute_margin=0.5, relative_margin=0.25), "e"),
        (MiningRules(absolute_margin=0.125, max_score=0.375), "yde"),
        # The other scope falls under the same rules.
        (MiningRules(negatives=1, across=1, max_score=0.5), "y"),
        (MiningRules(negatives=1, across=1, max_score=0.25), "d"),
    ],
)
def test_each_rule(rules: MiningRules, wanted: str) -> None:
    assert chosen(rules, "a") == {"a": wanted}


@pytest.mark.parametrize(
    ("rules", "positive", "wanted"),
    [
        (MiningRules(), 0.5, float("inf")),
        (MiningRules(max_score=0.25), 0.5, 0.25),
        (MiningRules(absolute_margin=0.125), 0.5, 0.375),
        (MiningRules(absolute_margin=0.125), -0.5, -0.625),
        (MiningRules(relative_margin=0.5), 0.5, 0.25),
        (MiningRules(relative_margin=0.5), -0.5, -0.75),
        (MiningRules(max_score=0.125, absolute_margin=0.25, relative_margin=0.25), 0.5, 0.125),
    ],
)
def test_the_highest_score_beside_a_positive(rules: MiningRules, positive: float, wanted: float) -> None:
    assert rules.highest_score(positive) == wanted


def test_every_rule_is_explained_and_checked() -> None:
    assert list(HELP) == list(MiningRules.__dataclass_fields__)
    for bad in ({"negatives": 0}, {"depth": 0}, {"skip": -1}, {"across": -1}, {"copy_share": 1.1}):
        with pytest.raises(ValueError, match=next(iter(bad))):
            MiningRules(**bad)


@pytest.mark.parametrize(
    ("rules", "relevant", "wanted"),
    [
        (MiningRules(), "ac", {"a": "bxyde", "c": "bxyde"}),
        (MiningRules(absolute_margin=0.25), "ac", {"a": "yde", "c": "de"}),
        (MiningRules(absolute_margin=0.25), "ce", {"c": "d"}),  # nothing is so far below e
        (MiningRules(max_score=0.1), "a", {}),
        # Relevant in both scopes: there is no other scope.
        (MiningRules(negatives=2, across=2), "ax", {"a": "bc", "x": "bc"}),
        (MiningRules(negatives=2, across=2), "x", {"x": "ba"}),
        (MiningRules(negatives=3, across=1, max_score=0.4), "x", {"x": "yde"}),
        (MiningRules(), "abcdexy", {}),
    ],
)
def test_several_positives_are_never_negatives(
    rules: MiningRules, relevant: str, wanted: dict[str, str]
) -> None:
    assert chosen(rules, *relevant) == wanted


def test_ranks_and_scores_are_those_of_the_candidates() -> None:
    (triplet,) = choose_negatives("q", "问", candidates("a"), BOTH, MiningRules(negatives=3, across=2))
    assert triplet.positive == Ranked("a", 3, 0.625)
    assert triplet.negatives == (Ranked("b", 1, 0.875), Ranked("x", 2, 0.75), Ranked("y", 5, 0.375))
    shallow = replace(candidates("a"), hits=HITS[:2])  # y stands beyond them
    (triplet,) = choose_negatives("q", "问", shallow, BOTH, MiningRules(negatives=3, across=2))
    assert triplet.negatives[2] == Ranked("y", 0, 0.375)


@pytest.mark.parametrize(
    ("rules", "named", "wanted"),
    [
        (MiningRules(negatives=1), "d", "d"),
        (MiningRules(negatives=1), "de", "d"),
        (MiningRules(negatives=2, across=0), "e", "be"),
        (MiningRules(negatives=3, across=1), "e", "bxe"),
        (MiningRules(negatives=2, across=1), "x", "xy"),  # named ones stand beside those of the other scope
        (MiningRules(negatives=2, max_score=0.4, min_score=0.2), "b", "by"),  # under no rule
        (MiningRules(negatives=2, max_score=-1.0), "e", "e"),
        (MiningRules(negatives=9), "cd", "bxcyde"),  # each once
    ],
)
def test_articles_that_people_named_come_first(rules: MiningRules, named: str, wanted: str) -> None:
    ranked = [Ranked(doc_id, 0, SCORES[doc_id]) for doc_id in named]
    assert chosen(rules, "a", named=ranked) == {"a": wanted}


# Of the ten pairs of characters in the relevant article's text, the others have so many.
RELEVANT = "渡船载客不得超过定员数"
COPIES = by_id(
    article("a", RELEVANT),
    article("all", RELEVANT[:8]),  # 7 of 7
    article("most", RELEVANT[:9] + "磨坊"),  # 8 of 10
    article("some", RELEVANT[:8] + "磨坊门"),  # 7 of 10
    article("local", RELEVANT, Level.LOCAL_REGULATION),
    article("nearly", RELEVANT[:9] + "水车", Level.LOCAL_REGULATION),
)


@pytest.mark.parametrize(
    ("rules", "wanted"),
    [
        (MiningRules(), {"some", "local", "nearly"}),
        (MiningRules(copy_share=0.81), {"most", "some", "local", "nearly"}),
        (MiningRules(copy_share=0.7), {"local", "nearly"}),
        (MiningRules(copy_share=1.0), {"most", "some", "local", "nearly"}),
        (MiningRules(across_copy_share=1.0), {"some", "nearly"}),
        (MiningRules(across_copy_share=0.8), {"some"}),
        (MiningRules(copy_share=1.0, across_copy_share=0.8), {"most", "some"}),
        (MiningRules(copy_share=0.0), {"local", "nearly"}),
    ],
)
def test_copies_are_no_negatives(rules: MiningRules, wanted: set[str]) -> None:
    hits = [Hit(doc_id, 0.5) for doc_id in COPIES if doc_id != "a"]
    across = [hit for hit in hits if COPIES[hit.doc_id].scope is Scope.LOCAL]
    found = Candidates([Ranked("a", 1, 0.75)], hits, across)
    (triplet,) = choose_negatives("q", "问", found, COPIES, replace(rules, alike_share=1.01))
    assert {negative.doc_id for negative in triplet.negatives} == wanted


def test_a_copy_of_any_relevant_article_is_no_negative() -> None:
    others = by_id(article("b", "灯塔由守塔人看管"), article("copy", "灯塔由守塔人看管。"))
    found = Candidates([Ranked("a", 1, 0.75), Ranked("b", 3, 0.25)], [Hit("copy", 0.5)], [])
    assert choose_negatives("q", "问", found, COPIES | others, MiningRules()) == []
    named = Ranked("copy", 0, 0.5)
    mined = choose_negatives("q", "问", found, COPIES | others, MiningRules(), named=[named])
    assert [triplet.negatives for triplet in mined] == [(named,), (named,)]


# Best-ranked first; `short` has all its wording from `long`, `half` five of nine pairs of characters.
ALIKE = by_id(
    article("long", "灯塔由守塔人看管并维护"),
    article("a", RELEVANT),
    article("short", "灯塔由守塔人看管"),
    article("half", "灯塔由守塔人免费供水"),
    article("again", "灯塔由守塔人看管并维护", Level.LOCAL_REGULATION),
)


@pytest.mark.parametrize(
    ("rules", "named", "wanted"),
    [
        (MiningRules(across=0), [], ["long", "half"]),
        (MiningRules(across=0, alike_share=1.0), [], ["long", "half"]),
        (MiningRules(across=0, alike_share=0.5), [], ["long"]),
        (MiningRules(across=0, alike_share=1.01), [], ["long", "short", "half", "again"]),
        # What comes first by another rule is not left out for a better-ranked one.
        (MiningRules(across=1), [], ["half", "again"]),
        (MiningRules(across=1, alike_share=1.01), [], ["long", "short", "half", "again"]),
        (MiningRules(across=0), ["short"], ["long", "short", "half"]),  # 7 of the 10 pairs of `long`
        (MiningRules(across=0, alike_share=0.7), ["short"], ["short", "half"]),
        (MiningRules(across=0), ["short", "again"], ["short", "half", "again"]),  # named: both
    ],
)
def test_negatives_are_unlike_each_other(rules: MiningRules, named: list[str], wanted: list[str]) -> None:
    scores = dict(zip(ALIKE, (0.75, 0.625, 0.5, 0.25, 0.125), strict=True))
    hits = [Hit(doc_id, score) for doc_id, score in scores.items()]
    found = Candidates([Ranked("a", 2, 0.625)], hits, hits[-1:])
    people = [Ranked(doc_id, 0, scores[doc_id]) for doc_id in named]
    (triplet,) = choose_negatives("q", "问", found, ALIKE, rules, named=people)
    assert [negative.doc_id for negative in triplet.negatives] == wanted


@pytest.mark.parametrize(
    ("levels", "wanted"),
    [
        ([Level.LAW], Scope.LOCAL),
        ([Level.LAW, Level.DEPARTMENT_RULE], Scope.LOCAL),
        ([Level.LOCAL_GOVERNMENT_RULE], Scope.NATIONAL),
        ([Level.LAW, Level.LOCAL_REGULATION], None),
        ([], None),
    ],
)
def test_the_other_scope(levels: list[Level], wanted: Scope | None) -> None:
    assert other_scope(article("a", "渡船", level) for level in levels) is wanted


SCORE = st.integers(-8, 8).map(lambda eighths: eighths / 8)
MAYBE = st.none() | SCORE


@given(
    scores=st.lists(SCORE, min_size=7, max_size=7),
    relevant=st.sets(st.sampled_from(sorted(BOTH)), min_size=1),
    rules=st.builds(
        MiningRules,
        negatives=st.integers(1, 4),
        skip=st.integers(0, 3),
        max_score=MAYBE,
        min_score=MAYBE,
        absolute_margin=MAYBE,
        relative_margin=MAYBE,
        across=st.integers(0, 3),
    ),
)
def test_what_holds_of_every_triplet(scores: list[float], relevant: set[str], rules: MiningRules) -> None:
    hits = by_rank(map(Hit, sorted(BOTH), scores))
    scope = other_scope(BOTH[doc_id] for doc_id in relevant)
    positives = [Ranked(hit.doc_id, rank, hit.score) for rank, hit in enumerate(hits, 1)]
    right = [each for each in positives if each.doc_id in relevant]
    found = Candidates(right, hits, [hit for hit in hits if BOTH[hit.doc_id].scope is scope])
    for triplet in choose_negatives("q", "问", found, BOTH, rules):
        assert triplet.positive in right
        assert 1 <= len(triplet.negatives) <= rules.negatives
        assert not {negative.doc_id for negative in triplet.negatives} & relevant
        assert [positives[negative.rank - 1] for negative in triplet.negatives] == list(triplet.negatives)
        ranks = [negative.rank for negative in triplet.negatives]
        assert ranks == sorted(set(ranks))
        for negative in triplet.negatives:
            assert negative.score <= rules.highest_score(triplet.positive.score)
            assert rules.min_score is None or negative.score >= rules.min_score


def test_a_line_holds_the_texts_and_where_they_stood() -> None:
    triplet = MinedTriplet(
        "q1", "几个人？", Ranked("a", 3, 0.62500049), (Ranked("b", 1, 0.875), Ranked("x", 20, -1 / 3))
    )
    (line,) = triplet_lines([triplet], BOTH, "标题：{law} | {text}")
    assert line.endswith("}\n")
    assert "几个人？" in line  # as it is, not escaped
    assert json.loads(line) == {
        "query": "几个人？",
        "positive": "标题：a | 渡船载客不得超过定员",
        "negative": ["标题：b | 灯塔由守塔人看管", "标题：x | 晒场归村民共有"],
        "query_id": "q1",
        "positive_id": "a",
        "positive_rank": 3,
        "positive_score": 0.625,
        "negative_ids": ["b", "x"],
        "negative_ranks": [1, 20],
        "negative_scores": [0.875, -0.333333],
    }


# Vectors in memory


def in_memory(
    scores: Mapping[str, float], rules: MiningRules, *relevant: str, times: int = 1
) -> list[tuple[str, str]]:
    """Each positive with its negatives, of articles that have these scores for one question asked `times` times."""
    articles = [BOTH[doc_id] for doc_id in scores]
    queries = tuple(Query(f"q{number}", "问") for number in range(times))
    query_set = QuerySet("made", queries, {query.query_id: dict.fromkeys(relevant, 1) for query in queries})
    asked = np.tile(np.array([1, 0], np.float32), (times, 1))
    cosines = np.array(list(scores.values()), np.float32)
    vectors = np.stack([cosines, np.sqrt(1 - cosines**2)], axis=1)
    mined = mine(query_set, articles, asked, vectors, rules)
    assert all(each.rank == 0 for triplet in mined for each in (triplet.positive, *triplet.negatives[:0]))
    assert all(
        each.score == scores[each.doc_id]
        for triplet in mined
        for each in (triplet.positive, *triplet.negatives)
    )
    return [(triplet.positive.doc_id, ids(triplet)) for triplet in mined]


@pytest.mark.parametrize(
    ("rules", "relevant", "wanted"),
    [
        (MiningRules(), "a", [("a", "bxcyde")]),
        (MiningRules(), "ca", [("a", "bxyde"), ("c", "bxyde")]),
        (MiningRules(depth=4, across=0), "a", [("a", "bxc")]),
        (MiningRules(depth=2, skip=2, across=0), "a", [("a", "c")]),
        (MiningRules(depth=100, skip=5, across=0), "a", [("a", "de")]),
        (MiningRules(depth=1, across=1), "b", [("b", "x")]),
        (MiningRules(depth=1, across=2, negatives=9), "a", [("a", "bx")]),  # the best local one
        (MiningRules(depth=2, across=2, negatives=9), "a", [("a", "bxy")]),  # the two best
        (MiningRules(negatives=2, across=2), "a", [("a", "xy")]),
        (MiningRules(negatives=2, across=2), "x", [("x", "ba")]),
        (MiningRules(absolute_margin=0.25), "ca", [("a", "yde"), ("c", "de")]),
    ],
)
def test_mining_vectors_in_memory(
    rules: MiningRules, relevant: str, wanted: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert in_memory(SCORES, rules, *relevant) == wanted
    shuffled = {doc_id: SCORES[doc_id] for doc_id in "exadycb"}
    assert in_memory(shuffled, rules, *relevant) == wanted
    monkeypatch.setattr(negatives, "_BATCH", 2)
    assert in_memory(SCORES, rules, *relevant, times=5) == wanted * 5


@given(
    order=st.permutations("abcdexy"),
    eighths=st.lists(st.integers(0, 2), min_size=7, max_size=7),
    depth=st.integers(1, 7),
)
def test_of_equal_scores_the_first_ids_are_taken(order: list[str], eighths: list[int], depth: int) -> None:
    scores = dict(zip("abcdexy", (each / 8 for each in eighths), strict=True))
    best = [hit.doc_id for hit in by_rank(map(Hit, scores, scores.values()))[:depth]]
    wanted = "".join(doc_id for doc_id in best if doc_id != "a")
    mined = in_memory({doc_id: scores[doc_id] for doc_id in order}, MiningRules(depth=depth, across=0), "a")
    assert mined == ([("a", wanted)] if wanted else [])


def test_without_an_article_of_the_other_scope() -> None:
    national = {doc_id: SCORES[doc_id] for doc_id in "bacde"}
    assert in_memory(national, MiningRules(negatives=3, across=2), "a") == [("a", "bcd")]


# The same rules in `sentence_transformers`

THINGS = ("渡船", "灯塔", "磨坊", "驿站", "渔网", "水车", "晒场", "烽火台", "茶亭")
DUTIES = (
    "{}由所在地的里长逐年登记造册",
    "凡使用{}的人每季缴纳两枚铜钱",
    "日落以后{}一律停用",
    "损坏{}的，限三十日内照原样修好",
)
INVENTED = [
    article(f"{thing}{number}", duty.format(thing), Level.LAW if number % 3 else Level.LOCAL_REGULATION)
    for number, duty in enumerate(DUTIES)
    for thing in THINGS
]
ASKED = {
    "弄坏了渡船要几天修好": ["渡船3"],
    "磨坊晚上能用吗": ["磨坊2"],
    "谁来登记灯塔": ["灯塔0"],
    "用水车要交多少钱": ["水车1"],
    "茶亭和驿站归谁登记": ["茶亭0", "驿站0"],
    "天黑了还能打渔吗": ["渔网2", "渡船2", "灯塔2"],
    "晒场坏了": ["晒场3", "晒场0"],
    "里长管什么": ["烽火台0"],
}
TEXTS = {each.doc_id: each.text for each in INVENTED}
MOST = max(map(len, ASKED.values()))  # relevant articles of one question
Negatives = dict[tuple[str, str], list[str]]  # question and positive -> negatives, best first


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> SentenceTransformer:
    folder = tmp_path_factory.mktemp("model")
    save_model(folder, seed=11)
    return SentenceTransformer(str(folder), device="cpu")


def encoded(model: SentenceTransformer, texts: Sequence[str]) -> Vectors:
    return np.asarray(model.encode(list(texts), normalize_embeddings=True))


def ours(model: SentenceTransformer, asked: Mapping[str, Sequence[str]], rules: MiningRules) -> Negatives:
    queries = tuple(Query(text, text) for text in asked)
    query_set = QuerySet("asked", queries, {text: dict.fromkeys(right, 1) for text, right in asked.items()})
    vectors = encoded(model, list(TEXTS.values()))
    only = replace(rules, copy_share=1.0, alike_share=1.01, across=0)  # what the library does not have
    return {
        (triplet.query, TEXTS[triplet.positive.doc_id]): [TEXTS[each.doc_id] for each in triplet.negatives]
        for triplet in mine(query_set, INVENTED, encoded(model, list(asked)), vectors, only)
    }


def theirs(model: SentenceTransformer, asked: Mapping[str, Sequence[str]], **options: Any) -> Negatives:
    pairs = [(text, TEXTS[doc_id]) for text, right in asked.items() for doc_id in right]
    questions, positives = zip(*pairs, strict=True)
    mined: Negatives = {}
    for row in mine_hard_negatives(
        Dataset.from_dict({"query": questions, "positive": positives}),
        model,
        corpus=list(TEXTS.values()),
        sampling_strategy="top",
        output_format="triplet",
        verbose=False,
        **options,
    ):
        mined.setdefault((row["query"], row["positive"]), []).append(row["negative"])
    return mined


# The library takes the best range_max + (relevant articles of one question, at most) results, and drops the
# relevant ones of them: it looks as deep as `depth` where range_max is smaller than that by as many.
@settings(max_examples=60, deadline=None)
@given(
    depth=st.sampled_from([9, 10, 15, 25, 36, 50]),
    count=st.integers(1, 6),
    max_score=st.sampled_from([None, 0.6, 0.3, 0.1, -0.1]),
    min_score=st.sampled_from([None, -0.2, 0.0, 0.2]),
    absolute_margin=st.sampled_from([None, -0.1, 0.0, 0.05, 0.3]),
    relative_margin=st.sampled_from([None, 0.0, 0.05, 0.5]),
)
def test_the_negatives_are_those_of_sentence_transformers(
    model: SentenceTransformer, depth: int, count: int, **scores: Any
) -> None:
    mined = ours(model, ASKED, MiningRules(depth=depth, negatives=count, **scores))
    wanted = theirs(model, ASKED, range_max=depth - MOST, num_negatives=count, **scores)
    if scores["absolute_margin"] is None and scores["relative_margin"] is None:
        assert mined == wanted
        return
    # Margins: ours are below the positive of the triplet, theirs below all positives of the question.
    cosines = dict(
        zip(ASKED, encoded(model, list(ASKED)) @ encoded(model, list(TEXTS.values())).T, strict=True)
    )
    places = {doc_id: place for place, doc_id in enumerate(TEXTS)}
    for text, right in ASKED.items():
        lowest = TEXTS[min(right, key=lambda doc_id: cosines[text][places[doc_id]])]
        assert mined.get((text, lowest)) == wanted.get((text, lowest))


def test_the_oracle_is_asked_of_something(model: SentenceTransformer) -> None:
    """The settings above change what comes out."""
    mined = [
        theirs(model, ASKED, range_max=30, num_negatives=5, **{name: value})
        for name, value in (
            ("max_score", None),
            ("max_score", 0.3),
            ("min_score", 0.2),
            ("absolute_margin", 0.05),
            ("relative_margin", 0.5),
        )
    ]
    assert all(mined[one] != mined[other] for one in range(5) for other in range(one))
    assert len(mined[0]) == sum(map(len, ASKED.values()))


@pytest.mark.parametrize("text", ASKED)
@pytest.mark.parametrize(
    ("skip", "depth", "count"), [(1, 12, 4), (2, 9, 6), (5, 10, 3), (12, 20, 6), (30, 40, 3)]
)
def test_what_is_skipped_is_skipped_there_as_well(
    model: SentenceTransformer, text: str, skip: int, depth: int, count: int
) -> None:
    """The library skips what is left after the positives are gone, so these are not counted in range_min."""
    right = ASKED[text]
    cosines = (encoded(model, [text]) @ encoded(model, list(TEXTS.values())).T)[0]
    first = {list(TEXTS)[place] for place in np.argsort(-cosines)[:skip]}
    mined = ours(model, {text: right}, MiningRules(skip=skip, depth=depth, negatives=count))
    assert mined == theirs(
        model,
        {text: right},
        range_min=skip - len(first & set(right)),
        range_max=skip + depth - len(right),
        num_negatives=count,
    )
    assert mined
