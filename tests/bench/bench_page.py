"""What a reader waits for in the browser: typing in the library's search at about 10,000 papers, from the key to the
new rows (bar: 200 ms median), and clicking a mark, to the highlighted sentence in view (bar: 100 ms median).

PAPERCHAT_HOME names a folder that holds the papers.
"""

import os
import socket
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from ingest.settings import Settings
from rag.engine import Engine
from ui.serve import start

WORDS = ("diffusion video", "zhang reasoning", "language model agents", "quantization", "3d gaussian")
BAR, CLICK_BAR = 200.0, 100.0  # milliseconds
CLICKS = 20
# Clicks the marks in turn, and notes when the sentence that each stands for is highlighted and in view.
CLICK = """async (clicks) => {
  const inView = (node) => {
    const box = node?.getBoundingClientRect();
    return box && box.height > 0 && box.top >= 0 && box.bottom <= innerHeight;
  };
  const marks = [...document.querySelectorAll("#chat .answer button.cite")];
  const times = [];
  for (let n = 0; n < clicks; n++) {
    const before = document.querySelector("#source mark.chosen");
    const began = performance.now();
    marks[n % marks.length].click();
    for (;;) {
      const chosen = document.querySelector("#source mark.chosen");
      if (inView(chosen) && (chosen !== before || performance.now() - began > 300)) break;
      await new Promise(requestAnimationFrame);
    }
    times.push(performance.now() - began);
    await new Promise((done) => setTimeout(done, 300));
  }
  return times;
}"""
# Notes when a key went down and when the rows changed after it.
WATCH = """() => {
  window.times = [];
  let down = 0;
  document.querySelector("#words").addEventListener("keydown", () => { down = performance.now(); }, true);
  const isRows = (node) => node.querySelector?.(".papers, .nothing") || node.matches?.(".papers, .nothing");
  new MutationObserver((changes) => {
    if (!down || !changes.some((change) => [...change.addedNodes].some(isRows))) return;
    times.push(performance.now() - down);
    down = 0;
  }).observe(document.querySelector("#rows"), { subtree: true, childList: true });
}"""


def main() -> None:
    settings = Settings(Path(os.environ["PAPERCHAT_HOME"]))
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        served = start(lambda: Engine(settings), host="127.0.0.1", port=port, folder=folder)
        count = served.opening.result().count()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1366, "height": 768})
            page.goto(served.url)
            clicks = clicked(page)
            times = typed(page)
            browser.close()
        served.stop()
    median = statistics.median(times)
    print(
        f"key to new rows at {count:,} papers: median {median:.0f} ms (bar {BAR:.0f}), 95th percentile "
        f"{statistics.quantiles(times, n=20)[-1]:.0f} ms, {len(times)} keys"
    )
    click = statistics.median(clicks)
    print(f"mark to its sentence in view: median {click:.0f} ms (bar {CLICK_BAR:.0f}), most {max(clicks):.0f} ms")
    sys.exit(median > BAR or click > CLICK_BAR)


def clicked(page: Page) -> list[float]:
    """Milliseconds from each click on a mark to its sentence."""
    page.wait_for_selector("#chat .example")
    page.locator("#box textarea").fill("Which papers are about video generation?")
    page.locator("#box textarea").press("Enter")
    page.wait_for_selector("#chat .answer:not(.draft) button.cite")
    page.wait_for_timeout(1_000)
    return [float(ms) for ms in page.evaluate(CLICK, CLICKS)]


def typed(page: Page) -> list[float]:
    """Milliseconds from each key to its rows, the first word left out."""
    page.get_by_role("tab", name="Library").click()
    page.wait_for_selector("table.papers tbody tr")
    page.evaluate(WATCH)
    for place, words in enumerate(WORDS):
        page.locator("#words textarea, #words input").first.fill("")
        page.wait_for_timeout(600)
        if place == 1:
            page.evaluate("times.length = 0")
        page.locator("#words textarea, #words input").first.press_sequentially(words, delay=400)
    page.wait_for_timeout(600)
    return [float(ms) for ms in page.evaluate("times")]


if __name__ == "__main__":
    main()
