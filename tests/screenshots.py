"""`make screenshots`: every section of the demo page, in English (light, 1280 pixels wide) and Chinese (dark, 1920), into docs/."""

import subprocess
import sys
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page

from tests.browser import chromium, server
from workbench.page.sections import SECTIONS

ROOT = Path(__file__).parent.parent
VIEWS: list[tuple[str, Literal["light", "dark"], int]] = [("en", "light", 1280), ("zh", "dark", 1920)]


def main() -> None:
    folder, home = ROOT / "docs", ROOT / ".workbench"
    folder.mkdir(exist_ok=True)
    subprocess.run(
        [sys.executable, "-m", "workbench.cli", "demo", "--build-only", "--home", str(home)], check=True
    )
    with server("demo", home) as address, chromium() as browser:
        for language, scheme, width in VIEWS:
            page = browser.new_page(viewport={"width": width, "height": 1000}, color_scheme=scheme)
            page.goto(f"{address}?lang={language}")
            page.wait_for_selector("#takeaway", timeout=60_000)
            page.wait_for_selector(".wb-lists", timeout=60_000)
            page.wait_for_timeout(3_000)
            height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(3_000)
            for name, (top, bottom) in edges(page, height).items():
                page.screenshot(
                    path=str(folder / f"{name}-{language}.png"),
                    clip={"x": 0, "y": top, "width": width, "height": bottom - top},
                )
            page.close()


def edges(page: Page, height: float) -> dict[str, tuple[float, float]]:
    """Where each section begins and ends on a page of that height, in pixels."""
    script = "name => document.getElementById(name).getBoundingClientRect().top"
    tops = [0.0, *(page.evaluate(script, name) - 12 for name in list(SECTIONS)[1:])]
    return dict(zip(SECTIONS, zip(tops, [*tops[1:], height], strict=True), strict=True))


if __name__ == "__main__":
    main()
