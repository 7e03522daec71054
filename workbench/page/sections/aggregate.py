"""Aggregate: the whole query set, its differences, every judged query, reported figures beside measured ones."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

import streamlit as st

from workbench.evaluation import tables
from workbench.evaluation.experiment import Experiment
from workbench.evaluation.scores import HEADLINE, ReportCheck, check_report
from workbench.evaluation.tables import Change, DataFrame
from workbench.page import all_systems, chart_tables, charts, choices, markup, parts, since
from workbench.page.choices import View
from workbench.page.labels import label, words
from workbench.page.names import outcome_name, slice_name
from workbench.page.sections import SECTIONS
from workbench.page.services import Services
from workbench.query_sets.contamination import Contamination

ALL = "all"
SLICES = 18  # drawn at most
FIELDS = ("topic", "style", "level", "seen")
REPORTED = ("Success@1", "Success@10", "RR@10")
SLICED = ("topic", "style", "level", "region")


@parts.fragment("aggregate")
def draw(services: Services, view: View) -> None:
    language = view.language
    experiment = services.experiment(view)
    labels = services.labels(view)
    contamination = services.contamination(view)
    parts.section_heading(language, SECTIONS["aggregate"])
    if len(services.pair.systems) > 2:
        all_systems.draw(services, view)
    left, right = st.columns([3, 2], gap="large")
    with left:
        if view.compares:
            _differences(language, experiment, labels, view)
        _contamination(language, experiment, labels, view, contamination)
    with right:
        _reported(language, services, experiment, view)
    table = tables.per_query(experiment, view.dim, contamination)
    if view.compares:
        scatter, sliced = st.columns(2, gap="large")
        with scatter:
            _scatter(language, table, labels, view)
        with sliced:
            _slices(language, experiment, view)
    _table(language, table, labels, view)
    since.draw(services, view)
    _unresolved(language, experiment)


def _differences(language: str, experiment: Experiment, labels: dict[str, str], view: View) -> None:
    frame = tables.headline(experiment, view.dim)
    names = {measure: label(language, measure) for measure in HEADLINE}
    title = label(language, "chart_differences", count=len(experiment.query_set.judged), dim=view.dim)
    figure = charts.differences(frame, labels, names, title, words(language, "mean", "difference"))
    rows = frame[frame["system"] == view.system].set_index("measure")
    spoken = [
        f"{name} {rows['delta'][measure]:+.2f} ({rows['low'][measure]:+.2f} – {rows['high'][measure]:+.2f})"
        for measure, name in names.items()
    ]
    st.plotly_chart(figure, key="differences", config=parts.NO_TOOLBAR, alt=f"{title}: {'; '.join(spoken)}")
    chart_tables.differences(language, frame, labels)


def _reported(language: str, services: Services, experiment: Experiment, view: View) -> None:
    """What the systems' makers reported beside what was measured here, MRR both ways."""
    heads = ["", *(label(language, name) for name in (*REPORTED, "over_found"))]
    rows = []
    notes = []
    for name, text in services.labels(view).items():
        reported = services.pair.systems[name].reported
        if reported:
            figures = [_figure(reported, measure) for measure in REPORTED]
            rows.append([label(language, "reported", label=text), *figures, ""])
            check = check_report(reported)
            remark = report_words(language, check) if check else label(language, "report_incomplete")
            notes.append(f"{text}: {remark}")
        evaluation = experiment.evaluations[name][view.dim]
        figures = [_figure(evaluation.means, measure) for measure in REPORTED]
        over_found = evaluation.mean_over_found("RR@10")
        figures.append("–" if over_found is None else f"{over_found:.3f}")
        rows.append([label(language, "measured", label=text), *figures])
    st.html(markup.heading(label(language, "reported_title")) + markup.facts(heads, rows))
    st.html("".join(map(markup.note, notes or [label(language, "nothing_reported")])))
    st.html(markup.note(label(language, "over_found_note")))


