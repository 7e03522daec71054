"""The command: exit status, one clear message, JSON on stdout and everything for people on stderr."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from workbench.cli import main


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def test_search_prints_json(pair_folder: Path, home: Path) -> None:
    code, out, _ = run("search", "谁看灯塔", "--pair", str(pair_folder / "pair.toml"), "--home", str(home), "--depth", "3", "--json")
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
    assert result["pair"] == "Tiny pair"
    assert result["corpus"] == {"articles": 7, "national": 4, "local": 3}
    assert result["queries"] == {"judged": 4, "unresolved": 0}
    assert set(result["systems"]) == {"base", "tuned"}
    assert set(result["systems"]["base"]) == {"16", "4"}
    assert set(result["systems"]["base"]["16"]) == {"RR@10", "Success@1", "Success@10", "nDCG@10", "RR@10 over found", "outcomes"}
    assert sum(result["systems"]["base"]["16"]["outcomes"].values()) == 4
    assert set(result["comparison"]["4"]) == {"delta", "interval", "p", "wins", "ties", "losses"}
    assert result["systems"]["base"]["16"]["Success@10"] == 1.0  # seven articles: all within ten


def test_evaluate_at_chosen_dimensions_to_stdout(pair_folder: Path, home: Path) -> None:
    code, out, _ = run(
        "evaluate", "--pair", str(pair_folder / "pair.toml"), "--home", str(home), "--queries", str(pair_folder / "queries.jsonl"), "--dims", "4"
    )
    assert code == 0
    assert set(json.loads(out)["comparison"]) == {"4"}


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
        (("search", "船", "--pair", "PAIR", "--home", "HOME", "--dim", "5"), 1, 'error: dims: "5" is not indexed; wanted: of 16, 4'),
        (("evaluate", "--pair", "PAIR", "--home", "HOME", "--queries", "none.jsonl"), 1, "error: none.jsonl: cannot be read"),
        (("evaluate", "--pair", "PAIR", "--home", "EMPTY", "--queries", "QUERIES"), 1, "holds no index"),
        (("evaluate", "--pair", "PAIR", "--home", "HOME", "--queries", "QUERIES", "--dims", "x"), 1, '"x" is not indexed'),
        (("evaluate", "--pair", "PAIR"), 2, "Missing option '--queries'"),
        (("serve", "--pair", "PAIR", "--home", "EMPTY"), 1, "holds no index"),
        (("fly",), 2, "No such command"),
    ],
)
def test_faults(arguments: tuple[str, ...], code: int, message: str, pair_folder: Path, home: Path, tmp_path: Path) -> None:
    names = {"PAIR": str(pair_folder / "pair.toml"), "HOME": str(home), "EMPTY": str(tmp_path), "QUERIES": str(pair_folder / "queries.jsonl")}
    found, out, err = run(*(names.get(argument, argument) for argument in arguments))
    assert (found, out) == (code, "")
    assert message in err
    assert "Traceback" not in err


def test_a_query_set_where_nothing_resolves(pair_folder: Path, home: Path, tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text('{"query_id": "a", "text": "船", "relevant": [{"law": "海港法", "article": "1"}]}', encoding="utf-8")
    code, _, err = run("evaluate", "--pair", str(pair_folder / "pair.toml"), "--home", str(home), "--queries", str(tmp_path / "q.jsonl"))
    assert code == 1
    assert "has no judged query" in err


def test_help_teaches() -> None:
    assert "workbench demo" in run("--help")[1]
    for command in ("demo", "serve", "search", "evaluate", "index"):
        code, out, _ = run(command, "--help")
        assert code == 0
        assert len(out.splitlines()) > 5


def test_known_queries_load_no_model(pair_folder: Path, home: Path) -> None:
    arguments = ["evaluate", "--pair", str(pair_folder / "pair.toml"), "--home", str(home), "--queries", str(pair_folder / "queries.jsonl")]
    run(*arguments)
    script = f"""
import sys
from click.testing import CliRunner
from workbench.cli import main
assert CliRunner().invoke(main, {arguments!r}).exit_code == 0
print("torch" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip() == "False"
