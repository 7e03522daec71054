"""What is said where a verdict is given."""

from workbench.page.texts.text import Texts

VERDICTS: Texts = {
    "verdict_title": ("Your verdict", "您的评判"),
    "author": ("Your name", "您的姓名"),
    "author_placeholder": ("so that others know who said it", "便于他人了解评判者"),
    "article_choice": ("Article (rank in either model)", "法条（在两个模型中的排名）"),
    "whole_question": ("The question as a whole", "问题整体"),
    "whole_question_note": (
        "A verdict or a note on the question itself: whether it is well put, or whether any of the "
        "answers helps.",
        "针对问题本身的评判或备注：问法是否恰当，结果是否有帮助。",
    ),
    "note": ("Note", "备注"),
    "verdict relevant": ("Relevant", "相关"),
    "verdict partly relevant": ("Partly", "部分相关"),
    "verdict not relevant": ("Not relevant", "不相关"),
    "verdict_note": ("note", "备注"),
    "save_note": ("Save the note only", "仅保存备注"),
    "said_so_far": ("Said so far", "已有评判"),
    "undo_save": ("Undo: {said}", "撤销：{said}"),
    "undo_delete": ("Undo deleting: {said}", "撤销删除：{said}"),
    "own_set": ("Query set of your own", "自建查询集"),
    "own_set_hint": (
        "Once an article has the verdict “relevant”, the question can join a query set of your own.",
        "有法条被评为“相关”之后，该问题即可加入自建查询集。",
    ),
    "own_set_add": ("Add this question ({count} relevant)", "加入此问题（{count} 条相关）"),
    "own_set_added": (
        "Added to {name} as {query_id}. Choose {name} as the query set above to see it measured.",
        "已加入 {name}，编号 {query_id}。在页首选择查询集 {name} 即可查看评测。",
    ),
}
