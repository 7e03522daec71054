"""What stands in the way of a pair, and what its build will take: one finding a line, with its remedy.

A fault is what this module looks for, and one must not hide the others. So, beside the page and the command, it is the
only one that catches every WorkbenchError.
"""

import json
import os
import platform
import resource
import shutil
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from workbench import __version__
from workbench.core import hub
from workbench.core.domain import Article, Scope
from workbench.core.errors import IndexFault, WorkbenchError
from workbench.core.settings import HUB_KINDS, Pair, Source, System
from workbench.corpora import Corpus, SourceReport, read_corpus
from workbench.corpora.citations import Resolver
from workbench.corpora.subset import Subset
from workbench.encoders import Encoder, encoders_for, model_location
from workbench.encoders.backends.sentence_transformer import SentenceTransformerEncoder
from workbench.encoders.guards import PROBE, sees_later_tokens
from workbench.query_sets.formats import read_queries, set_of, training_set
from workbench.query_sets.query_set import resolve_qrels

if TYPE_CHECKING:  # what may be missing is imported where it is needed
    from workbench.index import Index

DISTRIBUTION = "lawvault-workbench"
SHOWN = ("torch", "sentence-transformers", "transformers", "lancedb", "streamlit", "huggingface_hub")
ROUNDS = (
    8,
    32,
    128,
    512,
    2048,
)  # articles encoded to measure how quick a model is, one round after the other
PATIENCE = 2.0  # seconds: after a round that took longer, the next one would take too long
WRITING, COPIES = (
    0.3e9,
    2,
)  # bytes that writing a table takes, and how often the vectors gathered for it are in memory (measured)


class State(StrEnum):
    """Whether all is well, or works but should be seen, or stands in the way."""

    OK = "ok"
    NOTE = "note"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Finding:
    """What one check found of `subject`; `remedy`: what to do about it, empty where nothing needs to be done."""

    subject: str
    state: State
    found: str
    remedy: str = ""

    def line(self, room: int, width: int = 0) -> str:
        """Subjects in a column of `room` characters; in a terminal of `width` characters wrapped, with the remedy on lines of its own."""
        said = f"{self.state:<4}  {self.subject:<{room}}  {' '.join(self.found.splitlines())}"
        remedy = f"→ {' '.join(self.remedy.splitlines())}" if self.remedy else ""
        indent = " " * (room + 8)
        if width <= 2 * len(indent):
            return f"{said} {remedy}".rstrip()
        wrapped = textwrap.wrap(said, width, subsequent_indent=indent, break_on_hyphens=False)
        return "\n".join(
            [
                *wrapped,
                *textwrap.wrap(
                    remedy,
                    width,
                    initial_indent=indent,
                    subsequent_indent=f"{indent}  ",
                    break_on_hyphens=False,
                ),
            ]
        )


Findings = Iterator[Finding]


def examine(pair: Pair, home: Path, *, quick: bool = False) -> Findings:
    """Findings in a fixed order, as they are made. `quick`: no model is loaded, and nothing measured."""
    case = _Case(pair, home, quick)
    for subject, check, slow in CHECKS:
        if not (quick and slow):
            yield from _going_on(subject, check(case))


def subject_room(pair: Pair) -> int:
    """The length of the longest subject."""
    return max(map(len, ["installed", *(f"device {name}" for name in pair.systems)]))


