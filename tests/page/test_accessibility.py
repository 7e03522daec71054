"""Whether everyone can use the demo's page: WCAG 2 A and AA by axe-core, and the way from a table to a question by keyboard."""

from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.demo]
PATIENCE = 60_000  # milliseconds
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

# Streamlit's own widgets that break a rule, and which; nothing else is excepted.
EXCEPTED: dict[str, str] = {}


def visit(browser: Browser, address: str, scheme: Literal["light", "dark"]) -> Page:
    """The whole page, all of it drawn, in a window as high as it is."""
    page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme=scheme)
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    page.wait_for_selector(".wb-lists")
    page.wait_for_selector("#matryoshka")
    page.wait_for_timeout(2_000)
    return page


def enlarge(page: Page) -> None:
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": 1280, "height": height})
    page.wait_for_timeout(3_000)


def violations(page: Page) -> list[tuple[str, str]]:
    """Each broken rule with the element that breaks it."""
    options: dict[str, Any] = {"runOnly": RULES, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    return [
        (rule["id"], node["html"])
        for rule in found
        for node in rule["nodes"]
        if rule["id"] not in {broken for part, broken in EXCEPTED.items() if part in node["html"]}
    ]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_whole_page(
    demo_page: str, browser: Browser, scheme: Literal["light", "dark"], language: str
) -> None:
    page = visit(browser, f"{demo_page}?lang={language}&from=correct&all_pairs=1&displaced=base", scheme)
    page.wait_for_selector("#takeaway")
    page.evaluate("document.querySelectorAll('details.wb-folded').forEach(each => { each.open = true })")
    enlarge(page)
    assert page.locator("details.wb-folded[open] table").count() >= 7  # one a chart
    assert violations(page) == []
    assert page.evaluate("document.documentElement.lang") == language
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_presenters_view(
    demo_page: str, browser: Browser, scheme: Literal["light", "dark"]
) -> None:
    page = visit(browser, f"{demo_page}?view=present", scheme)
    enlarge(page)
    assert violations(page) == []
    page.close()


@pytest.mark.parametrize("name", ["Filters and depth", "Sample questions"])
def test_axe_finds_nothing_behind_a_button(demo_page: str, browser: Browser, name: str) -> None:
    page = visit(browser, demo_page, "light")
    page.get_by_role("button", name=name).click()
    page.wait_for_timeout(1_000)
    assert violations(page) == []
    page.close()


def test_axe_sees_what_is_wrong(demo_page: str, browser: Browser) -> None:
    page = visit(browser, demo_page, "light")
    page.evaluate("document.querySelector('.wb-lead').style.color = '#ddd'")
    page.evaluate(
        "document.querySelector('.wb-lead').querySelectorAll('*').forEach(e => e.style.color = '#ddd')"
    )
    assert {rule for rule, _ in violations(page)} == {"color-contrast"}
    page.close()


def test_a_question_opens_from_a_table_by_keyboard(demo_page: str, browser: Browser) -> None:
    page = visit(browser, f"{demo_page}?show=regressed", "light")
    page.wait_for_selector("#takeaway")
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "CANVAS":
            break
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Space")
    page.wait_for_function("location.search.includes('q=')")
    page.wait_for_selector(".wb-h3:has-text('Answers to:')")
    page.wait_for_function("document.activeElement.id === 'search'")
    page.wait_for_function("document.querySelector('.wb-lists').getBoundingClientRect().top < innerHeight")
    page.close()


def test_a_hit_is_read_whole_by_keyboard(demo_page: str, browser: Browser) -> None:
    page = visit(browser, demo_page, "light")
    page.locator(".wb-hit summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator(".wb-hit .full").first.is_visible()
    page.keyboard.press("Enter")
    assert not page.locator(".wb-hit .full").first.is_visible()
    page.close()
