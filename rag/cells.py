"""Which sentence of a paper stands for each aspect it is asked about: by what the sentence does, says and is near to.

Knows one paper at a time, no table and no index.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ingest.names import nickname
from rag.answer import Evidence, Ranked
from rag.aspects import IDEA, LIMITS, PROBLEM, RESULT, RHETORICAL, measures, speaks_of
from rag.cues import FIGURE, OUTCOME, POINTS, TURNS
from rag.rhetoric import Role, admits_price, hints_at_problem, only_shares, turning_point, weigh

CODE = "code"
FITS = 0.5  # strength of a role from which a sentence may stand for it
HINTS = 0.2  # the same for a result where no sentence has that much
AGAIN = (
    0.75  # share of the best sentence's worth that another needs to stand in its place where that has a cell already
)
READABLE, PER_LONGER = 300, 0.1 / 100  # characters of a cell read at a glance; what each further one costs
LEANS = 0.2  # what leaning on another sentence costs
NAMED = 0.3  # worth of the name of its own method in the sentence of an idea
ROLE_RELEVANCE, ASPECT_RELEVANCE = 0.5, 0.3  # weight of the question beside a role, beside the look-up of an aspect
FIGURES, TURNED = 0.3, 0.4  # worth of a figure, and what opening with 'However' costs, where an aspect is looked up


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of a paper, what it does there, and how it meets the question: 1 is the paper's best."""

    evidence: Evidence
    roles: Mapping[Role, float]
    relevance: float
    opening: bool = False  # before the abstract comes to its own work
    turned: bool = False  # after it has

    @property
    def text(self) -> str:
        return self.evidence.sentence.text

    @property
    def is_own(self) -> bool:
        """Whether it tells of the paper's own work, not of the field or of what others cannot do."""
        others = max(self.roles[Role.BACKGROUND], self.roles[Role.PROBLEM])
        plainly = max(self.roles[Role.IDEA], self.roles[Role.RESULT], self.roles[Role.LIMITS]) >= others
        return plainly or (self.turned and self.roles[Role.PROBLEM] < FITS)

    @property
    def hard_to_read(self) -> float:
        """What it costs in a cell: for its length, and for words that mean something only beside other sentences."""
        return PER_LONGER * max(0, len(self.text) - READABLE) + LEANS * bool(POINTS.search(self.text))


Side = tuple[Said, ...]  # one paper's sentences, in reading order
Column = dict[str, Said]  # a paper's sentence for each aspect that it speaks of


def read_side(found: Ranked | None) -> Side:
    """A paper's sentences in reading order, each with what it does there."""
    if not found or not found.evidence:
        return ()
    in_order = sorted(found.evidence, key=lambda evidence: evidence.sentence.start)
    turn = turning_point([evidence.sentence.text for evidence in in_order])
    own = {evidence.sentence.start for evidence in in_order[turn:]}
    relevance, last = relevance_of(found, own), max(1, len(in_order) - 1)
    roles = [weigh(e.sentence.text, i / last, opening=i < turn) for i, e in enumerate(in_order)]
    turns = roles[turn][Role.IDEA] > 0
    return tuple(
        Said(e, r, relevance[e.sentence.start], opening=i < turn, turned=turns and i >= turn)
        for i, (e, r) in enumerate(zip(in_order, roles, strict=True))
    )


def relevance_of(found: Ranked, own: Collection[int] = ()) -> dict[int, float]:
    """How well each sentence, by its start, meets what was looked for: 1 is the best, of `own` where given."""
    best = max((e.score for e in found.evidence if not own or e.sentence.start in own), default=0.0)
    return {e.sentence.start: min(1.0, max(0.0, e.score / max(best, 1e-6))) for e in found.evidence}


