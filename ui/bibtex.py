"""Papers as BibTeX: an entry each, its key unique, every sign that TeX would take for an order escaped."""

import re
import unicodedata
from collections.abc import Sequence
from urllib.parse import quote

from ingest.paper import Paper
from ingest.words import STOPWORDS
from ui.cards import is_link
from ui.prose import UNSEEN

TEX = {
    "\\": r"{\textbackslash}",
    "~": r"{\textasciitilde}",
    "^": r"{\textasciicircum}",
    "{": r"{\textbraceleft}",
    "}": r"{\textbraceright}",
    '"': "{''}",
    **{sign: f"\\{sign}" for sign in "&%$#_"},
}
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
DAY = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")
WORD = re.compile(r"[^\W_]+(?:[-'’.][^\W_]+)*")
CAPITALS = re.compile(r"(?<=.)[^\W\d_a-zß-ÿ]|\d")  # what a bibliography style would take for a slip: KIVI, iPhone, 2Bit
SEVERAL = re.compile(r",|\band\b", re.IGNORECASE)
IN_URL = ":/?#[]@!$&'()*+,;=%-._~"  # every sign an address may hold; braces and backslashes are written as %7B


def bibtex(papers: Sequence[Paper]) -> str:
    """The entries, a blank line between them, in the order of the papers; each paper once."""
    unique = list({paper.id: paper for paper in papers}.values())
    return "\n".join(entry(paper, key) for paper, key in zip(unique, keys(unique), strict=True))


def entry(paper: Paper, key: str) -> str:
    """One @misc entry; an arXiv paper is known by its eprint number."""
    fields = {"title": title(paper.title), "author": " and ".join(map(author, filter(str.strip, paper.authors)))}
    if day := DAY.fullmatch(paper.date):
        fields["year"] = day[1]
        if day[2] and 1 <= int(day[2]) <= 12:
            fields["month"] = MONTHS[int(day[2]) - 1]
    if paper.arxiv:
        fields |= {"eprint": tex(paper.arxiv), "archiveprefix": "arXiv"}
    if is_link(paper.url):
        fields["url"] = quote(paper.url, safe=IN_URL)
    lines = [f"  {name} = {value if name == 'month' else f'{{{value}}}'}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{key},", *lines, "}", ""])


def keys(papers: Sequence[Paper]) -> list[str]:
    """A key for each paper, such as 'liu2024kivi'; those alike get a letter, those with more than 26 twins a number."""
    given: set[str] = set()
    out = []
    for paper in papers:
        plain = key = key_of(paper)
        count = 0
        while key in given:
            count += 1
            key = f"{plain}{chr(96 + count + 1) if count < 26 else count + 1}"
        given.add(key)
        out.append(key)
    return out


def key_of(paper: Paper) -> str:
    """Last name of the first author, year, first word of the title that says something, in plain letters."""
    names = WORD.findall(paper.authors[0].partition(",")[0]) if paper.authors else []
    words = [word for word in WORD.findall(paper.title) if word.casefold() not in STOPWORDS]
    day = DAY.match(paper.date)
    parts = (ascii_letters(names[-1]) if names else "", day[1] if day else "", ascii_letters(words[0]) if words else "")
    return "".join(parts) or "paper"


def ascii_letters(text: str) -> str:
    """Letters and digits without accents, in lower case; other scripts are left out."""
    return "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if c.isascii() and c.isalnum())


def title(text: str) -> str:
    """A title, the words whose capitals are meant kept as they are: '{KIVI}: A Tuning-Free …'."""
    pieces: list[str] = []
    at = 0
    for found in WORD.finditer(one_line(text)):
        word = found[0]
        pieces.append(tex(one_line(text)[at : found.start()]))
        pieces.append(f"{{{tex(word)}}}" if any(CAPITALS.search(part) for part in word.split("-")) else tex(word))
        at = found.end()
    return "".join(pieces) + tex(one_line(text)[at:])


def author(name: str) -> str:
    """A name; one that BibTeX would read as several is kept together by braces."""
    return f"{{{tex(name)}}}" if SEVERAL.search(name) else tex(name)


def tex(text: str) -> str:
    return "".join(TEX.get(sign, sign) for sign in one_line(text, strip=False))


def one_line(text: str, *, strip: bool = True) -> str:
    """A text without line breaks and invisible signs."""
    line = re.sub(r"\s+", " ", UNSEEN.sub("", text))
    return line.strip() if strip else line
