"""`evaluate --measures`: any measure with any cutoff, in JSON, CSV and terminal."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from workbench.cli import main
from workbench.core.errors import QueryError
from workbench.evaluation.measures import MEASURES, measure_label, parse_measures


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("RR@10", ("RR@10",)),
        (" nDCG@20 ,AP, R@5", ("nDCG@20", "AP", "R@5")),
        ("AP,AP", ("AP",)),
    ],
)
def test_measures_are_named_with_commas(text: str, names: tuple[str, ...]) -> None:
    assert parse_measures(text) == names


@pytest.mark.parametrize("text", ["", "RR@10,", "P", "AP,MAP", "R@0", "RR @10"])
def test_the_first_that_is_no_measure_is_named(text: str) -> None:
    with pytest.raises(QueryError, match=r"is unknown; wanted: one of AP, P, R, RR, Success, nDCG"):
        parse_measures(text)


def test_every_measure_has_a_name_and_a_label() -> None:
    assert all(name == measure.name for name, measure in MEASURES.items())
    assert [measure_label(name) for name in ("Success@5", "RR", "P@3")] == [
        "Hit rate@5",
        "MRR",
        "Precision@3",
    ]


def test_evaluate_takes_them(pair_folder: Path, home: Path, tmp_path: Path) -> None:
    table = tmp_path / "queries.csv"
    arguments = ["evaluate", "--pair", str(pair_folder / "pair.toml"), "--home", str(home)]
    arguments += ["--queries", str(pair_folder / "queries.jsonl"), "--csv", str(table)]
    result = CliRunner().invoke(main, [*arguments, "--measures", "nDCG@3,R@2"])
    assert result.exit_code == 0
    measured = json.loads(result.stdout)["systems"]["base"]["16"]
    assert {"RR@10", "Success@10", "Success@1", "nDCG@10", "nDCG@3", "R@2"} <= measured.keys()
    assert "AP" not in measured
    with table.open(encoding="utf-8-sig", newline="") as file:
        values = [float(row["base_16 nDCG@3"]) for row in csv.DictReader(file)]
    assert measured["nDCG@3"] == pytest.approx(sum(values) / len(values))
    assert f"nDCG@3 {measured['nDCG@3']:.3f}" in result.stderr
    wrong = CliRunner().invoke(main, [*arguments, "--measures", "nDCG@3,MAP"])
    assert wrong.exit_code == 1
    assert 'measure "MAP": is unknown' in wrong.stderr
