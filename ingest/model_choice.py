"""The chat model that was chosen on the page or with `paperchat model`: a file in the home folder, which only its user
may read. What the environment sets comes before it."""

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ingest.errors import StoreError, UsageError

FILE = "model.json"
LONGEST = 4_000  # characters of a key, an address or a name


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """An endpoint (empty: OpenAI's own), its key, and the model's name there (empty: the usual one)."""

    url: str = ""
    key: str = field(default="", repr=False)
    model: str = ""

    def cleaned(self) -> "ModelChoice":
        """Without blanks and line ends; raises UsageError, which never shows the key, for what cannot be meant."""
        url, key, model = self.url.strip(), "".join(self.key.split()), " ".join(self.model.split())
        if not (url or key):
            raise UsageError("Give a key for OpenAI, or the address of another server.")
        if url and not url.startswith(("http://", "https://")):
            raise UsageError(f"“{url[:100]}” is no address; write one such as http://localhost:11434/v1.")
        if not (key.isascii() and key.isprintable()):
            raise UsageError("The key has characters that no key has. Copy it again.")
        if max(len(url), len(key), len(model)) > LONGEST or not (url.isprintable() and model.isprintable()):
            raise UsageError("The address, key or name is too long, or has characters that none has.")
        return ModelChoice(url, key, model)


def read_choice(home: Path) -> ModelChoice | None:
    """The choice that is kept; None where there is none. Raises UsageError for a file that is damaged."""
    path = home / FILE
    try:
        fields = json.loads(path.read_text("utf-8"))
        return ModelChoice(*(str(fields[name]) for name in ("url", "key", "model"))).cleaned()
    except (FileNotFoundError, NotADirectoryError):  # the second where the home is a file, which others tell
        return None
    except (OSError, ValueError, TypeError, KeyError, UsageError) as error:
        raise UsageError(f"{path} cannot be read as a chosen model; delete it and choose the model again.") from error


def keep_choice(home: Path, choice: ModelChoice) -> Path:
    """Writes the choice to a file that only this user may read; returns it. Raises StoreError."""
    path, beside = home / FILE, home / f"{FILE}.new"
    try:
        home.mkdir(parents=True, exist_ok=True)
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
            json.dump(asdict(choice), out)
            out.flush()
            os.fsync(out.fileno())
        os.replace(beside, path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error.strerror}); check PAPERCHAT_HOME and the disk.") from error
    return path


def forget_choice(home: Path) -> None:
    """Removes the kept choice, if there is one."""
    with suppress(FileNotFoundError):
        (home / FILE).unlink()
