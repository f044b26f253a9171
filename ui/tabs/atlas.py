"""The map: the papers as points in the plane, near where they mean alike, and their groups as a list beside it.

The points come as JSON on a path of their own, since the page's own script draws them: Gradio has no canvas.
"""

from concurrent.futures import Future
from typing import Any

import gradio as gr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ui import points
from ui.engine import Engine, explain

PATH = "/paperchat/map.json"


def build() -> gr.Markdown:
    """The tab; returns the line that says how many papers are selected."""
    markdown: dict[str, Any] = {"container": False, "latex_delimiters": []}
    with gr.Row(elem_id="map"):
        with gr.Column(elem_id="plane"):
            gr.Markdown(points.FRAME, **markdown)
        with gr.Column(elem_id="groups"):
            line = gr.Markdown("", elem_id="taken", **markdown)
            gr.Markdown(points.LIST, **markdown)
    return line


def route(opening: "Future[Engine]") -> Route:
    """The path where the page's script reads the points; `?have=7` is answered empty while the map is still that.

    `?have=any` is answered empty always, and has a map laid out that is missing.
    """

    def tell(request: Request) -> Response:
        if not opening.done():
            return JSONResponse(points.nothing(points.OPENING, waits=True))
        try:
            engine = opening.result()
            mapped = engine.atlas()
            have = request.query_params.get("have")
            if have == "any" or (have == str(mapped.revision) and not mapped.waits):
                return Response(status_code=204)
            return JSONResponse(points.points(mapped, engine.count()))
        except Exception as error:
            return JSONResponse(points.nothing(explain(error), waits=False))

    return Route(PATH, tell)