class _Case:
    """A pair on this machine: what several checks need, found out once."""

    def __init__(self, pair: Pair, home: Path, quick: bool) -> None:
        self.pair, self.home, self.quick = pair, home, quick
        self.encoders = encoders_for(pair, home)
        self.owners = list(dict.fromkeys(pair.owners.values()))
        self.pace = dict[
            str, float
        ]()  # system -> seconds that its model takes for a character, where it could be loaded
        self.uri = pair.index_uri(home)

    @cached_property
    def reading(self) -> tuple[Corpus, list[Finding]]:
        """The sources that can be read, and a finding for each of the others."""
        try:
            return read_corpus(self.pair.corpus.sources, self.home), []
        except WorkbenchError:
            good, failed = list[Source](), list[Finding]()
        for source in self.pair.corpus.sources:
            try:
                read_corpus([source], self.home)
                good.append(source)
            except WorkbenchError as fault:
                failed.append(_finding("corpus", fault))
        return read_corpus(good, self.home) if good else Corpus([], {}, {}), failed

    @property
    def articles(self) -> list[Article]:
        return self.reading[0].articles

    def hashes(self, articles: Sequence[Article]) -> list[str]:
        from workbench.core.documents import content_hash

        return list(map(content_hash, articles))

    @cached_property
    def missing(self) -> dict[str, list[Article]]:
        """System -> the articles that a build still has to encode: all of them where the index cannot be read."""
        from workbench.index.reading import digests_with_vectors

        hashes, found = self.hashes(self.articles), dict[str, list[Article]]()
        for name in self.owners:
            try:
                there = digests_with_vectors(self.uri, self.encoders[name], max(self.pair.dims))
            except IndexFault:  # which the check of the index reports
                there = set()
            found[name] = [
                article for article, digest in zip(self.articles, hashes, strict=True) if digest not in there
            ]
        return found

    def texts(self, name: str, articles: Sequence[Article]) -> list[str]:
        from workbench.core.documents import format_document

        return [format_document(article, self.pair.systems[name].document_template) for article in articles]


def _going_on(subject: str, findings: Findings, state: State = State.FAIL) -> Findings:
    """`findings`; where a fault ends them, it is the last one."""
    try:
        yield from findings
    except WorkbenchError as fault:
        yield _finding(subject, fault, state)
    except (
        ImportError,
        OSError,
    ) as fault:  # a library that is broken or not there; a place that this user may not read
        yield Finding(
            subject,
            State.FAIL,
            str(fault),
            "mend that, or install the workbench again, and run this once more",
        )


def _finding(subject: str, fault: WorkbenchError, state: State = State.FAIL) -> Finding:
    wanted = f"; wanted: {fault.wanted}" if fault.wanted else ""
    return Finding(subject, state, f"{fault.subject} {fault.found}{wanted}", fault.remedy)


# What is installed, and what runs on what


def _installed(case: _Case) -> Findings:
    demands = {"Python": SpecifierSet(metadata(DISTRIBUTION)["Requires-Python"])} | {
        demand.name: demand.specifier
        for demand in map(Requirement, requires(DISTRIBUTION) or ())
        if not demand.marker or demand.marker.evaluate({"extra": ""})
    }
    found = {"Python": platform.python_version()} | {
        name: _version(name) for name in (*SHOWN, *demands) if name != "Python"
    }
    fits = {
        name: bool(each) and demands.get(name, SpecifierSet()).contains(each, prereleases=True)
        for name, each in found.items()
    }
    shown = ", ".join(f"{name} {found[name]}" for name in ("Python", *SHOWN) if fits[name])
    yield Finding("installed", State.OK, f"workbench {__version__}, {shown}")
    for name in (name for name in found if not fits[name]):
        wanted = f"{name}{demands.get(name, '')}"
        remedy = "install a newer Python" if name == "Python" else f"pip install '{wanted}'"
        yield Finding(
            "installed", State.FAIL, f"{name} {found[name] or 'is missing'}; wanted: {wanted}", remedy
        )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _devices(case: _Case) -> Findings:
    for name in case.owners:
        yield from _going_on(f"device {name}", _device(f"device {name}", case.encoders[name]))


def _device(subject: str, encoder: Encoder) -> Findings:
    if not isinstance(encoder, SentenceTransformerEncoder):
        yield Finding(subject, State.OK, "the server's")
        return
    memory = _size(_device_memory(encoder.device))
    yield Finding(
        subject, State.OK, f"{encoder.device}, computing in {encoder.precision}; {memory} of memory"
    )


def _device_memory(device: str) -> int:
    """Bytes of a graphics card, else of the machine."""
    if not device.startswith("cuda"):
        return _machine_memory()
    import torch

    return torch.cuda.mem_get_info(device)[1]


def _machine_memory() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


# Models


def _models(case: _Case) -> Findings:
    for name, owner in case.pair.owners.items():
        subject, system = f"model {name}", case.pair.systems[name]
        if owner != name:
            yield Finding(subject, State.OK, f"shares the document vectors of {owner}; {_prompts(system)}")
        else:
            yield from _going_on(subject, _not_loaded(case, name) if case.quick else _loaded(case, name))


