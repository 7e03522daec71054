"""Matryoshka: what shorter vectors cost in quality and save in bytes and time, and which queries suffer first."""

from functools import partial
from typing import Any

import streamlit as st

from workbench.evaluation import tables
from workbench.evaluation.compare import Paired
from workbench.evaluation.experiment import Experiment
from workbench.evaluation.tradeoff import GOOD_ENOUGH, Quality, smallest_dimension
from workbench.page import chart_tables, charts, choices, markup, parts
from workbench.page.choices import View
from workbench.page.labels import label, words
from workbench.page.sections import SECTIONS
from workbench.page.services import Services

HEAT_ROWS = 500  # a heat map of more is more than anyone reads, and slow to colour


@parts.fragment("matryoshka")
def draw(services: Services, view: View) -> None:
    language = view.language
    parts.section_heading(language, SECTIONS["matryoshka"])
    experiment = services.experiment(view)
    for name in (name for name in view.systems if name not in experiment.with_vectors):
        st.html(markup.note(label(language, "no_vectors", label=services.label(name))))
    if not experiment.with_vectors:
        return
    labels = {name: text for name, text in services.labels(view).items() if name in experiment.with_vectors}
    costs = services.costs()
    frame = tables.tradeoff(experiment, costs)
    title = label(language, "chart_tradeoff", count=len(experiment.query_set.judged))
    spoken = "; ".join(
        f"{labels[row.system]} {row.dim}: {row.mean:.3f} ({row.low:.3f} – {row.high:.3f})"
        for row in frame.itertuples()
    )
    figure = charts.tradeoff(frame, labels, title, words(language, "dim", "bytes", "latency", "mean"))
    st.plotly_chart(figure, key="tradeoff", config=parts.NO_TOOLBAR, alt=f"{title}: {spoken}")
    chart_tables.tradeoff(language, frame, labels)
    findings, figures = st.columns([3, 2], gap="large")
    with findings:
        st.html(markup.heading(label(language, "verdicts")) + verdicts(language, experiment, labels))
    with figures:
        _costs(services, view, experiment, costs)
    _heat(language, experiment, labels, view)


def verdicts(language: str, experiment: Experiment, labels: dict[str, str]) -> str:
    """How short a vector may be, in sentences and a table; the report shows the same."""
    return markup.sentences(_sentences(language, experiment, labels)) + _shares(language, experiment, labels)


def _sentences(language: str, experiment: Experiment, labels: dict[str, str]) -> list[str]:
    sentences = []
    for name, text in labels.items():
        width = experiment.dims_of(name)[0]
        means = {dim: quality.mean for dim, quality in experiment.comparisons.quality(name).items()}
        smallest = smallest_dimension(means, GOOD_ENOUGH)
        key = "finds_nothing" if smallest is None else "smallest"
        sentences.append(label(language, key, label=text, dim=smallest, share=GOOD_ENOUGH, width=width))
    if len(labels) < 2:
        return sentences
    base_label, system_label = labels.values()
    crossovers = experiment.comparisons.crossovers(list(labels)[1])
    width = crossovers[0].width
    reached = [crossover for crossover in crossovers if crossover.reached]
    crossover = reached[-1] if reached else crossovers[0]  # the shortest that is no worse
    result = crossover.paired
    key = "crossover_reached" if crossover.reached else "crossover_missed"
    values = {
        "delta": result.delta,
        "low": result.interval[0],
        "high": result.interval[1],
        "p": parts.p_value(result.p),
    }
    return [
        *sentences,
        label(
            language, key, system=system_label, dim=crossover.dim, baseline=base_label, width=width, **values
        ),
    ]


def _shares(language: str, experiment: Experiment, labels: dict[str, str]) -> str:
    """By dimension: each system's MRR@10 with the share it keeps, and the second system cut against the uncut baseline."""
    heads = [
        label(language, "dim"),
        label(language, "share_of_bytes"),
        *(label(language, "mrr_of", label=text) for text in labels.values()),
    ]
    crossovers = {}
    if len(labels) > 1:
        (_, base_label), (name, system_label) = labels.items()
        crossovers = {crossover.dim: crossover for crossover in experiment.comparisons.crossovers(name)}
        width = next(iter(crossovers.values())).width
        heads.append(label(language, "against_full", system=system_label, baseline=base_label, width=width))
    qualities = {name: experiment.comparisons.quality(name) for name in labels}
    dims = sorted({dim for by_dim in qualities.values() for dim in by_dim}, reverse=True)
    rows = []
    for dim in dims:
        means = [_kept(by_dim[dim]) if dim in by_dim else "–" for by_dim in qualities.values()]
        against = (
            [_against(language, crossovers[dim].paired) if dim in crossovers else "–"] if crossovers else []
        )
        rows.append([str(dim), f"{dim / dims[0]:.0%}", *means, *against])
    return markup.facts(heads, rows)


