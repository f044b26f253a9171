"""The page is open to all: axe-core finds nothing serious on any tab, in either theme, on a desk or a phone."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, expect
from test_page import PHONE, ask, browser, pytestmark, started

from ingest.settings import Settings
from rag.engine import Engine

__all__ = ["browser", "pytestmark"]
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")


@pytest.fixture(scope="module")
def address(indexed_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("accessible") / "home"
    shutil.copytree(indexed_home, home)
    with started(lambda: Engine(Settings(home)), tmp_path_factory.mktemp("gradio")) as served:
        served.opening.result()
        yield served.url


def grave(page: Page) -> list[str]:
    """The serious and critical violations on the page as it stands: rule, help and first places."""
    page.evaluate(AXE)
    found: Any = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert found["passes"]
    bad = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
    return [f"{one['id']}: {one['help']} {[node['target'] for node in one['nodes'][:4]]}" for one in bad]


@pytest.mark.parametrize("size", [{"width": 1366, "height": 768}, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_tab(browser: Browser, address: str, theme: Any, size: Any) -> None:
    with browser.new_page(viewport=size, color_scheme=theme, reduced_motion="reduce") as page:
        page.goto(address)
        expect(page.locator("#chat .example").first).to_be_visible()
        found = {"Start": grave(page)}
        answer = ask(page, "Compare KIVI and ZipCache on memory")
        answer.locator(".cite:visible").first.click()
        expect(page.locator("#source .card mark").first).to_be_visible()
        found["Chat"] = grave(page)
        page.keyboard.press("Escape")
        for name in ("Library", "Map", "Import", "Settings"):
            page.get_by_role("tab", name=name, exact=True).click()
            if name == "Map":
                expect(page.locator("canvas[aria-label]")).to_be_visible(timeout=90_000)  # named once it is drawn
            elif name == "Library":
                expect(page.locator("input.pick").first).to_be_visible()
            found[name] = grave(page)
    assert found == {name: [] for name in found}
