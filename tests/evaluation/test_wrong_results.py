"""A system's wrong results as negatives: exact ranks at any depth, which queries, and what people said of them."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from tests.conftest import ARTICLES, CODE, LAW, PLACE
from tests.tables import by_hand
from workbench import Citation, Pair, Query, QueryError, Scope, Workbench
from workbench.core.documents import format_document
from workbench.core.domain import Hit, by_rank
from workbench.core.reporting import Silent
from workbench.evaluation.wrong_results import Mining, Only, mine, selected
from workbench.query_sets.reviews import Reviews, Verdict
from workbench.training.mining import Ranked
from workbench.training.mining_rules import MiningRules

BY_ID = {article.doc_id: article for article in ARTICLES}
BOATS, LAMPS, TOWER = f"{LAW}#第二条", f"{LAW}#第三条", f"{CODE}#第一条"  # they answer q1, q2 and q3
HOURS, LOCAL_LAMPS = "乙市渡口条例#第一条", f"{PLACE}#第二条"  # HOURS answers q4
EVERYTHING = MiningRules(across=0, copy_share=1.0, alike_share=1.01)
YES, PARTLY, NO = Verdict.RELEVANT, Verdict.PARTLY, Verdict.NOT_RELEVANT


@pytest.fixture
def own_home(home: Path, tmp_path: Path) -> Path:
    """A home folder with the index, for rankings and reviews of one test."""
    return Path(shutil.copytree(home, tmp_path / "home"))


@pytest.fixture
def opened(pair: Pair, own_home: Path) -> Workbench:
    return Workbench(pair, own_home)


def brute_force(pair: Pair, system: str, text: str, dim: int) -> dict[str, Ranked]:
    """Every article by rank, of the model's own vectors in float64."""
    described = pair.dense[system]
    model = SentenceTransformer(described.model, device="cpu")
    documents = [format_document(article, described.document_template) for article in ARTICLES]
    rows = model.encode([described.query_prompt + text, *documents]).astype(np.float64)[:, :dim]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    hits = by_rank(map(Hit, BY_ID, (rows[1:] @ rows[0]).tolist()))
    return {hit.doc_id: Ranked(hit.doc_id, rank, hit.score) for rank, hit in enumerate(hits, 1)}


def check(mined: Sequence[Ranked], wanted: Sequence[Ranked]) -> None:
    assert [(each.doc_id, each.rank) for each in mined] == [(each.doc_id, each.rank) for each in wanted]
    scores = [each.score for each in wanted]
    assert [each.score for each in mined] == pytest.approx(scores, abs=1e-6)


@pytest.mark.parametrize("dims", [(16, 4), (4,)])
@pytest.mark.parametrize("system", ["base", "tuned"])
def test_ranks_and_scores_are_exact(
    pair: Pair, pair_folder: Path, own_home: Path, system: str, dims: tuple[int, ...]
) -> None:
    workbench = Workbench.open(pair, home=own_home, dims=dims)
    mining = workbench.mine(pair_folder / "queries.jsonl", system=system, rules=EVERYTHING)
    assert [triplet.query_id for triplet in mining.triplets] == ["q1", "q2", "q3", "q4"]
    assert (mining.asked, mining.empty) == (4, ())
    assert mining.template == pair.dense[system].document_template
    for triplet, answer in zip(mining.triplets, (BOATS, LAMPS, TOWER, HOURS), strict=True):
        ranked = brute_force(pair, system, triplet.query, max(dims))
        check([triplet.positive], [ranked[answer]])
        check(triplet.negatives, [each for doc_id, each in ranked.items() if doc_id != answer])