def _kept(quality: Quality) -> str:
    """A mean with the share of full quality that it keeps."""
    share = "" if quality.share is None else f" ({quality.share:.1%})"
    return f"{quality.mean:.3f}{share}"


def _against(language: str, result: Paired) -> str:
    interval = label(language, "interval", low=result.interval[0], high=result.interval[1])
    return f"{result.delta:+.3f} ({interval}) p\u00a0{parts.p_value(result.p)}"


def _costs(services: Services, view: View, experiment: Experiment, costs: dict[str, Any]) -> None:
    """Bytes and latency as measured on this machine, or a button that measures them."""
    language = view.language
    st.html(markup.heading(label(language, "costs_title")))
    name = next(name for name in reversed(view.systems) if name in experiment.with_vectors)
    if name not in costs:
        st.html(markup.note(label(language, "costs_missing")))
        if not view.present and st.button(label(language, "costs_measure"), key="measure costs"):
            with st.spinner(label(language, "costs_measuring"), show_time=True):
                services.workbench.costs(experiment, save=True)
            st.rerun(scope="fragment")
        return
    approximate = any("ann" in cost for by_dim in costs.values() for cost in by_dim.values())
    heads = ["dim", "column_bytes", "exact", "p95", *(["ann", "recall"] if approximate else [])]
    rows = [_cost_row(dim, costs[name][str(dim)], approximate) for dim in experiment.dims_of(name)]
    st.html(markup.facts([label(language, f"cost_{head}") for head in heads], rows))
    st.html(markup.note(label(language, "costs_note", label=services.label(name))))


def _cost_row(dim: int, cost: dict[str, Any], approximate: bool) -> list[str]:
    row = [
        str(dim),
        f"{cost['column bytes'] / 1e6:,.1f} MB",
        f"{cost['exact']['median ms']:.1f} ms",
        f"{cost['exact']['p95 ms']:.1f} ms",
    ]
    if not approximate:
        return row
    ann = cost.get("ann")
    if not ann:
        return [*row, "–", "–"]
    return [*row, f"{ann['kind']} {ann['median ms']:.1f} ms", f"{ann['recall@10 of exact']:.3f}"]


def _heat(language: str, experiment: Experiment, labels: dict[str, str], view: View) -> None:
    """Each query's rank at every dimension; a selected row opens in Search."""
    st.html(markup.heading(label(language, "heat_title")))
    system = choices.segments(
        "suffers", label(language, "suffers_in"), list(labels)[::-1], language, labels.__getitem__
    )
    systems = [system, *(name for name in labels if name != system)]
    order = tables.ranks_by_dim(experiment, system)
    columns = [f"{name} {dim}" for name in systems for dim in experiment.dims_of(name)]
    table = order[["query_id", "query", "suffers", "loss"]]
    for name in systems:
        ranks = (
            tables.ranks_by_dim(experiment, name)
            .set_index("query_id")
            .loc[order["query_id"], [str(dim) for dim in experiment.dims_of(name)]]
            .add_prefix(f"{name} ")
            .reset_index(drop=True)
        )
        table = table.join(ranks)
    table = table.head(HEAT_ROWS)

    key = f"heat {system} {view.query_set}"
    worded = table.assign(suffers=table["suffers"].map(lambda dim: str(dim) if dim else "–"))
    st.dataframe(
        charts.rank_heat(worded, columns),
        column_config={
            "query": st.column_config.TextColumn(label(language, "col_query"), width=380),
            "suffers": st.column_config.TextColumn(label(language, "col_suffers"), width=90),
            "loss": st.column_config.NumberColumn(label(language, "col_loss"), format="%.2f", width=70),
            **{
                f"{name} {dim}": st.column_config.NumberColumn(f"{dim} · {labels[name]}", width=96)
                for name in systems
                for dim in experiment.dims_of(name)
            },
        },
        column_order=["query", "suffers", "loss", *columns],
        hide_index=True,
        key=key,
        on_select=partial(choices.open_row, key, table["query"].tolist()),
        selection_mode="single-row",
        height=420,
        alt=label(language, "heat_alt", label=labels[system], count=int((order["suffers"] > 0).sum())),
    )
    more = [label(language, "heat_left", count=len(order) - HEAT_ROWS)] if len(order) > HEAT_ROWS else []
    st.html(markup.note(" ".join([label(language, "heat_note"), *more])))
