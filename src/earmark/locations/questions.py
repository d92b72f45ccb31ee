"""Questions to the code of a location from processes that do not have it, and the answers, by way of the store."""

from __future__ import annotations

from typing import Any

import msgspec

from earmark.protocol.messages import Answer
from earmark.store.ports import Store
from earmark.values.clock import Micros
from earmark.values.wire import decode, encode

ASKED, ANSWERED = "questions", "answers"
"""What is notified when there is a question, and when there is an answer."""

RELOAD = "reload"
"""The question that is no question: to load the location anew. Nobody waits for an answer."""

_QUESTIONS, _ANSWERS = "question", "answer"
_KEPT = Micros(600 * 1_000_000)
"""For how long what nobody takes up, or nobody fetches, is kept: clocks of two machines may differ."""


class Question(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Something asked of the code of a location.

    Args:
        id: What tells it apart.
        host_id: The host that is asked.
        location: The code location.
        kind: What is asked; see ``earmark.guest.questions``.
        payload: What the question needs.
        seconds: How long the answer may take.
        asked_at: When it was asked.
    """

    id: str
    host_id: str
    location: str
    kind: str
    payload: dict[str, Any] = {}
    seconds: float = 60.0
    asked_at: Micros = Micros(0)


class _KeptAnswer(msgspec.Struct, frozen=True):
    answer: Answer
    at: Micros


def put_question(store: Store, question: Question) -> None:
    """Ask."""

    def work() -> None:
        store.entries.set(_QUESTIONS, question.id, encode(question))
        store.notify(ASKED)

    store.transact(work)


def withdraw(store: Store, question_id: str) -> bool:
    """Take a question back; ``False`` if somebody has taken it up."""
    return store.entries.remove(_QUESTIONS, question_id)


def take_questions(store: Store, host_id: str) -> list[Question]:
    """Take up the questions to a host: nobody else gets them, and this one gets them once."""
    asked = [decode(data, Question) for data in store.entries.all(_QUESTIONS).values()]
    mine = sorted((one for one in asked if one.host_id == host_id), key=lambda one: one.asked_at)
    now = store.clock()
    taken = [one for one in mine if store.entries.remove(_QUESTIONS, one.id)]
    return [one for one in taken if now - one.asked_at < one.seconds * 1_000_000 + _KEPT]


def put_answer(store: Store, question: Question, answer: Answer) -> None:
    """Answer."""

    def work() -> None:
        store.entries.set(_ANSWERS, question.id, encode(_KeptAnswer(answer, store.clock())))
        store.notify(ANSWERED)

    store.transact(work)


def take_answer(store: Store, question_id: str) -> Answer | None:
    """Return the answer to a question, once; ``None`` if there is none yet."""
    data = store.entries.get(_ANSWERS, question_id)
    if data is None:
        return None
    store.entries.remove(_ANSWERS, question_id)
    return decode(data, _KeptAnswer).answer


def forget_unfetched(store: Store) -> None:
    """Forget answers that nobody has fetched, and questions that nobody has taken up: whoever asked is gone."""
    since = store.clock() - _KEPT
    for key, data in store.entries.all(_ANSWERS).items():
        if decode(data, _KeptAnswer).at < since:
            store.entries.remove(_ANSWERS, key)
    for key, data in store.entries.all(_QUESTIONS).items():
        one = decode(data, Question)
        if one.asked_at + one.seconds * 1_000_000 < since:
            store.entries.remove(_QUESTIONS, key)