@pytest.mark.parametrize("system", ["base", "tuned"])
def test_what_stands_beyond_the_depth_has_its_exact_rank(
    opened: Workbench, pair: Pair, pair_folder: Path, system: str
) -> None:
    named = {"q1": [HOURS], "q4": [TOWER, LAMPS]}
    rules = MiningRules(depth=1, across=1, copy_share=1.0, alike_share=1.01)
    beyond = 0
    for triplet in mined_with(opened, pair_folder, system, rules, named).triplets:
        ranked = brute_force(pair, system, triplet.query, 16)
        other = Scope.LOCAL if BY_ID[triplet.positive.doc_id].scope is Scope.NATIONAL else Scope.NATIONAL
        people = set(named.get(triplet.query_id, ()))
        # At this depth the best article of all is there and the best of the other scope, if not named.
        best = {next(iter(ranked)), next(each for each in ranked if BY_ID[each].scope is other)}
        wanted = (best | people) - {triplet.positive.doc_id}
        check([triplet.positive], [ranked[triplet.positive.doc_id]])
        check(triplet.negatives, [each for doc_id, each in ranked.items() if doc_id in wanted])
        beyond += sum(negative.rank > 1 for negative in triplet.negatives)
    assert beyond >= 4


def test_what_answers_the_same_question_elsewhere_in_the_set_is_not_wrong(
    opened: Workbench, pair_folder: Path
) -> None:
    first, *rest = opened.resolve(pair_folder / "queries.jsonl").judged
    twin = replace(first, query_id="twin", relevant=(Citation(doc_id=LAMPS),))
    mining = opened.mine([first, twin, *rest], system="base", rules=EVERYTHING)
    negatives = {each.query_id: {one.doc_id for one in each.negatives} for each in mining.triplets}
    assert not {BOATS, LAMPS} & (negatives["q1"] | negatives["twin"])
    assert BOATS in negatives["q2"]


def mined_with(
    opened: Workbench,
    pair_folder: Path,
    system: str,
    rules: MiningRules,
    wrong: Mapping[str, Sequence[str]],
    only: Only | None = None,
) -> Mining:
    """The tiny queries mined, with articles that people named."""
    query_set = opened.resolve(pair_folder / "queries.jsonl")
    texts = [query.text for query in query_set.judged]
    return mine(
        opened.evaluate(query_set),
        system,
        "{law} {text}",
        index=opened.index,
        vectors=opened.query_vectors.encode(opened.encoders[system], texts),
        rules=rules,
        only=only,
        wrong=wrong,
    )


def test_named_articles_come_before_all_others(opened: Workbench, pair: Pair, pair_folder: Path) -> None:
    last = [each for each in brute_force(pair, "base", "谁看灯塔", 16).values() if each.doc_id != TOWER][-1]
    rules = MiningRules(negatives=1, max_score=-0.9)
    mining = mined_with(opened, pair_folder, "base", rules, {"q3": [last.doc_id]})
    (triplet,) = mining.triplets
    assert (triplet.query_id, triplet.positive.doc_id) == ("q3", TOWER)
    check(triplet.negatives, [last])
    assert last.rank == 7
    assert mining.empty == ("q1", "q2", "q4")  # nothing scores so low
    (line,) = mining.lines()
    assert f'"positive": "{CODE} 灯塔由守塔人看管。"' in line


def test_several_relevant_articles_give_a_triplet_each(opened: Workbench, pair: Pair) -> None:
    asked = [Query("both", "几盏灯", (Citation(doc_id=LOCAL_LAMPS), Citation(doc_id=LAMPS)))]
    mining = opened.mine(asked, rules=EVERYTHING)
    ranked = brute_force(pair, "base", "几盏灯", 16)
    right = [each for doc_id, each in ranked.items() if doc_id in (LAMPS, LOCAL_LAMPS)]
    check([triplet.positive for triplet in mining.triplets], right)  # best-ranked first
    for triplet in mining.triplets:
        check(triplet.negatives, [each for each in ranked.values() if each not in right])


# Of which queries: the ranks of `by_hand` are in tests/tables.py.


@pytest.mark.parametrize(
    ("system", "dim", "only", "wanted"),
    [
        ("base", 16, None, ["q1", "q2", "q3", "q4", "q5"]),
        ("tuned", 16, Only.REGRESSED, ["q4", "q5"]),  # 12 → 30, 1 → 4
        ("tuned", 4, Only.REGRESSED, ["q1", "q5"]),  # 1 → 2, 1 → 4
        ("base", 16, Only.DISPLACED, ["q2", "q3"]),
        ("tuned", 16, Only.DISPLACED, ["q3", "q4"]),
        ("base", 16, Only.MISSED, ["q3", "q4"]),  # 20th, 12th
        ("tuned", 16, Only.MISSED, ["q4"]),  # 30th
        ("tuned", 4, Only.MISSED, ["q3", "q4"]),  # 11th, 30th
    ],
)
def test_queries_that_are_chosen(system: str, dim: int, only: Only | None, wanted: list[str]) -> None:
    assert selected(by_hand(), system, dim, only) == wanted


