"""Adding 100 papers to a large library, beside adding them to the bundled page: the whole command each time. Bar: 2.

PAPERCHAT_HOME names the large library; papers are taken into a copy of it.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from timing import PAGE, machine, made_papers, seconds

from ingest.library import ingest_sources
from ingest.settings import Settings, load_settings

PAPERS, TURNS, BAR = 100, 3, 2.0


def main() -> None:
    large = load_settings().home
    with tempfile.TemporaryDirectory(dir=large.parent) as folder:
        homes = [Path(folder) / "page", Path(folder) / "large"]
        ingest_sources(Settings(homes[0]), [str(PAGE)])
        shutil.copytree(large, homes[1])
        best = [float("inf")] * 2
        for turn in range(TURNS):
            source = Path(folder) / f"{turn}.jsonl"
            fresh = [{"title": f"{p.title} ({turn})", "abstract": p.abstract} for p in made_papers(PAPERS)]
            source.write_text("\n".join(map(json.dumps, fresh)))
            for at, home in enumerate(homes):
                best[at] = min(best[at], seconds(lambda home=home, source=source: take_in(home, source)))  # type: ignore[misc]
    ratio = best[1] / best[0]
    print(
        f"adding {PAPERS} papers, large library / bundled page: {ratio:.2f} (bar {BAR}); {best[1]:.1f} s and "
        f"{best[0]:.1f} s, the best of {TURNS}; {machine()}"
    )
    sys.exit(ratio > BAR)


def take_in(home: Path, source: Path) -> None:
    command = [sys.executable, "-m", "ui.cli", "ingest", str(source)]
    environ = os.environ | {"PAPERCHAT_HOME": str(home)}
    subprocess.run(command, env=environ, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
