"""What to know before a chat model is used: which servers run on this machine, what they list, whether one answers."""

from dataclasses import dataclass, replace

from ingest.errors import ModelError
from ingest.settings import Settings
from rag.llm.model import ChatModel, chatting, listed_models
from rag.llm.pieces import Message

# The ports where these servers are unless told otherwise.
USUAL_PORTS = {"Ollama": 11434, "LM Studio": 1234, "llama.cpp": 8080, "vLLM": 8000}
LOOK_SECONDS, TEST_SECONDS = 1.0, 30.0
MOST_BYTES = 1_000_000  # of a list of models
MOST_TOKENS = 200  # of a test's reply; thinking models need more than its one word
ASKED = Message("user", "Reply with the single word: ready")


@dataclass(frozen=True, slots=True)
class Server:
    """A server on this machine: its usual name, its address, and the models it lists that seem to chat."""

    name: str
    url: str
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tested:
    """Whether a model answered, and what happened in a sentence or two."""

    works: bool
    words: str


def local_servers() -> list[Server]:
    """The servers that answer on this machine's usual ports (loopback alone)."""
    import httpx  # heavy, and only needed when somebody asks to look

    found = []
    with httpx.Client(trust_env=False, timeout=LOOK_SECONDS, follow_redirects=False) as client:
        for name, port in USUAL_PORTS.items():
            url = f"http://127.0.0.1:{port}/v1"
            try:
                with client.stream("GET", f"{url}/models") as response:
                    body = next(response.iter_bytes(MOST_BYTES), b"") if response.is_success else b""
            except httpx.HTTPError:
                continue
            if models := chatting(listed_models(body)):
                found.append(Server(name, url, tuple(models)))
    return found


def try_model(settings: Settings) -> Tested:
    """Asks the chat model of these settings for one word."""
    try:
        model = ChatModel(replace(settings, model_timeout=TEST_SECONDS))
    except ModelError as error:
        return Tested(False, str(error))
    try:
        text, usage = model.complete([ASKED], most_tokens=MOST_TOKENS)
    except ModelError as error:
        return Tested(False, str(error))
    finally:
        model.close()
    cost = f", for {usage.money:.6f}" if usage.money is not None else ""
    return Tested(bool(text), f"{usage.model} at {model.endpoint} answered in {usage.seconds:.1f} s{cost}.")
