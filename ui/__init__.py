"""Where people meet paperchat: the command line and the browser."""

import ingest as _silenced  # noqa: F401  (its import switches telemetry off before any library is loaded)
