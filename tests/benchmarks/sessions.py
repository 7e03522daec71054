"""Twenty sessions at once, each asking ten questions of its own, on the demo: `python -m tests.benchmarks.sessions`.

The time of a question is from sending it to the end of the page's answer, its vector not known before. The visitors speak
the page's protocol without a browser: twenty browsers on the server's own processor would measure themselves.
"""

import asyncio
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from tests.browser import server
from tests.sessions import Visitor, doc_ranks, heading
from workbench import Workbench
from workbench.query_sets.formats import read_queries

ROOT = Path(__file__).parent.parent.parent
SESSIONS, QUESTIONS = 20, 10


def expected(home: Path, texts: list[str]) -> dict[str, list[str]]:
    """The articles of both systems for each text, asked directly."""
    workbench = Workbench.open("demo", home=home, cache_bytes=2**30)
    found = {}
    for text in texts:
        answer = workbench.ask(text)
        found[text] = [
            answer.articles[hit.doc_id].article
            for listing in answer.listings.values()
            for hit in listing.hits
        ]
    return found


async def session(
    address: str, texts: list[str], ready: asyncio.Barrier, wanted: dict[str, list[str]]
) -> list[float]:
    """Seconds that each question of one visitor took."""
    taken = []
    async with Visitor(address) as visitor:
        await ready.wait()
        for text in texts:
            began = time.perf_counter()
            answer = await visitor.ask(text)
            taken.append(time.perf_counter() - began)
            if (heading(answer), doc_ranks(answer)[: len(wanted[text])]) != (text, wanted[text]):
                raise AssertionError(f"{text}: answered with {heading(answer)}, {doc_ranks(answer)}")
    return taken


async def measure(address: str, texts: list[str], wanted: dict[str, list[str]]) -> list[float]:
    ready = asyncio.Barrier(SESSIONS)
    own = [texts[start : start + QUESTIONS] for start in range(0, len(texts), QUESTIONS)]
    return [
        second
        for each in await asyncio.gather(*(session(address, mine, ready, wanted) for mine in own))
        for second in each
    ]


def main() -> None:
    demo = Path(os.environ.get("WORKBENCH_HOME") or ROOT / ".workbench").resolve()
    texts = [
        query.text for query in read_queries(ROOT / "sample_queries" / "train.jsonl")[: SESSIONS * QUESTIONS]
    ]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for name in ("models", "index"):
            (home / name).symlink_to(demo / name)
        wanted = expected(home, texts)
        (home / "query_vectors.sqlite").unlink()  # the page has to encode every question itself
        shutil.copytree(demo / "rankings", home / "rankings")
        with server("demo", home) as address:
            taken = sorted(asyncio.run(measure(address, texts, wanted)))
    print(
        f"{SESSIONS} sessions x {QUESTIONS} questions, all answers right: "
        f"median {statistics.median(taken):.2f} s, 95th percentile {taken[int(0.95 * len(taken))]:.2f} s, slowest {taken[-1]:.2f} s"
    )


if __name__ == "__main__":
    main()
