"""The worked examples of the chosen query set, and what is known of a question before it is answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.core.errors import WorkbenchError
from workbench.evaluation.asking import Answer, with_measured
from workbench.evaluation.examples import worked_examples
from workbench.evaluation.tables import headline
from workbench.page.choices import View
from workbench.page.search_options import Options, usual
from workbench.page.services import Services


@dataclass(frozen=True)
class Judged:
    """Which query set knows a question, by which query_ids, and its relevant articles; nothing where none does.

    `pinpoints`: doc_id -> the part of it that is cited; `own`: documents that are the question itself, which are left out.
    """

    name: str = ""
    query_ids: tuple[str, ...] = ()
    relevant: frozenset[str] = frozenset()
    pinpoints: Mapping[str, str] = field(default_factory=dict)
    own: frozenset[str] = frozenset()


def example_texts(services: Services, view: View) -> list[str]:
    """The worked examples, the most telling first; none where the query set cannot be measured."""
    if not view.query_set:
        return []
    try:
        experiment = services.experiment(view)
    except WorkbenchError:
        return []  # the headline says why
    texts = {query.query_id: query.text for query in experiment.query_set.judged}
    return [texts[query_id] for query_id in worked_examples(experiment, view.baseline, view.system, view.dim)]


def judged(services: Services, view: View, text: str) -> Judged:
    """What the query sets know of this question, the chosen one first."""
    found = services.find(text, view.query_set)
    if not found:
        return Judged()
    name, queries = found
    query_set = services.query_set(name)
    query_ids = tuple(query.query_id for query in queries)
    relevant = frozenset(doc_id for query_id in query_ids for doc_id in query_set.qrels[query_id])
    pinpoints = dict[str, str]()
    for query_id in query_ids:
        pinpoints |= query_set.pinpoints.get(query_id, {})
    own = frozenset(doc_id for query in queries for doc_id in query.own_documents) - relevant
    return Judged(name, query_ids, relevant, pinpoints, own)


def answer(services: Services, view: View, text: str, known: Judged, options: Options) -> Answer:
    """The lists to one question."""
    query_id = known.query_ids[0] if known.query_ids else ""
    found = services.ask(
        view,
        text,
        options.depth,
        options.where,
        known.relevant,
        options.ann,
        options.ranks,
        query_id,
        known.own,
    )
    if options.ranks or not known.query_ids or known.name != view.query_set:
        return found
    try:
        return with_measured(found, services.whole(view).rankings, known.query_ids)
    except WorkbenchError:  # the headline says why it cannot be measured
        return found


def prepare(services: Services, view: View) -> None:
    """Works out what a page shows first to a visitor without a question."""
    for text in example_texts(services, view)[:1]:
        headline(services.experiment(view), view.dim)
        answer(services, view, text, judged(services, view, text), usual(services, view))
