"""Whether run files can be read, and which of the pair's query sets each answers."""

from pathlib import Path

from workbench.cli.doctor.case import Case
from workbench.cli.doctor.finding import Findings, going_on, note, ok
from workbench.core.settings import RunSystem
from workbench.query_sets.formats import read_queries
from workbench.query_sets.run_files import read_run


def check(case: Case) -> Findings:
    for name, system in case.pair.systems.items():
        if isinstance(system, RunSystem):
            yield from going_on(f"run {name}", _run(case, name, Path(system.path)))


def _run(case: Case, name: str, path: Path) -> Findings:
    run = read_run(path, case.resolver)
    asked = {query.query_id for queries in case.pair.queries for query in read_queries(queries)}
    shared = len(asked & run.hits.keys())
    found = f"{path.name}: {len(run.hits):,} queries, {shared:,} of them in the pair's query sets"
    if shared or not asked:
        yield ok(f"run {name}", found)
    else:
        yield note(f"run {name}", found, "give the run of these queries, or add its query set to `queries`")
