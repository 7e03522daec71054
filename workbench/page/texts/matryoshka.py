"""What the section on fewer dimensions says."""

from workbench.page.texts.text import Texts

MATRYOSHKA: Texts = {
    "chart_tradeoff": (
        "MRR@10 against dimension, bytes and search time, with 95 % intervals: {count} queries",
        "MRR@10 与维度、字节数、检索时间的关系（95% 区间）：{count} 个问题",
    ),
    "bytes": ("bytes per vector", "每个向量的字节数"),
    "latency": ("exact search, median ms", "精确检索中位数（毫秒）"),
    "verdicts": ("What this means", "结论"),
    "smallest": (
        "{label}: {dim} dimensions are the fewest that keep {share:.0%} of its MRR@10 at {width}.",
        "{label}：保住 {width} 维 MRR@10 的 {share:.0%} 所需的最小维度为 {dim}。",
    ),
    "finds_nothing": (
        "{label} finds nothing in the first ten at {width} dimensions.",
        "{label} 在 {width} 维时前十均未命中。",
    ),
    "crossover_reached": (
        "{system} at {dim} is no worse than {baseline} at {width}: {delta:+.3f} ({low:+.3f} to "
        "{high:+.3f}), p\u00a0{p}.",
        "{system} {dim} 维不逊于 {baseline} {width} 维：{delta:+.3f}（{low:+.3f} 至 {high:+.3f}），"
        "p\u00a0{p}。",
    ),
    "crossover_missed": (
        "{system} at {dim} stays below {baseline} at {width}: {delta:+.3f} ({low:+.3f} to "
        "{high:+.3f}), p\u00a0{p}.",
        "{system} {dim} 维低于 {baseline} {width} 维：{delta:+.3f}（{low:+.3f} 至 {high:+.3f}），"
        "p\u00a0{p}。",
    ),
    "no_vectors": (
        "{label} has no vectors that could be cut short.",
        "{label} 没有可以截短的向量。",
    ),
    "share_of_bytes": ("Bytes", "字节"),
    "mrr_of": ("{label}: MRR@10 (of full)", "{label}：MRR@10（保留）"),
    "against_full": (
        "{system} cut short against {baseline} at {width}",
        "{system} 该维度对 {baseline} {width} 维",
    ),
    "costs_title": ("Bytes and search time", "存储与检索时间"),
    "costs_missing": ("Not measured on this machine yet for this index.", "尚未在本机对该索引进行测量。"),
    "costs_measure": ("Measure now", "立即测量"),
    "costs_measuring": (
        "Measuring bytes and search time of every column …",
        "正在测量各列的字节数与检索时间……",
    ),
    "costs_note": (
        "{label}, measured on this machine: bytes of the column on disk, and LanceDB searches for the "
        "first ten, one after the other.",
        "{label}，本机实测：该列占用的磁盘字节数，以及逐次检索前十条的时间。",
    ),
    "cost_dim": ("dimensions", "维度"),
    "cost_column_bytes": ("column", "列大小"),
    "cost_exact": ("exact, median", "精确 · 中位数"),
    "cost_p95": ("95th percentile", "95 分位"),
    "cost_searches": ("searches timed", "计时次数"),
    "cost_ann": ("approximate", "近似"),
    "cost_recall": ("share of exact hits", "精确命中占比"),
    "heat_title": ("Rank of every query at every number of dimensions", "每个问题在各维度下的排名"),
    "suffers_in": ("Who suffers first in", "先受影响者，按模型"),
    "col_suffers": ("Suffers at", "受损维度"),
    "col_loss": ("Loss in RR", "RR 损失"),
    "heat_note": (
        "“Suffers at”: the most dimensions at which the reciprocal rank is lower than at all of them. "
        "A click on a column's head sorts by it; select a row (by keyboard: Shift + Space) to open that question.",
        "“受损维度”：倒数排名低于全维时的最大维度。点击表头可排序；选中一行（键盘：Shift + 空格）可打开该问题。",
    ),
    "heat_alt": (
        "Ranks by dimensions; in {label}, {count} queries lose reciprocal rank when vectors are cut",
        "各维度下的排名；在 {label} 中有 {count} 个问题因截短而下降",
    ),
    "heat_left": ("{count} further queries are in the CSV.", "其余 {count} 个问题见 CSV。"),
}
