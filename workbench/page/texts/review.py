"""What Review says."""

from workbench.page.texts.text import Texts

REVIEW: Texts = {
    "failures_title": ("Cases to look at: {label}", "待查案例：{label}"),
    "regression": ("regression", "退步"),
    "displacement": ("displacement", "被顶替"),
    "miss": ("miss", "未命中"),
    "col_failure": ("Case", "类别"),
    "unreviewed": ("Not reviewed yet", "尚未复核"),
    "said_title": ("Verdicts and notes", "评判与备注"),
    "said current": ("current", "现有"),
    "said deleted": ("deleted", "已删除"),
    "col_verdict": ("Verdict", "评判"),
    "col_author": ("Who", "评判者"),
    "col_doc_id": ("Article", "法条"),
    "col_at": ("When", "时间"),
    "find": ("Containing", "包含文字"),
    "nothing_said": (
        "Nobody has given a verdict yet. Ask a question above; under its answers is a place for yours.",
        "尚无评判。请在上方提问，结果下方即可写下评判。",
    ),
    "nothing_fits": ("None fits this choice.", "没有符合条件的记录。"),
    "said_alt": ("{count} verdicts and notes", "{count} 条评判与备注"),
    "said_hint": (
        "Select a row (by keyboard: Shift + Space) to edit, delete or open it.",
        "选中一行（键盘：Shift + 空格）可编辑、删除或打开。",
    ),
    "reviewers_title": ("Reviewers", "评判者"),
    "reviewers_notes": ("Notes alone", "仅备注"),
    "agreement_nothing": ("No two of them judged the same answer yet.", "尚无两人评判过同一答案。"),
    "agreement_of": ("Two reviewers", "两位评判者"),
    "agreement_both": ("Both judged", "共同评判"),
    "agreement_alike": ("Alike", "一致"),
    "agreement_kappa": ("Cohen's kappa", "Cohen κ"),
    "agreement_note": (
        "Kappa is 1 where two always agree, 0 where they agree as often as chance would have it; a dash where both gave one and the "
        "same verdict throughout.",
        "κ 为 1 表示完全一致，为 0 表示与随机一致无异；两人始终给出同一种评判时以短横线表示。",
    ),
    "agreement_differ": ("Judged differently: {count}", "评判不一致：{count} 条"),
    "save": ("Save", "保存"),
    "delete": ("Delete", "删除"),
    "restore": ("Restore", "恢复"),
    "open_question": ("Open the question", "打开问题"),
}
