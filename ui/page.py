"""The page: its frame, with a tab for each thing that can be done here. Each tab builds and wires itself."""

from concurrent.futures import Future
from typing import cast

import gradio as gr

from ui import render
from ui.engine import Engine
from ui.programs import endpoints
from ui.programs.refusal import Page
from ui.tabs import adding, atlas, chat, leaf, library, selection, setting

AT_ONCE = 8  # events answered side by side
IN_LINE = 100  # events waiting before the next is told to come back


def build_page(opening: "Future[Engine]") -> gr.Blocks:
    """The page as Gradio's Blocks; `opening` gives the engine as soon as it is there, or the reason it is not."""
    with Page(title="paperchat", fill_height=True, fill_width=True, delete_cache=(600, 600)) as page:
        with gr.Row(elem_id="top"):
            gr.Markdown(render.BRAND, elem_id="brand", container=False, latex_delimiters=[])
            top = chat.build_top()
        stores = setting.build_stores()
        with gr.Tabs(elem_id="tabs", selected="chat", overflow_behavior="wrap") as tabs:
            with gr.Tab("Chat", id="chat", elem_id="tab-chat"):
                talking = chat.build(top)
            with gr.Tab("Library", id="library", elem_id="tab-library") as shelf:
                listing = library.build()
            with gr.Tab("Map", id="map", elem_id="tab-map"):
                picked = atlas.build()
            with gr.Tab("Import", id="import", elem_id="tab-import") as intake:
                given = adding.build()
            with gr.Tab("Settings", id="settings", elem_id="tab-settings") as desk:
                wished = setting.build(stores)
        endpoints.wire(opening)  # before the tabs, whose private events else take their names
        opened, chosen = leaf.build(), selection.build()
        chat.wire(page, opening, talking, chosen.chosen, wished.wishes, wished.spent)
        setting.wire(page, opening, wished, desk, talking)
        library.wire(opening, listing, shelf, chosen, talking.scope)
        adding.wire(opening, given, intake, talking)
        leaf.wire(opening, opened, chosen.chosen, talking.box, tabs)
        selection.wire(page, chosen, [talking.scope, listing.line, picked])
    page.queue(default_concurrency_limit=AT_ONCE, max_size=IN_LINE)
    return cast(gr.Blocks, page)