def test_no_query_to_choose() -> None:
    rest = by_hand().without(frozenset({"q3", "q4", "q5"}))
    for system, only in (("base", Only.MISSED), ("tuned", Only.DISPLACED), ("tuned", Only.REGRESSED)):
        message = f'^query set "by hand": has no {only} query in {system} at 16 dimensions; mine all of them'
        with pytest.raises(QueryError, match=message):
            selected(rest, system, 16, only)
    with pytest.raises(QueryError, match=r"^base: is the baseline, which cannot do worse than itself"):
        selected(rest, "base", 16, Only.REGRESSED)
    assert selected(rest.only("tuned", "base"), "base", 16, Only.REGRESSED) == ["q2"]  # 1 → 3


def test_only_some_queries_are_mined(opened: Workbench, pair: Pair, pair_folder: Path) -> None:
    answers = {"q1": BOATS, "q2": LAMPS, "q3": TOWER, "q4": HOURS}
    texts = {query.query_id: query.text for query in opened.resolve(pair_folder / "queries.jsonl").judged}

    def rank(system: str, query_id: str) -> int:
        return brute_force(pair, system, texts[query_id], 16)[answers[query_id]].rank

    worse = [query_id for query_id in answers if rank("tuned", query_id) > rank("base", query_id)]
    mining = opened.mine(pair_folder / "queries.jsonl", system="tuned", only="regressed")
    assert [triplet.query_id for triplet in mining.triplets] == worse
    assert 0 < mining.asked == len(worse) < 4
    with pytest.raises(QueryError, match="base: is the baseline"):
        opened.mine(pair_folder / "queries.jsonl", only="regressed")
    with pytest.raises(QueryError, match="has no missed query in base"):  # of seven articles
        opened.mine(pair_folder / "queries.jsonl", only="missed")


# What people said


class Saying(Silent):
    """A reporter that remembers its lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


def test_mining_with_what_people_said(pair: Pair, pair_folder: Path, own_home: Path) -> None:
    reporter = Saying()
    workbench = Workbench(pair, own_home, reporter=reporter)
    reviews = Reviews(workbench.reviews_file)
    for query, doc_id, verdict in (
        ("谁看灯塔", LAMPS, NO),
        ("谁看灯塔", HOURS, YES),
        ("渡船最多坐几个人", BOATS, NO),
        ("几点停渡", HOURS, YES),
        ("几点停渡", LOCAL_LAMPS, NO),
        ("几点停渡", "某法#第一条", YES),
    ):
        reviews.save(query, doc_id, "Wang", verdict, "", pair="tiny", dim=16)
    reviews.delete(reviews.save("谁看灯塔", BOATS, "Wang", YES, "", pair="tiny", dim=16))
    rules = MiningRules(negatives=1)
    mining = workbench.mine(pair_folder / "queries.jsonl", rules=rules, reviews=True)
    mined = {(each.query, each.positive.doc_id): each.negatives for each in mining.triplets}
    assert {key for key in mined if key[0] in ("谁看灯塔", "渡船最多坐几个人", "几点停渡")} == {
        ("谁看灯塔", TOWER),
        ("谁看灯塔", HOURS),
        ("几点停渡", HOURS),
    }
    for text, answer, wrong in (
        ("谁看灯塔", TOWER, LAMPS),
        ("谁看灯塔", HOURS, LAMPS),
        ("几点停渡", HOURS, LOCAL_LAMPS),
    ):
        check(mined[text, answer], [brute_force(pair, "base", text, 16)[wrong]])
    assert mining.asked == 4  # q1 has no answer left, and one question is new
    assert [line for line in reporter.lines if BOATS in line and "disputed" in line]
    without = workbench.mine(pair_folder / "queries.jsonl", rules=rules)
    assert [each.query_id for each in without.triplets] == ["q1", "q2", "q3", "q4"]
