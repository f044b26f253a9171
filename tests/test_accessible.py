"""The page is open to all: axe-core finds nothing serious on any tab, in either theme, on a desk or a phone."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, expect
from test_page import CHROMIUM, PHONE, ask, browser, free_port

from ingest.settings import Settings
from rag.engine import Engine

__all__ = ["browser"]
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs a Chromium at {CHROMIUM}")
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
TABS = ("Chat", "Library", "Map", "Import", "Settings")
DESK = {"width": 1366, "height": 768}


@pytest.fixture(scope="module")
def address(indexed_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from ui.serve import start

    home = tmp_path_factory.mktemp("accessible") / "home"
    shutil.copytree(indexed_home, home)
    folder = str(tmp_path_factory.mktemp("gradio"))
    served = start(lambda: Engine(Settings(home)), host="127.0.0.1", port=free_port(), folder=folder)
    served.opening.result()
    yield served.url
    served.stop()


def grave(page: Page) -> list[str]:
    """The serious and critical violations on the page as it stands: rule, help and first places."""
    page.evaluate(AXE)
    found: Any = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert found["passes"]
    return [
        f"{one['id']}: {one['help']} {[node['target'] for node in one['nodes'][:4]]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_tab(browser: Browser, address: str, theme: Any, size: Any) -> None:
    context = browser.new_context(viewport=size, color_scheme=theme, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(address)
    expect(page.locator("#chat .example").first).to_be_visible()
    found = {"Start": grave(page)}
    answer = ask(page, "Compare KIVI and ZipCache on memory")
    answer.locator(".cite:visible").first.click()
    expect(page.locator("#source .card mark").first).to_be_visible()
    found["Chat"] = grave(page)
    page.keyboard.press("Escape")
    for name in TABS[1:]:
        page.get_by_role("tab", name=name, exact=True).click()
        if name == "Map":
            expect(page.get_by_text("Laying out the map")).to_have_count(0, timeout=90_000)
            expect(page.locator("canvas[aria-label]")).to_be_visible()  # named once the points are drawn
        elif name == "Library":
            expect(page.locator("input.pick").first).to_be_visible()
        found[name] = grave(page)
    context.close()
    assert found == {name: [] for name in found}
