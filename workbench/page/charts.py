"""Frames as Plotly figures; pure, with the words given by the caller."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.io import to_html
from plotly.offline import get_plotlyjs
from plotly.subplots import make_subplots

from workbench.evaluation.outcomes import Outcome
from workbench.evaluation.scores import CUTOFF
from workbench.evaluation.tables import Change, levels_in

# Okabe and Ito's palette (2008), told apart by colour-blind eyes; by a system's place in the pair.
SYSTEM_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
CHANGE_MARKS = {
    Change.IMPROVED.value: ("#009E73", "triangle-up"),
    Change.REGRESSED.value: ("#CC79A7", "triangle-down"),
    Change.MISSED.value: ("#8A8F98", "x-thin-open"),
    Change.UNCHANGED.value: ("#8A8F98", "circle-open"),
}
OUTCOME_COLOURS = dict(
    zip(
        [kind.value for kind in Outcome],
        ("#009E73", "#7A5C2E", "#56B4E9", "#8E4585", "#E69F00", "#CC79A7", "#8A8F98", "#5B616B"),
        strict=True,
    )
)
_GREY = "#8A8F98"
_NO_QUERIES = "rgba(128, 128, 128, 0.06)"
_FLOW_HEIGHT, _PAD = 400, 16  # pixels
_ASIDE = 1.015  # systems stand side by side at a dimension, so that both intervals can be read
_HALF_TURN = np.pi * (3 - 5**0.5)  # the golden angle: points laid out by it never line up

Words = Mapping[str, str]


def escape_html(text: str) -> str:
    """`text` so that Plotly, which reads some HTML in every text, shows it as it is."""
    return escape(text, quote=False)


def _laid_out(figure: go.Figure, title: str, height: int, **more: Any) -> go.Figure:
    legend = {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 1, "xanchor": "right"}
    layout = {
        "margin": {"l": 10, "r": 10, "t": 72, "b": 10},
        "legend": legend,
        "hoverlabel": {"align": "left"},
    } | more
    figure.update_layout(
        title={"text": title, "x": 0, "xanchor": "left", "y": 0.98, "yanchor": "top"}, height=height, **layout
    )
    figure.update_xaxes(automargin=True)
    figure.update_yaxes(automargin=True)
    return figure


def differences(frame: pd.DataFrame, labels: Words, measures: Words, title: str, words: Words) -> go.Figure:
    """Left, each measure's mean in both systems; right, their paired difference with its 95 % interval."""
    figure = make_subplots(1, 2, shared_yaxes=True, horizontal_spacing=0.04, column_widths=[0.55, 0.45])
    groups = {str(name): group for name, group in frame.groupby("system", sort=False)}
    first, last = next(iter(groups)), list(groups)[-1]
    names = [measures[measure] for measure in groups[first]["measure"]]
    for place, name in enumerate(names):
        ends = [groups[system]["mean"].iloc[place] for system in (first, last)]
        figure.add_scatter(
            x=ends,
            y=[name, name],
            mode="lines",
            line={"color": _GREY, "width": 2},
            hoverinfo="skip",
            showlegend=False,
            row=1,
            col=1,
        )
    for colour, (system, group) in zip(SYSTEM_COLOURS, groups.items(), strict=False):
        figure.add_scatter(
            name=escape_html(labels[system]),
            x=group["mean"],
            y=names,
            mode="markers+text",
            marker={"color": colour, "size": 13},
            text=[f"{value:.2f}" for value in group["mean"]],
            textposition=_beside(group["mean"], [groups[name]["mean"] for name in groups if name != system]),
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.3f}<extra>%{fullData.name}</extra>",
            row=1,
            col=1,
        )
    compared = groups[last]
    figure.add_scatter(
        name=words["difference"],
        x=compared["delta"],
        y=names,
        mode="markers",
        marker={"color": SYSTEM_COLOURS[1], "size": 10, "symbol": "diamond"},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": compared["high"] - compared["delta"],
            "arrayminus": compared["delta"] - compared["low"],
            "thickness": 2,
        },
        customdata=np.stack([compared["low"], compared["high"], compared["p"]], axis=1),
        hovertemplate="%{y}: %{x:+.3f} (%{customdata[0]:+.3f} – %{customdata[1]:+.3f}), "
        "p %{customdata[2]:.4f}<extra></extra>",
        showlegend=False,
        row=1,
        col=2,
    )
    figure.add_vline(x=0, line={"color": _GREY, "width": 1}, row=1, col=2)
    figure.update_xaxes(title=words["mean"], range=[0, 1], row=1, col=1)
    figure.update_xaxes(title=words["difference"], tickformat="+~g", row=1, col=2)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return _laid_out(figure, title, 330)


