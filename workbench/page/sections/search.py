"""Search: one question, two ranked columns, and a verdict on any article in them."""

from collections.abc import Callable
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from workbench.core.dimensions import own_dim
from workbench.core.domain import Level
from workbench.evaluation.asking import Answer
from workbench.evaluation.compare import overlap, rank_biased_overlap
from workbench.evaluation.experiment import Experiment
from workbench.evaluation.outcomes import Outcome
from workbench.evaluation.tables import headline
from workbench.index import Filter
from workbench.page import choices, markup, parts, verdicts
from workbench.page.choices import View
from workbench.page.labels import label
from workbench.page.names import level_name
from workbench.page.services import Services
from workbench.query_sets.query_set import query_text

DEPTHS = ("5", "10", "20", "50")
DEPTH = "10"
SAMPLES = 5
TILES = ("RR@10", "Success@10", "Success@1")
NATIONWIDE = "-"  # in the address: articles that hold everywhere
NO_THIRD = "-"  # in the address: two columns only


@st.fragment(key="search")
def draw(services: Services, view: View) -> None:
    """The question, what the whole query set says, and the answers."""
    language = view.language
    title = label(language, "question")
    given = choices.text("q", title, placeholder=label(language, "placeholder"), label_visibility="collapsed")
    _samples(services, view)
    tiles(services, view, parts.place(108))
    st.html('<div id="search"></div>')
    parts.scroll_here("search")
    if given.strip():
        with parts.faults(language):
            _answer(services, view, query_text(given, most=None))


def _samples(services: Services, view: View) -> None:
    """Sample queries, one click away: the shortest of the chosen set as buttons in one line, all of them in a list."""
    if not view.query_set:
        return
    texts = list(dict.fromkeys(query.text for query in services.query_set(view.query_set).judged))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(markup.note(label(view.language, "try")), width="content")
        for text in sorted(texts, key=len)[:SAMPLES]:
            st.button(
                parts.escape_markdown(text),
                key=f"sample {text}",
                type="tertiary",
                on_click=choices.put,
                args=("q", text),
            )
        more = label(view.language, "more_samples", count=len(texts))
        st.selectbox(
            more,
            texts,
            index=None,
            key="sample",
            on_change=_choose_sample,
            placeholder=more,
            label_visibility="collapsed",
            width=260,
        )


def _choose_sample() -> None:
    text = st.session_state["sample"]
    if text:
        choices.put("q", text)
        st.session_state["sample"] = None  # so that the same one can be chosen again


def tiles(services: Services, view: View, place: Callable[[], DeltaGenerator]) -> None:
    """The headline: each measure for both systems, the paired difference, won and lost."""
    language = view.language
    with parts.faults(language):
        headline_html = ""
        notes = [label(language, "no_query_set")]
        if view.query_set:
            experiment = services.experiment(view)
            headline_html = markup.tiles(headline_tiles(language, experiment, view))
            notes = _averages(language, experiment, view) + _prompts(services, view)
        with place():
            st.html(headline_html + "".join(map(markup.note, notes)))


def _prompts(services: Services, view: View) -> list[str]:
    """That the two systems get questions with different prompts, where they do: then not the tuning alone is compared."""
    dense = services.pair.dense
    prompts = {name: dense[name].query_prompt for name in view.systems if name in dense}
    if len(set(prompts.values())) < 2:
        return []
    described = "; ".join(
        f"{services.label(name)}: {prompt or label(view.language, 'no_prompt')}"
        for name, prompt in prompts.items()
    )
    owners = {services.pair.owners[name] for name in prompts}
    key = "only_prompts_differ" if len(owners) == 1 else "prompts_differ"
    return [label(view.language, key, said=described)]


def _averages(language: str, experiment: Experiment, view: View) -> list[str]:
    """What the tiles are means of."""
    result = experiment.comparisons.paired(view.system, view.dim)
    won = label(language, "won", wins=result.wins, ties=result.ties, losses=result.losses)
    averages = label(language, "averages", name=view.query_set, count=result.n, dim=view.dim)
    unresolved = experiment.query_set.unresolved_queries
    notes = [f"{won} ({label(language, 'won_note')}) · {averages}"]
    if not view.compares:
        notes = [label(language, "averages_alone", name=view.query_set, count=result.n, dim=view.dim)]
    if unresolved:
        notes.append(label(language, "unresolved", count=unresolved))
    if own := experiment.query_set.with_own_document:
        notes.append(label(language, "with_own_document", count=own))
    if partly := experiment.query_set.partly_resolved:
        citations = experiment.query_set.unresolved_citations
        notes.append(label(language, "partly_resolved", count=partly, citations=citations))
    granted = [label(language, "taken_for_granted", said=said) for said in experiment.query_set.notes]
    return [*notes, *granted]


def headline_tiles(language: str, experiment: Experiment, view: View) -> list[markup.Tile]:
    """The tiles' words; the report shows the same."""
    frame = headline(experiment, view.dim).set_index(["measure", "system"])
    tiles = []
    for measure in TILES:
        row = frame.loc[measure, view.system]
        interval = label(language, "interval", low=row["low"], high=row["high"])
        compared = f"{row['delta']:+.2f} ({interval}) · {label(language, 'p', p=parts.p_value(row['p']))}"
        values = tuple(f"{frame.loc[measure, name]['mean']:.2f}" for name in view.systems)
        tiles.append(markup.Tile(label(language, measure), values, compared if view.compares else ""))
    errors = tuple(
        str(list(experiment.outcomes[name][view.dim].values()).count(Outcome.NATIONAL_TO_LOCAL))
        for name in view.systems
    )
    return [*tiles, markup.Tile(label(language, "errors"), errors, label(language, "tile_help_errors"))]


