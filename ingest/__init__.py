"""From a page, feed or file to an index that can be searched. Knows no question.

Importing this package silences the libraries beneath it before any of them is imported: onnxruntime and
Gradio look up a telemetry host at import, so the switches must stand in the environment first.
"""

import os

SILENCE = {
    "ORT_DISABLE_TELEMETRY": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "ANONYMIZED_TELEMETRY": "False",
    "TOKENIZERS_PARALLELISM": "false",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",  # what goes wrong there is told in a sentence
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # else every worker makes an environment of its own under `uv run`
}
os.environ.update(SILENCE)
