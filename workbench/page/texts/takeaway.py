"""What Take away says."""

from workbench.page.texts.text import Texts

TAKEAWAY: Texts = {
    "file report": (
        "The report: one HTML file with charts and method, opens without a network",
        "报告：含图表与方法的单个 HTML 文件，可离线打开",
    ),
    "file per_query_csv": (
        "Every query: ranks and outcomes of both models at every number of dimensions",
        "逐题结果：两个模型在各维度下的排名与结果",
    ),
    "file tables_zip": (
        "Every table of this page as CSV, verdicts included",
        "本页全部表格（CSV），含评判",
    ),
    "file trec_zip": (
        "TREC run files for both models at every number of dimensions, and qrels",
        "两个模型各维度的 TREC 结果文件及 qrels",
    ),
    "file set_jsonl": ("The query set {name}", "查询集 {name}"),
    "file triplets": (
        "Hard negatives of {label} for training: {count} triplets of query, relevant article and the "
        "article that displaced it",
        "{label} 的难负例：{count} 个（问题、相关法条、顶替它的法条）三元组，可用于训练",
    ),
    "link_show": ("Show the link to this view", "显示本视图的链接"),
    "bring_title": ("A query set of your own", "自带查询集"),
    "bring_note": (
        "JSON lines or CSV (UTF-8) with query_id, text and relevant citations, at most {most:,} "
        "queries; it is stored in the home folder.",
        "JSON lines 或 CSV（UTF-8），含 query_id、text 与 relevant 引用，最多 {most:,} 个问题；保存在"
        "主文件夹中。",
    ),
    "bring_file": ("Query set file", "查询集文件"),
    "bring_replace": ("Replace a set of that name", "替换同名查询集"),
    "bring_save": ("Save and measure", "保存并评测"),
    "take_out": ("A question of this set", "本查询集中的问题"),
    "take_out_do": ("Take it out", "移出"),
}
