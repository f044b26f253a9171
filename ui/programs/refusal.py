"""What programs are told that ask for what there is not, or in a way that nothing takes: plain words, no traceback."""

import inspect
from typing import Any

import gradio as gr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

CALLS = "/gradio_api/call/"
DESCRIBED = "see /gradio_api/openapi.json."


class Refusal(gr.Error):
    """An error that Gradio tells to who asked, and to nobody else, in just these words."""

    def __init__(self, words: str) -> None:
        super().__init__(words, print_exception=False)

    def __str__(self) -> str:
        return str(self.message)


class Page(gr.Blocks):
    """Gradio's Blocks, which says in plain words where what was sent does not fit a public endpoint."""

    async def preprocess_data(self, block_fn: Any, inputs: Any, state: Any, explicit_call: bool = False) -> Any:
        try:
            return await super().preprocess_data(block_fn, inputs, state, explicit_call)
        except Exception as error:
            if isinstance(error, gr.Error) or block_fn.api_visibility != "public":
                raise
            taken = ", ".join(inspect.signature(block_fn.fn).parameters)
            words = f"'{block_fn.api_name}' takes all of {taken}, in this order; {DESCRIBED}"
            raise Refusal(words) from error


def misnamed(request: Request, error: Exception) -> Response:
    """The response to a call of no endpoint (KeyError), or with names that it does not take (TypeError)."""
    if not request.url.path.startswith(CALLS):
        raise error
    if isinstance(error, TypeError):
        words = str(error).partition(" Please")[0].rstrip(".")[:300]
        return JSONResponse({"detail": f"{words}; {DESCRIBED}"}, 422)
    return JSONResponse({"detail": f"There is no such endpoint; {DESCRIBED}"}, 404)
