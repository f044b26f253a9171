"""From a question to a grounded answer. Knows no browser and no terminal."""

import ingest as _silenced  # noqa: F401  (its import switches telemetry off before any library is loaded)
