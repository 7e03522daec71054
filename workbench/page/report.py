"""The report: one HTML file that opens offline, with headline, charts, telling queries, method and fingerprints."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from pandas import isna

from workbench import __version__
from workbench.core.dimensions import own_dim
from workbench.core.settings import FusionSystem, RunSystem
from workbench.evaluation import tables
from workbench.evaluation.earlier import embedded
from workbench.evaluation.experiment import Experiment
from workbench.evaluation.outcomes import Outcome
from workbench.evaluation.scores import HEADLINE
from workbench.evaluation.tables import Change, DataFrame
from workbench.page import all_systems, charts, markup, parts, scope_errors
from workbench.page.choices import View
from workbench.page.labels import label, translated, words
from workbench.page.sections import SECTIONS, Section, matryoshka
from workbench.page.services import Services
from workbench.page.style import banner, style

TELLING = 5  # queries that gained most, and that lost most
PAIRS = 3
_LOOK = """
<style>
:root { color-scheme: light; }
body { font: 15px/1.5 'Inter', 'Segoe UI', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif;
       color: #1B1F24; background: #fff; max-width: 1120px; margin: 2rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; }
.wb-facts td { overflow-wrap: anywhere; }
@media print { body { margin: 0; } h2 { break-after: avoid; } }
</style>
"""


def report(services: Services, view: View, experiment: Experiment) -> str:
    """The whole file as text."""
    language, labels = view.language, services.labels(view)
    title = f"{' ⟷ '.join(labels.values())} · {view.query_set}"
    body = [
        f"<h1>{escape(title)}</h1>",
        markup.note(label(language, "corpus", **services.workbench.index.counts)),
        markup.note(
            label(
                language, "report_made", when=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", version=__version__
            )
        ),
        banner(label(language, "stand_in")) if services.pair.stand_in else "",
        _all_systems(services, view),
        *_headline(language, experiment, labels, view),
        _section_title(language, SECTIONS["confusion"])
        + _charts(_confusion_charts(language, experiment, labels, view))
        + scope_errors.meanings(language),
        _pairs(language, experiment, view),
        _section_title(language, SECTIONS["matryoshka"]) + _tradeoff(language, services, experiment, labels),
        *_telling(language, experiment, labels, view),
        _h2(language, "report_method")
        + markup.sentences(
            label(language, f"method {topic}") for topic in ("ranks", "averages", "differences", "outcomes")
        ),
        _fingerprints(language, services, view, experiment),
    ]
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title>"
    )
    data = embedded(services.workbench.summary(services.whole(view)))
    library = f"<script>{charts.library()}</script>"
    return (
        f'<!doctype html>\n<html lang="{language}"><head>{head}{_LOOK}{style()}{library}</head>'
        f"<body>{''.join(body)}{data}</body></html>\n"
    )


def _section_title(language: str, section: Section) -> str:
    return f"<h2>{escape(translated(language, section.title))}</h2>"


def _h2(language: str, key: str) -> str:
    return f"<h2>{escape(label(language, key))}</h2>"


def _charts(figures: Sequence[object]) -> str:
    return "".join(charts.html(figure) for figure in figures)


def _all_systems(services: Services, view: View) -> str:
    """The overview of all systems, where there are more than the two compared."""
    if len(services.pair.systems) < 3:
        return ""
    language, labels = view.language, services.all_labels(view)
    frame = all_systems.overview(services, services.whole(view), view)
    table = all_systems.table(language, frame, labels, view)
    return _h2(language, "report_all") + table + _charts([all_systems.chart(language, frame, labels, view)])


def _headline(language: str, experiment: Experiment, labels: dict[str, str], view: View) -> list[str]:
    frame = tables.headline(experiment, view.dim)
    result = experiment.comparisons.paired(view.system, view.dim)
    names = {measure: label(language, measure) for measure in HEADLINE}
    rows = frame.set_index(["measure", "system"])
    table = []
    for measure, name in names.items():
        row = rows.loc[measure, view.system]
        difference = f"{row['delta']:+.3f} ({label(language, 'interval', low=row['low'], high=row['high'])})"
        means = [f"{rows.loc[measure, system]['mean']:.3f}" for system in view.systems]
        table.append([name, *means, difference, f"p {parts.p_value(row['p'])}"])
    over = [experiment.evaluations[name][view.dim].mean_over_found("RR@10") for name in view.systems]
    table.append(
        [label(language, "over_found"), *("–" if value is None else f"{value:.3f}" for value in over), "", ""]
    )
    if not view.compares:
        alone = label(language, "averages_alone", name=view.query_set, count=result.n, dim=view.dim)
        figures = markup.facts(["", *labels.values()], [row[:2] for row in table])
        return [_section_title(language, SECTIONS["aggregate"]), figures, markup.note(alone)]
    title = label(language, "chart_differences", count=result.n, dim=view.dim)
    scatter = charts.rank_scatter(
        tables.per_query(experiment, view.dim),
        labels,
        label(language, "chart_scatter", dim=view.dim),
        words(language, "rank", *Change),
    )
    return [
        _section_title(language, SECTIONS["aggregate"]),
        markup.facts(["", *labels.values(), label(language, "difference"), ""], table),
        markup.note(label(language, "won", wins=result.wins, ties=result.ties, losses=result.losses)),
        markup.note(label(language, "averages", name=view.query_set, count=result.n, dim=view.dim)),
        _charts(
            [charts.differences(frame, labels, names, title, words(language, "mean", "difference")), scatter]
        ),
    ]


def _confusion_charts(
    language: str, experiment: Experiment, labels: dict[str, str], view: View
) -> list[object]:
    bars = label(language, "chart_outcomes", count=len(experiment.query_set.judged))
    return [
        charts.outcome_bars(
            tables.outcomes(experiment, view.dim), labels, bars, words(language, "queries", *Outcome)
        ),
        *([_flow(language, experiment, labels, view)] if view.compares else []),
        scope_errors.chart(language, experiment, labels, view),
    ]


def _flow(language: str, experiment: Experiment, labels: dict[str, str], view: View) -> object:
    title = label(language, "chart_flow")
    return charts.flow(tables.moves(experiment, view.dim), labels, title, words(language, *Outcome))


def _pairs(language: str, experiment: Experiment, view: View) -> str:
    texts = {query.query_id: query.text for query in experiment.query_set.judged}
    pairs = tables.displaced(experiment, view.system, view.dim)[:PAIRS]
    if not pairs:
        return markup.note(label(language, "no_displaced"))
    worded = [scope_errors.confused(language, experiment, texts[pair.query_id], pair) for pair in pairs]
    return markup.heading(label(language, "displaced_title")) + markup.confused(language, worded)


def _tradeoff(language: str, services: Services, experiment: Experiment, labels: dict[str, str]) -> str:
    labels = {name: text for name, text in labels.items() if name in experiment.with_vectors}
    if not labels:
        return markup.note(
            label(
                language,
                "no_vectors",
                label=" · ".join(services.label(name) for name in experiment.evaluations),
            )
        )
    title = label(language, "chart_tradeoff", count=len(experiment.query_set.judged))
    frame = tables.tradeoff(experiment, services.costs())
    figure = charts.tradeoff(frame, labels, title, words(language, "dim", "bytes", "latency", "mean"))
    return _charts([figure]) + matryoshka.verdicts(language, experiment, labels)


def _telling(language: str, experiment: Experiment, labels: dict[str, str], view: View) -> list[str]:
    """The queries that gained and lost most, where two systems are compared."""
    if not view.compares:
        return []
    table = tables.per_query(experiment, view.dim)
    blocks = []
    for change, rows in (
        ("improved", table[table["gain"] > 0]),
        ("regressed", table[table["gain"] < 0][::-1]),
    ):
        blocks.append(_h2(language, f"report_{change}"))
        blocks.append(
            _queries(language, experiment, labels, view, rows.head(TELLING))
            if len(rows)
            else markup.note(label(language, "none"))
        )
    return blocks


def _queries(
    language: str, experiment: Experiment, labels: dict[str, str], view: View, rows: DataFrame
) -> str:
    heads = [
        label(language, "col_query"),
        label(language, "relevant"),
        *(label(language, "col_rank", label=text) for text in labels.values()),
    ]
    heads += [label(language, "top_of", label=text) for text in labels.values()]
    tops_by_system = [experiment.top_ids(name, view.dim) for name in view.systems]
    table = []
    for row in rows.to_dict("records"):
        relevant = row["cited"]
        tops = [_cited(experiment, top_ids.get(row["query_id"], "")) for top_ids in tops_by_system]
        ranks = [_rank(row[f"rank {name}"]) for name in view.systems]
        table.append([row["query"], relevant, *ranks, *tops])
    return markup.facts(heads, table, figures=False)


def _rank(rank: int | None) -> str:
    return "–" if rank is None or isna(rank) else f"{rank:,}"


def _cited(experiment: Experiment, doc_id: str) -> str:
    """Law and number of an article; a dash where there is none."""
    article = experiment.articles.get(doc_id)
    return f"{article.law} {article.article}" if article else "–"


def _fingerprints(language: str, services: Services, view: View, experiment: Experiment) -> str:
    """What was measured, so that it can be measured again."""
    rows = [
        [label(language, "print_pair"), services.pair.name],
        [
            label(language, "print_set"),
            f"{view.query_set} · {len(experiment.query_set.judged)} · {experiment.query_set.fingerprint}",
        ],
        [label(language, "print_index"), services.workbench.index.build_id],
    ]
    for name in services.pair.systems:
        rows.append([services.label(name), _made_of(language, services, view, name)])
    return _h2(language, "report_fingerprints") + markup.facts(["", ""], rows, figures=False)


def _made_of(language: str, services: Services, view: View, name: str) -> str:
    """What made one system: its column as recorded in the index, else what the pair says of it."""
    pair, index = services.pair, services.workbench.index
    match pair.systems[name]:
        case FusionSystem() as fusion:
            how = f"k {fusion.k}" if fusion.method == "rrf" else "min-max"
            weights = ", ".join(f"{part} × {weight:g}" for part, weight in fusion.weights.items())
            return " · ".join(filter(None, (" + ".join(fusion.of), fusion.method, how, weights)))
        case RunSystem() as run:
            return Path(run.path).name
    built = index.builds[index.column_of(name, own_dim(pair.dims_of(name), view.dim))]
    prompt = f"query: {pair.dense[name].query_prompt or '–'}" if name in pair.dense else built["tokenizer"]
    versions = ", ".join(f"{library} {number}" for library, number in json.loads(built["versions"]).items())
    when = label(language, "print_built", rows=built["rows"], when=built["built"])
    made = (f"{built['model']} ({built['weights']})", prompt, built["document_template"], built["dtype"])
    return " · ".join(filter(None, (*made, versions, when)))
