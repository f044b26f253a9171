"""What can be done with an answer, as the row of buttons below it, and the exchange hidden beside them.

The scripts of the page act on the buttons by their classes; what is copied lies hidden next to its button.
"""

from collections.abc import Sequence

from ui.conversation import Exchange, hidden
from ui.markdown import answer_markdown
from ui.prose import escape

AGAIN = '<button type="button" class="again" title="Ask this question again">Ask again</button>'
AMEND = '<button type="button" class="amend" title="Edit this question; replaces what follows">Edit question</button>'
RESHAPE = (  # of a search's answer, which is quoted anew as it is wanted
    '<button type="button" class="shorter" title="Fewer sentences; replaces what follows">Shorter</button>'
    '<button type="button" class="longer" title="More sentences and papers; replaces what follows">Longer</button>'
    '<button type="button" class="table" title="Papers side by side; replaces what follows">As a table</button>'
)
VOTES = (  # thumbs, drawn by the style, so that their titles name them
    '<span class="votes"><button type="button" class="vote up" title="Good answer"></button>'
    '<button type="button" class="vote down" title="Bad answer"></button></span>'
)


def actions(exchange: Exchange) -> str:
    """Copy, ask again, edit the question, and a vote; of an answer that was cut short only what makes sense."""
    if exchange.answer is None:
        return f'<p class="actions">{AGAIN}{AMEND}</p>{hidden(exchange)}'
    text = answer_markdown(exchange.answer, {paper.id: paper for paper in exchange.papers})
    copy = (
        '<button type="button" class="copy" title="Copy the answer as Markdown, with its references">Copy</button>'
        f'<span class="copied" hidden>{escape(text)}</span>'
    )
    reshape = RESHAPE if exchange.answer.by_search and exchange.answer.citations else ""
    return f'<p class="actions">{copy}{reshape}{AGAIN}{AMEND}{VOTES}</p>{hidden(exchange)}'


def follow_ups(questions: Sequence[str]) -> str:
    """Questions to go on with, each asked by a click; nothing where there are none."""
    if not questions:
        return ""
    buttons = "".join(
        f'<li><button type="button" class="suggested" dir="auto">{escape(question)}</button></li>'
        for question in questions
    )
    return f'<div class="follow" role="group" title="Suggested questions"><ul>{buttons}</ul></div>'
