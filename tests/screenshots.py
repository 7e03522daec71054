"""`make screenshots`: the demo page in both languages, light and dark, 1280 and 1920 pixels wide, into docs/."""

import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode

from tests.browser import chromium, server

ROOT = Path(__file__).parent.parent
QUESTION = "家里着火打119，消防队来灭完火会不会找我要钱？"
VIEWS = [("en", "light", 1280), ("en", "dark", 1920), ("zh", "light", 1920), ("zh", "dark", 1280)]


def main() -> None:
    folder, home = ROOT / "docs", ROOT / ".workbench"
    folder.mkdir(exist_ok=True)
    subprocess.run([sys.executable, "-m", "workbench.cli", "demo", "--build-only", "--home", str(home)], check=True)
    with server("demo", home) as address, chromium() as browser:
        for language, scheme, width in VIEWS:
            page = browser.new_page(viewport={"width": width, "height": 1000}, color_scheme=scheme)
            page.goto(f"{address}?{urlencode({'lang': language, 'q': QUESTION})}")
            page.wait_for_selector("[data-testid=stDataFrame]", timeout=60_000)
            height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(1_500)
            page.screenshot(path=str(folder / f"page-{language}-{scheme}-{width}.png"))
            page.close()


if __name__ == "__main__":
    main()
