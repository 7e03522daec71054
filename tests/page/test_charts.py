"""Figures by their traces: what is drawn is what the frame says, and no text can be anything but text."""

from collections import defaultdict

import numpy as np
import plotly.graph_objects as go
import pytest

from tests.tables import by_hand
from workbench.evaluation import tables
from workbench.evaluation.experiment import Experiment
from workbench.evaluation.outcomes import Outcome
from workbench.page import charts

LABELS = {"base": "Base <b>", "tuned": "Tuned"}


class Words(defaultdict):  # type: ignore[type-arg]
    def __missing__(self, key: str) -> str:
        return f"<{key}>"


@pytest.fixture(scope="module")
def judged() -> Experiment:
    return by_hand()


def test_differences_show_means_and_intervals(judged: Experiment) -> None:
    frame = tables.headline(judged, 16)
    figure = charts.differences(frame, LABELS, {name: name for name in frame["measure"]}, "title", Words())
    means = {trace.name: list(trace.x) for trace in figure.data if trace.showlegend is not False}
    assert means["Tuned"] == frame[frame["system"] == "tuned"]["mean"].tolist()
    delta = figure.data[-1]
    assert list(delta.x) == frame[frame["system"] == "tuned"]["delta"].tolist()
    assert np.allclose(delta.x + delta.error_x.array, frame[frame["system"] == "tuned"]["high"])
    assert np.allclose(delta.x - delta.error_x.arrayminus, frame[frame["system"] == "tuned"]["low"])


def test_every_query_is_a_point_near_its_ranks(judged: Experiment) -> None:
    figure = charts.rank_scatter(tables.per_query(judged, 16), LABELS, "title", Words(rank="rank {label}"))
    points = {
        point[0]: (point[2], point[3], x, y)
        for trace in figure.data[1:]
        for point, x, y in zip(trace.customdata, trace.x, trace.y, strict=True)
    }
    assert set(points) == {"q1", "q2", "q3", "q4", "q5"}
    for base, tuned, x, y in points.values():
        assert abs(np.log10(x / base)) < 0.1
        assert abs(np.log10(y / tuned)) < 0.1
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"


def test_points_at_one_place_are_spread() -> None:
    places = charts._spread(np.ones(40, int), np.ones(40, int))
    assert len({tuple(place) for place in places.round(6)}) == 40
    assert (np.abs(np.log10(places)) <= 0.02 * 40**0.5).all()


def test_the_flow_joins_outcomes(judged: Experiment) -> None:
    frame = tables.moves(judged, 16)
    sankey = charts.flow(frame, LABELS, "title", Words()).data[0]
    assert sum(sankey.link.value) == 5
    for source, target, row in zip(sankey.link.source, sankey.link.target, frame.itertuples(), strict=True):
        assert sankey.node.label[source].startswith(f"<{row.before}> ")
        assert sankey.node.label[target].startswith(f"<{row.after}> ")
    heights = np.array(sankey.node.y)[np.array(sankey.node.x) < 0.5]
    assert (np.diff(heights) > 0.05).all()  # far enough apart to be read


def test_every_outcome_has_a_colour_of_its_own(judged: Experiment) -> None:
    assert list(charts.OUTCOME_COLOURS) == list(Outcome)
    assert len(set(charts.OUTCOME_COLOURS.values())) == len(Outcome)
    frame = tables.moves(judged, 16).assign(before="superseded")
    node = charts.flow(frame, LABELS, "title", Words()).data[0].node
    assert (node.label[0], node.color[0]) == ("<superseded> 5", charts.OUTCOME_COLOURS["superseded"])


def test_matrices_count_queries_and_the_third_is_their_difference(judged: Experiment) -> None:
    frame = tables.level_confusion(judged, 16)
    heats = [
        trace.z for trace in charts.confusion(frame, LABELS, "title", Words()).data if trace.type == "heatmap"
    ]
    assert [matrix.sum() for matrix in heats[:2]] == [5, 5]
    assert (heats[2] == heats[1] - heats[0]).all()


def test_quality_with_intervals_against_dimension_and_bytes(judged: Experiment) -> None:
    frame = tables.tradeoff(judged, {})
    figure = charts.tradeoff(frame, LABELS, "title", Words())
    assert len(figure.data) == 4  # two systems against dimension and bytes; latency was not measured
    assert list(figure.data[2].x) == [64, 16]
    assert list(figure.data[1].y) == frame[frame["system"] == "tuned"]["mean"].tolist()


def test_slices_are_filled_where_they_are_sure(judged: Experiment) -> None:
    frame = tables.by_slice(judged, "topic", 16).assign(p_holm=[0.01, 0.2, 1.0])
    trace = charts.slices(frame, frame["slice"].tolist(), "title", Words()).data[0]
    assert list(trace.marker.symbol) == ["diamond", "diamond-open", "diamond-open"]


def test_bars_count_errors_of_scope_by_kind(judged: Experiment) -> None:
    figure = charts.kind_bars(tables.scope_errors(judged, 16), LABELS, "title", Words())
    assert {trace.name: list(trace.x) for trace in figure.data} == {
        "Base &lt;b&gt;": [2, 0, 0],
        "Tuned": [0, 1, 1],
    }
    assert list(figure.data[1].y) == ["<copy>", "<implementing>", "<other rule>"]
    assert [list(point) for point in figure.data[1].customdata][1] == ["tuned", "implementing"]


def figures(judged: Experiment) -> list[go.Figure]:
    queries = tables.per_query(judged, 16).assign(query="<b>x</b>")
    return [
        charts.differences(tables.headline(judged, 16), LABELS, Words(), "title", Words()),
        charts.rank_scatter(queries, LABELS, "title", Words(rank="{label}")),
        charts.slices(tables.by_slice(judged, "topic", 16), ["<i>x"] * 3, "title", Words()),
        charts.outcome_bars(tables.outcomes(judged, 16), LABELS, "title", Words()),
        charts.kind_bars(tables.scope_errors(judged, 16), LABELS, "title", Words()),
        charts.flow(tables.moves(judged, 16), LABELS, "title", Words()),
        charts.confusion(tables.level_confusion(judged, 16), LABELS, "title", Words()),
        charts.tradeoff(tables.tradeoff(judged, {}), LABELS, "title", Words()),
    ]


@pytest.mark.parametrize("number", range(8))
def test_each_chart_has_a_title_axis_names_and_plain_text(judged: Experiment, number: int) -> None:
    figure = figures(judged)[number]
    assert figure.layout.title.text == "title"
    drawn = figure.to_json()
    for markup in ("Base \\u003cb\\u003e", "\\u003cb\\u003ex", "\\u003ci\\u003ex"):
        assert markup not in drawn
    if figure.data[0].type != "sankey":
        axes = list(figure.select_xaxes())
        assert all(axis.title.text for axis in axes)


def test_the_heat_map_pales_with_the_rank() -> None:
    strengths = [charts._warmth(rank) for rank in (1, 10, 100, 1_000, 50_000)]
    alphas = [float(style.split(", ")[3].split(")")[0]) if style else 0 for style in strengths]
    assert alphas == sorted(alphas, reverse=True)
    assert strengths[-2:] == ["", ""]
