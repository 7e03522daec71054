"""Frames as Plotly figures; pure, with the words given by the caller."""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

# Okabe and Ito's palette (2008), told apart by colour-blind eyes; by a system's place in the pair.
SYSTEM_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")


def headline_bars(frame: pd.DataFrame, labels: Mapping[str, str], measures: Mapping[str, str], title: str) -> go.Figure:
    """Mean of each measure per system; `labels` and `measures` give what the page calls them."""
    figure = go.Figure()
    for colour, (name, group) in zip(SYSTEM_COLOURS, frame.groupby("system", sort=False), strict=False):
        figure.add_bar(
            name=labels[str(name)],
            x=[measures[measure] for measure in group["measure"]],
            y=group["mean"],
            marker_color=colour,
            text=[f"{value:.2f}" for value in group["mean"]],
            textposition="outside",
            hovertemplate="%{x}: %{y:.3f}<extra>%{fullData.name}</extra>",
        )
    figure.update_layout(
        title=title,
        barmode="group",
        bargap=0.4,
        height=320,
        margin={"l": 40, "r": 10, "t": 48, "b": 30},
        yaxis={"range": [0, 1], "tickformat": ".1f"},
        legend={"orientation": "h", "y": 1.14, "x": 1, "xanchor": "right"},
    )
    return figure
