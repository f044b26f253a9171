"""From a map of papers to the data its canvas is drawn from, and the frame it is drawn in. Pure functions.

Titles travel as they are but for invisible marks: the page's script writes them as text, never as markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ui.prose import UNSEEN

if TYPE_CHECKING:
    from ingest.browse.topic_map import Mapped

FRAME = (
    '<div class="plane"><div class="tools">'
    '<button type="button" class="quiet lasso" title="Draw around papers to select (or hold Shift)">Select</button>'
    '<button type="button" class="quiet nearer" title="Zoom in (+)">+</button>'
    '<button type="button" class="quiet farther" title="Zoom out (−)">−</button>'
    '<button type="button" class="quiet whole" title="Show all (0)">Fit</button></div>'
    '<div class="field"></div><p class="state" role="status">Loading the map…</p><div class="tip" hidden></div></div>'
)
LIST = '<div class="groups"><div class="cited"></div><div class="list"></div></div>'
EMPTY = "No papers yet. Add papers under Import, or run “paperchat ingest FILE”."
WAITS = "Building the map; this can take a minute or two…"
OPENING = "Loading papers…"
FAILED = "The map could not be built; see the terminal for the reason. The Library lists all papers."


def points(mapped: Mapped, count: int) -> dict[str, Any]:
    """The map as JSON takes it: one list for each property of the papers, in one order; `count` papers are indexed."""
    spots = mapped.spots
    return {
        "revision": mapped.revision,
        "waits": mapped.waits,
        "state": "" if spots else EMPTY if not count else WAITS if mapped.waits else FAILED,
        "terms": [seen(terms) for terms in mapped.terms],
        "ids": [spot.id for spot in spots],
        "titles": [seen(spot.title) for spot in spots],
        "x": [spot.x for spot in spots],
        "y": [spot.y for spot in spots],
        "group": [spot.group for spot in spots],
    }


def nothing(words: str, *, waits: bool) -> dict[str, Any]:
    """A map without papers, and why."""
    lists: dict[str, Any] = {name: [] for name in ("terms", "ids", "titles", "x", "y", "group")}
    return {"revision": -1, "waits": waits, "state": words} | lists


def seen(text: str) -> str:
    """Text without control characters and marks that turn its direction."""
    return UNSEEN.sub("", text)
