"""The command: exit status, one clear message, JSON on stdout and everything for people on stderr."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import ir_measures
import pytest
from click.testing import CliRunner
from ir_measures import RR, Success, nDCG

from tests.conftest import OLD_FERRY, OLD_LAW
from workbench.cli import main
from workbench.evaluation.outcomes import Outcome, ScopeError


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def test_search_prints_json(pair_folder: Path, home: Path) -> None:
    code, out, _ = run(
        "search",
        "谁看灯塔",
        "--pair",
        str(pair_folder / "pair.toml"),
        "--home",
        str(home),
        "--depth",
        "3",
        "--json",
    )
    result = json.loads(out)
    assert code == 0
    assert result["query"] == "谁看灯塔"
    assert [hit["rank"] for hit in result["hits"]["base"]] == [1, 2, 3]
    assert [hit["ranks"]["base"] for hit in result["hits"]["base"]] == [1, 2, 3]


def test_search_for_people(pair_folder: Path, home: Path) -> None:
    code, out, _ = run("search", "谁看灯塔", "--pair", str(pair_folder / "pair.toml"), "--home", str(home))
    assert code == 0
    assert "Base\n" in out
    assert "national" in out


def test_search_in_the_law_of_a_day(pair_folder: Path, versions_home: Path) -> None:
    arguments = ("--pair", str(pair_folder / "pair.toml"), "--home", str(versions_home))
    for day, dates in {
        "2020-01-01": ("2015-03-15", "2015-07-01"),
        "2022-01-01": ("2021-01-22", "2021-05-01"),
    }.items():
        code, out, _ = run("search", OLD_FERRY.text, *arguments, "--as-of", day, "--json")
        hits = json.loads(out)["hits"]["tuned"]
        assert code == 0
        assert {(hit["published"], hit["effective"]) for hit in hits} == {("", ""), dates}
        assert [hit["ranks"]["tuned"] for hit in hits] == list(range(1, len(hits) + 1))  # among these
    assert OLD_LAW in run("search", OLD_FERRY.text, *arguments)[1]
    assert OLD_LAW not in run("search", OLD_FERRY.text, *arguments, "--as-of", "2022-01-01")[1]
    code, out, err = run("search", "谁看灯塔", *arguments, "--as-of", "1.1.2022")
    assert (code, out) == (1, "")
    assert 'as of: "1.1.2022" is no day; wanted: YYYY-MM-DD; write e.g. 2020-01-31' in err


def test_evaluate_counts_superseded_articles(pair_folder: Path, versions_home: Path) -> None:
    arguments = ("--pair", str(pair_folder / "pair.toml"), "--home", str(versions_home), "--dims", "16")
    queries = versions_home / "query_sets" / "versions.jsonl"
    code, out, err = run("evaluate", *arguments, "--queries", str(queries))
    assert code == 0
    for name, label in (("base", "Base"), ("tuned", "Tuned")):
        outcomes = json.loads(out)["systems"][name]["16"]["outcomes"]
        assert outcomes == dict.fromkeys(Outcome, 0) | {"superseded": 1}
        assert f"{label:<20}   16  Superseded 1: an older version of a relevant article on top\n" in err
    _, _, err = run("evaluate", *arguments, "--queries", str(pair_folder / "queries.jsonl"))
    assert "Superseded" not in err


def test_evaluate_writes_the_agreed_json(pair_folder: Path, home: Path, tmp_path: Path) -> None:
    code, out, err = run(
        "evaluate",
        "--pair",
        str(pair_folder / "pair.toml"),
        "--home",
        str(home),
        "--queries",
        str(pair_folder / "queries.jsonl"),
        "--json",
        str(tmp_path / "r.json"),
    )
    result = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert (code, out) == (0, "")
    assert "MRR@10" in err
    for name, label in (("base", "Base"), ("tuned", "Tuned")):
        kinds = result["systems"][name]["16"]["scope errors"]
        told = ", ".join(f"{kind} {kinds[kind]}" for kind in ScopeError)
        assert f"{label:<20}   16  Errors of scope {sum(kinds.values())}: {told}\n" in err
    assert result["pair"] == "Tiny pair"
    assert result["corpus"] == {"articles": 7, "national": 4, "local": 3}
    assert (result["queries"]["judged"], result["queries"]["unresolved"]) == (4, 0)
    assert set(result["systems"]) == {"base", "tuned"}
    assert set(result["systems"]["base"]) == {"16", "4"}
    assert {"RR@10", "Success@1", "Success@10", "nDCG@10", "RR@10 over found", "outcomes"} <= set(
        result["systems"]["base"]["16"]
    )
    assert sum(result["systems"]["base"]["16"]["outcomes"].values()) == 4
    assert set(result["comparison"]["tuned"]["4"]) == {"delta", "interval", "p", "wins", "ties", "losses"}
    assert result["systems"]["base"]["16"]["Success@10"] == 1.0  # seven articles: all within ten


def test_evaluate_at_chosen_dimensions_to_stdout(pair_folder: Path, home: Path) -> None:
    code, out, _ = run(
        "evaluate",
        "--pair",
        str(pair_folder / "pair.toml"),
        "--home",
        str(home),
        "--queries",
        str(pair_folder / "queries.jsonl"),
        "--dims",
        "4",
    )
    assert code == 0
    assert set(json.loads(out)["comparison"]["tuned"]) == {"4"}


def evaluated(pair_folder: Path, home: Path, *more: str) -> dict[str, Any]:
    code, out, err = run(
        "evaluate",
        "--pair",
        str(pair_folder / "pair.toml"),
        "--home",
        str(home),
        "--queries",
        str(pair_folder / "queries.jsonl"),
        *more,
    )
    assert code == 0, err
    return json.loads(out)


def test_systems_and_baseline_are_chosen(pair_folder: Path, home: Path) -> None:
    turned = evaluated(pair_folder, home, "--baseline", "tuned", "--dims", "16")
    straight = evaluated(pair_folder, home, "--dims", "16")
    assert turned["comparison"]["base"]["16"]["delta"] == pytest.approx(
        -straight["comparison"]["tuned"]["16"]["delta"]
    )
    assert "against tuned at 16" in turned["tradeoff"]
    assert set(evaluated(pair_folder, home, "--systems", "tuned")["systems"]) == {"tuned"}


def test_slices(pair_folder: Path, home: Path) -> None:
    found = evaluated(pair_folder, home, "--by", "level", "--by", "style")["slices"]["tuned"]
    assert {name: row["queries"] for name, row in found["level"].items()} == {"法律": 3, "地方性法规": 1}
    assert set(found["style"]) == {"plain", "terse"}
    assert all(
        sum(row["outcomes"]["tuned"].values()) == row["queries"]
        for rows in found.values()
        for row in rows.values()
    )
    assert all(
        set(row["scope errors"]) == {"base", "tuned"} for rows in found.values() for row in rows.values()
    )
    assert all(row["p after Holm"] >= row["p"] for rows in found.values() for row in rows.values())


def test_trec_files_say_the_same_to_another_tool(pair_folder: Path, home: Path, tmp_path: Path) -> None:
    result = evaluated(pair_folder, home, "--trec", str(tmp_path / "trec"))
    qrels = list(ir_measures.read_trec_qrels(str(tmp_path / "trec" / "qrels.txt")))
    measures = {"RR@10": RR @ 10, "Success@1": Success @ 1, "nDCG@10": nDCG @ 10}
    for name in ("base", "tuned"):
        for dim in ("16", "4"):
            theirs = ir_measures.calc_aggregate(
                measures.values(),
                qrels,
                ir_measures.read_trec_run(str(tmp_path / "trec" / f"{name}_{dim}.run")),
            )
            assert {key: theirs[measure] for key, measure in measures.items()} == pytest.approx(
                {key: result["systems"][name][dim][key] for key in measures}
            )


def test_the_same_input_gives_the_same_bytes(pair_folder: Path, home: Path, tmp_path: Path) -> None:
    for turn in ("one", "two"):
        result = evaluated(
            pair_folder,
            home,
            "--trec",
            str(tmp_path / turn),
            "--csv",
            str(tmp_path / turn / "q.csv"),
            "--by",
            "topic",
        )
        result.pop("seconds")  # the one part that a clock decides
        (tmp_path / turn / "result.json").write_text(json.dumps(result), encoding="utf-8")
    files = sorted(file.name for file in (tmp_path / "one").iterdir())
    assert files == [
        "base_16.run",
        "base_4.run",
        "q.csv",
        "qrels.txt",
        "result.json",
        "topics.tsv",
        "tuned_16.run",
        "tuned_4.run",
    ]
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_the_table_has_one_row_a_query(pair_folder: Path, home: Path, tmp_path: Path) -> None:
    evaluated(pair_folder, home, "--csv", str(tmp_path / "q.csv"))
    with (tmp_path / "q.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["query_id"] for row in rows] == ["q1", "q2", "q3", "q4"]
    assert 1 <= int(rows[0]["tuned_4 rank"]) <= 7
    assert rows[0]["base_16 outcome"] in {kind.value for kind in Outcome}
    assert {row["base_16 scope error"] for row in rows} <= {"", *ScopeError}


def test_costs_without_an_ann_index(pair_folder: Path, home: Path) -> None:
    costs = evaluated(pair_folder, home, "--costs")["costs"]
    assert costs["base"]["16"]["bytes per vector"] == 64
    assert costs["base"]["16"]["column bytes"] > 7 * 64
    assert costs["base"]["4"]["exact"]["median ms"] > 0
    assert "ann" not in costs["base"]["16"]


def test_reported_figures_are_checked(pair_folder: Path, home: Path, tmp_path: Path) -> None:
    text = (
        (pair_folder / "pair.toml")
        .read_text(encoding="utf-8")
        .replace('"base"', f'"{pair_folder}/base"')
        .replace('"tuned"', f'"{pair_folder}/tuned"')
    )
    figures = '[systems.base.reported]\n"Success@1" = 0.58\n"Success@10" = 0.85\n"RR@10" = 0.78\n'
    (tmp_path / "pair.toml").write_text(
        text.replace("[systems.tuned]", figures + "[systems.tuned]"), encoding="utf-8"
    )
    code, out, err = run(
        "evaluate",
        "--pair",
        str(tmp_path / "pair.toml"),
        "--home",
        str(home),
        "--queries",
        str(pair_folder / "queries.jsonl"),
    )
    assert code == 0
    assert (
        "Base, as reported: MRR@10 0.78 where Top-1 and Hit rate@10 allow 0.607 to 0.715: fits only as a mean over found queries"
        in err
    )
    assert json.loads(out)["reported"]["base"]["figures"]["RR@10"] == 0.78


def test_index_info_and_json(pair_folder: Path, home: Path) -> None:
    options = ("--pair", str(pair_folder / "pair.toml"), "--home", str(home))
    code, out, _ = run("index", "info", *options)
    assert code == 0
    assert "7 articles: 4 national, 3 local" in out
    assert "fits the pair" in out
    assert json.loads(run("index", "info", *options, "--json")[1])["differences"] == []


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("search", "船", "--pair", "nowhere.toml"), 1, "error: nowhere.toml: cannot be read as a pair file"),
        (("search", " ", "--pair", "PAIR", "--home", "HOME"), 1, "error: query: is empty"),
        (
            ("search", "船", "--pair", "PAIR", "--home", "HOME", "--dim", "5"),
            1,
            'error: dims: "5" is not indexed; wanted: of 16, 4',
        ),
        (
            ("evaluate", "--pair", "PAIR", "--home", "HOME", "--queries", "none.jsonl"),
            1,
            "error: none.jsonl: cannot be read",
        ),
        (("evaluate", "--pair", "PAIR", "--home", "EMPTY", "--queries", "QUERIES"), 1, "holds no index"),
        (
            ("evaluate", "--pair", "PAIR", "--home", "HOME", "--queries", "QUERIES", "--dims", "x"),
            1,
            '"x" is not indexed',
        ),
        (
            (
                "evaluate",
                "--pair",
                "PAIR",
                "--home",
                "HOME",
                "--queries",
                "QUERIES",
                "--systems",
                "base,best",
            ),
            1,
            '"best" is not in the pair',
        ),
        (
            ("evaluate", "--pair", "PAIR", "--home", "HOME", "--queries", "QUERIES", "--baseline", "best"),
            1,
            "wanted: of base, tuned",
        ),
        (
            ("evaluate", "--pair", "PAIR", "--home", "HOME", "--queries", "TWICE"),
            1,
            'TWICE:2: query_id "q1" stands in line 1 too',
        ),
        (
            (
                "evaluate",
                "--pair",
                "PAIR",
                "--home",
                "HOME",
                "--queries",
                "QUERIES",
                "--trec",
                "x",
                "--depth",
                "0",
            ),
            2,
            "0 is not in the range",
        ),
        (("index", "build", "--pair", "PAIR", "--ann", "ivf_x"), 2, "'ivf_x' is not one of"),
        (("evaluate", "--pair", "PAIR"), 2, "Missing option '--queries'"),
        (("serve", "--pair", "PAIR", "--home", "EMPTY"), 1, "holds no index"),
        (("fly",), 2, "No such command"),
    ],
)
def test_faults(
    arguments: tuple[str, ...],
    code: int,
    message: str,
    pair_folder: Path,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("TWICE").write_text(
        '{"query_id": "q1", "text": "船"}\n{"query_id": "q1", "text": "灯"}\n', encoding="utf-8"
    )
    names = {
        "PAIR": str(pair_folder / "pair.toml"),
        "HOME": str(home),
        "EMPTY": str(tmp_path),
        "QUERIES": str(pair_folder / "queries.jsonl"),
    }
    found, out, err = run(*(names.get(argument, argument) for argument in arguments))
    assert (found, out) == (code, "")
    assert message in err
    assert "Traceback" not in err


def test_a_query_set_where_nothing_resolves(pair_folder: Path, home: Path, tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text(
        '{"query_id": "a", "text": "船", "relevant": [{"law": "海港法", "article": "1"}]}', encoding="utf-8"
    )
    code, _, err = run(
        "evaluate",
        "--pair",
        str(pair_folder / "pair.toml"),
        "--home",
        str(home),
        "--queries",
        str(tmp_path / "q.jsonl"),
    )
    assert code == 1
    assert "has no judged query" in err


def test_help_teaches() -> None:
    assert "workbench demo" in run("--help")[1]
    for command in ("demo", "serve", "search", "evaluate", "index"):
        code, out, _ = run(command, "--help")
        assert code == 0
        assert len(out.splitlines()) > 5


def test_known_queries_load_no_model(pair_folder: Path, home: Path) -> None:
    arguments = [
        "evaluate",
        "--pair",
        str(pair_folder / "pair.toml"),
        "--home",
        str(home),
        "--queries",
        str(pair_folder / "queries.jsonl"),
    ]
    run(*arguments)
    script = f"""
import sys
from click.testing import CliRunner
from workbench.cli import main
assert CliRunner().invoke(main, {arguments!r}).exit_code == 0
print("torch" in sys.modules)
"""
    assert (
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        ).stdout.strip()
        == "False"
    )


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--json", "folder"], "Is a directory"),
        (["--csv", "file/t.csv"], "File exists|Not a directory"),
        (["--trec", "file"], "File exists"),
    ],
)
def test_where_nothing_can_be_written_is_said_before_anything_is_measured(
    options: list[str], why: str, pair_folder: Path, home: Path, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    option, name = options
    code, out, said = run(
        "evaluate", "--pair", str(pair_folder / "pair.toml"), "--home", str(home),
        "--queries", str(pair_folder / "queries.jsonl"), option, str(tmp_path / name),
    )  # fmt: skip
    assert (code, out) == (1, "")
    assert re.fullmatch(rf"error: \S+{name}: cannot be written \((?:{why})\); give another place\n", said)
