"""What a reader set: who writes, of how many papers, how long, which theme, and what it cost so far.

Kept in the reader's browser and sent with each question, so it may be anything; nothing of it stays on the server.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from rag.style import USUAL, Length, Style, Writing
from ui.prose import escape
from ui.sent import parsed

CONSIDERED = (5, 10, 20, 30)  # papers to choose from
THEMES = ("system", "light", "dark")
MOST = 10**12  # of anything counted
COST = "<h3>Cost so far</h3>"
# Of tests/bench/bench_check.py, on its test split, 2026-11-30.
CHECKS = (
    "<h3>How answers are checked</h3><p>Before a sentence is shown, its figures and names are looked up in what it "
    "cites. Then the language model rereads each statement next to its sources, and nothing else. In our tests, 1 of "
    "100 true statements was flagged and none of 260 false ones passed (67 of 100 pass without the model's check); of "
    "100 that passed, 2 were not fully supported. This was measured on 356 statements that a strong model wrote and "
    "checked. Smaller models make more mistakes; <code>paperchat eval --check</code> measures yours.</p>"
)
LONGEST = 1_000  # characters of what a browser keeps
Spent = tuple[int, int, float]  # tokens in and out and money of all answers in a browser


@dataclass(frozen=True, slots=True)
class Wishes:
    """What can be set; the theme is heeded in the browser."""

    model: bool = True
    papers: int = USUAL.papers
    length: str = USUAL.length.value
    theme: str = "system"
    meaning: bool = True

    @property
    def style(self) -> Style:
        return Style(self.papers, Length(self.length), meaning=None if self.meaning else False)

    def kept(self) -> str:
        """As it is kept in the browser: as text, because Gradio there overlooks that an object has changed."""
        return json.dumps(asdict(self))


def wishes_of(sent: Any) -> Wishes:
    """What a browser kept; the usual stands in for whatever is no setting."""
    return read_wishes(parsed(sent, dict, most=LONGEST))


def read_wishes(given: dict[str, Any]) -> Wishes:
    """The same from values by their names."""
    usual = Wishes()
    return Wishes(
        given["model"] if isinstance(given.get("model"), bool) else usual.model,
        one_of(CONSIDERED, given.get("papers"), usual.papers),
        one_of([length.value for length in Length], given.get("length"), usual.length),
        one_of(THEMES, given.get("theme"), usual.theme),
        given["meaning"] if isinstance(given.get("meaning"), bool) else usual.meaning,
    )


def shaped(style: Style, given: Mapping[str, Any]) -> Style:
    """A style as a button of an answer wants it: shorter, longer, side by side, without the papers before."""
    return replace(
        style,
        length=Length(one_of([length.value for length in Length], given.get("length"), style.length.value)),
        table=given.get("table") is True,
        context=given.get("context") is not False,
    )


def one_of(choices: Sequence[Any], given: Any, usual: Any) -> Any:
    return next((one for one in choices if type(one) is type(given) and one == given), usual)


def spent_of(given: Any) -> Spent:
    """What a browser says was spent, each from nothing to very much."""
    numbers = parsed(given, list, most=LONGEST)
    numbers = numbers if len(numbers) == 3 else [0, 0, 0]
    fit = [n if isinstance(n, int | float) and not isinstance(n, bool) and 0 <= n < MOST else 0 for n in numbers]
    return int(fit[0]), int(fit[1]), float(fit[2])


def after(spent: Spent, took: Spent) -> str:
    """What was spent with one more answer, as it is kept in the browser."""
    return json.dumps([spent[0] + took[0], spent[1] + took[1], round(spent[2] + took[2], 6)])


def writer(writing: Writing | None) -> str:
    """Which language model writes, where it is asked and what it costs; its key is not known here."""
    if writing is None:
        return '<div class="facts"><p>No language model is connected, so answers are quotes from the papers.</p></div>'
    price = "not set (<code>PAPERCHAT_PRICE</code>)"
    if writing.price:
        price = f"{writing.price[0]:g} in, {writing.price[1]:g} out, per million tokens"
    rows = (
        ("Model", escape(writing.name or "the first one the endpoint lists")),
        ("Endpoint", escape(writing.endpoint)),
        ("Price", price),
    )
    return f'<dl class="facts">{"".join(f"<dt>{name}</dt><dd>{told}</dd>" for name, told in rows)}</dl>'


def cost(spent: Spent, *, priced: bool) -> str:
    """What all answers in this browser took."""
    tokens_in, tokens_out, money = spent
    if not (tokens_in or tokens_out):
        return f'{COST}<p class="cost">Nothing so far.</p>'
    paid = f" · cost {money:,.4f}" if priced else ""
    return f'{COST}<p class="cost">{tokens_in:,} tokens in · {tokens_out:,} out{paid}</p>'
