"""The sweep against what one would use instead: `make bench`, or `python -m tests.benchmarks.sweep [--rows 140000]`.

All judged queries x two systems x four dimensions, on the same vectors in one process. The vectors of 30,000 and
140,000 rows are the demo models' (beyond the corpus: copies with noise), the queries those that the demo was trained
on; 1,000,000 rows and their queries are random. All begin with the widest vectors in memory; the others cut, normalise
and (FAISS) add them once per dimension and give ten hits, ours every rank too; their search alone is noted as well. `streamed` is ours from LanceDB, as in use; its peak
memory is what counts. CPU time (the least of all rounds) is what a shared machine leaves comparable: what waits for a core
counts in wall time alone. Writes `bench.json` into the home folder.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import faiss
import lancedb
import numpy as np
import psutil
import pyarrow as pa
import torch
from sentence_transformers.util import dot_score, normalize_embeddings, semantic_search
from threadpoolctl import threadpool_info

from tests.conftest import ROOT
from tests.tables import numbered
from workbench import Workbench
from workbench.core.machine import cores
from workbench.core.settings import home_folder
from workbench.core.vectors import Vectors, normalise, truncate_dim
from workbench.corpora.citations import Resolver
from workbench.evaluation.ranks import VectorTable, rank
from workbench.index import Index
from workbench.query_sets.formats import read_queries
from workbench.query_sets.query_set import resolve_qrels

DIMS = (768, 512, 256, 128)
QUERIES = 1532
SYSTEMS = ("base", "tuned")
WITH_PREPARING = ("faiss", "sentence_transformers")
TIMED = (
    "sweep",
    "streamed",
    "lancedb",
    "matmul",
    *(f"{name}_{what}" for name in WITH_PREPARING for what in ("preparing", "search")),
)
SAMPLED = 5  # searches timed per dimension where a whole set would take hours
BATCH = 20_000


@dataclass(frozen=True)
class Bench:
    """Vectors by system and the queries asked of them; `relevant`: row of one relevant article a query."""

    rows: int
    documents: dict[str, Callable[[], Iterator[Vectors]]]
    queries: dict[str, Vectors]
    relevant: list[int]


def real(home: Path, rows: int) -> Bench:
    """Demo vectors: the first `rows` of the corpus, or all of it and noisy copies of it."""
    workbench = Workbench.open("demo", home=home)
    index = workbench.index
    query_set = resolve_qrels(
        "train", read_queries(ROOT / "sample_queries" / "train.jsonl"), Resolver(index.articles().values())
    )
    places = {doc_id: place for place, doc_id in enumerate(index.doc_ids)}
    asked = [(query, places[min(query_set.qrels[query.query_id])]) for query in query_set.judged]
    asked = [(query, place) for query, place in asked if place < rows][:QUERIES]
    texts = [query.text for query, _ in asked]
    vectors = {
        name: workbench.query_vectors.encode(encoder, texts) for name, encoder in workbench.encoders.items()
    }

    def documents(name: str) -> Iterator[Vectors]:
        random, left = np.random.default_rng(7), rows
        copies = 0
        while left:
            for batch in index.vector_batches(f"{name}_768"):
                kept = batch[:left]
                noise = random.standard_normal(kept.shape, np.float32) * np.float32(0.6 / 768**0.5)
                yield normalise(kept + noise) if copies else kept
                left -= len(kept)
            copies += 1

    return Bench(
        rows,
        {name: partial(documents, name) for name in SYSTEMS},
        vectors,
        [place for _, place in asked],
    )


def random(rows: int, queries: int) -> Bench:
    """Directions at random, the same for a seed."""

    def documents(seed: int) -> Iterator[Vectors]:
        for start in range(0, rows, BATCH):
            yield normalise(
                np.random.default_rng([seed, start]).standard_normal(
                    (min(BATCH, rows - start), 768), np.float32
                )
            )

    asked = {
        name: normalise(np.random.default_rng([9, seed]).standard_normal((queries, 768), np.float32))
        for seed, name in enumerate(SYSTEMS)
    }
    relevant = np.random.default_rng(3).integers(0, rows, queries).tolist()
    return Bench(rows, {name: partial(documents, seed) for seed, name in enumerate(SYSTEMS)}, asked, relevant)


def write(bench: Bench, uri: str) -> Index:
    """An index of these vectors: each system's widest column, and the first system's shorter ones for LanceDB's search."""
    columns = {f"{SYSTEMS[0]}_{dim}": (SYSTEMS[0], dim) for dim in DIMS} | {
        f"{name}_768": (name, 768) for name in SYSTEMS[1:]
    }
    vector_fields = [pa.field(column, pa.list_(pa.float32(), dim)) for column, (_, dim) in columns.items()]
    schema = pa.schema(
        [("doc_id", pa.string()), ("scope", pa.string()), *vector_fields], metadata={"build_id": "bench"}
    )

    def batches() -> Iterator[pa.RecordBatch]:
        start = 0
        for parts in zip(*(bench.documents[name]() for name in SYSTEMS), strict=True):
            by_system = dict(zip(SYSTEMS, parts, strict=True))
            size = len(parts[0])
            texts = [
                pa.array([f"d{start + row:08}" for row in range(size)]),
                pa.array(["local" if row % 3 else "national" for row in range(size)]),
            ]
            cut = [truncate_dim(by_system[name], dim) for name, dim in columns.values()]
            lists = [pa.FixedSizeListArray.from_arrays(pa.array(one.ravel()), one.shape[1]) for one in cut]
            yield pa.RecordBatch.from_arrays([*texts, *lists], schema=schema)
            start += size

    database = lancedb.connect(uri)
    database.create_table(
        "builds",
        pa.table(
            {
                "build_id": ["bench"] * len(columns),
                "column": list(columns),
                "dim": [dim for _, dim in columns.values()],
                "ann": [""] * len(columns),
            }
        ),
    )
    database.create_table("articles", pa.RecordBatchReader.from_batches(schema, batches()))
    return Index(uri)


