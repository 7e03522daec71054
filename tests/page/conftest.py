"""The page for all its tests: opened without a browser, one server of the tiny pair, one Chromium."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from streamlit.testing.v1 import AppTest

from tests.browser import chromium, server
from tests.page.opened import SCRIPT, Opened


@pytest.fixture(scope="session")
def tiny_page(pair_folder: Path, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page on the tiny pair, served from a folder without settings of its own."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    with server(str(pair_folder / "pair.toml"), home, folder=elsewhere) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not shutil.which("chromium"):
        pytest.skip("Debian's chromium is not installed")
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def demo_copy(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's models and index under a home folder of the tests' own."""
    folder = tmp_path_factory.mktemp("demo")
    for name in ("models", "index"):
        os.symlink(demo_home.resolve() / name, folder / name)
    shutil.copy(demo_home / "query_vectors.sqlite", folder)
    return folder


@pytest.fixture(scope="module")
def demo_page(demo_copy: Path) -> Iterator[str]:
    """The address of a page on the demo."""
    with server("demo", demo_copy) as address:
        yield address


@pytest.fixture
def opened(pair_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Opened:
    """Opens the page with these parameters in the address."""

    def visit(file: Path = pair_folder / "pair.toml", folder: Path = home, **query: str) -> AppTest:
        monkeypatch.setattr(sys, "argv", [str(SCRIPT), "--pair", str(file), "--home", str(folder)])
        test = AppTest.from_file(str(SCRIPT), default_timeout=60)
        for name, value in query.items():
            test.query_params[name] = value
        test.run()
        assert not test.exception
        return test

    return visit
