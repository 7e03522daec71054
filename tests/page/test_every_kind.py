"""A pair with systems of every kind, one of them 384 wide and behind a server: from the doctor to the report, in a browser."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Page

from tests.browser import server
from tests.conftest import ARTICLES, QUERIES, save_model
from tests.embeddings_server import serving
from workbench.cli import main

pytestmark = pytest.mark.browser

PAIR = """
name = "Every kind"
dims = [16, 4]
queries = ["queries.jsonl"]
[corpus]
sources = [{{ kind = "csv", path = "articles.csv" }}]
[index]
uri = "index"
[systems.base]
label = "Base"
model = "base"
[systems.wide]
label = "Wide"
model = "wide"
url = "{url}"
dims = [384, 128]
[systems.bm25]
kind = "lexical"
label = "BM25"
[systems.hybrid]
kind = "fusion"
label = "Hybrid"
of = ["bm25", "wide"]
"""
RUN = """
[systems.earlier]
kind = "run"
label = "Earlier"
path = "trec/base_16.run"
"""
SYSTEMS = {"base": "Base", "wide": "Wide", "bm25": "BM25", "hybrid": "Hybrid", "earlier": "Earlier"}


def workbench(folder: Path, *arguments: str) -> str:
    options = [*arguments, "--pair", str(folder / "five.toml"), "--home", str(folder / "home")]
    result = CliRunner().invoke(main, options)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The pair with its index built; its run file is one that the pair without it has written."""
    folder = tmp_path_factory.mktemp("five")
    save_model(folder / "base", 0)
    save_model(folder / "served", 1, 384)
    (folder / "queries.jsonl").write_text(QUERIES, encoding="utf-8")
    with (folder / "articles.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("law", "article", "text", "level", "region"))
        writer.writerows(
            (each.law, each.article, each.text, each.level.value, each.region) for each in ARTICLES
        )
    with serving(folder / "served") as served:
        pair = PAIR.format(url=served.address)
        (folder / "five.toml").write_text(pair, encoding="utf-8")
        workbench(folder, "index", "build")
        queries, trec = str(folder / "queries.jsonl"), str(folder / "trec")
        workbench(folder, "evaluate", "--queries", queries, "--json", str(folder / "out"), "--trec", trec)
        (folder / "five.toml").write_text(pair + RUN, encoding="utf-8")
        yield folder


def test_the_doctor_knows_every_kind(folder: Path) -> None:
    said = workbench(folder, "doctor")
    assert "vectors of 384 dimensions" in said
    assert "base_16.run: 4 queries, 4 of them in the pair's query sets" in said
    assert "4 vector columns and 1 full-text column" in said


def test_evaluate_measures_each_at_its_own_dimensions(folder: Path) -> None:
    file = folder / "evaluation.json"
    said = workbench(folder, "evaluate", "--queries", str(folder / "queries.jsonl"), "--json", str(file))
    summary: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    dims = {name: sorted(by_dim) for name, by_dim in summary["systems"].items()}
    assert dims == {
        "base": ["16", "4"], "wide": ["128", "384"], "bm25": ["all"], "hybrid": ["all"], "earlier": ["all"],
    }  # fmt: skip
    base, earlier = summary["systems"]["base"]["16"], summary["systems"]["earlier"]["all"]
    assert {name: base[name] for name in ("RR@10", "nDCG@10", "AP", "R@100")} == {
        name: earlier[name] for name in ("RR@10", "nDCG@10", "AP", "R@100")
    }
    assert len(summary["pairwise"]) == 10
    assert said.count("p after Holm") == 10


def opened(browser: Browser, address: str) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(f"{address}?q=夜里摆渡要点几盏灯&third=hybrid")
    page.wait_for_selector("text=Judged query q2", timeout=60_000)
    page.wait_for_selector("text=Every two systems", timeout=60_000)
    return page


def test_the_page_shows_all_and_compares_the_two_that_are_chosen(folder: Path, browser: Browser) -> None:
    with server(str(folder / "five.toml"), folder / "home") as address:
        page = opened(browser, address)
        columns = page.locator(".wb-system b").all_inner_texts()
        assert columns == ["Base", "Wide · 384", "Hybrid"]
        controls = [page.locator(f".st-key-choice-{name}-en").bounding_box() for name in ("base", "set")]
        assert controls[0]
        assert controls[1]
        assert abs(controls[0]["y"] - controls[1]["y"]) < 20
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
        overview = page.locator(".wb-facts").first.inner_text()
        assert [line.split("\t")[0] for line in overview.splitlines()[1:]] == [
            "Base", "Wide · 384", "BM25", "Hybrid", "Earlier",
        ]  # fmt: skip
        wide = (
            "[...document.querySelectorAll('[data-testid=stDataFrame]')].some(each => each.clientWidth > 300)"
        )
        page.wait_for_function(wide, timeout=60_000)  # a table is drawn after what stands around it
        matrix = next(
            frame
            for frame in page.locator("[data-testid=stDataFrame]").all()
            if (frame.bounding_box() or {"width": 0})["width"] > 300
        )
        matrix.scroll_into_view_if_needed()
        box = matrix.bounding_box()
        assert box
        page.mouse.click(box["x"] + box["width"] * 4.5 / 6, box["y"] + 3.5 * 35)  # Hybrid against BM25
        page.wait_for_url("**base=bm25&against=hybrid*", timeout=60_000)
        page.wait_for_selector(".wb-pair b:has-text('BM25')", timeout=60_000)
        report = page.get_by_role("button", name="BM25-Hybrid").or_(page.get_by_role("button", name=".html"))
        report.first.wait_for(timeout=60_000)
        with page.expect_download(timeout=60_000) as download:
            report.first.click()
        text = download.value.path().read_text(encoding="utf-8")
        assert all(label in text for label in SYSTEMS.values())
        assert "All systems" in text
        page.close()


def test_a_run_file_has_no_answer_to_a_question_of_ones_own(folder: Path, browser: Browser) -> None:
    with server(str(folder / "five.toml"), folder / "home") as address:
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(f"{address}?q=谁能开渡口&against=earlier")
        page.wait_for_selector("text=holds only the questions that it was asked", timeout=60_000)
        page.close()