def _not_loaded(case: _Case, name: str) -> Findings:
    """What the disk tells about a model."""
    system, location = case.pair.systems[name], model_location(case.pair.systems[name], case.home)
    if Path(location).is_absolute() and not system.url and not (Path(location) / "modules.json").is_file():
        yield from _loaded(case, name)  # which fails at once, and says why
    else:
        yield _origin(case, name)


def _loaded(case: _Case, name: str) -> Findings:
    """What the loaded model tells, and how quick it is; it is released."""
    subject, system, encoder = f"model {name}", case.pair.systems[name], case.encoders[name]
    try:
        notes = encoder.prepare()
        yield _origin(case, name)
        yield _vectors(subject, encoder, max(case.pair.dims))
        yield Finding(subject, State.OK, _prompts(system))
        for note in notes:
            yield Finding(
                subject,
                State.NOTE,
                note.removeprefix(f"{system.label}: "),
                "change query_prompt in the pair file, unless it is meant so",
            )
        if case.articles:
            case.pace[name] = _seconds_a_character(case, name)
    finally:
        encoder.release()


def _origin(case: _Case, name: str) -> Finding:
    """Where a model comes from, and which commit of it this machine has."""
    subject, system = f"model {name}", case.pair.systems[name]
    location = model_location(system, case.home)
    if system.url:
        asked = "was not asked (--quick)" if case.quick else "answers"
        return Finding(subject, State.OK, f"{system.model}: {system.url.rpartition('@')[2]} {asked}")
    if Path(location).is_absolute():
        return Finding(subject, State.OK, location)
    commit = hub.commit_of(location, revision=system.revision)
    if not commit:
        return Finding(
            subject,
            State.NOTE,
            f"{location} is not on this machine yet",
            "run this without --quick to see whether the hub gives it",
        )
    if commit == system.revision:
        return Finding(subject, State.OK, f"{location} at commit {commit}")
    return Finding(
        subject,
        State.NOTE,
        f"{location}, what {system.revision or 'main'} is at present",
        f'pin it with revision = "{commit}"',
    )


def _vectors(subject: str, encoder: Encoder, wanted: int) -> Finding:
    structure = _structure(
        encoder
    )  # before a text is encoded: in mixed precision, later tokens decide how earlier ones are rounded
    width = encoder.encode_documents([PROBE]).shape[1]
    if width < wanted:
        return Finding(
            subject,
            State.FAIL,
            f"gives vectors of {width} dimensions; wanted: {wanted}",
            f"let no dims of the pair exceed {width}",
        )
    return Finding(subject, State.OK, ", ".join([f"vectors of {width} dimensions", *structure]))


def _structure(encoder: Encoder) -> list[str]:
    """Maximal length and attention of a loaded transformer; nothing of other kinds, or of a server's model."""
    model: Any = getattr(encoder, "_model", None)
    both = sees_later_tokens(model) if model is not None else None
    if both is None:
        return []
    return [
        f"texts of up to {model.max_seq_length:,} tokens",
        "attention in both directions" if both else "causal attention",
    ]


def _prompts(system: System) -> str:
    query, documents = (
        json.dumps(text, ensure_ascii=False) for text in (system.query_prompt, system.document_template)
    )
    return f"queries {f'after {query}' if system.query_prompt else 'bare'}, documents as {documents}"


