"""A pair with one system, and a set that asks one question twice: every section, file and report of the page, and `evaluate`."""

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from streamlit.testing.v1 import AppTest

from tests.conftest import ARTICLES, save_model
from tests.page.test_sections import SHOWN
from workbench._pairs import read_pair
from workbench.cli import main
from workbench.page.choices import View
from workbench.page.report import report
from workbench.page.sections.takeaway import all_tables
from workbench.page.services import Services, open_services

PAIR = """
name = "Few"
dims = [16, 4]
queries = ["asked.csv"]
[corpus]
sources = [{{ kind = "csv", path = "articles.csv" }}]
{systems}
"""
BASE = '[systems.base]\nlabel = "Base"\nmodel = "base"\n'
BM25 = '[systems.bm25]\nkind = "lexical"\nlabel = "BM25"\n'
PAIRS = {"base": BASE, "bm25": BM25, "both": BASE + BM25}
ASKED = "渡船最多坐几个人"
# One question twice, with other answers; one that BM25 finds nothing for.
QUERIES = f"text,relevant\n{ASKED},渡口法第2条\n{ASKED},灯塔法第1条\nxyz,灯塔法第1条\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pairs base, bm25 and both, with their indexes in `home`."""
    folder = tmp_path_factory.mktemp("few")
    save_model(folder / "base", 0)
    (folder / "asked.csv").write_text(QUERIES, encoding="utf-8")
    with (folder / "articles.csv").open("w", encoding="utf-8", newline="") as file:
        rows = [(each.law, each.article, each.text, each.level.value, each.region) for each in ARTICLES]
        csv.writer(file).writerows([("law", "article", "text", "level", "region"), *rows])
    for name, systems in PAIRS.items():
        (folder / f"{name}.toml").write_text(PAIR.format(systems=systems), encoding="utf-8")
        said = command(folder, name, "index", "build")
        assert "encoded now:  (" not in said
    return folder


def command(folder: Path, name: str, *arguments: str) -> str:
    options = ["--pair", str(folder / f"{name}.toml"), "--home", str(folder / "home")]
    result = CliRunner().invoke(main, [*arguments, *options])
    assert result.exit_code == 0, result.output
    return result.output


def view_of(name: str, language: str = "en") -> View:
    baseline, system = ("base", "bm25") if name == "both" else (name, name)
    return View(language, 16, "asked", baseline.replace("nothing", "bm25"), system.replace("nothing", "bm25"))


def section(name: str, pair: str, folder: str, language: str) -> None:
    from pathlib import Path

    from tests.page.test_one_system import view_of
    from workbench._pairs import read_pair
    from workbench.page.sections import SECTIONS
    from workbench.page.services import open_services

    services = open_services(read_pair(f"{folder}/{pair}.toml"), Path(folder) / "home")
    SECTIONS[name].load()(services, view_of(pair, language))


def services(folder: Path, name: str) -> Services:
    return open_services(read_pair(str(folder / f"{name}.toml")), folder / "home")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("pair", PAIRS)
def test_every_section_is_drawn(pair: str, name: str, language: str, folder: Path) -> None:
    kwargs = {"name": name, "pair": pair, "folder": str(folder), "language": language}
    test = AppTest.from_function(section, default_timeout=60, kwargs=kwargs)
    test.query_params["q"] = ASKED
    test.query_params["to"] = "other law"
    test.run()
    assert not test.exception
    assert not test.error
    words = "\n".join(str(element.proto.body) for element in test.get("html"))
    compared = {"en": "won", "zh": "胜"}[language]
    if name == "search":
        assert (compared in words) is (pair == "both")
        assert words.count('<span class="to">→</span>') == (4 if pair == "both" else 0)
        assert ("1, 2 of asked" if language == "en" else "1, 2") in words  # both of that text


