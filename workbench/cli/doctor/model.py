"""Whether each model is there, loads and gives vectors that the pair can use, and how quick it is."""

import json
from collections.abc import Collection
from time import perf_counter

from workbench.cli.doctor.case import Case
from workbench.cli.doctor.finding import Finding, Findings, fail, going_on, note, ok
from workbench.core.domain import Article
from workbench.core.hub import main_branch
from workbench.core.settings import DenseSystem
from workbench.encoders import Encoder
from workbench.encoders.guards import PROBE, REMEDY
from workbench.encoders.protocol import SERVED

ROUNDS = (
    8,
    32,
    128,
    512,
    2048,
)  # articles encoded to measure how quick a model is, one round after the other
MEANT = "change query_prompt in the pair file, unless it is meant so"
PATIENCE = 2.0  # seconds: after a round that took longer, the next one would take too long


def check(case: Case) -> Findings:
    for name, owner in case.pair.owners.items():
        subject = f"model {name}"
        if owner != name:
            prompts = _prompts(case.pair.dense[name])
            yield ok(subject, f"shares the document vectors of {owner}; {prompts}")
        elif case.quick:
            yield from going_on(subject, _not_loaded(case, name))
        else:
            yield from going_on(subject, _loaded(case, name))


def _not_loaded(case: Case, name: str) -> Findings:
    """What the disk tells about a model."""
    case.encoders[name].check_files()
    yield _origin(case, name)


def _loaded(case: Case, name: str) -> Findings:
    """What the loaded model tells, and how quick it is; it is released."""
    subject = f"model {name}"
    system, encoder = case.pair.dense[name], case.encoders[name]
    try:
        notes = encoder.prepare()
        yield _origin(case, name)
        yield _vectors(subject, encoder, case.dims[name][0])
        yield ok(subject, _prompts(system))
        for text in notes:
            found, _, remedy = text.removeprefix(f"{system.label}: ").partition(REMEDY)
            yield note(subject, found, remedy or MEANT)
        if case.articles:
            case.pace[name] = _seconds_a_character(case, name)
    finally:
        encoder.release()


def _origin(case: Case, name: str) -> Finding:
    """Where a model comes from, and which commit of it this machine has."""
    subject, system = f"model {name}", case.pair.dense[name]
    origin = case.encoders[name].origin
    if origin.kind == "server":
        asked = "was asked for no vector (--quick)" if case.quick else _answers(case, name)
        return ok(subject, f"{system.model}: {origin.place} {asked}")
    if origin.kind == "folder":
        return ok(subject, origin.place)
    if not origin.commit:
        remedy = "run this without --quick to see whether the hub gives it"
        return note(subject, f"{origin.place} is not on this machine yet", remedy)
    if origin.commit == system.revision:
        return ok(subject, f"{origin.place} at commit {origin.commit}")
    branch = system.revision or main_branch(origin.place)
    remedy = f'pin it with revision = "{origin.commit}"'
    return note(subject, f"{origin.place}, what {branch} is at present", remedy)


def _answers(case: Case, name: str) -> str:
    """That a server answers, and what it tells its model by."""
    weights = case.encoders[name].description.weights
    told = weights.removeprefix(f"{SERVED}{case.pair.dense[name].model}")
    return f"answers; its model is recorded as {weights}" if told else "answers"


def _vectors(subject: str, encoder: Encoder, wanted: int) -> Finding:
    # Before a text is encoded: in mixed precision, later tokens decide how earlier ones are rounded.
    structure = _structure(encoder)
    dimensions = encoder.encode_documents([PROBE]).shape[1]
    if dimensions < wanted:
        found = f"gives vectors of {dimensions} dimensions; wanted: {wanted}"
        remedy = f"let no dims of the pair exceed {dimensions}, or give this system `dims` of its own"
        return fail(subject, found, remedy)
    return ok(subject, ", ".join([f"vectors of {dimensions} dimensions", *structure]))


def _structure(encoder: Encoder) -> list[str]:
    """Maximal length and attention, where they can be told."""
    structure = encoder.structure()
    if structure is None:
        return []
    attention = "attention in both directions" if structure.both_directions else "causal attention"
    return [f"texts of up to {structure.max_tokens:,} tokens", attention]


def _prompts(system: DenseSystem) -> str:
    query = json.dumps(system.query_prompt, ensure_ascii=False)
    template = json.dumps(system.document_template, ensure_ascii=False)
    prompted = f"after {query}" if system.query_prompt else "bare"
    return f"queries {prompted}, documents as {template}"


def _seconds_a_character(case: Case, name: str) -> float:
    """Measured in rounds that grow until one takes long enough to be trusted."""
    pace = 0.0
    for count in ROUNDS:
        sample = case.texts(name, _spread(case.articles, count))
        began = perf_counter()
        case.encoders[name].encode_documents(sample)
        seconds = perf_counter() - began
        pace = seconds / sum(map(len, sample))
        if seconds > PATIENCE or count >= len(case.articles):
            break
    return pace


def _spread(articles: Collection[Article], count: int) -> list[Article]:
    """`count` articles from everywhere in the corpus; all of them where there are no more."""
    count = min(count, len(articles))
    places = {place * len(articles) // count for place in range(count)}
    return [article for place, article in enumerate(articles) if place in places]
