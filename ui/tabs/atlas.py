"""The map: the papers as points in the plane, near where they mean alike."""

import gradio as gr


def build() -> None:
    gr.Markdown("", elem_id="map")