@pytest.mark.parametrize("pair", PAIRS)
def test_report_tables_and_runs(pair: str, folder: Path) -> None:
    opened, view = services(folder, pair), view_of(pair)
    experiment = opened.experiment(view)
    text = report(opened, view, experiment)
    assert ("won · " in text) is (pair == "both")
    tables = all_tables(opened, view, experiment)
    assert ("moves.csv" in tables) is (pair == "both")
    for name, table in tables.items():
        assert table.startswith("\ufeff"), name  # Excel knows UTF-8 by it
        assert table.count("\r\n") == len(list(csv.reader(io.StringIO(table)))), name
    rows = list(csv.DictReader(io.StringIO(tables["queries.csv"].removeprefix("\ufeff"))))
    assert [(row["query_id"], row["query"]) for row in rows] == [("1", ASKED), ("2", ASKED), ("3", "xyz")]


@pytest.mark.parametrize("pair", PAIRS)
def test_evaluate_measures_and_writes_all(pair: str, folder: Path, tmp_path: Path) -> None:
    asked, written = str(folder / "asked.csv"), tmp_path / "out.json"
    files = ["--json", str(written), "--csv", str(tmp_path / "t.csv"), "--trec", str(tmp_path / "trec")]
    said = command(folder, pair, "evaluate", "--queries", asked, "--by", "law", "--costs", *files)
    summary = json.loads(written.read_text(encoding="utf-8"))
    systems = ["base", "bm25"] if pair == "both" else [pair]
    assert list(summary["systems"]) == systems
    compared = {name: {"16", "4"} for name in systems[1:]}
    assert {name: set(by_dim) for name, by_dim in summary["comparison"].items()} == compared
    assert len(summary["pairwise"]) == len(systems) - 1
    assert "p after Holm" not in said
    if "bm25" in systems:  # it finds nothing for the last question, so that nothing of it counts
        assert summary["systems"]["bm25"]["all"]["outcomes"]["nothing found"] == 1
        assert summary["systems"]["bm25"]["all"]["Success@10"] == pytest.approx(1 / 3)
    assert (tmp_path / "t.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_search_of_one_system_names_no_other(folder: Path) -> None:
    assert "(in " not in command(folder, "base", "search", ASKED)
    assert "(in bm25" in command(folder, "both", "search", ASKED)


@pytest.mark.parametrize(("asked", "said"), [("船", True), ("xyz", False), (ASKED, False)])
def test_a_question_that_is_too_short_is_told_what_helps(asked: str, said: bool, folder: Path) -> None:
    assert ("ngram = [1, 2]" in command(folder, "both", "search", asked)) is said
    kwargs = {"name": "search", "pair": "both", "folder": str(folder), "language": "en"}
    test = AppTest.from_function(section, default_timeout=60, kwargs=kwargs)
    test.query_params["q"] = asked
    test.run()
    shown = "\n".join(str(element.proto.body) for element in test.get("html"))
    assert ("ngram = [1, 2]" in shown) is said
    assert ("No article matches this question" in shown) is (asked != ASKED)


def test_single_characters_are_found_where_they_are_searched(folder: Path) -> None:
    single = PAIR.format(systems=BM25 + "ngram = [1, 2]\n")
    (folder / "single.toml").write_text(single, encoding="utf-8")
    command(folder, "single", "index", "build")
    assert "渡口法 第二条" in command(folder, "single", "search", "船")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_system_that_finds_nothing_at_all(language: str, folder: Path, tmp_path: Path) -> None:
    """Then there is no article on top whose level could be held against that of the relevant one."""
    pair = PAIR.format(systems=BM25)
    (tmp_path / "nothing.toml").write_text(pair, encoding="utf-8")
    (tmp_path / "asked.csv").write_text(
        f"text,relevant\n{ASKED[:1]},渡口法第2条\nxyz,渡口条例第1条\n", encoding="utf-8"
    )
    (tmp_path / "articles.csv").write_bytes((folder / "articles.csv").read_bytes())
    command(tmp_path, "nothing", "index", "build")
    for name in SHOWN:
        kwargs = {"name": name, "pair": "nothing", "folder": str(tmp_path), "language": language}
        test = AppTest.from_function(section, default_timeout=60, kwargs=kwargs).run()
        assert not test.exception, name
        assert not test.error, name
    opened, view = services(tmp_path, "nothing"), view_of("nothing", language)
    experiment = opened.experiment(view)
    assert experiment.evaluations["bm25"][0].means["RR@10"] == 0
    assert all_tables(opened, view, experiment)["levels.csv"] == "\ufeffsystem,relevant,top,queries\r\n"
    assert report(opened, view, experiment)
