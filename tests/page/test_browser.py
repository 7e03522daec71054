"""One walk through the page in headless Chromium: type a question, read two ranked lists, reopen the link."""

import socket
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Browser, Dialog

from workbench import Workbench
from workbench.core.settings import Pair

pytestmark = pytest.mark.browser


def test_asking_a_question(tiny_page: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    alerts: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        alerts.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    page.goto(tiny_page)
    page.wait_for_selector(".wb-tiles", timeout=60_000)
    box = page.locator(".st-key-choice-q input")
    box.fill("<img src=x onerror=alert(1)>夜里摆渡要点几盏灯")
    box.press("Enter")
    page.wait_for_selector("text=Answers to: <img", timeout=60_000)
    assert alerts == []
    box.fill("夜里摆渡要点几盏灯")
    box.press("Enter")
    page.wait_for_selector("text=Judged query q2", timeout=60_000)
    columns = page.locator(".wb-lists > div")
    for column in (columns.nth(0), columns.nth(2)):
        assert column.locator(".wb-rank").all_inner_texts() == [str(place) for place in range(1, 8)]
        scores = [float(score.split()[0]) for score in column.locator(".wb-score").all_inner_texts()]
        assert scores == sorted(scores, reverse=True)
        assert column.locator(".wb-tick").count() == 1
    assert page.locator(".wb-links i").count() == 7
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert parse_qs(urlparse(page.url).query)["q"] == ["夜里摆渡要点几盏灯"]
    other = browser.new_context(viewport={"width": 1920, "height": 1000}).new_page()
    other.goto(page.url)
    other.wait_for_selector("text=Judged query q2", timeout=60_000)
    assert not other.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_triplets_are_downloaded(tiny_page: str, browser: Browser, pair: Pair, home: Path) -> None:
    page = browser.new_page()
    page.goto(tiny_page)
    button = page.get_by_role("button", name="pair-queries-tuned-displaced.jsonl")
    button.wait_for(timeout=60_000)
    with page.expect_download(timeout=60_000) as download:
        button.click()
    mining = Workbench(pair, home).mine(pair.queries[0], system="tuned", only="displaced")
    assert download.value.path().read_text(encoding="utf-8") == "".join(mining.lines()) != ""
    page.close()


@pytest.mark.parametrize(
    ("scheme", "paper", "ink"),
    [("light", "rgb(255, 255, 255)", "rgb(27, 31, 36)"), ("dark", "rgb(20, 23, 28)", "rgb(232, 234, 237)")],
)
def test_the_page_has_its_own_theme_wherever_it_is_served_from(
    tiny_page: str, browser: Browser, scheme: Literal["light", "dark"], paper: str, ink: str
) -> None:
    page = browser.new_page(color_scheme=scheme)
    page.goto(tiny_page)
    page.wait_for_selector(".wb-head")
    style = "(name) => getComputedStyle(document.querySelector('.stApp')).getPropertyValue(name)"
    assert page.evaluate(style, "background-color") == paper
    assert page.evaluate(style, "color") == ink
    assert page.evaluate(style, "font-family").startswith("Inter")
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "15px"
    page.close()


def test_the_server_answers_on_loopback_only(tiny_page: str) -> None:
    host = socket.gethostbyname(socket.gethostname())
    if host.startswith("127."):
        pytest.skip("this machine has no other address")
    with socket.socket() as probe:
        probe.settimeout(2)
        assert probe.connect_ex((host, urlparse(tiny_page).port)) != 0