def sweep(table: VectorTable, bench: Bench, name: str) -> None:
    query_ids = [f"q{number}" for number in range(len(bench.relevant))]
    qrels = {query_id: {f"d{place:08}": 1} for query_id, place in zip(query_ids, bench.relevant, strict=True)}
    rank(table, f"{name}_768", DIMS, query_ids, bench.queries[name], qrels, 10)


def streamed(index: Index, bench: Bench) -> None:
    for name in SYSTEMS:
        sweep(index, bench, name)


def lancedb_search(index: Index, bench: Bench) -> float:
    """Seconds for all queries, from a few of them at each dimension; the first search of a column only opens it."""
    taken = []
    for dim in DIMS:
        index.search(SYSTEMS[0], dim, bench.queries[SYSTEMS[0]][0], 10)
        began = perf_counter()
        for row in range(SAMPLED):
            index.search(SYSTEMS[0], dim, bench.queries[SYSTEMS[0]][row], 10)
        taken.append((perf_counter() - began) / SAMPLED)
    return sum(taken) * len(bench.relevant) * len(SYSTEMS)


def blas_kernels() -> list[str]:
    """Which matrix products run here: BLAS, its version, and the kernel that it chose for this processor."""
    found = [library for library in threadpool_info() if library["user_api"] == "blas"]
    told = (f"{each['internal_api']} {each['version']} ({each.get('architecture', '?')})" for each in found)
    return sorted(set(told))


