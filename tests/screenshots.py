"""`make screenshots`: every section of the demo page, in English (light, 1280 px) and Chinese (dark, 1920), and its models beside BM25."""

import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page

from tests.browser import chromium, server
from workbench.page.sections import SECTIONS

ROOT = Path(__file__).parent.parent
KINDS = """
[systems.bm25]
kind = "lexical"
label = "BM25"

[systems.hybrid]
kind = "fusion"
label = "BM25 + tuned"
of = ["bm25", "tuned"]

[index]
reuse = "demo"
"""
VIEWS: list[tuple[str, Literal["light", "dark"], int]] = [("en", "light", 1280), ("zh", "dark", 1920)]


def main() -> None:
    folder, home = ROOT / "docs", ROOT / ".workbench"
    folder.mkdir(exist_ok=True)
    _build("demo", "--build-only", home=home)
    with chromium() as browser:
        with server("demo", home) as address:
            for language, scheme, width in VIEWS:
                page = _opened(browser, address, language, scheme, width)
                height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
                for name, (top, bottom) in edges(page, height).items():
                    _shoot(page, folder / f"{name}-{language}.png", top, bottom)
                page.close()
        kinds = _pair_of_kinds(home)
        with server(str(kinds), home) as address:
            for language, scheme, width in VIEWS:
                page = _opened(browser, address, language, scheme, width)
                top, bottom = (_top(page, place) for place in ("#aggregate", ".st-key-differences"))
                _shoot(page, folder / f"systems-{language}.png", top - 12, bottom - 12)
                page.close()


def _build(*command: str, home: Path) -> None:
    subprocess.run([sys.executable, "-m", "workbench.cli", *command, "--home", str(home)], check=True)


def _pair_of_kinds(home: Path) -> Path:
    """The demo's pair with BM25 and a fusion beside its models, its index built from the demo's."""
    demo = files("workbench.core.pairs").joinpath("demo.toml").read_text(encoding="utf-8")
    file = home / "kinds.toml"
    file.write_text(demo.replace("Demo pair", "Kinds of system") + KINDS, encoding="utf-8")
    _build("index", "build", "--pair", str(file), home=home)
    return file


def _opened(
    browser: Browser, address: str, language: str, scheme: Literal["light", "dark"], width: int
) -> Page:
    """The whole page in a window as high as it is."""
    page = browser.new_page(viewport={"width": width, "height": 1000}, color_scheme=scheme)
    page.goto(f"{address}?lang={language}")
    page.wait_for_selector("#takeaway", timeout=60_000)
    page.wait_for_selector(".wb-lists", timeout=60_000)
    page.wait_for_timeout(3_000)
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(3_000)
    return page


def _top(page: Page, place: str) -> float:
    return float(page.evaluate("place => document.querySelector(place).getBoundingClientRect().top", place))


def _shoot(page: Page, file: Path, top: float, bottom: float) -> None:
    width = page.viewport_size["width"] if page.viewport_size else 0
    page.screenshot(path=str(file), clip={"x": 0, "y": top, "width": width, "height": bottom - top})


def edges(page: Page, height: float) -> dict[str, tuple[float, float]]:
    """Where each section begins and ends on a page of that height, in pixels."""
    tops = [0.0, *(_top(page, f"#{name}") - 12 for name in list(SECTIONS)[1:])]
    return dict(zip(SECTIONS, zip(tops, [*tops[1:], height], strict=True), strict=True))


if __name__ == "__main__":
    main()