def all_systems(frame: pd.DataFrame, labels: Words, measures: Words, title: str, colours: Words) -> go.Figure:
    """Every system's mean in each measure with its 95 % interval, a panel a measure; `colours`: by system, else grey."""
    figure = make_subplots(
        1, len(measures), shared_yaxes=True, horizontal_spacing=0.02, subplot_titles=list(measures.values())
    )
    names = [escape_html(labels[name]) for name in frame["system"]]
    tints = [colours.get(name, _GREY) for name in frame["system"]]
    for column, measure in enumerate(measures, 1):
        mean, low, high = (frame[f"{measure}{end}"] for end in ("", " low", " high"))
        for place, (name, tint) in enumerate(zip(names, tints, strict=True)):
            figure.add_scatter(
                x=[mean[place]],
                y=[name],
                mode="markers",
                marker={"color": tint, "size": 10},
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [high[place] - mean[place]],
                    "arrayminus": [mean[place] - low[place]],
                    "color": tint,
                    "thickness": 2,
                    "width": 4,
                },
                customdata=[[low[place], high[place]]],
                hovertemplate="%{y}: %{x:.3f} (%{customdata[0]:.3f} – %{customdata[1]:.3f})<extra></extra>",
                showlegend=False,
                row=1,
                col=column,
            )
    figure.update_xaxes(rangemode="tozero", tickformat=".1f", nticks=4)
    figure.update_yaxes(autorange="reversed", showgrid=True)
    return _laid_out(figure, title, 130 + 30 * len(frame), margin={"l": 10, "r": 10, "t": 84, "b": 10})


def _beside(own: pd.Series, others: Sequence[pd.Series]) -> list[str]:
    """Where the figure stands beside its point, so that figures of close points do not cover each other."""
    least = pd.concat(others, axis=1).min(axis=1) if others else own
    return [
        "middle left" if value < lowest else "middle right" for value, lowest in zip(own, least, strict=True)
    ]


def rank_scatter(frame: pd.DataFrame, labels: Words, title: str, words: Words) -> go.Figure:
    """Each query's rank in both systems on log axes; below the diagonal the second system is better.

    Queries at one point are spread around it; `customdata` is the query_id.
    """
    baseline, system = labels
    names = [escape_html(label) for label in labels.values()]
    ranks = [f"rank {baseline}", f"rank {system}"]
    frame = frame[frame[ranks].notna().all(axis=1)].astype(
        dict.fromkeys(ranks, int)
    )  # a run file's rest has none
    most = 1.6 * max(CUTOFF, frame[ranks].to_numpy().max(initial=CUTOFF))
    spread = _spread(*(frame[column].to_numpy() for column in ranks))
    figure = go.Figure()
    figure.add_scatter(
        x=[0.6, most],
        y=[0.6, most],
        mode="lines",
        line={"color": _GREY, "width": 1},
        hoverinfo="skip",
        showlegend=False,
    )
    for change, (colour, symbol) in CHANGE_MARKS.items():
        mask = (frame["change"] == change).to_numpy()
        queries = frame[mask]
        escaped = queries.assign(query=queries["query"].map(escape_html))
        figure.add_scatter(
            name=f"{words[change]} {len(queries)}",
            x=spread[mask, 0],
            y=spread[mask, 1],
            mode="markers",
            marker={"color": colour, "symbol": symbol, "size": 9, "line": {"color": colour, "width": 1.5}},
            customdata=escaped[["query_id", "query", *ranks]].to_numpy(),
            hovertemplate=f"%{{customdata[1]}}<br>{names[0]}: %{{customdata[2]:,}}<br>"
            f"{names[1]}: %{{customdata[3]:,}}<extra></extra>",
        )
    for line in (figure.add_vline, figure.add_hline):
        line(CUTOFF + 0.5, line={"color": _GREY, "width": 1, "dash": "dot"})
    axis = {
        "type": "log",
        "range": [np.log10(0.6), np.log10(most)],
        "tickvals": [10**power for power in range(8)],
        "tickformat": ",d",
    }
    figure.update_xaxes(title=words["rank"].format(label=names[0]), **axis)
    figure.update_yaxes(title=words["rank"].format(label=names[1]), **axis)
    return _laid_out(figure, title, 460, clickmode="event+select", dragmode=False)


