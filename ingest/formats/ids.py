"""The arXiv ids and DOIs in what people paste: ids, links and words in any order. Knows no papers."""

import re
from dataclasses import dataclass

from ingest.formats.fields import arxiv_id

LABEL = re.compile(r"\b(arxiv|doi):\s+", re.IGNORECASE)
SUBJECT = re.compile(r"\[[a-z-]+(?:\.[A-Za-z-]+)?\]")  # '[cs.CL]', as arXiv writes it behind an id
BESIDE = ".,;:!?|()[]{}<>\"'`*“”‘’«»"  # what may stand around an id
BETWEEN = re.compile(r"[,;|()\[\]{}<>\"'`*“”‘’«»]+")
DOI = re.compile(r"(?:doi:|(?:https?://)?(?:dx\.|www\.)?doi\.org/)?(10\.\d{4,9}/\S+)", re.IGNORECASE)
NO_DOI = "DOIs other than arXiv's are not fetched yet; export the record as BibTeX or RIS and import the file."


@dataclass(frozen=True, slots=True)
class Named:
    """The arXiv ids in a text, without versions, and its other DOIs, each once; `alone` where it holds nothing else."""

    arxiv: tuple[str, ...] = ()
    dois: tuple[str, ...] = ()
    alone: bool = False

    def __bool__(self) -> bool:
        return bool(self.arxiv or self.dois)


def read_ids(text: str) -> Named:
    """What a text names by id or link."""
    arxiv, dois, alone = dict[str, None](), dict[str, None](), True
    for word in SUBJECT.sub(" ", LABEL.sub(r"\1:", text)).split():
        parts = [part for piece in BETWEEN.split(word) if (part := piece.strip(BESIDE))]
        found = [arxiv_id(part) for part in parts]
        doi = DOI.fullmatch(word.strip(BESIDE))
        if doi and not all(found):
            dois[doi[1]] = None
            continue
        arxiv |= dict.fromkeys(filter(None, found))
        alone = alone and all(found)
    return Named(tuple(arxiv), tuple(dois), alone and bool(arxiv or dois))