def _answer(services: Services, view: View, text: str) -> None:
    language = view.language
    depth, where, ann, third = _controls(services, view)
    view = replace(view, third=third)
    judged = services.find(text, view.query_set)
    relevant, own, query_id, pinpoints = frozenset[str](), frozenset[str](), "", dict[str, str]()
    if judged:
        set_name, queries = judged
        query_id = queries[0].query_id
        query_set = services.query_set(set_name)
        relevant = frozenset(doc_id for query in queries for doc_id in query_set.qrels[query.query_id])
        for query in queries:
            pinpoints |= query_set.pinpoints.get(query.query_id, {})
        own = frozenset(doc_id for query in queries for doc_id in query.own_documents) - relevant
    else:
        query_text(text)  # a question that nobody judged is not longer than one types
    known = services.workbench.knows(text, view.columns)
    with st.spinner(label(language, "searching" if known else "encoding_question"), show_time=not known):
        answer = services.ask(view, text, depth, where, relevant, ann, query_id, own)
    reviews = services.reviews.current(query=text)
    labels = services.column_labels(view)
    blocks = [markup.heading(label(language, "answers_to", text=text))]
    if judged:
        query_ids = ", ".join(query.query_id for query in queries)
        origin = label(language, "judged_as", query_id=query_ids, name=set_name)
        title = f"{label(language, 'relevant_ranks')} · {origin}"
        blocks.append(markup.relevant_ranks(language, answer, labels, title, pinpoints))
    else:
        blocks.append(markup.note(label(language, "unjudged")))
    if own:
        names = ", ".join(sorted(own))
        blocks.append(markup.note(label(language, "own_documents_left_out", names=names)))
    blocks.append(markup.lists(language, answer, labels, reviews))
    if any(
        services.pair.lexical[name].finds_nothing_in(text)
        for name in view.columns
        if name in services.pair.lexical
    ):
        blocks.append(markup.note(label(language, "too_short")))
    blocks.append(markup.note(_agreement(services, language, answer, depth, where, ann)))
    st.html("".join(blocks))  # at once: never one question's heading above another's answers
    verdicts.panel(services, view, answer, reviews)


def _controls(services: Services, view: View) -> tuple[int, Filter, bool, str]:
    """How deep the lists go, which articles are searched, how, and by which system in a third column."""
    language, index = view.language, services.workbench.index
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        depth = choices.segments("depth", label(language, "depth"), DEPTHS, language, default=DEPTH)
        levels = [level.value for level in Level if level.value in index.values("level")]
        chosen_levels = choices.several(
            "level",
            label(language, "level"),
            levels,
            language,
            lambda level: level_name(language, level),
            width=190,
        )
        regions = [region or NATIONWIDE for region in index.values("region")]
        region_names = {NATIONWIDE: label(language, "nationwide")}
        chosen_regions = choices.several(
            "place",
            label(language, "place"),
            regions,
            language,
            lambda region: region_names.get(region, region),
            width=160,
        )
        law = choices.text(
            "law", label(language, "law"), placeholder=label(language, "law_placeholder"), width=150
        ).strip()
        as_of = _as_of(language) if index.has_versions else ""
        possible = _has_ann(services, view)
        ann = choices.switch(
            "ann",
            label(language, "approximate"),
            language,
            disabled=not possible,
            help=label(language, "approximate_help" if possible else "no_ann"),
        )
        others = [name for name in services.pair.systems if name not in view.systems]
        third = ""
        if others:
            third = choices.select(
                "third",
                label(language, "third"),
                [NO_THIRD, *others],
                language,
                lambda name: label(language, "no_third") if name == NO_THIRD else services.label(name),
                width=150,
            ).replace(NO_THIRD, "")
    places = tuple("" if region == NATIONWIDE else region for region in chosen_regions)
    where = Filter(tuple(map(Level, chosen_levels)), places, law, as_of)
    return int(depth), where, ann and possible, third


def _has_ann(services: Services, view: View) -> bool:
    """Whether the compared systems with vectors, one at least, have ANN indexes."""
    pair, index = services.pair, services.workbench.index
    dims = {name: own_dim(pair.dims_of(name), view.dim) for name in view.systems if name in pair.dense}
    return bool(dims) and all(index.ann(index.column_of(name, dim)) for name, dim in dims.items())


def _as_of(language: str) -> str:
    help_text = label(language, "as_of_help")
    return choices.day("as-of", label(language, "as_of"), language, help=help_text, width=170)


def _agreement(
    services: Services, language: str, answer: Answer, depth: int, where: Filter, ann: bool
) -> str:
    """What the two lists share, and how they were made."""
    listings = list(answer.listings.values())
    shared = []
    if len(listings) > 1:
        left, right = ([hit.doc_id for hit in listing.hits] for listing in listings[:2])
        agreement = label(
            language,
            "agreement",
            overlap=overlap(left, right, depth),
            depth=max(len(left), len(right)),
            rbo=rank_biased_overlap(left, right),
        )
        shared.append(agreement)
    losses = [f"{listing.exact}/{len(listing.hits)}" for listing in listings if listing.exact is not None]
    how = []
    if ann:
        how.append(label(language, "ann_note", found=" · ".join(losses)))
    elif set(answer.listings) & set(services.pair.dense):
        how.append(label(language, "search_note", dim=answer.dim))
    kinds = {name: services.pair.systems[name].kind for name in answer.listings}
    how += [
        label(language, f"search_note_{kind}", label=services.label(name))
        for name, kind in kinds.items()
        if kind != "dense"
    ]
    return " · ".join([*shared, *how] + ([label(language, "filter_note")] if where else []))
