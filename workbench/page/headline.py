"""The headline over the whole query set: each measure for both systems in one row, and what stands behind the figures."""

import streamlit as st

from workbench.evaluation.experiment import Experiment
from workbench.evaluation.outcomes import Outcome
from workbench.evaluation.tables import headline
from workbench.page import markup, parts
from workbench.page.choices import View
from workbench.page.labels import label
from workbench.page.services import Services

TILES = ("Success@1", "Success@10", "RR@10")  # what says most to a layman first


def draw(services: Services, view: View) -> None:
    """Measures of both systems, the paired difference, won and lost; what they are means of unfolds below."""
    language = view.language
    with parts.faults(language):
        if not view.query_set:
            st.html(markup.note(label(language, "no_query_set")))
            return
        experiment = services.experiment(view)
        notes = averages(language, experiment, view) + _prompts(services, view)
        if view.compares:
            notes.append(label(language, "examples_rule", label=services.label(view.system)))
        named = {"name": view.query_set, "count": len(experiment.query_set.judged)}
        set_name = label(language, "whole_set", **named)
        summary = label(language, "behind", dim=view.dim, **named)
        st.html(
            markup.tiles(tiles(language, experiment, view, services.labels(view)), set_name)
            + markup.folded(summary, notes)
        )


def tiles(language: str, experiment: Experiment, view: View, labels: dict[str, str]) -> list[markup.Tile]:
    """The tiles' words; of a system alone, without comparison."""
    frame = headline(experiment, view.dim).set_index(["measure", "system"])
    shown = [_won(language, experiment, view, labels)] if view.compares else []
    for measure in TILES:
        row = frame.loc[measure, view.system]
        interval = label(language, "interval", low=row["low"], high=row["high"])
        more = f"{row['delta']:+.3f} ({interval}) · {label(language, 'p', p=parts.p_value(row['p']))}"
        values = tuple(f"{frame.loc[measure, name]['mean']:.3f}" for name in labels)
        meaning = label(language, f"means {measure}")
        shown.append(markup.Tile(label(language, measure), meaning, values, more if view.compares else ""))
    outcomes = [list(experiment.outcomes[name][view.dim].values()) for name in labels]
    errors = tuple(str(found.count(Outcome.NATIONAL_TO_LOCAL)) for found in outcomes)
    wrong = label(language, "tile_help_errors", count=len(experiment.query_set.judged))
    return [*shown, markup.Tile(label(language, "errors"), "", errors, wrong)]


def _won(language: str, experiment: Experiment, view: View, labels: dict[str, str]) -> markup.Tile:
    """In how many questions the second system ranks a relevant article higher."""
    result = experiment.comparisons.paired(view.system, view.dim)
    won = label(language, "tile_won", wins=result.wins, count=result.n)
    rest = label(language, "tile_rest", ties=result.ties, losses=result.losses)
    return markup.Tile(labels[view.system], label(language, "tile_won_by"), (won,), rest, first=1)


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


def averages(language: str, experiment: Experiment, view: View) -> list[str]:
    """What the tiles are means of."""
    result = experiment.comparisons.paired(view.system, view.dim)
    won = label(language, "won", wins=result.wins, ties=result.ties, losses=result.losses)
    means = label(language, "averages", name=view.query_set, count=result.n, dim=view.dim)
    unresolved = experiment.query_set.unresolved_queries
    notes = [f"{won} ({label(language, 'won_note')}) · {means}"]
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
