"""The library: every paper, found by typing."""

import gradio as gr


def build() -> None:
    gr.Markdown("", elem_id="library")