def _contamination(
    language: str,
    experiment: Experiment,
    labels: dict[str, str],
    view: View,
    contamination: Contamination | None,
) -> None:
    """What training has seen of the query set, and the means without it."""
    title = markup.heading(label(language, "contamination_title"))
    if contamination is None:
        st.html(title + markup.note(label(language, "contamination_unknown")))
        return
    if not contamination.contaminated:
        st.html(title + markup.note(label(language, "contamination_none")))
        return
    heads = ["", label(language, "queries"), *labels.values(), label(language, "difference")]
    heads = heads if view.compares else heads[:-1]
    frame = tables.contamination_table(experiment, contamination, view.dim).drop_duplicates("queries")
    rows = []
    for row in frame.to_dict("records"):
        figures = ["–"] * (len(heads) - 2)
        if row["queries"]:
            interval = label(language, "interval", low=row["low"], high=row["high"])
            compared = [f"{row['system']:.3f}", f"{row['delta']:+.3f} ({interval})"]
            figures = [f"{row['baseline']:.3f}", *(compared if view.compares else [])]
        rows.append([label(language, f"contamination {row['part']}"), f"{row['queries']:,}", *figures])
    note = label(
        language,
        "contamination_note",
        asked=len(contamination.near_duplicates),
        given=len(contamination.contaminated),
        articles=len(contamination.relevant_positives),
    )
    st.html(title + markup.facts(heads, rows) + markup.note(note))


def _figure(means: Mapping[str, float], measure: str) -> str:
    return f"{means[measure]:.3f}" if measure in means else "–"


def report_words(language: str, check: ReportCheck) -> str:
    """Whether reported figures fit each other, in a sentence."""
    key = "report_over_found" if check.over_found else "report_cannot_be"
    if check.consistent:
        key = "report_fits"
    return label(language, key, reported=check.reported, low=check.low, high=check.high)


def _scatter(language: str, table: DataFrame, labels: dict[str, str], view: View) -> None:
    title = label(language, "chart_scatter", dim=view.dim)
    figure = charts.rank_scatter(table, labels, title, words(language, "rank", *Change))
    counts = ", ".join(f"{label(language, change)} {(table['change'] == change).sum()}" for change in Change)

    def open_point() -> None:
        if points := parts.chosen_points("scatter"):
            choices.open_query(str(table.set_index("query_id")["query"][points[0][0]]))

    st.plotly_chart(
        figure,
        key="scatter",
        config=parts.NO_TOOLBAR,
        on_select=open_point,
        selection_mode="points",
        alt=f"{title}: {counts}",
    )
    st.html(markup.note(label(language, "scatter_note")))


def _slices(language: str, experiment: Experiment, view: View) -> None:
    told_apart = [field for field in SLICED if len(set(experiment.slices(field).values())) > 1]
    by = choices.segments(
        "by",
        label(language, "by"),
        told_apart or SLICED,
        language,
        lambda field: label(language, f"by {field}"),
    )
    frame = tables.by_slice(experiment, by, view.dim)
    title = label(language, "chart_slices", by=label(language, f"by {by}"))
    names = [slice_name(language, by, str(name)) for name in frame["slice"]]
    figure = charts.slices(frame.head(SLICES), names[:SLICES], title, words(language, "difference"))
    spoken = "; ".join(f"{name} {delta:+.2f}" for name, delta in zip(names, frame["delta"], strict=True))
    st.plotly_chart(figure, key="slices", config=parts.NO_TOOLBAR, alt=f"{title}: {spoken}")
    chart_tables.slices(language, frame, names)
    more = [label(language, "slices_left", count=len(frame) - SLICES)] if len(frame) > SLICES else []
    st.html(markup.note(" ".join([label(language, "slices_note"), *more])))


def _table(language: str, table: DataFrame, labels: dict[str, str], view: View) -> None:
    """Every judged query, narrowed by what happened to it, topic, style and level; a selected row opens in Search."""
    st.html(markup.heading(label(language, "per_query" if view.compares else "per_query_alone")))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        counts = {ALL: len(table)} | {
            change.value: int((table["change"] == change).sum()) for change in Change
        }
        change = ALL
        if view.compares:
            change = choices.segments(
                "show",
                label(language, "show"),
                [ALL, *map(str, Change)],
                language,
                lambda change: f"{label(language, change)} {counts[change]}",
            )
        mask = table["change"].isin([change] if change != ALL else list(map(str, Change)))
        for field in FIELDS:
            options = sorted(table[field].unique())
            if options in ([""], [tables.InTraining.NOTHING]):  # nothing to choose
                continue
            chosen = choices.several(
                f"of_{field}",
                label(language, f"by {field}"),
                options,
                language,
                partial(slice_name, language, field),
                width=150,
            )
            if chosen:
                mask &= table[field].isin(chosen)
        wanted = choices.text("words", label(language, "find"), width=180).strip().casefold()
        if wanted:
            mask &= _containing(table, wanted)
        columns = choices.several(
            "columns",
            label(language, "columns"),
            list(_columns(table, labels)),
            language,
            lambda kind: label(language, f"columns {kind}"),
            width=180,
        )
    query_table(language, table[mask].reset_index(drop=True), labels, "per_query", columns=columns)
    st.html(markup.note(label(language, "open_hint")))


