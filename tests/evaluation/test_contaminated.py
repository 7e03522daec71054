"""What training has seen: means without it, in the records, in `evaluate` and on the page."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from streamlit.testing.v1 import AppTest

from tests.conftest import ARTICLES
from tests.page.test_sections import section
from tests.tables import A1, B1, by_hand
from workbench.cli import main
from workbench.core.errors import QueryError
from workbench.core.settings import Pair
from workbench.evaluation import tables
from workbench.evaluation.summary import summarise, summarise_contamination
from workbench.evaluation.tables import InTraining
from workbench.index import read_training, write_training
from workbench.query_sets.contamination import Contamination, NearDuplicate, TrainingQuery

# q1 was asked in training; q1 and q2 have A1 as their answer, q4 has B1: training has shown both.
FOUND = Contamination(
    near_duplicates={"q1": NearDuplicate("问题q1？", 1.0)},
    relevant_positives=frozenset({A1, B1}),
    all_positives=frozenset({"q1", "q2"}),
    some_positives=frozenset({"q4"}),
)
FERRY = next(article for article in ARTICLES if "渡船载客" in article.text)


@pytest.mark.parametrize(
    ("left_out", "base", "tuned"),
    [
        (frozenset(), (1 + 1 / 3 + 0 + 0 + 1) / 5, (1 + 1 + 1 / 2 + 0 + 1 / 4) / 5),
        (frozenset({"q1"}), (1 / 3 + 0 + 0 + 1) / 4, (1 + 1 / 2 + 0 + 1 / 4) / 4),
        (frozenset({"q1", "q2", "q4"}), (0 + 1) / 2, (1 / 2 + 1 / 4) / 2),
    ],
)
def test_means_without_some_queries(left_out: frozenset[str], base: float, tuned: float) -> None:
    rest = by_hand().without(left_out)
    assert rest.evaluations["base"][16].means["RR@10"] == pytest.approx(base)
    assert rest.evaluations["tuned"][16].means["RR@10"] == pytest.approx(tuned)
    kept = {query.query_id for query in rest.query_set.judged}
    assert kept == set(rest.query_set.qrels) == {"q1", "q2", "q3", "q4", "q5"} - left_out
    assert rest.comparisons.paired("tuned", 16).n == len(kept)
    assert sum(summarise(rest)["systems"]["base"]["16"]["outcomes"].values()) == len(kept)


def test_what_is_left_is_not_mixed_up_with_the_whole() -> None:
    whole = by_hand()
    assert whole.comparisons.paired("tuned", 16).n == 5
    assert whole.without(frozenset({"q1"})).comparisons.paired("tuned", 16).n == 4
    assert whole.comparisons.paired("tuned", 16).n == 5
    with pytest.raises(QueryError, match='"by hand": has no other query'):
        whole.without(frozenset(whole.query_set.qrels))


def test_each_query_has_the_first_mark_that_applies() -> None:
    assert [tables.in_training(FOUND, query_id) for query_id in ("q1", "q2", "q3", "q4")] == [
        InTraining.QUERY,
        InTraining.ARTICLES,
        InTraining.NOTHING,
        InTraining.SOME,
    ]
    marked = tables.per_query(by_hand(), 16, FOUND).set_index("query_id")["seen"].to_dict()
    assert marked["q1"] == "query seen"
    assert set(tables.per_query(by_hand(), 16)["seen"]) == {""}


def test_the_table_of_parts() -> None:
    table = tables.contamination_table(by_hand(), FOUND, 16).set_index("part")
    assert table["queries"].to_dict() == {"all": 5, "not asked": 4, "unseen": 2}
    assert table["delta"]["unseen"] == pytest.approx((1 / 2 + 1 / 4) / 2 - 1 / 2)
    everything = Contamination(
        {}, frozenset(), frozenset(f"q{number}" for number in range(1, 6)), frozenset()
    )
    assert tables.contamination_table(by_hand(), everything, 16).set_index("part")["queries"]["unseen"] == 0


def test_the_summary_has_the_headline_both_ways() -> None:
    found = summarise_contamination(by_hand(), FOUND)
    assert found["asked in training"] == {"q1": {"text": "问题q1？", "similarity": 1.0}}
    assert found["articles seen"] == sorted([A1, B1])
    assert found["without queries asked in training"]["judged"] == 4
    rest = found["without queries given away"]
    assert rest["systems"]["base"]["16"]["RR@10"] == pytest.approx(1 / 2)
    assert rest["comparison"]["tuned"]["16"]["delta"] == pytest.approx(-1 / 8)


@pytest.fixture
def trained_home(home: Path, pair: Pair, tmp_path: Path) -> Path:
    """A home whose index knows that training asked q1 in other words, and has seen its answer."""
    own = Path(shutil.copytree(home, tmp_path / "home"))
    write_training(pair.index_uri(own), [TrainingQuery("请问渡船最多坐几个人？", frozenset({FERRY.doc_id}))])
    return own


def test_training_queries_come_back_as_they_were(trained_home: Path, pair: Pair) -> None:
    assert read_training(pair.index_uri(trained_home)) == [
        TrainingQuery("请问渡船最多坐几个人？", frozenset({FERRY.doc_id}))
    ]


def test_evaluate_names_what_was_given_away(pair_folder: Path, trained_home: Path, home: Path) -> None:
    def evaluated(home: Path) -> dict[str, Any]:
        arguments = [
            "evaluate",
            "--pair",
            str(pair_folder / "pair.toml"),
            "--home",
            str(home),
            "--queries",
            str(pair_folder / "queries.jsonl"),
        ]
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0
        leakage: dict[str, Any] = json.loads(result.stdout)["leakage"]
        return leakage

    found = evaluated(trained_home)
    assert list(found["asked in training"]) == ["q1"]
    assert found["articles seen"] == [FERRY.doc_id]
    assert found["without queries given away"]["judged"] == 3
    assert evaluated(home) is None


@pytest.mark.parametrize(
    ("language", "known", "unknown"),
    [
        ("en", "Training asked 1 of these", "does not say"),
        ("zh", "训练集中问过其中 1 个问题", "没有训练数据的记录"),
    ],
)
def test_the_page_says_what_training_has_seen(
    language: str, known: str, unknown: str, pair_folder: Path, trained_home: Path, home: Path
) -> None:
    for folder, said in ((trained_home, known), (home, unknown)):
        kwargs = {
            "name": "aggregate",
            "file": str(pair_folder / "pair.toml"),
            "home": str(folder),
            "language": language,
        }
        test = AppTest.from_function(section, default_timeout=60, kwargs=kwargs).run()
        assert not test.exception
        assert said in "\n".join(str(element.proto.body) for element in test.get("html"))
