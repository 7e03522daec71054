"""What the tiles and the section on the whole query set say."""

from workbench.page.texts.text import Texts

AGGREGATE: Texts = {
    "RR@10": ("MRR@10", "MRR@10"),
    "Success@10": ("Hit rate@10", "命中率@10"),
    "Success@1": ("Top-1 accuracy", "首位准确率"),
    "nDCG@10": ("nDCG@10", "nDCG@10"),
    "errors": ("National → local errors", "国家→地方误判"),
    "tile_help_errors": ("of {count}: local article wrongly on top", "共 {count} 题：首位误为地方条文"),
    "examples_rule": (
        "Worked examples are questions in which {label} gains, the most telling first; those that got worse stand under Review.",
        "示例取自 {label} 有进步的问题，最能说明差异者在前；退步的问题见“复核”。",
    ),
    "means Success@1": ("relevant on top", "相关法条居首"),
    "means Success@10": ("among the first 10", "在前十名"),
    "means RR@10": ("mean of 1 ÷ rank", "1 ÷ 名次的平均"),
    "tile_won_by": ("better in", "更好"),
    "tile_won": ("{wins} of {count}", "{wins}/{count}"),
    "tile_rest": ("questions; {ties} the same, {losses} worse", "题；{ties} 题相同，{losses} 题更差"),
    "whole_set": ("All {count} questions of {name}", "{name} 全部 {count} 个问题"),
    "behind": (
        "How these figures are measured: {count} questions of {name}, {dim} dimensions",
        "这些数字如何得来：{name} 的 {count} 个问题，{dim} 维",
    ),
    "interval": ("{low:+.2f} to {high:+.2f}", "{low:+.2f} 至 {high:+.2f}"),
    "p": ("p\u00a0{p}", "p\u00a0{p}"),
    "won": ("{wins} won · {ties} tied · {losses} lost", "胜 {wins} · 平 {ties} · 负 {losses}"),
    "won_note": ("reciprocal rank, question by question", "逐题比较倒数排名"),
    "averages": (
        "{name}: {count} judged queries, {dim} dimensions. Differences: 95 % paired bootstrap "
        "interval; p: paired randomisation test.",
        "{name}：{count} 个已标注问题，{dim} 维。差值：95% 配对自助区间；p：配对随机化检验。",
    ),
    "averages_alone": (
        "{name}: {count} judged queries, {dim} dimensions. The pair has one system, so nothing is compared.",
        "{name}：{count} 个已标注问题，{dim} 维。该模型对只有一个系统，因此没有比较。",
    ),
    "per_query_alone": ("Every judged query", "全部已标注问题"),
    "unresolved": (
        "{count} queries cite no article of this corpus and are left out.",
        "{count} 个问题引用的法条不在本语料中，未计入。",
    ),
    "partly_resolved": (
        "{count} more cite articles that do not resolve beside some that do ({citations} unresolved citations in all): "
        "recall, average precision and nDCG take only those that resolve.",
        "另有 {count} 个问题的部分引用未能对应法条（共 {citations} 处）：召回率、平均精度与 nDCG 仅按已对应的法条计算。",
    ),
    "prompts_differ": (
        "Questions are put with different prompts ({said}), so that the difference is that of prompt "
        "and model together.",
        "两个模型使用的提问前缀不同（{said}），差异来自前缀与模型两方面。",
    ),
    "only_prompts_differ": (
        "One model with two prompts for questions ({said}): the difference is that of the prompt alone.",
        "同一模型，提问前缀不同（{said}）：差异仅来自前缀。",
    ),
    "no_prompt": ("none", "无"),
    "no_query_set": ("No query set can be measured here.", "没有可评测的查询集。"),
    "mean": ("mean over all judged queries", "全部已标注问题的平均值"),
    "difference": ("difference (95 % interval)", "差值（95% 区间）"),
    "rank": ("rank in {label}", "在 {label} 中的排名"),
    "queries": ("number of queries", "问题数"),
    "change": ("difference", "差异"),
    "relevant_level": ("level of the relevant article", "相关法条的层级"),
    "top": ("level of the article on top", "首位法条的层级"),
    "chart_differences": (
        "Mean measures and their differences: {count} queries, {dim} dimensions",
        "平均指标及其差值：{count} 个问题，{dim} 维",
    ),
    "chart_scatter": (
        "Rank of the relevant article in both models, {dim} dimensions",
        "相关法条在两个模型中的排名（{dim} 维）",
    ),
    "scatter_note": (
        "Below the diagonal the second model ranks the relevant article higher; dotted lines: rank "
        "10. Select a point to open its question.",
        "对角线以下表示后一模型排名更高；虚线为第 10 名。点击圆点可打开该问题。",
    ),
    "R@100": ("R@100", "R@100"),
    "all_title": ("All systems: {name}, {dim} dimensions", "全部系统：{name}，{dim} 维"),
    "all_best": ("best", "最佳"),
    "all_tied": ("≈", "≈"),
    "all_note": (
        "≈ cannot be told from the best (p of at least .05, paired randomisation, Holm over the systems). Errors of scope: "
        "an article of the wrong scope or place on top. Bytes an article and ms a question as measured on this machine. "
        "A number behind a name: that system's own vector length.",
        "≈ 与最佳无显著差别（配对随机化检验，各系统间经 Holm 校正，p 不小于 .05）。范围误判：首位法条的效力范围或地区不对。每条字节数与每题毫秒数为本机实测。"
        "名称后的数字为该系统自身的向量维度。",
    ),
    "all_errors": ("Errors of scope", "范围误判"),
    "all_bytes": ("Bytes an article", "每条字节数"),
    "all_ms": ("ms a question", "每题毫秒数"),
    "chart_all": ("Means with 95 % intervals", "平均值与 95% 区间"),
    "all_alt": ("All systems: {said}", "全部系统：{said}"),
    "matrix_title": ("Every two systems: difference in MRR@10", "两两比较：MRR@10 之差"),
    "matrix_note": (
        "Column minus row; p: paired randomisation with Holm's correction over all pairs. Select a cell, and the rest of "
        "the page compares these two.",
        "列减行；p：配对随机化检验，全部配对经 Holm 校正。选中一格，页面其余部分即比较这两个系统。",
    ),
    "matrix_against": ("against", "基线"),
    "not_answered": (
        "{label} holds no query of {name} and is left out here.",
        "{label} 不含 {name} 的问题，此处未列。",
    ),
    "by": ("Slice by", "分组方式"),
    "by topic": ("Topic", "主题"),
    "by style": ("Style", "风格"),
    "by level": ("Level", "效力层级"),
    "by region": ("Place", "地区"),
    "chart_slices": (
        "Difference in MRR@10 by {by} (number of queries)",
        "各组 MRR@10 的差值，按{by}（括号内为问题数）",
    ),
    "slices_note": (
        "Filled: p below .05 after Holm's correction for the number of slices.",
        "实心：经 Holm 校正后 p 小于 .05。",
    ),
    "slices_left": ("{count} smaller slices are in the CSV.", "其余 {count} 个较小分组见 CSV。"),
    "reported_title": ("Reported and measured", "公布值与实测值"),
    "reported": ("{label}, reported", "{label}（公布）"),
    "measured": ("{label}, measured", "{label}（实测）"),
    "over_found": ("MRR@10 over found", "MRR@10（仅已命中）"),
    "over_found_note": (
        "MRR@10 counts a query without a hit in the first ten as 0. “Over found” leaves those queries "
        "out, so it is always higher and says less.",
        "MRR@10 将前十未命中的问题计为 0；“仅已命中”不计这些问题，因此总是更高，信息也更少。",
    ),
    "nothing_reported": (
        "The pair file names no reported figures to compare with.",
        "模型对文件中没有可供对照的公布值。",
    ),
    "contamination_title": ("What training has seen", "训练中已出现的内容"),
    "contamination_none": (
        "Training asked none of these questions and has seen none of their relevant articles.",
        "训练集中没有这些问题，也没有出现过它们的相关法条。",
    ),
    "contamination_unknown": (
        "The index does not say what the models were trained on: name it as `training` in the pair "
        "file and build again.",
        "索引中没有训练数据的记录：请在模型对文件中以 training 指明并重新构建。",
    ),
    "contamination_note": (
        "Training asked {asked} of these questions (in the same or nearly the same words) and asked "
        "or answered {given}; it has seen {articles} of the relevant articles as right answers.",
        "训练集中问过其中 {asked} 个问题（文字相同或几乎相同），问过或答过的共 {given} 个；有 "
        "{articles} 条相关法条曾作为正确答案出现。",
    ),
    "contamination all": ("MRR@10, all questions", "MRR@10，全部问题"),
    "contamination not asked": ("without those asked in training", "不计训练中问过的"),
    "contamination unseen": ("without those asked or answered", "不计训练中问过或答过的"),
    "query seen": ("question seen", "问题见过"),
    "answers seen": ("all answers seen", "答案都见过"),
    "some answers seen": ("some answers seen", "部分答案见过"),
    "nothing seen": ("nothing seen", "均未见过"),
    "by seen": ("In training", "训练中"),
    "unresolved_title": (
        "Citations that name no article here: {count}",
        "未能在本语料中找到的引用：{count}",
    ),
    "col_query_id": ("Query", "问题编号"),
    "col_cited": ("Relevant articles", "相关法条"),
    "col_citation": ("Citation", "引用"),
    "col_reason": ("Why not", "原因"),
    "report_incomplete": (
        "the reported figures cannot be checked without Top-1 accuracy, hit rate and MRR@10",
        "缺少首位准确率、命中率或 MRR@10，无法核对公布值",
    ),
    "report_fits": (
        "the reported figures fit each other: Top-1 and hit rate allow an MRR@10 of {low:.3f} to "
        "{high:.3f}, and {reported:.3g} is reported.",
        "公布值相互一致：由首位准确率与命中率可知 MRR@10 应在 {low:.3f} 至 {high:.3f} 之间，公布为 "
        "{reported:.3g}。",
    ),
    "report_over_found": (
        "Top-1 and hit rate allow an MRR@10 of {low:.3f} to {high:.3f}; the reported {reported:.3g} "
        "fits only as a mean over found queries.",
        "由首位准确率与命中率可知 MRR@10 应在 {low:.3f} 至 {high:.3f} 之间；公布的 {reported:.3g} 只"
        "可能是仅对已命中问题求平均。",
    ),
    "report_cannot_be": (
        "Top-1 and hit rate allow an MRR@10 of {low:.3f} to {high:.3f}; the reported {reported:.3g} "
        "cannot be, nor as a mean over found queries.",
        "由首位准确率与命中率可知 MRR@10 应在 {low:.3f} 至 {high:.3f} 之间；公布的 {reported:.3g} 不"
        "可能成立，仅对已命中问题求平均也不成立。",
    ),
    "per_query": ("Every judged query, most improved first", "逐题结果，改进最大者在前"),
    "show": ("Show", "显示"),
    "all": ("all", "全部"),
    "improved": ("improved", "改进"),
    "regressed": ("regressed", "退步"),
    "both missed": ("both missed", "均未命中"),
    "unchanged": ("unchanged", "不变"),
    "col_query": ("Question", "问题"),
    "col_rank": ("Rank, {label}", "排名 · {label}"),
    "col_outcome": ("Outcome, {label}", "结果 · {label}"),
    "since_title": ("What changed since an earlier evaluation", "与此前的评测相比"),
    "since_note": (
        "Give the JSON of `workbench evaluate --json`, or a report of this page, of another day: every system measured both times is "
        "compared, query by query.",
        "请提供此前 `workbench evaluate --json` 的结果或本页导出的报告：两次都测量过的系统将逐题比较。",
    ),
    "since_file": ("Earlier evaluation", "此前的评测"),
    "since_compared": (
        "{count} queries asked in the same words both times are compared; the corpus had {articles:,} articles then.",
        "比较两次措辞相同的 {count} 个查询；当时语料共 {articles:,} 条。",
    ),
    "since_only_then": ("{count} were asked then only.", "仅当时有：{count} 个。"),
    "since_only_now": ("{count} are asked now only.", "仅现在有：{count} 个。"),
    "since_other_text": ("{count} are worded otherwise now, and left out.", "{count} 个措辞已变，不作比较。"),
    "since_other_relevant": ("{count} have other relevant articles now.", "{count} 个的相关法条已变。"),
    "since_no_system": (
        "No system of this pair was measured then at this dimension.",
        "当时没有在此维度测量过本对模型中的任何系统。",
    ),
    "since_then": ("MRR@10 then", "当时 MRR@10"),
    "since_now": ("MRR@10 now", "现在 MRR@10"),
    "since_moved": ("Improved / regressed", "进步 / 退步"),
    "since_moves": ("{label}: {count} queries whose rank changed", "{label}：{count} 个查询的排名有变"),
    "since_rank_then": ("Rank then", "当时排名"),
    "since_rank_now": ("Rank now", "现在排名"),
    "columns": ("Columns", "列"),
    "columns ranks": ("Ranks", "排名"),
    "columns outcomes": ("Outcomes", "结果"),
    "columns gain": ("Gain", "增益"),
    "columns topic": ("Topic", "主题"),
    "columns style": ("Style", "风格"),
    "columns level": ("Level", "层级"),
    "columns seen": ("Seen in training", "训练中已见"),
    "columns cited": ("Relevant articles", "相关法条"),
    "col_gain": ("Gain in RR", "RR 增益"),
    "open_hint": (
        "Select a row to open that question in Search; by keyboard with the arrow keys, then Shift + Space.",
        "选中一行即可在检索中打开该问题；键盘操作：方向键移动，Shift + 空格选中。",
    ),
    "table_alt": (
        "{count} judged queries with rank and outcome in both models",
        "{count} 个已标注问题在两个模型中的排名与结果",
    ),
}