def _containing(table: DataFrame, wanted: str) -> Any:
    """Which rows have these words in the question, its id or its relevant articles."""
    texts = table["query_id"] + "\n" + table["query"] + "\n" + table["cited"]
    return texts.str.casefold().str.contains(wanted, regex=False)


def _unresolved(language: str, experiment: Experiment) -> None:
    """The citations that name no article of this corpus, each with the nearest name."""
    if found := experiment.query_set.unresolved:
        rows = DataFrame(
            [
                {"query_id": item.query_id, "citation": str(item.citation), "reason": item.reason}
                for item in found
            ]
        )
        with st.expander(label(language, "unresolved_title", count=len(found))):
            names = {column: label(language, f"col_{column}") for column in rows}
            st.dataframe(
                rows,
                column_config=names,
                hide_index=True,
                key="unresolved",
                height=parts.table_height(len(rows)),
            )


def _columns(table: DataFrame, labels: Mapping[str, str]) -> dict[str, list[str]]:
    """The kinds of columns beside the question, in their order -> the columns of that kind."""
    kinds = {
        "ranks": [f"rank {name}" for name in labels],
        "outcomes": [f"outcome {name}" for name in labels],
        "gain": ["gain"] if len(labels) > 1 else [],
        **{field: [field] if set(table[field]) != {""} else [] for field in FIELDS},
        "cited": ["cited"],
    }
    return {kind: columns for kind, columns in kinds.items() if columns}


def query_table(
    language: str,
    table: DataFrame,
    labels: dict[str, str],
    key: str,
    more: tuple[str, ...] = (),
    columns: Collection[str] = (),
) -> None:
    """Queries with both ranks and outcomes; a selected row opens in Search.

    `more`: further columns to show first; `columns`: of these kinds only, by default of all.
    """
    names = {f"rank {name}": label(language, "col_rank", label=text) for name, text in labels.items()}
    names |= {f"outcome {name}": label(language, "col_outcome", label=text) for name, text in labels.items()}
    worded = {column: table[column].map(lambda value: label(language, value)) for column in more}
    for name in labels:
        kinds = zip(table[f"outcome {name}"], table[f"scope error {name}"], strict=True)
        worded[f"outcome {name}"] = [outcome_name(language, outcome, kind) for outcome, kind in kinds]
    sliced = {
        field: table[field].map(lambda value, field=field: slice_name(language, field, value))
        for field in FIELDS
    }

    # another choice of rows is another table: its selection starts empty
    state = f"{key} {hash(tuple(table['query_id']))}"
    st.dataframe(
        table.assign(**worded, **sliced),
        column_config={
            **names,
            "query": st.column_config.TextColumn(label(language, "col_query"), width=370),
            "gain": st.column_config.NumberColumn(label(language, "col_gain"), format="%+.2f", width="small"),
            **{field: label(language, f"by {field}") for field in FIELDS},
            **{column: label(language, f"col_{column}") for column in more},
            "cited": st.column_config.TextColumn(label(language, "col_cited"), width=300),
        },
        column_order=[
            "query",
            *more,
            *(
                column
                for kind, of_kind in _columns(table, labels).items()
                if not columns or kind in columns
                for column in of_kind
            ),
        ],
        hide_index=True,
        key=state,
        on_select=partial(choices.open_row, state, table["query"].tolist()),
        selection_mode="single-row",
        height=parts.table_height(len(table)),
        placeholder="–",
        alt=label(language, "table_alt", count=len(table)),
    )
