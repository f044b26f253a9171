"""Splits an abstract into sentences with their character spans. Knows English academic prose, not papers."""

import re

from ingest.paper import Passage, Sentence

# A full stop after these does not end a sentence.
ABBREVIATIONS = frozenset(
    """al approx ca cf ch dr e.g eq eqs etc fig figs i.e inc incl mr mrs ms no nos p.a pp prof ref refs resp
    sec secs st tab vol vs viz w.r.t a.k.a u.s u.k ph.d aka dept est ed eds""".split()
)
# These may end one all the same when a new sentence plainly starts behind them.
MAY_END = frozenset({"etc", "al", "inc", "u.s", "u.k", "ph.d", "no", "st", "tab", "ed", "est"})

BOUNDARY = re.compile(r"(?P<stop>[.!?]+)(?P<close>[\"'”’)\]}]*)(?P<gap>\s+)(?=\S)")
WORD_BEFORE = re.compile(r"[^\s(\[{\"'“‘]+$")
OPENS = re.compile(r"(?:\([ivx\d]{1,4}\)\s*)?[\"'“‘(\[{*$%\\]*[A-Z0-9À-ÖØ-ÞΑ-ΩА-Я一-鿿]")
LOWER_NAME = re.compile(r"[\"'“‘(]*[a-z]+[A-Z0-9-]|[\"'“‘(]*https?:")  # 'mT5 is', 'k-means', a link
LIST_MARK = re.compile(r"(?:^|[:;,]\s+)[(\[]?(?:\d{1,2}|[a-z]|[ivx]{1,4})$")  # '1.' of a list, not 'Figure 1.'

PASSAGE_CHARACTERS = 520  # about 110 word pieces: two to four sentences, well inside MiniLM's 256


def split_sentences(abstract: str) -> list[Sentence]:
    """The sentences of an abstract in order; together they cover every character but the gaps between them."""
    cuts, start = [], 0
    for found in BOUNDARY.finditer(abstract):
        if _ends(abstract, start, found):
            cuts.append((start, found.start("gap")))
            start = found.end("gap")
    cuts.append((start, len(abstract)))
    sentences = []
    for begin, end in cuts:
        text = abstract[begin:end]
        begin += len(text) - len(text.lstrip())
        text = text.strip()
        if text:
            sentences.append(Sentence(text, begin, begin + len(text)))
    return sentences


def _ends(text: str, start: int, found: re.Match[str]) -> bool:
    after = text[found.end() : found.end() + 40]
    if found["stop"] != ".":
        return bool(OPENS.match(after)) or found["stop"].startswith("?")
    opens = bool(OPENS.match(after))
    if not opens and not LOWER_NAME.match(after):
        return False
    before = WORD_BEFORE.search(text, start, found.start())
    word = before[0].casefold() if before else ""
    if found["close"]:
        return opens
    if word in ABBREVIATIONS:
        return word in MAY_END and bool(re.match(r"[\"'“‘(]*[A-Z][a-z]*\b", after)) and _starts_clause(after)
    if len(word) == 1 and word.isalpha() and before and before[0].isupper():
        return _starts_clause(after) and not re.match(r"[A-Z]\.", after)  # an initial: 'J. Smith'
    return not LIST_MARK.search(text[start : found.start()])


CLAUSE_STARTS = frozenset(
    """we the this these those our in to however moreover furthermore it its they here for as by while when
    with on a an from such code finally additionally unlike although despite based using both through""".split()
)


def _starts_clause(after: str) -> bool:
    first = re.match(r"[\"'“‘(]*([A-Za-z]+)", after)
    return bool(first) and first[1].casefold() in CLAUSE_STARTS if first else False


def make_passages(abstract: str, sentences: list[Sentence]) -> list[Passage]:
    """Neighbouring sentences joined up to PASSAGE_CHARACTERS, each passage starting on the last of the one before."""
    passages: list[Passage] = []
    first = 0
    while first < len(sentences):
        last = first
        while last + 1 < len(sentences) and sentences[last + 1].end - sentences[first].start <= PASSAGE_CHARACTERS:
            last += 1
        start, end = sentences[first].start, sentences[last].end
        passages.append(Passage(abstract[start:end], start, end))
        if last + 1 == len(sentences):
            break
        first = last if last > first else last + 1
    return passages
