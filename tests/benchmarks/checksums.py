"""What checksums cost: `python -m tests.benchmarks.checksums TREE QUESTIONS [--home H] [--dims …] [--rounds N]`.

TREE and QUESTIONS as for `real_law`, whose pair this builds anew in an index of its own. Prints the CPU seconds of reading
the corpus and building, and the share that goes into taking and recording checksums; then, evaluating the questions in
turn with and without the checks, the CPU seconds of each. CPU seconds of the process, since other work slows a clock.
"""

import argparse
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from time import process_time, thread_time
from typing import Any
from unittest.mock import patch

from tests.benchmarks.real_law import DIMS, pair_of
from workbench import Workbench
from workbench.core.settings import Pair, home_folder
from workbench.corpora import read_corpus
from workbench.encoders import encoders_for
from workbench.index import build, building, checking
from workbench.index.checksums import RunDigests
from workbench.query_sets.query_set import QuerySet


class Timed:
    """Adds up the CPU seconds of the functions that it wraps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def wrap(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            began = thread_time()
            try:
                return work(*arguments)
            finally:
                self.seconds += thread_time() - began

        return timed


def cost_of_building(pair: Pair, home: Path) -> None:
    uri, spent = pair.index_uri(home), Timed()
    shutil.rmtree(uri, ignore_errors=True)
    began = process_time()
    corpus = read_corpus(pair.corpus.sources, home)
    read = process_time() - began
    with ExitStack() as stack:
        stack.enter_context(patch.object(RunDigests, "add", spent.wrap(RunDigests.add)))
        for name in ("record", "record_files"):
            stack.enter_context(patch.object(building, name, spent.wrap(getattr(building, name))))
        build(uri, list(corpus.articles), pair, encoders_for(pair, home))
    built = process_time() - began - read
    print(f"{len(corpus.articles):,} articles: read in {read:.1f} s, built in {built:.1f} s of CPU time")
    print(f"checksums: {spent.seconds:.2f} s, {spent.seconds / built:.2%} of building")


def evaluated(pair: Pair, home: Path, query_set: QuerySet) -> float:
    workbench = Workbench(pair, home)
    began = process_time()
    workbench.evaluate(query_set)
    return process_time() - began


def cost_of_evaluating(pair: Pair, home: Path, questions: str, rounds: int) -> None:
    query_set = Workbench(pair, home).resolve(questions)
    evaluated(pair, home, query_set)  # encodes the questions, compiles the loops
    taken: dict[str, list[float]] = {"with": [], "without": []}
    for _ in range(rounds):
        taken["with"].append(evaluated(pair, home, query_set))
        with (
            patch.object(
                RunDigests, "add", lambda self, values: setattr(self, "rows", self.rows + len(values))
            ),
            patch.object(checking, "_not_unit", lambda *_: []),
            patch.object(checking, "_other_runs", lambda *_: []),
            patch.object(checking.CheckedTable, "ensure", lambda *_: None),
        ):
            taken["without"].append(evaluated(pair, home, query_set))
    both = {name: median(seconds) for name, seconds in taken.items()}
    print(
        f"{len(query_set.judged):,} questions: {both['with']:.2f} s with checks, {both['without']:.2f} s without"
    )
    print(f"{both['with'] / both['without'] - 1:+.1%}; all rounds: {taken}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("questions")
    parser.add_argument("--home")
    parser.add_argument("--dims", type=int, nargs="+", default=DIMS)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    home = home_folder(given.home)
    pair = pair_of(given.tree, given.dims, home)
    cost_of_building(pair, home)
    cost_of_evaluating(pair, home, given.questions, given.rounds)


if __name__ == "__main__":
    main()
