"""From pieces of a model's text to words fit to show: no thinking aloud, no broken or invisible characters.

A piece may end anywhere, even within a character or a tag, so what cannot be told yet is held back.
"""

from ingest.text import INVISIBLE

LINE_ENDS = {**dict.fromkeys(map(ord, "\r\x1c\x1d\x1e\x1f\v\f")), ord("\x85"): " "}  # all but our own
OPEN, CLOSE = "<think>", "</think>"


class Words:
    """Takes an answer piece by piece. `thinking` is true while the model thinks aloud between tags.

    Only before the first word is `<think>` taken for thinking: later it may be a word about models that think.
    """

    def __init__(self) -> None:
        self.thinking = False
        self._begun = False
        self._half = ""  # the first half of a character outside the basic plane
        self._held = ""  # what may be the beginning of a tag

    def feed(self, piece: str) -> str:
        """The words that can be shown now; the rest is held back until `end`."""
        text = self._half + piece
        self._half = text[-1] if text[-1:] and "\ud800" <= text[-1] <= "\udbff" else ""
        return self._without_thoughts(_clean(text[:-1] if self._half else text))

    def end(self) -> str:
        """What was held back, now that nothing follows."""
        text = "" if self.thinking else self._held + _clean(self._half)
        self._half = self._held = ""
        return text if self._begun else text.lstrip()

    def _without_thoughts(self, text: str) -> str:
        if self._begun:
            return text
        text, self._held = self._held + text, ""
        while not self._begun:
            if self.thinking:
                _, tag, after = text.partition(CLOSE)
                if not tag:
                    self._held = text[-len(CLOSE) + 1 :]
                    return ""
                text, self.thinking = after, False
            text = text.lstrip()
            if text.startswith(OPEN):
                text, self.thinking = text.removeprefix(OPEN), True
            elif text.startswith(CLOSE):  # some servers' templates hold the opening tag themselves
                text = text.removeprefix(CLOSE)
            elif OPEN.startswith(text) or CLOSE.startswith(text):
                self._held = text
                return ""
            else:
                self._begun = True
        return text


def _clean(text: str) -> str:
    """Halves of characters joined or replaced by U+FFFD, without control, bidi and invisible characters."""
    if not text.isascii():
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return INVISIBLE.sub("", text.translate(LINE_ENDS))
