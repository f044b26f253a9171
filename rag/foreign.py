"""Whether a question is in another language than English, which is all that is understood without a model.

By the script of its letters and its small words alone; a name or a term says nothing of the language around it.
"""

import re
import unicodedata

from ingest.words import STOPWORDS

NOTE = (
    "That looks like a question in another language: without a language model only English is understood, and of "
    "others the names and words they share with it."
)
WORD = re.compile(r"[^\W\d_]+")
ENOUGH = 2  # weight of words that tell
# The commonest small words of German, French, Spanish, Italian, Portuguese, Dutch, Polish, Turkish and Swedish.
TELLING = frozenset(
    """welche welcher welches ist sind quel quelle quels quelles qué cuál cuáles cuántos quali quais welke zijn jakie
    które hangi nedir vilka är warum pourquoi waarom""".split()
)
SMALL = (
    frozenset(
        """wie der die das den dem und mit für über von vom zu zum eine einen einer ein nicht gibt wird werden wer wo
        zwischen auf bei est sont les des une un dans pour avec sur du le la de et que qui où entre ce ces
        es son los las una el en para con sobre del por cómo como cuánto quién y
        quale sono gli della delle dei nel nella per che cosa come di il lo tra qual são os uma um com da do na no
        porque quanto wat het een van voor met hoe de tussen jaki jest są jak dla nie czy która w z na
        nasıl ve bir için ile mi vad och med för hur som det ett""".split()
    )
    - STOPWORDS
)


def is_foreign(question: str) -> bool:
    """Whether most letters are of another script, or more of the small words of other languages than English."""
    letters = [letter for letter in question if letter.isalpha()]
    latin = sum(unicodedata.name(letter, "").startswith("LATIN") for letter in letters)
    if len(letters) >= ENOUGH and latin * 2 < len(letters):
        return True
    words = [word.casefold() for word in WORD.findall(question)]
    weight = sum((word in SMALL) + ENOUGH * (word in TELLING) for word in words)
    return weight >= ENOUGH and weight > sum(word in STOPWORDS for word in words)
