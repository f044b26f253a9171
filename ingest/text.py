"""From any string to text that can be stored, compared and shown: one line, composed, nothing invisible in it.

Knows no format. Every title, abstract and name passes through `clean` before it becomes part of a paper.
"""

import re
import unicodedata

MAX_MARKS = 32  # combining marks in a row; normalising longer runs takes quadratic time, no script needs them

# Controls (tab, line ends and \x1c-\x1f are white space and stay for `str.split`), soft hyphen, bidi controls,
# zero-width space, word joiner and its invisible neighbours, BOM, what a copied picture leaves, tag characters.
# The joiners U+200C and U+200D stay: Persian, the Indic scripts and emoji are written with them.
INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffc\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
)
# One joiner or variation selector does its work; a row of them only hides data.
REPEATED = re.compile(
    "([\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef])[\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef]+"
)
SURROGATE = re.compile("[\ud800-\udfff]")
# Every combining mark lies at or above U+0300, so only these stretches can hold too long a run.
MAY_BE_MARKS = re.compile(f"[\u0300-\U0010ffff]{{{MAX_MARKS + 1},}}")


def unaccented(text: str) -> str:
    """Text without accents and other combining marks: 'Müller' is 'Muller'."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def clean(text: str) -> str:
    """The text as one line in NFC, without control, bidi and invisible characters; takes linear time."""
    if not (text.isascii() and text.isprintable()):
        text = _composed(text)
    return " ".join(text.split())


def _composed(text: str) -> str:
    if SURROGATE.search(text):
        # Two halves written as separate escapes become the character they mean; a half alone becomes U+FFFD.
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = INVISIBLE.sub("", text)
    if text.isascii():
        return text
    text = REPEATED.sub(r"\1", text)
    text = unicodedata.normalize("NFC", MAY_BE_MARKS.sub(_cut_marks, text))
    return MAY_BE_MARKS.sub(_cut_marks, text)  # one mark can decompose into several


def _cut_marks(stretch: re.Match[str]) -> str:
    kept, run = [], 0
    for char in stretch[0]:
        run = run + 1 if unicodedata.category(char)[0] == "M" else 0
        if run <= MAX_MARKS:
            kept.append(char)
    return "".join(kept)
