"""The theme, style and script of the page, as arguments of Gradio's `launch`."""

from pathlib import Path
from typing import Any

import gradio as gr

ASSETS = Path(__file__).parent / "assets"
STYLES = ("frame.css", "page.css", "past.css", "library.css", "leaf.css", "map.css", "import.css", "settings.css")
SCRIPTS = tuple(f"{name}.js" for name in "theme keep past ask view page library plane map address".split())
SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Liberation Sans", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


def look() -> dict[str, Any]:
    """The page's theme, style and script, as arguments of `launch`.

    The style goes into the head because Gradio rewrites selectors given as `css`, those in media queries and
    `:root` wrongly. Fonts are plain names, so none is fetched.
    """
    paper, night, ink, chalk, line, seam = "#fbfbf9", "#15171a", "#1b1d21", "#e7e5e0", "#e3e2dc", "#2d3136"
    theme = gr.themes.Base(
        primary_hue="neutral", neutral_hue="stone", font=[*SANS], font_mono=[*MONO], radius_size="md"
    ).set(
        body_background_fill=paper,
        body_background_fill_dark=night,
        body_text_color=ink,
        body_text_color_dark=chalk,
        background_fill_primary=paper,
        background_fill_primary_dark=night,
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        border_color_primary=line,
        border_color_primary_dark=seam,
    )
    style, script = (
        "".join((ASSETS / name).read_text(encoding="utf-8") for name in names) for names in (STYLES, SCRIPTS)
    )
    return {"theme": theme, "head": f"<style>{style}</style><script>{script}</script>"}