def _spread(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(n, 2): points, those at one place laid out around it like the seeds of a sunflower, in log units."""
    turns: dict[tuple[int, int], int] = {}
    places = np.empty((len(x), 2))
    for row, point in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
        turn = turns.get(point, -1) + 1
        turns[point] = turn
        angle = turn * _HALF_TURN
        radius = 0.02 * turn**0.5
        places[row] = point[0] * 10 ** (radius * np.cos(angle)), point[1] * 10 ** (radius * np.sin(angle))
    return places


def slices(frame: pd.DataFrame, names: Sequence[str], title: str, words: Words) -> go.Figure:
    """The paired difference within each slice with its 95 % interval; filled where p after Holm is below .05."""
    rows = [f"{escape_html(name)} ({queries})" for name, queries in zip(names, frame["queries"], strict=True)]
    significant = frame["p_holm"] < 0.05
    figure = go.Figure(
        go.Scatter(
            x=frame["delta"],
            y=rows,
            mode="markers",
            marker={
                "color": SYSTEM_COLOURS[1],
                "size": 9,
                "symbol": ["diamond" if sure else "diamond-open" for sure in significant],
            },
            error_x={
                "type": "data",
                "symmetric": False,
                "array": frame["high"] - frame["delta"],
                "arrayminus": frame["delta"] - frame["low"],
            },
            customdata=frame[["baseline", "system", "p_holm"]].to_numpy(),
            hovertemplate="%{y}<br>%{customdata[0]:.3f} → %{customdata[1]:.3f}, "
            "p %{customdata[2]:.4f}<extra></extra>",
        )
    )
    figure.add_vline(x=0, line={"color": _GREY, "width": 1})
    figure.update_xaxes(title=words["difference"], tickformat="+~g")
    figure.update_yaxes(autorange="reversed")
    return _laid_out(figure, title, 110 + 26 * len(frame), margin={"l": 10, "r": 10, "t": 40, "b": 10})


def outcome_bars(frame: pd.DataFrame, labels: Words, title: str, words: Words) -> go.Figure:
    """How many queries each system answers with each outcome."""
    return _laid_out(_bars(frame, "outcome", labels, words), title, 380, barmode="group", bargap=0.3)


def kind_bars(frame: pd.DataFrame, labels: Words, title: str, words: Words) -> go.Figure:
    """How many errors of scope each system makes of each kind."""
    return _laid_out(_bars(frame, "kind", labels, words), title, 250, barmode="group", bargap=0.3)


def _bars(frame: pd.DataFrame, column: str, labels: Words, words: Words) -> go.Figure:
    """Queries by the values of a column, a bar a system."""
    figure = go.Figure()
    for colour, (name, group) in zip(SYSTEM_COLOURS, frame.groupby("system", sort=False), strict=False):
        figure.add_bar(
            name=escape_html(labels[str(name)]),
            y=[words[value] for value in group[column]],
            x=group["queries"],
            customdata=group[["system", column]].to_numpy(),
            orientation="h",
            marker_color=colour,
            text=group["queries"],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x}<extra>%{fullData.name}</extra>",
        )
    few = frame["queries"].max() < 10  # then Plotly would mark halves of a query
    figure.update_xaxes(title=words["queries"], rangemode="tozero", dtick=1 if few else None)
    figure.update_yaxes(autorange="reversed")
    return figure


def flow(frame: pd.DataFrame, labels: Words, title: str, words: Words) -> go.Figure:
    """From the baseline's outcomes (left) to the other system's (right), as wide as the number of queries."""
    sides = {side: frame.groupby(side)["queries"].sum() for side in ("before", "after")}
    nodes = [(side, kind.value) for side, counts in sides.items() for kind in Outcome if kind.value in counts]
    place = {node: number for number, node in enumerate(nodes)}
    most = max(map(len, sides.values()))
    middles = [
        middle
        for counts in sides.values()
        for middle in _middles([int(counts[kind]) for kind in Outcome if kind.value in counts], most)
    ]
    figure = go.Figure(
        go.Sankey(
            arrangement="fixed",
            node={
                "label": [f"{words[kind]} {sides[side][kind]}" for side, kind in nodes],
                "color": [OUTCOME_COLOURS[kind] for _, kind in nodes],
                "x": [0.001 if side == "before" else 0.999 for side, _ in nodes],
                "y": middles,
                "pad": _PAD,
                "thickness": 16,
                "line": {"width": 0},
                "hovertemplate": "%{label}<extra></extra>",
            },
            link={
                "source": [place["before", kind] for kind in frame["before"]],
                "target": [place["after", kind] for kind in frame["after"]],
                "value": frame["queries"],
                "color": [_faded(OUTCOME_COLOURS[kind]) for kind in frame["before"]],
                "hovertemplate": "%{source.label} → %{target.label}: %{value}<extra></extra>",
            },
        )
    )
    for x, anchor, name in zip((0, 1), ("left", "right"), labels.values(), strict=False):
        figure.add_annotation(
            x=x,
            y=1.02,
            xref="paper",
            yref="paper",
            yanchor="bottom",
            xanchor=anchor,
            showarrow=False,
            text=f"<b>{escape_html(name)}</b>",
        )
    return _laid_out(figure, title, _FLOW_HEIGHT)


def _middles(counts: Sequence[int], most: int) -> list[float]:
    """Where the middles of stacked nodes lie, in (0, 1): each as tall as its share, but far enough apart for a line of text.

    `most`: nodes on the side that has more of them, whose gaps decide how tall a query is.
    """
    inside = _FLOW_HEIGHT - 82  # pixels without the margins
    heights = np.array(counts) * (inside - _PAD * (most - 1)) / sum(counts)
    slots = np.maximum(heights, 20)
    slots *= min(1.0, inside / slots.sum())
    free = (inside - slots.sum()) / max(1, len(counts) - 1)
    return np.clip((np.cumsum(slots + free) - free - slots / 2) / inside, 0.001, 0.999).tolist()


def _faded(colour: str, alpha: float = 0.35) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {alpha})"


def confusion(
    frame: pd.DataFrame, labels: Words, title: str, words: Words, ink: str = "#1B1F24"
) -> go.Figure:
    """Level of the relevant article against level of the top-ranked one: each system's matrix, and their difference.

    `customdata` of a cell: system (empty for the difference), relevant level, top level.
    """
    names = list(labels)
    levels = levels_in(frame)
    counts = {name: _matrix(frame[frame["system"] == name], levels) for name in names}
    panels = {**counts, "": counts[names[-1]] - counts[names[0]]} if len(names) > 1 else counts
    titles = [escape_html(labels.get(name, words["change"])) for name in panels]
    figure = make_subplots(1, len(panels), shared_yaxes=True, horizontal_spacing=0.03, subplot_titles=titles)
    level_names = [words[level] for level in levels]
    faint = [_faded(colour, 0.5) for colour in SYSTEM_COLOURS]  # figures stand on them
    for column, (name, matrix) in enumerate(panels.items(), 1):
        most = max(1, np.abs(matrix).max())
        if name:
            scale = [[0, _NO_QUERIES], [1, faint[column - 1]]]
        else:
            scale = [[0, faint[0]], [0.5, _NO_QUERIES], [1, faint[1]]]
        heat = {
            "zmin": 0 if name else -most,
            "zmax": most,
            "showscale": False,
            "hoverinfo": "skip",
            "xgap": 2,
            "ygap": 2,
        }
        figure.add_heatmap(
            z=matrix, x=level_names, y=level_names, colorscale=scale, row=1, col=column, **heat
        )
        cells = [(int(relevant), int(top)) for relevant, top in np.argwhere(matrix)]
        figure.add_scatter(
            x=[level_names[top] for _, top in cells],
            y=[level_names[relevant] for relevant, _ in cells],
            mode="markers+text",
            marker={"size": 30, "opacity": 0, "symbol": "square"},
            text=[f"{matrix[cell]:d}" if name else f"{matrix[cell]:+d}" for cell in cells],
            textfont={"size": 14, "color": ink},
            selected={"marker": {"opacity": 0.3}},
            unselected={"marker": {"opacity": 0}, "textfont": {"color": ink}},
            customdata=[[name, levels[relevant], levels[top]] for relevant, top in cells],
            hovertemplate=f"{words['relevant_level']}: %{{y}}<br>{words['top']}: %{{x}}<br>"
            "%{text}<extra></extra>",
            showlegend=False,
            row=1,
            col=column,
        )
    figure.update_xaxes(title=words["top"], showgrid=False, tickangle=-30)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_yaxes(title=words["relevant_level"], col=1)
    return _laid_out(
        figure,
        title,
        240 + 48 * len(levels),
        clickmode="event+select",
        dragmode=False,
        margin={"l": 10, "r": 10, "t": 86, "b": 10},
    )


def _matrix(frame: pd.DataFrame, levels: Sequence[str]) -> np.ndarray:
    matrix = np.zeros((len(levels), len(levels)), int)
    for row in frame.itertuples():
        matrix[levels.index(row.relevant), levels.index(row.top)] = row.queries
    return matrix


def tradeoff(frame: pd.DataFrame, labels: Words, title: str, words: Words) -> go.Figure:
    """Mean of RR@10 with its 95 % interval against dimension, bytes and, where measured, the latency of a search."""
    axes = {"dim": words["dim"], "bytes": words["bytes"], "exact ms": words["latency"]}
    axes = {name: text for name, text in axes.items() if frame[name].notna().any()}
    figure = make_subplots(1, len(axes), shared_yaxes=True, horizontal_spacing=0.03)
    for column, (axis, text) in enumerate(axes.items(), 1):
        for number, (colour, (name, group)) in enumerate(
            zip(SYSTEM_COLOURS, frame.groupby("system", sort=False), strict=False)
        ):
            error = {
                "type": "data",
                "symmetric": False,
                "array": group["high"] - group["mean"],
                "arrayminus": group["mean"] - group["low"],
            }
            figure.add_scatter(
                name=escape_html(labels[str(name)]),
                x=group[axis] * (_ASIDE if number and axis == "dim" else 1),
                y=group["mean"],
                mode="lines+markers",
                line={"color": colour, "dash": "solid" if number else "dash"},
                marker={"size": 9, "symbol": "circle" if number else "square"},
                error_y=error | {"thickness": 1.2, "width": 4},
                customdata=group[["dim", "low", "high", "bytes"]].to_numpy(),
                hovertemplate="%{customdata[0]}: %{y:.3f} (%{customdata[1]:.3f} – %{customdata[2]:.3f})"
                "<extra>%{fullData.name}</extra>",
                showlegend=column == 1,
                row=1,
                col=column,
            )
        if axis == "exact ms":
            ticks: dict[str, Any] = {"tickformat": ".3~g"}
        else:
            ticks = {"tickvals": sorted(frame[axis].unique()), "tickformat": ",d"}
        figure.update_xaxes(title=text, type="log", row=1, col=column, **ticks)
    figure.update_yaxes(rangemode="tozero")
    figure.update_yaxes(title=words["mean"], tickformat=".1f", col=1)
    return _laid_out(figure, title, 380)


def rank_heat(frame: pd.DataFrame, columns: Sequence[str]) -> Any:
    """`frame` styled as a heat map: the better a rank in `columns`, the stronger its cell, on a log scale down to 1,000."""
    return frame.style.map(_warmth, subset=list(columns))


def _warmth(rank: int | None) -> str:
    if rank is None or pd.isna(rank):
        return ""
    strength = max(0.0, 1 - np.log10(rank) / 3)
    if not strength:
        return ""
    ink = "color: #FFFFFF" if strength > 0.6 else ""
    return f"background-color: rgba(0, 114, 178, {0.85 * strength:.2f});{ink}"


def library() -> str:
    """Plotly's own script, for a page that opens without a network."""
    return get_plotlyjs()


def html(figure: go.Figure) -> str:
    """A figure for a page that holds `library`, on white."""
    figure.update_layout(template="plotly_white", font={"family": "inherit", "color": "#1B1F24"})
    return to_html(
        figure, full_html=False, include_plotlyjs=False, config={"displayModeBar": False, "responsive": True}
    )
