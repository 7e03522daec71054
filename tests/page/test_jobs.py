"""The three people of the workbench do their jobs in headless Chromium, on the demo: reviewer, presenter, legal expert."""

import csv
import io
import re
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Browser, Locator, Page

from tests.browser import server

pytestmark = [pytest.mark.browser, pytest.mark.demo]
PATIENCE = 60_000  # milliseconds


def visit(browser: Browser, address: str) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 1000}, accept_downloads=True).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    page.wait_for_selector("#takeaway")
    return page


def select_row(table: Locator, row: int) -> None:
    """Rows are drawn on a canvas: the box in front of one is clicked where it is drawn."""
    table.scroll_into_view_if_needed()
    table.click(position={"x": 20, "y": 35 * (row + 1) + 17})


def download(page: Page, name: str, folder: Path) -> Path:
    with page.expect_download() as coming:
        page.get_by_role("button", name=name).click()
    coming.value.save_as(folder / name)
    return folder / name


def query_of(page: Page) -> list[str]:
    return parse_qs(urlparse(page.url).query).get("q", [])


def test_the_reviewer_follows_a_regressed_query_from_the_table_to_search_to_a_file(
    demo_page: str, browser: Browser, tmp_path: Path
) -> None:
    page = visit(browser, demo_page)
    regressed = page.locator(".st-key-choice-show-en").get_by_text(re.compile("regressed"))
    regressed.click()
    page.wait_for_function("location.search.includes('show=regressed')")
    select_row(
        page.locator(
            f".stDataFrame:has([aria-label*=': {regressed.inner_text().split()[1]} judged queries'])"
        ).first,
        0,
    )
    page.wait_for_function("location.search.includes('q=')")
    asked = query_of(page)
    page.wait_for_selector(f".wb-h3:has-text('Answers to: {asked[0]}')")
    assert page.locator(".wb-h3", has_text=asked[0]).count() == 1
    page.wait_for_function("document.querySelector('#search').getBoundingClientRect().top < innerHeight")

    written = download(page, "demo-test-768-queries.csv", tmp_path).read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(written, newline="")))
    assert len(rows) == 120
    row = next(row for row in rows if row["query"] == asked[0])
    assert float(row["tuned_768 RR@10"]) < float(row["base_768 RR@10"])
    ranks = page.locator(".wb-relevant td.n:not(.other)").all_inner_texts()
    assert [row["base_768 rank"], row["tuned_768 rank"]] == ranks[:2]


def test_the_presenter_shows_a_sample_sends_a_link_and_saves_a_report(
    demo_page: str, browser: Browser, tmp_path: Path
) -> None:
    page = visit(browser, demo_page)
    page.get_by_role("button", name="Sample questions").click()
    page.locator("[class*='st-key-sample-']").first.get_by_role("button").click()
    page.wait_for_selector(".wb-h3:has-text('Answers to:')")
    page.get_by_text("中文", exact=True).click()
    page.wait_for_selector("text=检索结果")
    shown = page.locator(".wb-lists").inner_text()

    other = visit(browser, page.url)
    other.wait_for_selector(".wb-lists")
    assert re.sub(r"检索 \d+ 毫秒|编码 .*? ·", "", other.locator(".wb-lists").inner_text()) == re.sub(
        r"检索 \d+ 毫秒|编码 .*? ·", "", shown
    )
    assert other.locator(".wb-h3", has_text="逐题结果").count() == 1
    report = download(other, "demo-test-768.html", tmp_path)

    # No server and no network is to be had.
    offline = browser.new_context(offline=True).new_page()
    faults: list[str] = []
    offline.on("pageerror", lambda fault: faults.append(str(fault)))
    offline.on("requestfailed", lambda request: faults.append(request.url))
    offline.goto(report.as_uri())
    offline.wait_for_selector(".js-plotly-plot .main-svg")
    assert faults == []
    assert offline.locator(".js-plotly-plot").count() == 6
    for text in ("MRR@10", "改进最大的问题", "评测方法", "33,561"):
        assert offline.get_by_text(text).first.is_visible()
    assert not offline.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_the_expert_judges_an_answer_and_finds_the_verdict_after_a_restart(
    demo_page: str, demo_copy: Path, browser: Browser
) -> None:
    question = "快递把我的包裹弄丢了怎么赔"
    page = visit(browser, demo_page)
    box = page.locator(".st-key-choice-q input")
    box.fill(question)
    box.press("Enter")
    page.wait_for_selector(f".wb-h3:has-text('Answers to: {question}')")
    name = page.get_by_label("Your name")
    name.fill("李法官")
    name.press("Enter")
    page.get_by_label("Note", exact=True).fill("答非所问 <b>x</b>")
    page.locator(".st-key-verdict-relevant button").click()
    page.wait_for_selector(".wb-verdict")
    page.locator(".st-key-add-to-own-set button").click()
    page.wait_for_selector("text=own-001")

    with server("demo", demo_copy) as address:
        page = visit(browser, f"{address}?q={question}")
        page.wait_for_selector(".wb-verdict")
        assert "李法官" in page.locator(".wb-verdict").first.inner_text()
        assert page.get_by_text("答非所问 <b>x</b>").count() >= 1
        again = visit(browser, f"{address}?set=own")
        assert again.get_by_text("own: 1 judged queries").count() == 1
