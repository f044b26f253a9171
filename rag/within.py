"""A turn kept within the papers that a reader chose: what it names outside of them is set aside, and said."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from rag.grammar import Kind
from rag.names import listed
from rag.retrieve import Scope
from rag.understood import Understood

Inside = Callable[[Sequence[str], Scope], set[str]]


def kept_within(asked: Understood, scope: Scope | None, inside: Inside) -> tuple[Understood, tuple[str, ...]]:
    """The turn without the papers it names that lie outside the scope, and these; `inside` gives those that do not."""
    if not scope or scope == Scope() or not asked.papers:
        return asked, ()
    held = inside(asked.papers, scope)
    outside = tuple(paper for paper in asked.papers if paper not in held)
    return replace(asked, papers=tuple(paper for paper in asked.papers if paper in held)), outside


def tell_outside(names: Sequence[str]) -> str:
    """'KIVI and H2O are not among the papers chosen.'"""
    return f"{listed(names)} {'is' if len(names) == 1 else 'are'} not among the papers chosen."


def cannot_go_on(asked: Understood) -> bool:
    """Whether a turn that names papers has no meaning without any of them."""
    return asked.kind not in (Kind.SURVEY, Kind.COLLECTION, Kind.TALK)
