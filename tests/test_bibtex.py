"""Papers as BibTeX, read back by a parser of its own."""

import re

from ingest.paper import Paper
from ui.bibtex import bibtex, keys

TITLE, AUTHORS = "KIVI: A Tuning-Free 2bit Method & 50% Less_Memory", ("Zirui Liu", "Jiayi Yuan")
KIVI = Paper(TITLE, "", AUTHORS, "2024-02-05", "https://arxiv.org/abs/2402.02750", "2402.02750")
HOSTILE = '}} @misc{x, \\input{/etc/passwd} ~^ $1 #2 \u202e\x1b[31m \n\n % " {'


def fields(entry: str) -> dict[str, str]:
    """The fields of one entry; each stands on a line of its own, its braces in balance."""
    assert entry.startswith("@misc{")
    found = dict(re.findall(r"^  (\w+) = (.+),$", entry, re.MULTILINE))
    for value in found.values():
        depth = 0
        for sign in re.sub(r"\\[{}]", "", value):
            depth += (sign == "{") - (sign == "}")
            assert depth >= 0
        assert depth == 0
    return found


def test_a_paper_cited_is_one_entry_with_title_authors_date_number_and_address() -> None:
    entry = bibtex([KIVI, KIVI])
    assert entry.count("@misc") == 1
    assert entry.startswith("@misc{liu2024kivi,\n")
    assert fields(entry) == {
        "title": r"{{KIVI}: A Tuning-Free {2bit} Method \& {50}\% Less\_Memory}",
        "author": "{Zirui Liu and Jiayi Yuan}",
        "year": "{2024}",
        "month": "feb",
        "eprint": "{2402.02750}",
        "archiveprefix": "{arXiv}",
        "url": "{https://arxiv.org/abs/2402.02750}",
    }


def test_nothing_in_a_title_ends_its_entry_or_gives_an_order() -> None:
    assert "url" not in fields(bibtex([Paper("Owls", "", url="javascript:alert(1)")]))
    entry = bibtex([Paper(HOSTILE, "", (HOSTILE, "Owls and Sons, Ltd"), HOSTILE, f"https://a.org/{HOSTILE}")])
    assert len(re.findall("^@", entry, re.MULTILINE)) == 1
    assert fields(entry).keys() == {"title", "author", "url"}
    assert [part for part in ("\\input", "\u202e", "\x1b") if part in entry] == []
    assert entry.count("\n}\n") == 1
    assert r"{Owls and Sons, Ltd}" in fields(entry)["author"]


def test_keys_are_unique_and_plain() -> None:
    twins = [Paper("Owls", "", ("Åsa Ölund",), "2024", id=str(n)) for n in range(30)]
    given = keys([*twins, Paper("鳥の", "", ("山田",))])
    assert given[:3] == ["olund2024owls", "olund2024owlsb", "olund2024owlsc"]
    assert len(set(given)) == 31
    assert all(re.fullmatch(r"[a-z0-9]+", key) for key in given)
