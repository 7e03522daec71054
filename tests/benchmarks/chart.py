"""Cost against size, both on log axes, as a picture: `python -m tests.benchmarks.chart [--home H] [--out FILE.png]`.

What `tests.benchmarks.scale` has written into `bench.json`: seconds on the left, memory on the right; the dotted line grows
as fast as the articles do.
"""

import argparse
import json
from pathlib import Path

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from tests.browser import chromium
from workbench.core.settings import home_folder

SECONDS = ("build", "ann", "evaluate", "open", "exact question", "question")
PEAKS = ("build peak at the end", "open peak", "review peak at the end")
WIDTH, HEIGHT = 1100, 420  # px


def figure(scale: dict[str, dict[str, float]]) -> go.Figure:
    """`scale`: size -> figure -> seconds or bytes."""
    sizes = sorted(map(int, scale))
    drawn = make_subplots(1, 2, subplot_titles=("seconds", "GB of memory, at most"))
    for place, (names, unit) in enumerate(((SECONDS, 1.0), (PEAKS, 1e9)), 1):
        for name in names:
            values = [scale[str(size)][name] / unit for size in sizes]
            line = go.Scatter(x=sizes, y=values, name=name, mode="lines+markers")
            drawn.add_trace(line, row=1, col=place)
    first = scale[str(sizes[0])]["evaluate"]
    linear = [first * size / sizes[0] for size in sizes]
    drawn.add_trace(go.Scatter(x=sizes, y=linear, name="linear", line={"dash": "dot", "color": "gray"}), 1, 1)
    drawn.update_xaxes(type="log", title="articles", dtick=1)
    drawn.update_yaxes(type="log")
    drawn.update_layout(template="plotly_white", width=WIDTH, height=HEIGHT, margin={"t": 40, "b": 50})
    return drawn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    home = home_folder(given.home)
    scale = json.loads((home / "bench.json").read_text(encoding="utf-8"))["scale"]
    with chromium() as browser:
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.set_content(figure(scale).to_html(include_plotlyjs=True, config={"staticPlot": True}))
        page.locator(".plot-container").wait_for()
        page.screenshot(path=given.out or home / "scale.png")


if __name__ == "__main__":
    main()
