"""A dozen visitors at once, four questions each: every answer is the one to the question that was asked."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.sessions import Visitor, doc_ranks, heading
from workbench import Workbench
from workbench.core.settings import Pair

VISITORS, QUESTIONS = 12, 4
PHRASES = (
    "渡船",
    "灯塔",
    "船工",
    "夜间",
    "停渡",
    "看管",
    "乘客",
    "点灯",
    "几个人",
    "谁",
    "本市",
    "本省",
    "核定",
    "亮",
    "管理",
)


def questions(visitor: int) -> list[str]:
    """Questions that no other visitor asks."""
    return [
        f"{PHRASES[(visitor + 3 * number) % len(PHRASES)]}{PHRASES[(5 * visitor + number) % len(PHRASES)]}{visitor}的{number}"
        for number in range(QUESTIONS)
    ]


def test_visitors_at_once_get_their_own_answers(pair: Pair, home: Path, tiny_page: str) -> None:
    workbench = Workbench(pair, home)

    def expected(text: str) -> list[str]:
        answer = workbench.ask(text)
        return [
            answer.articles[hit.doc_id].article
            for listing in answer.listings.values()
            for hit in listing.hits
        ]

    async def visit(address: str, texts: list[str]) -> list[tuple[str, list[str]]]:
        async with Visitor(address) as visitor:
            answers = [await visitor.ask(text) for text in texts]
        return [
            (heading(answer), doc_ranks(answer)[: 2 * len(workbench.index.doc_ids)]) for answer in answers
        ]

    async def all_visits(address: str) -> list[list[tuple[str, list[str]]]]:
        return await asyncio.gather(*(visit(address, questions(number)) for number in range(VISITORS)))

    with ThreadPoolExecutor(1) as aside:  # Chromium's driver may have an event loop in this thread
        visits = aside.submit(lambda: asyncio.run(all_visits(tiny_page))).result()
    for number, answers in enumerate(visits):
        assert answers == [(text, expected(text)) for text in questions(number)]
