"""What the section on national and local law says."""

from workbench.page.texts.text import Texts

CONFUSION: Texts = {
    "correct": ("correct", "正确"),
    "superseded": ("superseded", "旧版法条"),
    "same law": ("same law", "同一法律"),
    "national→local": ("national → local", "国家→地方"),
    "local→national": ("local → national", "地方→国家"),
    "wrong region": ("wrong place", "地方不符"),
    "other law": ("other law", "其他法律"),
    "nothing found": ("nothing found", "无结果"),
    "copy": ("copy", "副本"),
    "implementing": ("implementing", "实施性规定"),
    "other rule": ("other rule", "其他规定"),
    "kind": ("Kind of error of scope", "范围误判的种类"),
    "kind_name": ("Kind", "种类"),
    "kind_is": ("The article on top", "排在首位的法条"),
    "meaning copy": (
        "has at least half its wording from a relevant article",
        "至少一半文字来自相关法条",
    ),
    "meaning implementing": (
        "its law carries out the relevant article's law, or the reverse",
        "所属规定为实施相关法条所属法律而制定，或者相反",
    ),
    "meaning other rule": ("is any other of the wrong scope or place", "其余范围或地方不符的法条"),
    "kinds_note": (
        "The first that applies. Select a bar to see its queries and pairs below.",
        "取首个符合者。点击条形可在下方查看其问题与法条。",
    ),
    "error_of": ("error of scope: {kind}", "范围误判：{kind}"),
    "chart_kinds": (
        "Errors of scope by kind ({counts} queries)",
        "范围误判的种类（{counts} 个问题）",
    ),
    "chart_outcomes": (
        "What stands on top: outcomes of {count} queries",
        "首位是什么：{count} 个问题的结果",
    ),
    "chart_flow": ("Where the outcomes went", "结果的去向"),
    "chart_levels": (
        "Level of the relevant article against level of the article on top (number of queries)",
        "相关法条层级与首位法条层级（问题数）",
    ),
    "levels_note": ("Select a cell to see its queries below.", "点击单元格可在下方查看其问题。"),
    "superseded_note": (
        "superseded: an older version of a relevant article",
        "旧版法条：相关法条的旧版本",
    ),
    "displacing": (
        "{label}: {articles:,} articles of the wrong scope stand above the first relevant one, in "
        "{queries} queries",
        "{label}：{queries} 个问题中，共有 {articles:,} 条范围不符的法条排在首个相关法条之前",
    ),
    "outcome_of": ("Outcome, {label}", "结果 · {label}"),
    "choose_move": (
        "Choose an outcome or a kind of error, or a cell above, to see its queries.",
        "选择一种结果或误判种类，或点击上方单元格，即可查看其问题。",
    ),
    "cells": ("Level of the relevant article → of the one on top", "相关法条层级 → 首位法条层级"),
    "cell": ("{labels}: {relevant}, on top {top}", "{labels}：{relevant}，首位 {top}"),
    "displaced_title": ("Displaced pairs", "被顶替的法条"),
    "displaced_in": ("Displaced in", "所在模型"),
    "all_pairs": ("All {count} pairs", "全部 {count} 对"),
    "displaced_note": (
        "Left the relevant article, right the article of the wrong scope or place that stands on top "
        "instead. Wording that both share is marked.",
        "左侧为相关法条，右侧为排在首位的范围或地方不符的法条。双方共有的文字已标出。",
    ),
    "no_displaced": (
        "No relevant article was displaced by one of the wrong scope or place.",
        "没有相关法条被范围或地方不符的法条顶替。",
    ),
    "none_of_kind": (
        "No displaced pair is of this kind.",
        "没有属于这一种类的被顶替法条。",
    ),
    "side_relevant": ("relevant", "相关"),
    "side_top": ("on top instead", "排在首位"),
}
