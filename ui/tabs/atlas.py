"""The map: the papers as points in the plane, near where they mean alike."""

import gradio as gr


def build() -> gr.Markdown:
    return gr.Markdown("", elem_id="map")
