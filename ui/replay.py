"""A conversation that was kept as the messages of the page, rendered anew. Knows no Gradio and no engine."""

from ui import render
from ui.actions import actions
from ui.conversation import Conversation, Exchange, total
from ui.history import MOST_CHAT_BYTES, Chat

UNFINISHED = "The page was closed before this was answered. Ask again."
MOST_SHOWN = MOST_CHAT_BYTES * 9 // 10  # so that the next question finds room


def messages_of(conversation: Conversation) -> tuple[Chat, bool]:
    """The messages of a conversation as the page shows them, and whether these are all: the oldest go where they are
    too many."""
    messages: Chat = []
    for exchange in conversation.exchanges:
        messages.append({"role": "user", "content": render.question(exchange.question)})
        messages.append({"role": "assistant", "content": shown(exchange, total(messages))})
    size, first = 0, len(messages)
    while first > 0 and size + (more := size_of(messages[first - 2 : first])) <= MOST_SHOWN:
        size, first = size + more, first - 2
    return messages[first:], first == 0


def size_of(messages: Chat) -> int:
    return sum(len(message["content"].encode(errors="replace")) for message in messages)


def shown(exchange: Exchange, before: tuple[int, int, float]) -> str:
    """An exchange's answer as HTML."""
    if exchange.answer:
        papers = {paper.id: paper for paper in exchange.papers}
        return render.answer(exchange.answer, papers.get, before=before, tail=actions(exchange))
    why = exchange.why or UNFINISHED
    return render.cut(exchange.text, why, actions(exchange))
