"""Where things stand on the demo's page in headless Chromium: above the fold, while loading, while scrolling, zoomed in."""

from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.demo]
PATIENCE = 60_000  # milliseconds

ABOVE_THE_FOLD = """column => [...document.querySelectorAll(`.wb-lists > div:nth-child(${column}) .wb-hit`)]
  .filter(hit => hit.getBoundingClientRect().bottom <= innerHeight).length"""
SHIFTS = """
window.shifts = [];
new PerformanceObserver(list => { for (const each of list.getEntries()) window.shifts.push({
  value: each.value,
  most: Math.max(0, ...each.sources.map(source => source.currentRect.height && source.previousRect.height
    ? Math.abs(source.currentRect.y - source.previousRect.y) : 0)),
}) }).observe({ type: "layout-shift", buffered: true });
"""


def visit(browser: Browser, address: str, width: int, height: int, script: str = "") -> Page:
    page = browser.new_page(viewport={"width": width, "height": height})
    page.set_default_timeout(PATIENCE)
    if script:
        page.add_init_script(script)
    page.goto(address)
    page.wait_for_selector(".wb-lists")
    return page


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("width", "height", "hits"), [(1280, 800, 3), (1920, 1080, 6)])
def test_the_first_hits_of_both_columns_are_above_the_fold(
    demo_page: str, browser: Browser, language: str, width: int, height: int, hits: int
) -> None:
    page = visit(browser, f"{demo_page}?lang={language}", width, height)
    page.wait_for_selector("#takeaway")
    assert page.evaluate(ABOVE_THE_FOLD, 1) >= hits
    assert page.evaluate(ABOVE_THE_FOLD, 3) >= hits
    tiles = page.locator(".wb-tile").all()
    tops = {round((tile.bounding_box() or {"y": -1})["y"]) for tile in tiles}
    assert (len(tiles), len(tops)) == (5, 1)
    page.close()


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1920, 1080)])
def test_nothing_jumps_while_the_page_loads(
    demo_page: str, browser: Browser, width: int, height: int
) -> None:
    page = visit(browser, demo_page, width, height, SHIFTS)
    page.wait_for_selector("#takeaway")
    page.wait_for_timeout(2_000)
    shifts = page.evaluate("window.shifts")
    assert shifts  # else nothing was observed
    assert sum(shift["value"] for shift in shifts) < 0.1
    assert max(shift["most"] for shift in shifts) <= 50
    page.close()


def test_links_to_the_sections_stay_in_sight_and_mark_where_one_is(demo_page: str, browser: Browser) -> None:
    page = visit(browser, demo_page, 1280, 800)
    page.wait_for_selector("#takeaway")
    nav = page.locator(".wb-nav")
    marked = ".wb-nav a[aria-current=true]"
    assert page.locator(marked).all_inner_texts() == ["Search"]
    for title in ("National versus local", "Take away", "Search"):
        nav.get_by_text(title, exact=True).click()
        page.wait_for_function(f"document.querySelector('{marked}').textContent === '{title}'")
        box = nav.bounding_box()
        assert box
        assert 0 <= box["y"] < 120
    page.close()


def test_the_link_is_copied_with_what_is_shown_by_default(demo_page: str, browser: Browser) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{demo_page}?depth=5")
    page.wait_for_selector(".wb-lists")
    page.get_by_role("button", name="Copy link").click()
    page.get_by_role("button", name="Link copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert parse_qs(urlparse(copied).query) == {
        "depth": ["5"], "lang": ["en"], "dim": ["768"], "set": ["test"], "example": ["1"],
    }  # fmt: skip
    heading = page.locator(".wb-h3").first.inner_text()
    page.get_by_role("button", name="Next example").click()
    page.wait_for_selector("text=Worked example 2 of")
    page.goto(copied)
    page.wait_for_selector(".wb-lists")
    assert page.locator(".wb-h3").first.inner_text() == heading
    assert page.locator(".wb-hit").count() == 10
    context.close()


@pytest.mark.parametrize("view", ["full", "present"])
def test_zoomed_to_200_percent_nothing_is_to_be_scrolled_sideways(
    demo_page: str, browser: Browser, view: str
) -> None:
    page = visit(browser, f"{demo_page}?view={view}", 640, 400)
    page.wait_for_selector("#matryoshka")
    page.wait_for_timeout(2_000)
    main = "document.querySelector('[data-testid=stMain]')"
    assert page.evaluate(f"{main}.scrollWidth <= {main}.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()
