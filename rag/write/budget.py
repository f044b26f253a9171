"""How many tokens each part of a writer's prompt may have, and its answer."""

from dataclasses import dataclass

from rag.gather.sources import TOKEN, tokens
from rag.plan.plan import Plan
from rag.write import prompts

ANSWER_TOKENS = 1_500  # of an answer
LONG_ANSWER_TOKENS = 3_000  # of one that lists all papers that fit, or takes a wished form
SOURCE_TOKENS = 3_300  # of sources in a usual turn
LIST_SOURCE_TOKENS = 8_000  # of sources where all papers that fit are wanted
ANSWER_SHARE, TALK_SHARE = 0.25, 0.15  # of the context, at most
FRAME_TOKENS = 300  # of what stands between the parts
FEWEST_TOKENS = 300  # of sources, however little the model reads


@dataclass(frozen=True, slots=True)
class Budget:
    """What a model that reads `context` tokens at once has room for."""

    context: int

    @property
    def talk(self) -> int:
        """Characters of the conversation."""
        return int(TALK_SHARE * self.context * TOKEN)

    def answer(self, plan: Plan) -> int:
        """Tokens of an answer."""
        most = LONG_ANSWER_TOKENS if plan.every or plan.form else ANSWER_TOKENS
        return min(most, int(ANSWER_SHARE * self.context))

    def sources(self, plan: Plan, said: str) -> int:
        """Tokens of the sources beside what is said otherwise: as many as the kind of turn needs and there is room."""
        room = self.context - self.answer(plan) - tokens(prompts.WRITE) - tokens(said) - FRAME_TOKENS
        return max(FEWEST_TOKENS, min(LIST_SOURCE_TOKENS if plan.every else SOURCE_TOKENS, room))
