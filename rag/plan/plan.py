"""The plan of a turn as one value, its JSON schema, and how it is read from what a model replied."""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import from_json

from ingest.paper import DATE
from ingest.text import clean

MOST_PAPERS, MOST_SEARCHES, MOST_AUTHORS = 30, 4, 6
LONGEST = 600  # characters of one text of a plan
MOST_READ = 20_000  # characters of a reply that are looked through


class Plan(BaseModel):
    """What a message asks for, and what to look up for it. The descriptions of the fields go into the prompt.

    What a model writes here does no harm: texts are cut, lists bounded, and a field of another kind counts as left out.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", title="plan")

    question: str = Field(
        default="",
        description="the last message written out in English so that it stands alone: names in place of pronouns",
    )
    papers: tuple[str, ...] = Field(
        default=(),
        description="papers that are meant: the handle (P2) of one spoken of, else its name exactly as the user writes "
        "it, version included",
    )
    searches: tuple[str, ...] = Field(
        default=(),
        description="1 to 4 search queries in the technical words of a title or abstract, several where the question "
        "has parts or could be worded otherwise; empty if the papers meant are enough",
    )
    every: bool = Field(
        default=False,
        description="true if all papers that fit are wanted: which papers, list, how many, is there anything on, an "
        "overview, related work, a reading order, what contradicts what; false for a fact, a choice or papers named",
    )
    criterion: str = Field(default="", description="if every: what makes a paper fit, in one precise phrase")
    since: str = Field(default="", description="first date (YYYY, YYYY-MM or YYYY-MM-DD) if the message limits it")
    until: str = Field(default="", description="last date, likewise")
    authors: tuple[str, ...] = Field(default=(), description="authors whose papers alone are wanted; usually empty")
    form: str = Field(
        default="",
        description="how the answer should look, in the user's words: table with these columns, five bullets, one "
        "sentence, for a layperson, in German; empty if nothing is said",
    )
    reply: str = Field(
        default="",
        description="a short direct reply in the user's language, only if no paper has to be looked at: greeting, "
        "thanks, what can you do, how many papers are here; else empty",
    )

    @field_validator("question", "criterion", "form", "reply", mode="before")
    @classmethod
    def _text(cls, value: Any) -> str:
        return clean(value)[:LONGEST] if isinstance(value, str) else ""

    @field_validator("since", "until", mode="before")
    @classmethod
    def _date(cls, value: Any) -> str:
        return value if isinstance(value, str) and DATE.fullmatch(value) else ""

    @field_validator("every", mode="before")
    @classmethod
    def _flag(cls, value: Any) -> bool:
        return value is True or (isinstance(value, str) and value.strip().lower() == "true")

    @field_validator("papers", "searches", "authors", mode="before")
    @classmethod
    def _texts(cls, value: Any) -> tuple[str, ...]:
        given = value if isinstance(value, list | tuple) else [value]
        texts = [clean(one)[:LONGEST] for one in given[:100] if isinstance(one, str)]
        return tuple(dict.fromkeys(filter(None, texts)))

    @field_validator("papers", "searches", "authors")
    @classmethod
    def _few(cls, value: tuple[str, ...], info: Any) -> tuple[str, ...]:
        most = {"papers": MOST_PAPERS, "searches": MOST_SEARCHES, "authors": MOST_AUTHORS}
        return value[: most[info.field_name]]

    @property
    def is_talk(self) -> bool:
        """Whether the direct reply counts: it does only where nothing is to be looked up."""
        return bool(self.reply) and not (self.papers or self.searches or self.every)


def schema() -> dict[str, Any]:
    """The JSON schema of a plan, as endpoints with structured output take it: each field required, none besides."""
    made = Plan.model_json_schema()
    fields = {
        name: {k: v for k, v in one.items() if k in ("type", "items")} for name, one in made["properties"].items()
    }
    return {
        "title": made["title"],
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def read_plan(reply: str) -> Plan | None:
    """The plan in a model's reply: the first JSON object in it, fences and talk around it aside, completed where it was
    cut; None where there is none."""
    fields = read_object(reply)
    if fields is None or not fields.keys() & Plan.model_fields.keys():
        return None
    try:
        return Plan.model_validate(fields)
    except ValidationError:  # each field is read leniently, so this is for what nobody thought of
        return None


def read_object(reply: str, *, whole: bool = False) -> dict[str, Any] | None:
    """The first JSON object in a text; one that was cut is completed as far as it came, unless it must be `whole`. None
    where there is none."""
    text = reply[:MOST_READ]
    start = text.find("{")
    if start < 0:
        return None
    try:
        found, _ = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        if whole:
            return None
        try:
            found = from_json(text[start:], allow_partial=True)
        except ValueError:
            return None
    return found if isinstance(found, dict) else None
