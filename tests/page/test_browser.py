"""One walk through the page in headless Chromium: type a question, read two ranked lists, reopen the link."""

import shutil
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest

from tests.browser import chromium, server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="Debian's chromium is not installed"),
]


def test_asking_a_question(pair_folder: Path, home: Path) -> None:
    with server(str(pair_folder / "pair.toml"), home) as address, chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        alerts: list[str] = []
        page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
        page.goto(address)
        page.wait_for_selector(".wb-tiles", timeout=60_000)
        box = page.locator(".st-key-choice-q input")
        box.fill("<img src=x onerror=alert(1)>夜里摆渡要点几盏灯")
        box.press("Enter")
        page.wait_for_selector(".wb-lists", timeout=60_000)
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


def test_the_server_answers_on_loopback_only(pair_folder: Path, home: Path) -> None:
    import socket

    with server(str(pair_folder / "pair.toml"), home) as address:
        port = urlparse(address).port
        host = socket.gethostbyname(socket.gethostname())
        if not host.startswith("127."):
            with socket.socket() as probe:
                probe.settimeout(2)
                assert probe.connect_ex((host, port)) != 0
