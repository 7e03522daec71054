"""Whether the index is there, fits the pair, and holds the corpus as it is now."""

from pathlib import Path
from typing import TYPE_CHECKING

from workbench.cli.doctor.case import Case
from workbench.cli.doctor.finding import Finding, Findings, State, fail, note, ok
from workbench.core.documents import content_hash
from workbench.core.errors import IndexFault
from workbench.corpora.subset import Subset

if TYPE_CHECKING:  # what may be missing is imported where it is needed
    from workbench.index import Index


def check(case: Case) -> Findings:
    from workbench.index import Index

    build = f"run `workbench index build --pair {case.pair.typed}`"
    if "://" not in case.uri and not Path(case.uri).exists():  # opening it would make the folder
        yield note("index", f"not built yet; it will be at {case.uri}", build)
        return
    try:
        index = Index(case.uri, pair=case.pair.typed)
    except IndexFault as fault:
        yield _unopened(fault)
        return
    differences = index.differences(case.pair, case.encoders)
    yield ok("index", _contents(index, case.uri, fits=not differences))
    if differences:
        more = f"; and {len(differences) - 1} more" if len(differences) > 1 else ""
        yield fail("index", f"does not fit the pair: {differences[0]}{more}", build)
    elif not index.has_checksums:
        found = "has no checksums, so that a flipped bit may go unseen"
        yield note("index", found, f"{build}, which adds them and encodes nothing anew")
    for told in index.without_address(case.pair, case.encoders):
        found, _, remedy = told.partition("; ")
        yield note("index", found, remedy)
    for told in index.left_out:
        yield note("index", told, f"mend these texts, then {build}")
    yield from _changes(case, index, build)


def _unopened(fault: IndexFault) -> Finding:
    state = State.NOTE if fault.found == "holds no index" else State.FAIL
    return Finding("index", state, f"{fault.subject} {fault.found}", fault.remedy)


def _contents(index: "Index", uri: str, *, fits: bool) -> str:
    part = f", the part {index.subset}" if index.subset else ""
    count = f"{index.counts['articles']:,} articles{part}, {index.columns_in_words} at {uri}"
    return f"fits the pair: {count}" if fits else count


def _changes(case: Case, index: "Index", remedy: str) -> Findings:
    """Whether the corpus has changed since the index was built."""
    if case.reading[1] or not case.articles:
        return
    chosen = Subset.recorded(index.subset).select(case.articles)
    now = {content_hash(article) for article in chosen}
    then = {*index.content_hashes(), *(each.content_hash for each in index.skipped.values())}
    if now != then:
        lacks, has = len(now - then), len(then - now)
        yield note("index", f"lacks {lacks:,} articles of the corpus and has {has:,} of another one", remedy)
