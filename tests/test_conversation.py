"""Conversations as JSON and Markdown: they come back as they were, and nothing forged or damaged gets through."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from standin import CLOTH, HOSTILE, LENSES, MIRRORS, compared, grounded, hostile, refused

from ingest.errors import UsageError
from rag.llm.pieces import Usage
from rag.plan.plan import Plan
from rag.types import Answer, Checked
from ui import exports, render
from ui.actions import actions, follow_ups
from ui.conversation import (
    MOST_BYTES,
    Conversation,
    Exchange,
    Place,
    cited_papers,
    hidden,
    last_place,
    papers_of,
    read_conversation,
    turns_of,
    unhidden,
    until,
)
from ui.markdown import conversation_markdown
from ui.replay import messages_of

PAPERS = {paper.id: paper for paper in (LENSES, MIRRORS, CLOTH)}


def exchange(answer: Answer, *, at: int = 1) -> Exchange:
    place = Place(f"x{at}", "t1", f"x{at - 1}" if at > 1 else "")
    return Exchange(place, answer.question, answer, papers=papers_of(answer, PAPERS.get))


def talk(*answers: Answer) -> Conversation:
    return Conversation("Lenses", tuple(exchange(answer, at=at) for at, answer in enumerate(answers, start=1)), "2026")


MODEL = replace(  # an answer of a model, with all that one may carry
    grounded("How?"),
    checks=(Checked("It does. [1]", "weak", "close", (1,), "citation corrected"), Checked("So.", "unsourced")),
    usage=Usage("scribe", 10, 20, 0.5, 1.5, 0.001, True, 2),
    suggestions=("Why?",),
    plan=Plan(question="How?", papers=(LENSES.id,), searches=("lenses",), form="short"),
    note="A note.",
)


@pytest.mark.parametrize("answer", [grounded("How?"), refused("What?"), compared("Compare"), MODEL])
def test_an_answer_comes_back_and_is_exported_as_it_was(answer: Answer) -> None:
    (read,) = read_conversation(json.dumps(talk(answer).as_dict()), PAPERS.get).exchanges
    assert read.answer
    assert read.answer.as_dict() == answer.as_dict()
    assert set(read.papers) == {PAPERS[paper.id] for paper in papers_of(answer, PAPERS.get)}
    assert bool(read.answer.table) == bool(answer.table)
    if read.answer.table and answer.table:
        assert exports.texts(read.answer, read.answer.table) == exports.texts(answer, answer.table)


def test_a_paper_that_is_not_indexed_here_keeps_its_name() -> None:
    (read,) = read_conversation(json.dumps(talk(grounded("How?")).as_dict()), lambda _: None).exchanges
    assert read.papers[0] == replace(LENSES, abstract="")


def broken(**changed: Any) -> str:
    return json.dumps(talk(grounded("How?")).as_dict() | changed)


def with_citation(**changed: Any) -> str:
    fields = talk(grounded("How?")).as_dict()
    fields["turns"][0]["answer"]["citations"][0] |= changed
    return json.dumps(fields)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (broken()[:-20], "not JSON or is incomplete"),
        ("[" * 100_000, "not JSON or is incomplete"),
        ("{}", "not a conversation exported by paperchat"),
        (broken(version=2), "another version"),
        (broken(turns=[{}] * 501), "has 501"),
        (broken(turns=[{"id": "x", "talk": "t"}]), "'question' is missing"),
        (broken(turns=[{"id": "<b>", "talk": "t", "question": "q"}]), "'id' is not a name"),
        (with_citation(number=2), "numbered twice"),
        (with_citation(quote=["a"]), "'quote' is not text"),
        (with_citation(verdict="sure"), "'verdict' is not one of"),
        ("x" * (MOST_BYTES + 1), "the limit is"),
    ],
)
def test_a_damaged_file_is_refused_in_a_plain_sentence(data: str, words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)) as raised:
        read_conversation(data, PAPERS.get)
    assert len(str(raised.value)) < 200


def test_what_is_forged_in_a_file_is_cleaned() -> None:
    fields = talk(grounded("How\ud800\x00 <b>?")).as_dict()
    fields["turns"][0]["answer"]["answer"] = "safe\u202egnp \ud800 [1]"
    (read,) = read_conversation(json.dumps(fields), PAPERS.get).exchanges
    assert read.answer
    assert (read.answer.text, read.question) == ("safegnp \ufffd [1]", "How\ufffd <b>?")


@pytest.mark.parametrize("text", HOSTILE)
def test_an_exchange_hides_in_its_message_and_is_found_there(text: str) -> None:
    answer = hostile(text)
    shown = hidden(exchange(answer))
    assert re.fullmatch(r'<div class="record" hidden>[^<>"\n]*</div>', shown)
    assert unhidden(shown)["answer"]["citations"][1]["quote"] == answer.citations[1].quote


@pytest.mark.parametrize("forged", ['{"id": ', "[1]"])
def test_a_forged_record_is_no_record(forged: str) -> None:
    assert unhidden(f'<div class="record" hidden>{forged}</div>') == {}


def test_a_chat_is_cut_before_the_question_that_is_asked_anew() -> None:
    chat, _ = messages_of(talk(grounded("a"), grounded("b"), grounded("c")))
    assert until(chat, "x2") == chat[:2]
    assert until(chat, "x1") == []
    assert until(chat, "nowhere") == chat
    assert last_place(chat) == Place("x3", "t1", "x2")
    assert last_place([]) is None


def test_a_conversation_as_markdown_has_questions_answers_quotes_and_references() -> None:
    conversation = talk(grounded("How are lenses ground?"), compared("Compare them"))
    text = conversation_markdown(conversation)
    assert text.startswith("# Lenses\n\n## How are lenses ground?\n\n**Lenses.** The candle lasts six hours. [1]")
    reference = "*Grinding Lenses by Candlelight* Ada Lovelace et al., 2025. <https://example.org/lenses>\n"
    assert f"- [1] “The candle lasts six hours.” {reference}" in text
    assert "\n## Compare them\n\n|  | Lenses |" in text
    assert cited_papers(conversation.exchanges) == (LENSES, MIRRORS, CLOTH)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_lives_in_the_markdown(text: str) -> None:
    written = conversation_markdown(replace(talk(hostile(text)), title=text))
    assert not re.search(r"(?<!\\)(?:<(?!https?://)|!\[|\]\(|```)", written)
    assert not re.search(r"[\x00-\x08\x1b\u202e]", written)


def test_a_conversation_is_shown_again_as_it_was() -> None:
    cut = Exchange(Place("x9", "t1", "x1"), "Why <b>?", None, "Half a", "")
    answered = exchange(grounded("How?"))
    shown, whole = messages_of(Conversation("Lenses", (answered, cut)))
    assert whole
    assert [message["role"] for message in shown] == ["user", "assistant"] * 2
    assert shown[1]["content"] == render.answer(grounded("How?"), PAPERS.get, tail=actions(answered))
    assert "Why &#60;b&#62;?" in shown[2]["content"]
    assert [turn.content for turn in turns_of(shown, PAPERS.get)][-2:] == ["Why <b>?", "Half a"]
    assert "The page was closed before this was answered." in shown[3]["content"]
    assert unhidden(shown[3]["content"])["id"] == "x9"


def test_of_a_conversation_too_long_for_the_page_the_last_questions_are_shown() -> None:
    shown, whole = messages_of(talk(*[replace(grounded("How?"), text="owl " * 24_000)] * 12))
    assert not whole
    assert 0 < len(shown) < 24
    assert (shown[0]["role"], unhidden(shown[-1]["content"])["id"]) == ("user", "x12")


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_lives_in_what_can_be_done_with_an_answer(text: str) -> None:
    made = actions(exchange(hostile(text))) + follow_ups([text])
    tags = r'</?(?:p|button|span|div|ul|li)(?: (?:type|class|title|dir|role)="[^"<>]*"| hidden)*>'
    assert "<" not in re.sub(tags, "", made)