def fill(
    side: Side,
    rows: Sequence[str],
    near: Mapping[str, Mapping[int, float]],
    wanted: Sequence[str],
    stood: Sequence[str] = (),
) -> Column:
    """The best sentence of a paper for each row that one of them speaks to, each once while there is another.

    `near` tells for each aspect looked up how near each sentence is, by its start; `wanted` are those asked for,
    `stood` those that a table had before others were added to it, which choose first.
    """
    fits: dict[str, list[tuple[float, Said]]] = {}
    for aspect in rows:
        weights = [(_weight(said, aspect, near.get(aspect, {}), aspect in wanted), said) for said in side]
        fits[aspect] = _best_first(weights)
    if IDEA in fits and not fits[IDEA]:  # every paper has one, however it puts it
        fits[IDEA] = _best_first((1 + _likely_idea(said), said) for said in side)
    hinted = [aspect for aspect in (PROBLEM, RESULT) if aspect in fits and not fits[aspect]]
    for aspect in hinted:  # 'does not say' has to be true, however faintly it is said
        fits[aspect] = _best_first((_hint(said, aspect, idea=fits.get(IDEA, ())), said) for said in side)
    column: Column = {}
    # Those with the least choice choose first, then a result, which is anything found, then what is only hinted at.
    order = sorted(
        rows, key=lambda aspect: (aspect not in stood, aspect in hinted, aspect == RESULT, len(fits[aspect]))
    )
    for aspect in order:
        free = [(weight, said) for weight, said in fits[aspect] if said not in column.values()]
        again = aspect in wanted or aspect in hinted
        if again and fits[aspect] and (not free or free[0][0] < AGAIN * fits[aspect][0][0]):
            free = fits[aspect]
        if free:
            column[aspect] = free[0][1]
    return column


def _best_first(weights: Iterable[tuple[float, Said]]) -> list[tuple[float, Said]]:
    return sorted((pair for pair in weights if pair[0] > 0), key=lambda pair: -pair[0])


def _hint(said: Said, aspect: str, *, idea: Sequence[tuple[float, Said]]) -> float:
    """How far a sentence may stand for a problem or a result that none states outright; 0 where it does not."""
    is_idea = bool(idea) and idea[0][1] is said
    if aspect == PROBLEM:
        hint = hints_at_problem(said.text, opening=said.opening)
        return max(0.01, hint - said.hard_to_read - is_idea) if hint else 0.0
    strength = said.roles[Role.RESULT]
    found = OUTCOME.search(said.text) and said.turned and not is_idea and not only_shares(said.text)
    return strength if found and strength >= HINTS else 0.0


def _likely_idea(said: Said) -> float:
    roles = 2 * said.roles[Role.IDEA] + 0.3 * said.roles[Role.RESULT] - said.roles[Role.LIMITS]
    return said.is_own + roles + ROLE_RELEVANCE * said.relevance


def _weight(said: Said, aspect: str, near: Mapping[int, float], wanted: bool) -> float:
    """How well a sentence fills the cell of an aspect; 0 where it does not speak to it."""
    reading = said.hard_to_read
    if aspect != CODE and only_shares(said.text):
        return 0.0
    if aspect in RHETORICAL:
        strength = said.roles[Role(aspect)]
        rival = max(weight for role, weight in said.roles.items() if role != aspect)
        if aspect == LIMITS and wanted and not strength and said.is_own and admits_price(said.text):
            return 2 * FITS - reading
        if wanted and aspect == RESULT:
            strength += FIGURES * bool(FIGURE.search(said.text)) * bool(strength)
        name = nickname(said.evidence.paper)
        if aspect == IDEA and strength and name:
            strength += NAMED * (name.casefold() in said.text.casefold())
        if strength < FITS or (aspect == Role.PROBLEM and said.roles[Role.IDEA] > strength):
            return 0.0
        return max(0.01, strength - 0.3 * max(0.0, rival - strength) + ROLE_RELEVANCE * said.relevance - reading)
    if not speaks_of(aspect, said.text) or not said.is_own:
        return 0.0
    score = near.get(said.evidence.sentence.start, 0.0) + ASPECT_RELEVANCE * said.relevance
    score += FIGURES * measures(aspect, said.text) - TURNED * bool(TURNS.search(said.text))
    return max(0.01, score - reading)