def seconds(work: Callable[[], Any]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def peak(work: Callable[[], Any], beyond: int) -> int:
    """Peak resident bytes while `work` runs, beyond what there was before; Linux counts it anew on request."""
    Path("/proc/self/clear_refs").write_text("5")
    work()
    (line,) = (
        line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")
    )
    return int(line.split()[1]) * 1024 - beyond


def measure(bench: Bench, rounds: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        index = write(bench, folder)
        streamed(index, bench)  # compiles the loops
        index = Index(folder)
        libraries = psutil.Process().memory_info().rss
        peaks = {"streamed": peak(lambda: streamed(index, bench), libraries)}
        peaks["lancedb"] = peak(lambda: lancedb_search(index, bench), libraries)
        times: dict[str, list[float]] = {name: [] for name in TIMED}
        cpu: dict[str, list[float]] = {name: [] for name in TIMED}
        for _ in range(rounds):
            for taken in (*times.values(), *cpu.values()):
                taken.append(0.0)
            times["streamed"][-1] = seconds(lambda: streamed(index, bench))
            times["lancedb"][-1] = lancedb_search(index, bench)
            for name in SYSTEMS:
                whole = np.empty((bench.rows, 768), np.float32)
                start = 0
                for batch in bench.documents[name]():
                    whole[start : start + len(batch)] = batch
                    start += len(batch)
                _in_memory(whole, bench, name, times, cpu, peaks, libraries)
                del whole
    for name in WITH_PREPARING:
        peaks[name] = max(peaks[f"{name}_preparing"], peaks[f"{name}_search"])
        times[name] = [
            sum(both) for both in zip(times[f"{name}_preparing"], times[f"{name}_search"], strict=True)
        ]
    ratios = {
        name: median(theirs / ours for theirs, ours in zip(taken, times["sweep"], strict=True))
        for name, taken in times.items()
    }
    return {
        "ratio_to": {
            name: round(ratio, 3)
            for name, ratio in ratios.items()
            if name in ("lancedb", "matmul", *WITH_PREPARING)
        },
        "ratio_to_search_alone": {name: round(ratios[f"{name}_search"], 3) for name in WITH_PREPARING},
        "over_plain": {
            "seconds": round(1 / ratios["matmul"], 3),
            "cpu_seconds": round(min(cpu["sweep"]) / min(cpu["matmul"]), 3),
        },
        "streamed_over_memory": round(ratios["streamed"], 3),
        "peak_bytes": peaks["streamed"],
        "peak_bytes_of": peaks,
        "seconds": {name: round(median(taken), 3) for name, taken in times.items()},
        "queries": len(bench.relevant),
    }


def _cut(whole: Vectors, dim: int, into: "list[torch.Tensor]") -> None:
    into.append(normalize_embeddings(torch.from_numpy(whole[:, :dim])))


def _in_memory(
    whole: Vectors,
    bench: Bench,
    name: str,
    times: dict[str, list[float]],
    cpu: dict[str, list[float]],
    peaks: dict[str, int],
    libraries: int,
) -> None:
    """Adds what each takes for one system to the last round."""
    queries, table = bench.queries[name], numbered(whole)

    def timed(what: str, work: Callable[[], Any]) -> None:
        taken: list[float] = []
        began = process_time()
        used = peak(lambda: taken.append(seconds(work)), libraries)
        cpu[what][-1] += process_time() - began
        times[what][-1] += taken[0]
        peaks[what] = max(peaks.get(what, 0), used)

    def product() -> None:
        for start in range(0, len(whole), 8192):
            queries @ whole[start : start + 8192].T

    timed("matmul", product)
    timed("sweep", lambda: sweep(table, bench, name))
    for dim in DIMS:
        asked = truncate_dim(queries, dim)
        flat = faiss.IndexFlatIP(dim)

        def fill(flat: Any = flat, dim: int = dim) -> None:
            cut = np.array(whole[:, :dim])
            faiss.normalize_L2(cut)
            flat.add(cut)

        timed("faiss_preparing", fill)
        timed("faiss_search", partial(flat.search, asked, 10))
        del flat, fill
        cut: list[torch.Tensor] = []
        timed(
            "sentence_transformers_preparing",
            partial(_cut, whole, dim, cut),
        )
        asked_tensor = torch.from_numpy(asked)
        timed(
            "sentence_transformers_search",
            partial(semantic_search, asked_tensor, cut[0], top_k=10, score_function=dot_score),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home")
    parser.add_argument("--rows", type=int, nargs="*", default=[30_000, 140_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    kernels = blas_kernels()
    print(f"{cores()} cores; products by {', '.join(kernels)}\n")
    home = home_folder(given.home)
    file = home / "bench.json"
    results = json.loads(file.read_text()) if file.is_file() else {"sweep": {}}
    print(
        "| rows | queries | ours, in memory | streamed | LanceDB, a query at a time | FAISS flat (search alone) | sentence-transformers (search alone) | plain product | ours / plain: wall, CPU | peak: streamed / FAISS |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for rows in given.rows:
        large = rows > 500_000
        bench = random(rows, 384) if large else real(home, rows)
        found = measure(bench, 1 if large else given.rounds)
        found["kernels"] = kernels
        results["sweep"][str(rows)] = found
        file.write_text(json.dumps(results, indent=2, sort_keys=True) + "\n")
        ratio, peaks = found["ratio_to"], found["peak_bytes_of"]
        alone = found["ratio_to_search_alone"]
        cells = [
            f"{ratio[name]:.3g} ×" + (f" ({alone[name]:.3g} ×)" if name in alone else "")
            for name in ("lancedb", *WITH_PREPARING, "matmul")
        ]
        memory = f"{peaks['streamed'] / 1e9:.2f} / {peaks['faiss'] / 1e9:.2f} GB"
        over = found["over_plain"]
        cells.append(f"{over['seconds']:.2f} ×, {over['cpu_seconds']:.2f} ×")
        print(
            f"| {rows:,} | {found['queries']:,} | {found['seconds']['sweep']:.2f} s | {found['seconds']['streamed']:.2f} s | {' | '.join(cells)} | {memory} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
