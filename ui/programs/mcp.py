"""Results of MCP tools as JSON: Gradio's server would tell an object as Python writes it, and look for files in it."""

import json
from typing import Any

import gradio as gr


def tell_json(page: gr.Blocks) -> None:
    """Has the MCP server of a launched page give each result as one text of JSON."""
    server = page.mcp_server_obj
    if server is None:
        return
    types: Any = server.types

    def as_json(data: Any, root_url: str) -> list[Any]:
        return [types.TextContent(type="text", text=json.dumps(one, ensure_ascii=False)) for one in data]

    server.postprocess_output_data = as_json  # type: ignore[method-assign]
