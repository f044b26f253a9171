"""`paperchat ask`, whole process, index ready, beside importing chromadb and llama_index.core alone. Bar: 2."""

import tempfile
from pathlib import Path

from timing import PAGE, compare, run

from ingest.library import ingest_sources
from ingest.settings import Settings

ASK = "import sys; from ui.cli import main; sys.exit(main(['ask', 'How much memory does APOLLO need?']))"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        ingest_sources(Settings(Path(folder)), [str(PAGE)])
        compare(
            "ask / importing chromadb and llama_index.core",
            lambda: run(ASK, env={"PAPERCHAT_HOME": folder}),
            lambda: run("import chromadb, llama_index.core"),
            turns=7,
            bar=2,
        )


if __name__ == "__main__":
    main()
