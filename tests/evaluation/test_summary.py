"""What `evaluate --json` writes, held against its JSON Schema: one, two and three systems, with everything and with little."""

import json
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from tests.conftest import ARTICLES, ROOT
from tests.tables import by_hand
from workbench.cli import main
from workbench.core.domain import SLICES
from workbench.core.settings import Pair
from workbench.evaluation.outcomes import DISPLACING, Outcome, ScopeError
from workbench.evaluation.summary import SCHEMA, summarise
from workbench.index import write_training
from workbench.query_sets.contamination import TrainingQuery

DEFINITION = json.loads((files("workbench.evaluation") / "summary.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(DEFINITION)
FERRY = next(article for article in ARTICLES if "渡船载客" in article.text)


def evaluated(pair_folder: Path, home: Path, *more: str) -> dict[str, Any]:
    arguments = ["evaluate", "--pair", str(pair_folder / "pair.toml"), "--home", str(home)]
    result = CliRunner().invoke(main, [*arguments, "--queries", str(pair_folder / "queries.jsonl"), *more])
    assert result.exit_code == 0, result.output
    summary: dict[str, Any] = json.loads(result.stdout) if result.stdout else {}
    return summary


@pytest.fixture(scope="module")
def trained_home(home: Path, pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose index knows that training asked q1 in other words, and has seen its answer."""
    own = Path(shutil.copytree(home, tmp_path_factory.mktemp("trained") / "home"))
    write_training(pair.index_uri(own), [TrainingQuery("请问渡船最多坐几个人？", frozenset({FERRY.doc_id}))])
    return own


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(DEFINITION)
    assert DEFINITION["$id"] == DEFINITION["properties"]["schema"]["const"] == SCHEMA
    assert DEFINITION["$defs"]["outcome"]["enum"] == [outcome.value for outcome in Outcome]
    assert DEFINITION["$defs"]["scope_errors"]["required"] == [kind.value for kind in ScopeError]
    kinds = DEFINITION["properties"]["slices"]["additionalProperties"]["propertyNames"]["enum"]
    assert tuple(kinds) == SLICES


@pytest.mark.parametrize(
    ("options", "challengers"),
    [
        (["--systems", "base"], []),
        ([], ["tuned"]),
        (["--variant", "all"], ["tuned", "tunedbare"]),
    ],
)
@pytest.mark.parametrize("trained", [False, True])
def test_one_shape_for_any_number_of_systems(
    options: list[str],
    challengers: list[str],
    trained: bool,
    pair_folder: Path,
    home: Path,
    trained_home: Path,
) -> None:
    everything = ["--by", "level", "--by", "style", "--costs", "--measures", "nDCG@3,AP"]
    for more in ([], everything):
        summary = evaluated(pair_folder, trained_home if trained else home, *options, *more)
        VALIDATOR.validate(summary)
        assert list(summary["comparison"]) == challengers
        assert list(summary["transitions"]) == list(summary["most different"]) == challengers
        assert list(summary["tradeoff"]["against base at 16"]) == challengers
        assert (summary["leakage"] is not None) == trained
        assert ("slices" in summary, "costs" in summary) == (bool(more), bool(more))


def test_the_schema_refuses_what_it_does_not_know(pair_folder: Path, home: Path) -> None:
    summary = evaluated(pair_folder, home)
    assert VALIDATOR.is_valid(summary)
    assert not VALIDATOR.is_valid(summary | {"extra": 1})
    assert not VALIDATOR.is_valid(summary | {"comparison": summary["comparison"]["tuned"]})
    del summary["systems"]["base"]["16"]["outcomes"]["correct"]
    assert not VALIDATOR.is_valid(summary)


def test_kinds_add_up_to_the_errors_of_scope() -> None:
    systems = summarise(by_hand())["systems"]
    assert {
        name: {dim: row["scope errors"] for dim, row in rows.items()} for name, rows in systems.items()
    } == {
        "base": {
            "16": {"copy": 2, "implementing": 0, "other rule": 0},
            "4": {"copy": 2, "implementing": 0, "other rule": 1},
        },
        "tuned": {
            "16": {"copy": 0, "implementing": 1, "other rule": 1},
            "4": {"copy": 0, "implementing": 0, "other rule": 2},
        },
    }
    for rows in systems.values():
        for row in rows.values():
            assert sum(row["scope errors"].values()) == sum(row["outcomes"][each] for each in DISPLACING)


def test_the_docs_name_every_key() -> None:
    text = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    assert SCHEMA in text
    assert all(f"`{key}`" in text for key in DEFINITION["properties"])


def test_views_share_what_was_worked_out() -> None:
    whole = by_hand()
    compared = whole.comparisons.paired("tuned", 16)
    assert whole.only("base", "tuned").comparisons.paired("tuned", 16) is compared
    turned = whole.only("tuned", "base")
    assert turned.comparisons.paired("base", 16).delta == -compared.delta
    assert list(summarise(turned)["comparison"]) == ["base"]


def test_citations_that_do_not_resolve_are_counted_beside_the_queries(
    pair_folder: Path, home: Path, tmp_path: Path
) -> None:
    asked = {
        "all": ["渡口法第2条第1款"],
        "some": ["渡口法第2条", "渡口法第99条第2款", "海港法第1条"],
        "none": ["海港法第1条"],
        "nothing": [],
    }
    path = tmp_path / "queries.jsonl"
    rows = ({"query_id": name, "text": name, "relevant": cited} for name, cited in asked.items())
    path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8")
    summary = evaluated(pair_folder, home, "--queries", str(path))
    VALIDATOR.validate(summary)
    found = summary["queries"]
    assert (found["judged"], found["unresolved"], found["partly resolved"]) == (2, 2, 1)
    assert found["unresolved citations"] == 3
    assert [(each["query_id"], each["citation"]) for each in found["citations without an article"]] == [
        ("some", "渡口法 第九十九条第二款"),
        ("some", "海港法 第一条"),
        ("none", "海港法 第一条"),
    ]
    assert found["measures of known articles only"] == ["AP", "R@10", "R@100", "nDCG@10"]


def test_since_an_earlier_evaluation_nothing_changed(pair_folder: Path, home: Path, tmp_path: Path) -> None:
    earlier = tmp_path / "then.json"
    evaluated(pair_folder, home, "--json", str(earlier))
    summary = evaluated(pair_folder, home, "--since", str(earlier))
    VALIDATOR.validate(summary)
    assert list(summary["since"]["systems"]) == list(summary["systems"])
    assert summary["since"]["queries"]["compared"] == summary["queries"]["judged"]
    assert not any(
        change["moves"] or change["delta"]
        for by_dim in summary["since"]["systems"].values()
        for change in by_dim.values()
    )
