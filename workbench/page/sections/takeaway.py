"""Take away: files for other tools, a report, a link to this view; and query sets to bring along."""

from collections.abc import Callable

import streamlit as st

from workbench.corpora.report import SourceReport
from workbench.evaluation import tables
from workbench.evaluation.experiment import Experiment
from workbench.evaluation.exports import zipped
from workbench.page import choices, markup, parts
from workbench.page.choices import View
from workbench.page.labels import label
from workbench.page.link import link
from workbench.page.report import report
from workbench.page.sections import SECTIONS
from workbench.page.services import Services
from workbench.page.triplets import download, draw_triplets
from workbench.query_sets.formats import query_line
from workbench.query_sets.query_set import MAX_QUERIES


@parts.fragment("takeaway")
def draw(services: Services, view: View) -> None:
    language = view.language
    parts.section_heading(language, SECTIONS["takeaway"])
    files, bring = st.columns([3, 2], gap="large")
    with files:
        if view.query_set:
            _files(services, view, services.experiment(view))
    with bring:
        _bring(services, view)
    if view.query_set:
        draw_triplets(services, view, services.experiment(view))
    if st.button(label(language, "link_show"), key="link"):
        st.code(link(view), language=None, wrap_lines=True)


def _files(services: Services, view: View, experiment: Experiment) -> None:
    """One button a file; each is made when it is asked for."""
    language = view.language
    name = view.query_set
    stem = f"{services.pair.slug}-{name}-{view.dim}"
    files: list[tuple[str, str, str, Callable[[], str | bytes]]] = [
        ("report", f"{stem}.html", "text/html", lambda: report(services, view, experiment)),
        (
            "per_query_csv",
            f"{stem}-queries.csv",
            "text/csv",
            lambda: tables.csv_text(tables.all_ranks(experiment)),
        ),
        (
            "tables_zip",
            f"{stem}-tables.zip",
            "application/zip",
            lambda: zipped(all_tables(services, view, experiment)),
        ),
        (
            "trec_zip",
            f"{stem}-trec.zip",
            "application/zip",
            lambda: zipped(services.workbench.trec_files(experiment)),
        ),
        (
            "set_jsonl",
            f"{name}.jsonl",
            "application/jsonl",
            lambda: "".join(query_line(query) + "\n" for query in experiment.query_set.judged),
        ),
    ]
    for key, file, mime, data in files:
        download(key, file, mime, data, label(language, f"file {key}", name=name))


def all_tables(services: Services, view: View, experiment: Experiment) -> dict[str, str]:
    """Every table of the page as CSV, by file name."""
    dim = view.dim
    compared = {
        **{
            f"by-{by}": tables.by_slice(experiment, by, dim)
            for by in ("topic", "style", "level", "region", "law")
        },
        "moves": tables.moves(experiment, dim),
    }
    frames = {
        "queries": tables.all_ranks(experiment),
        "headline": tables.headline(experiment, dim),
        **(compared if view.compares else {}),
        "outcomes": tables.outcomes(experiment, dim),
        "scope-errors": tables.scope_errors(experiment, dim),
        "levels": tables.level_confusion(experiment, dim).drop(columns="query_ids"),
        "displaced": tables.displaced_table(experiment, dim),
        "tradeoff": tables.tradeoff(experiment, services.costs()),
        **{f"ranks-{name}": tables.ranks_by_dim(experiment, name) for name in experiment.with_vectors},
        "failures": tables.failures(experiment, dim),
        "verdicts": tables.records(
            services.reviews.current(), ("query", "doc_id", "verdict", "note", "author", "at", "pair", "dim")
        ).fillna(""),
    }
    return {f"{name}.csv": tables.csv_text(frame) for name, frame in frames.items()}


def _bring(services: Services, view: View) -> None:
    """A query set of one's own, kept in the home folder; and what can be taken out of one again."""
    language = view.language
    st.html(
        markup.heading(label(language, "bring_title"))
        + markup.note(label(language, "bring_note", most=MAX_QUERIES))
    )
    given = st.file_uploader(
        label(language, "bring_file"),
        type=["jsonl", "json", "csv", "tsv", "xlsx"],
        key="bring",
        label_visibility="collapsed",
    )
    if given:
        name = st.text_input(
            label(language, "own_set"), value=given.name.rpartition(".")[0], key=f"bring as {given.file_id}"
        )
        replace = st.checkbox(label(language, "bring_replace"), key="bring replace")
        if st.button(label(language, "bring_save"), key="bring save", type="primary"):
            with parts.faults(language):
                report = SourceReport()
                services.own_sets.store(
                    name, given.getvalue(), given.name, most=MAX_QUERIES, replace=replace, report=report
                )
                st.session_state["brought"] = list(report.said())
                choices.put("set", name)
                st.rerun()
    for said in st.session_state.pop("brought", ()):
        st.info(parts.escape_markdown(label(language, "taken_for_granted", said=said)))
    if view.query_set in services.own_sets.paths():
        _take_out(services, view)


def _take_out(services: Services, view: View) -> None:
    language = view.language
    queries = {query.query_id: query.text for query in services.query_set(view.query_set).judged}

    def take_out() -> None:
        services.own_sets.remove(view.query_set, st.session_state["take out"])
        st.rerun()

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox(
            label(language, "take_out"),
            list(queries),
            key="take out",
            format_func=lambda query_id: f"{query_id} {queries[query_id]}",
            width=320,
        )
        st.button(label(language, "take_out_do"), key="take out now", on_click=take_out)
