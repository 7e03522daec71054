"""Reading a corpus, by its size: `make bench`, or `python -m tests.benchmarks.corpus [--articles 250000 1000000] [--tree LAWREFBOOK]`.

Synthetic articles, 60 to a law, are written as JSON lines and read, merged and gone through once, each number of them in
a process of its own. What memory that takes beyond the libraries must not grow with their number. Writes `bench.json`
into the home folder.
"""

import argparse
import json
import re
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from workbench.core.settings import home_folder
from workbench.corpora import read_corpus
from workbench.corpora.sources import source_of

WORDS = [
    "渡口",
    "船舶",
    "经营",
    "许可",
    "主管部门",
    "应当",
    "不得",
    "安全",
    "检查",
    "责任",
    "罚款",
    "登记",
    "申请",
    "期限",
    "人民政府",
    "规定",
]
OF_A_LAW = 60

Measured = dict[str, float]


def write(path: Path, count: int) -> None:
    """So many articles as JSON lines, about 100 characters each, the same every time."""
    random = Random(7)
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            row = {
                "law": f"第{number // OF_A_LAW}号渡口管理条例",
                "article": str(number % OF_A_LAW + 1),
                "text": "".join(random.choices(WORDS, k=45)) + f"{number}。",
                "published": "2020-01-01",
            }
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def peak() -> int:
    """Most bytes that this process had in memory at once."""
    match = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(match[1]) * 1024 if match else 0


def measure(kind: str, path: str) -> Measured:
    libraries, began, worked = peak(), perf_counter(), process_time()
    corpus = read_corpus([source_of(kind, path=path)], Path())
    read = perf_counter() - began
    articles = sum(1 for _ in corpus.articles)
    return {
        "articles": articles,
        "seconds_to_read": round(read, 2),
        "seconds": round(perf_counter() - began, 2),
        "cpu_seconds": round(process_time() - worked, 2),
        "peak_bytes": peak(),
        "peak_bytes_beyond_libraries": peak() - libraries,
    }


def measured(kind: str, path: Path) -> Measured:
    """What `measure` finds in a process of its own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(measure, kind, str(path)).result()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home")
    parser.add_argument("--articles", type=int, nargs="*", default=[250_000, 1_000_000])
    parser.add_argument("--tree", type=Path, help="LawRefBook's, as a folder or an archive")
    given = parser.parse_args()
    found = {"lawrefbook": measured("lawrefbook", given.tree)} if given.tree else {}
    for count in given.articles:
        with TemporaryDirectory() as folder:
            file = Path(folder) / "laws.jsonl"
            write(file, count)
            found[str(count)] = measured("jsonl", file)
    print("| corpus | articles | read | read and gone through | CPU | peak (beyond the libraries) |")
    print("|---|---|---|---|---|---|")
    for name, row in found.items():
        memory = f"{row['peak_bytes'] / 1e6:.0f} MB ({row['peak_bytes_beyond_libraries'] / 1e6:.0f} MB)"
        times = (f"{row[key]:.1f} s" for key in ("seconds_to_read", "seconds", "cpu_seconds"))
        print(f"| {name} | {row['articles']:,} | {' | '.join(times)} | {memory} |")
    results = home_folder(given.home) / "bench.json"
    earlier = json.loads(results.read_text()) if results.is_file() else {"sweep": {}}
    corpora = earlier.get("corpus", {}) | found
    results.write_text(json.dumps(earlier | {"corpus": corpora}, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