def _seconds_a_character(case: _Case, name: str) -> float:
    """Measured on articles from everywhere in the corpus."""
    articles, pace = case.articles, 0.0
    for count in ROUNDS:
        sample = case.texts(
            name,
            [articles[place * len(articles) // count] for place in range(count)]
            if count < len(articles)
            else articles,
        )
        began = perf_counter()
        case.encoders[name].encode_documents(sample)
        took = perf_counter() - began
        pace = took / sum(map(len, sample))
        if took > PATIENCE or count >= len(articles):
            break
    return pace


# Corpus and queries


def _corpus(case: _Case) -> Findings:
    corpus, failed = case.reading
    yield from failed
    for name in corpus.counts:
        yield _source(corpus.counted(name), corpus.reports[name])
    if corpus.articles:
        local = sum(article.scope is Scope.LOCAL for article in corpus.articles)
        yield Finding(
            "corpus",
            State.OK,
            f"in all {len(corpus.articles):,} articles, {len(corpus.articles) - local:,} national and {local:,} local",
        )


def _source(found: str, report: SourceReport) -> Finding:
    if not report.skipped:
        return Finding("corpus", State.OK, found)
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in report.skipped.most_common())
    first = report.found[report.skipped.most_common(1)[0][0]][0]
    return Finding(
        "corpus", State.NOTE, f"{found}; skipped: {kinds}", f"mend them or do without; the first: {first}"
    )


def _queries(case: _Case) -> Findings:
    resolver = Resolver(case.articles)
    for path in case.pair.queries:
        yield from _going_on("queries", _query_set(path, resolver if case.articles else None))
    for source in (source.at_home(case.home) for source in case.pair.training):
        yield from _going_on("training", _training(source, case.quick), State.NOTE)


def _query_set(path: str, resolver: Resolver | None) -> Findings:
    queries, name = read_queries(path), set_of(path)
    if resolver is None:
        yield Finding("queries", State.OK, f"{name}: {len(queries):,} queries")
        return
    query_set = resolve_qrels(name, queries, resolver)
    found = f"{name}: {len(query_set.judged):,} of {len(queries):,} queries name an article of this corpus"
    if query_set.unresolved:
        first = query_set.unresolved[0]
        others = f"{len(query_set.unresolved):,} citation{'s' * (len(query_set.unresolved) > 1)}"
        more = f"mend or leave out {others} that name none; the first: {first.query_id}: {first.citation}: {first.reason}"
        yield Finding("queries", State.NOTE, found, more)
    else:
        yield Finding("queries", State.OK, found)


def _training(source: Source, quick: bool) -> Findings:
    if quick and source.kind in HUB_KINDS and not Path(source.path).is_absolute():
        yield Finding("training", State.OK, f"{source.path}: not asked for (--quick)")
    else:
        yield Finding(
            "training",
            State.OK,
            f"{Path(source.path).name}: {len(training_set(source)):,} queries, to mark what a test gives away",
        )


# What a build takes


def index_bytes(articles: Sequence[Article], dims: Sequence[int], systems: int) -> int:
    """Estimate of an index on disk: vectors in float32 and texts; `systems`: how many have vectors of their own."""
    texts = sum(len(f"{article.doc_id}{article.text}".encode()) for article in articles)
    return 4 * sum(dims) * systems * len(articles) + texts


def _disk(case: _Case) -> Findings:
    """Old and new table and staging stand side by side while an index is built, and the vectors are gathered in a temporary file."""
    if not case.articles:
        return
    temporary, width, new = (
        Path(tempfile.gettempdir()),
        max(case.pair.dims),
        index_bytes(case.articles, case.pair.dims, len(case.owners)),
    )
    staging = 4 * width * sum(map(len, case.missing.values()))
    gathered = 4 * width * len(case.owners) * len(case.articles)
    if "://" in case.uri:
        yield Finding(
            "disk",
            State.OK,
            f"index of about {_size(new)} at {case.uri}, {_size(new + staging)} more while it is built",
        )
    else:
        place = _there(Path(case.uri))
        shared = _same_disk(place, temporary)
        needed, old = new + staging + (gathered if shared else 0), _folder_bytes(Path(case.uri))
        sum_ = f"index of about {_size(new)}; while it is built {_size(old + needed)} in all" + (
            f", {_size(old)} of it the old one" if old else ""
        )
        yield _held_against(
            "disk", sum_, needed, place, "make room, name another place as [index] uri, or index fewer dims"
        )
        if shared:
            return
    yield _held_against(
        "disk",
        f"about {_size(gathered)} to gather vectors",
        gathered,
        temporary,
        "make room, or set TMPDIR to a folder on a larger disk",
    )


def _held_against(subject: str, found: str, needed: int, place: Path, remedy: str) -> Finding:
    free = shutil.disk_usage(place).free
    text = f"{found}; {_size(free)} free at {place}"
    return Finding(subject, State.OK, text) if needed <= free else Finding(subject, State.FAIL, text, remedy)


def _memory(case: _Case) -> Findings:
    """What this check has taken so far, the largest model among it, and what writing the table adds."""
    if not case.articles:
        return
    taken = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    gathered = COPIES * 4 * max(case.pair.dims) * len(case.owners) * len(case.articles)
    needed, there = round(taken + WRITING + gathered), _machine_memory()
    lacking = ", ".join(name for name in case.owners if name not in case.pace)
    found = f"about {_size(needed)} to build{f', not counting the model of {lacking}' if lacking else ''}; {_size(there)} in this machine"
    fits = Finding("memory", State.OK, found)
    yield (
        fits
        if needed <= there
        else Finding(
            "memory", State.FAIL, found, "index fewer dims or a part (--limit), or build on a larger machine"
        )
    )


def _time(case: _Case) -> Findings:
    for name, pace in case.pace.items():
        texts = case.texts(name, case.missing[name])
        seconds = pace * sum(map(len, texts))
        found = (
            f"about {_duration(seconds)} to encode {len(texts):,} articles, {_rounded(len(texts) / seconds)} a second"
            if texts
            else "nothing to encode"
        )
        yield Finding(f"time {name}", State.OK, found)


def _index(case: _Case) -> Findings:
    from workbench.index import Index

    build = f"run `workbench index build --pair {case.pair.slug}`"
    if "://" not in case.uri and not Path(case.uri).exists():  # opening it would make the folder
        yield Finding("index", State.NOTE, f"not built yet; it will be at {case.uri}", build)
        return
    try:
        index = Index(case.uri, pair=case.pair.typed)
    except IndexFault as fault:
        state = State.NOTE if fault.found == "holds no index" else State.FAIL
        yield Finding("index", state, f"{fault.subject} {fault.found}", fault.remedy)
        return
    part, differences = (
        f", the part {index.subset}" if index.subset else "",
        index.differences(case.pair, case.encoders),
    )
    fits = "" if differences else "fits the pair: "
    yield Finding(
        "index",
        State.OK,
        f"{fits}{index.counts['articles']:,} articles{part}, {len(index.builds)} vector columns at {case.uri}",
    )
    if differences:
        more = f"; and {len(differences) - 1} more" if len(differences) > 1 else ""
        yield Finding("index", State.FAIL, f"does not fit the pair: {differences[0]}{more}", build)
    yield from _changes(case, index, build)


def _changes(case: _Case, index: "Index", remedy: str) -> Findings:
    """Whether the corpus has changed since the index was built."""
    if case.reading[1] or not case.articles:
        return
    now, then = (
        set(case.hashes(Subset.recorded(index.subset).select(case.articles))),
        set(index.column("content_hash")),
    )
    if now != then:
        yield Finding(
            "index",
            State.NOTE,
            f"lacks {len(now - then):,} articles of the corpus and has {len(then - now):,} of another one",
            remedy,
        )


def _same_disk(one: Path, other: Path) -> bool:
    return one.stat().st_dev == other.stat().st_dev


def _there(path: Path) -> Path:
    """`path`, or the nearest folder above it that is there."""
    return next(folder for folder in (path, *path.absolute().parents) if folder.exists())


def _folder_bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _size(count: float) -> str:
    """
    >>> [_size(n) for n in (90_000, 450e6, 1.74e9, 84e9)]
    ['0.09 MB', '450 MB', '1.7 GB', '84 GB']
    """
    return f"{_rounded(count / 1e9)} GB" if count >= 1e9 else f"{_rounded(count / 1e6)} MB"


def _rounded(number: float) -> str:
    """
    >>> [_rounded(n) for n in (0.071, 1.74, 1740.4)]
    ['0.071', '1.7', '1,740']
    """
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


def _duration(seconds: float) -> str:
    """
    >>> [_duration(s) for s in (0.2, 41, 600, 9000)]
    ['1 s', '41 s', '10 min', '2.5 h']
    """
    return (
        f"{seconds / 3600:.1f} h"
        if seconds >= 5400
        else f"{seconds / 60:.0f} min"
        if seconds >= 90
        else f"{max(seconds, 1):.0f} s"
    )


# Subject, check, and whether it needs a loaded model or a measurement.
CHECKS = (
    ("installed", _installed, False),
    ("device", _devices, True),
    ("model", _models, False),
    ("corpus", _corpus, False),
    ("queries", _queries, False),
    ("disk", _disk, True),
    ("memory", _memory, True),
    ("time", _time, True),
    ("index", _index, False),
)
