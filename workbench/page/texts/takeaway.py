"""What Take away says."""

from workbench.page.texts.text import Texts

TAKEAWAY: Texts = {
    "file report": (
        "The report: one HTML file with charts and method, opens without a network",
        "报告：含图表与方法的单个 HTML 文件，可离线打开",
    ),
    "file per_query_csv": (
        "Every query: ranks, outcomes and kinds of error of both models at every number of dimensions",
        "逐题结果：两个模型在各维度下的排名、结果与误判种类",
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
    "triplets_title": ("Training triplets", "训练用三元组"),
    "triplets_note": (
        "The relevant article of each query and, beside it, the wrong ones that the model itself ranks high "
        "(hard negatives), by exact search at {dim} dimensions. One JSON line each, for workbench train "
        "and other trainers.",
        "每个问题的相关法条，以及模型自己排在前列的错误法条（难负例），按 {dim} 维精确检索得出。每行一个 "
        "JSON，可用于 workbench train 或其他训练工具。",
    ),
    "triplets_held_out": (
        "This pair keeps the query set {name} for measuring, so workbench train refuses its queries unless "
        "it is told --allow-contaminated. To train, mine a query set of your own.",
        "查询集 {name} 供本模型对评测之用：除非加上 --allow-contaminated，workbench train 不接受其中的"
        "问题。如需训练，请用自带的查询集。",
    ),
    "file all": ("{label}: all {count:,} queries", "{label}：全部 {count:,} 个问题"),
    "file displaced": (
        "{label}: only queries with the wrong scope or place on top ({count:,})",
        "{label}：仅首位法条范围或地方不符的问题（{count:,} 个）",
    ),
    "triplets_commands": ("The same files on the command line:", "用命令行得到同样的文件："),
    "triplets_training": (
        "The same files on the command line, and a model trained on them:",
        "用命令行得到同样的文件，并用其训练模型：",
    ),
    "link_show": ("Show the link to this view", "显示本视图的链接"),
    "bring_title": ("A query set of your own", "自带查询集"),
    "bring_note": (
        "JSON, CSV or Excel (.xlsx) with questions and the citations that answer them, at most {most:,} "
        "queries; it is stored in the home folder.",
        "JSON、CSV 或 Excel（.xlsx），含问题（text、问题 等）与相关法条（relevant、法条 等），最多 {most:,} "
        "个问题；保存在主文件夹中。",
    ),
    "bring_file": ("Query set file", "查询集文件"),
    "bring_replace": ("Replace a set of that name", "替换同名查询集"),
    "bring_save": ("Save and measure", "保存并评测"),
    "take_out": ("A question of this set", "本查询集中的问题"),
    "take_out_do": ("Take it out", "移出"),
}
