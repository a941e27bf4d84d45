"""Page furniture goes by its form and place, the text stays whole: pages made up for this test."""

from __future__ import annotations

import pytest

from discourse.corpus.boilerplate import label_lines
from discourse.corpus.compilations import split_compilation
from discourse.corpus.edges import shared_edges
from discourse.corpus.lineforms import read_vocabulary

_VOCABULARY = read_vocabulary()
_ONE = "今年以来,我们坚持党建引领,把社区治理的责任落到实处,群众的获得感不断增强,各项工作都取得了新的成效。"
_TWO = "下一步要继续完善网格化管理,推动资源下沉到基层一线,让居民在家门口就能享受到更加便捷的公共服务。"


def _labels(page: str, **options) -> dict[str, str]:
    lines = page.strip("\n").split("\n")
    return dict(zip(lines, label_lines(lines, _VOCABULARY, **options), strict=True))


def _body(page: str) -> list[str]:
    return [line for line, label in _labels(page).items() if label == "body"]


def _title(page: str) -> list[str]:
    return [line for line, label in _labels(page).items() if label == "title"]


GOVERNMENT = f"""
某某市人民政府门户网站
无障碍浏览 | 长者模式 | 登录
您现在的位置:首页 > 政务公开 > 领导讲话
在全市社区治理工作会议上的讲话
发布日期:2023-05-06 08:30 来源:市政府办公室 浏览次数:1024次 字体:[大 中 小]
(2023年5月5日)
市长 某某某
同志们:
{_ONE}
一、提高认识
{_TWO}
我就讲这些,谢谢大家!
扫一扫在手机打开当前页
上一篇:关于召开会议的通知
下一篇:市长调研社区工作
主办单位:某某市人民政府办公室 网站标识码:0000000000 京ICP备00000000号
"""
NEWSPAPER = f"""
人民某报
2021年07月15日 星期四
党建引领社区治理的实践
本报记者 张三 李四
{_ONE}
{_TWO}
(作者单位:某某市委党校)
【责任编辑:王五】
分享让更多人看到
相关新闻
社区治理的新路子
推荐阅读
客户端下载 热线:010-00000000
"""
ACCOUNT = f"""
党建引领社区治理的几点体会
原创 某某发布 某某发布 2022-03-04 18:00
点击上方蓝字关注我们
{_ONE}
{_TWO}
END
来源丨某某日报
编辑丨小李
审核丨老王
长按识别二维码关注公众号
点赞 在看 分享
"""


@pytest.mark.parametrize(
    ("page", "title", "n_body"),
    [
        (GOVERNMENT, "在全市社区治理工作会议上的讲话", 5),
        (NEWSPAPER, "党建引领社区治理的实践", 2),
        (ACCOUNT, "党建引领社区治理的几点体会", 2),
    ],
    ids=["government", "newspaper", "account"],
)
def test_title_and_body_are_found_on_sites_of_three_kinds(page, title, n_body):
    body = _body(page)
    assert _title(page) == [title]
    assert len(body) == n_body and _ONE in body and _TWO in body


def test_words_of_furniture_decide_nothing_inside_the_body():
    page = f"{_ONE}\n下载\n关注公众号,扫码下载手机应用。\n{_TWO}"
    assert _body(page) == page.split("\n")


def test_a_long_copyright_notice_behind_the_text_is_no_body():
    notice = "版权声明:本文内容由互联网用户自发贡献,本站仅提供信息存储空间服务,不拥有所有权。"
    notice += "如发现本站有涉嫌抄袭的内容,请举报,一经查实,立刻删除。"
    assert _body(f"{_ONE}\n{_TWO}\n{notice}") == [_ONE, _TWO]


@pytest.mark.parametrize(
    "end",
    [
        "现将评选结果公布如下。\n一等奖\n东湖街道“楼门长制”\n二等奖\n西山镇“流动议事车”",
        "主要有两条:\n1.提高认识\n2.加强领导",
        "一是不要搞花架子；\n二是不要层层加码；\n三是不要光说不练",
        "这里我再强调几句：\n一是不要搞花架子；\n同志们，任务已经明确。我就讲这些，谢谢大家。（掌声）",
        "展开剩余62%\n启示之一：条块必须握指成拳。",
    ],
)
def test_a_text_that_ends_in_a_list_or_behind_a_button_keeps_its_end(end):
    kept = [line for line in end.split("\n") if not line.startswith("展开")]
    assert _body(
        f"标题之一二三\n{_ONE}\n{end}\n打印\n关闭\n热门排行\n小院里的大会议\n3、从要我建到我要建"
    ) == [_ONE, *kept]


def test_headlines_behind_a_text_without_an_announced_list_are_furniture():
    headlines = "1、乡村文化的当代价值\n2、小院里的大会议"
    assert _body(f"{_ONE}\n{_TWO}\n浙江一县聘请百名顾问\n{headlines}") == [_ONE, _TWO]
    assert _body(f"{_ONE}\n一、{_TWO}\n{headlines}") == [_ONE, f"一、{_TWO}"]


@pytest.mark.parametrize(
    "line",
    [
        "推广：本地装修公司十强榜单出炉，现在预约可免费量房，机会难得！",
        "限时特惠：原价199元的净水器，现在下单只要99元，全国包邮，先到先得，快来抢购吧！",
    ],
)
def test_an_advertisement_of_whole_sentences_between_two_paragraphs_goes(line):
    assert _body(f"{_ONE}\n{line}\n{_TWO}") == [_ONE, _TWO]


def test_names_of_other_texts_between_two_paragraphs_go():
    related = (
        "延伸阅读：乡贤理事会如何运转？",
        "【相关阅读】",
        "浙江一县聘请百名乡贤当顾问",
        "乡贤文化的当代价值",
    )
    assert _body("\n".join([_ONE, *related, _TWO])) == [_ONE, _TWO]
    assert _body("\n".join([_ONE, "相关阅读", "一、全民阅读", _TWO])) == [_ONE, "一、全民阅读", _TWO]


def test_what_readers_say_below_a_text_is_no_body():
    foot = "举报/反馈\n评论 128\n最热\n蓝天白云\n我们小区的网格员真的很负责，点赞！\n2024-05-06 回复 赞 36"
    assert _body(f"{_ONE}\n{_TWO}\n{foot}") == [_ONE, _TWO]


def test_one_word_of_a_shop_makes_no_advertisement():
    line = "对困难群众赠送家庭礼包,限时办结各类申请,让群众少跑腿、好办事。"
    assert _body(f"{_ONE}\n{line}\n{_TWO}") == [_ONE, line, _TWO]


def test_workers_who_are_greeted_are_no_authors():
    assert _body(f"一封信\n全市社区工作者：\n你们辛苦了！\n{_ONE}") == [
        "全市社区工作者：",
        "你们辛苦了！",
        _ONE,
    ]


def test_a_closing_sentence_with_one_word_of_furniture_is_body():
    last = "开通热线电话,方便群众反映诉求。"
    assert _body(f"{_ONE}\n{_TWO}\n{last}\n联系电话:010-00000000") == [_ONE, _TWO, last]


def test_a_caption_above_the_text_is_no_body():
    assert _body(f"某市长作报告。本报记者 某某 摄\n{_ONE}\n{_TWO}") == [_ONE, _TWO]


def test_a_page_without_a_title_has_none():
    assert _title(f"{_ONE}\n来源:某刊\n作者:某某") == []


def test_notes_on_terms_are_an_appendix_and_a_second_copy_is_a_repeat():
    note = "1.网格:指为了管理和服务的需要,把街道、社区的地域按照户数和面积划分而成的基本单元,每格配一人。"
    page = f"{_ONE}\n{_TWO}\n名词解释\n{note}"
    assert list(_labels(page).values()) == ["body", "body", "appendix", "appendix"]
    lines = [_ONE, _TWO, "一、小结", "谢谢大家。", "正文", _ONE, _TWO, "一、小结", "谢谢大家。"]
    labels = label_lines(lines, _VOCABULARY)
    assert labels == ["body"] * 5 + ["repeat"] * 4


def test_a_block_that_begins_several_pages_is_furniture_and_a_shared_text_is_not():
    head = ["某某网", "频道", "栏目"]
    pages = [[*head, f"第{i}个标题", _ONE, _TWO.replace("居民", f"{i}区居民")] for i in "一二三"]
    assert shared_edges(pages) == [frozenset({0, 1, 2})] * 3
    assert shared_edges([[_ONE, _TWO, "完"]] * 3) == [frozenset()] * 3
    assert shared_edges(pages[:2]) == [frozenset()] * 2


def test_a_text_that_was_reprinted_keeps_its_last_sentences():
    short = [f"{i}是要把工作做细做实,让群众满意。" for i in "一二三四"]
    assert shared_edges([["标题", "时间:2020-01-01", "来源:某网", _ONE, *short]] * 4) == [frozenset()] * 4


def test_a_page_of_one_short_sentence_keeps_it():
    assert _body("打印\n请大家批评指正。\n关闭") == ["请大家批评指正。"]


@pytest.mark.parametrize(
    "heading",
    ["社区治理经验【第{}篇】", "第{}篇:社区治理经验", "篇{}:社区治理经验之{}", "范文{} 不同的题目{}"]
    + [
        "社区治理工作总结{}",
        "社区治理心得体会（{}）",
        "第{}篇：街道{}年工作总结",
        "{}、社区{}治理范文",
        "发言材料{}",
        "【篇{}】",
    ],
)
def test_headings_that_count_from_one_split_a_compilation(heading):
    lines = ["总题目", "导语。"]
    for number in "一二三":
        lines += [heading.format(number, number), _ONE, _TWO]
    parts = split_compilation(lines)
    assert [(part.heading, part.start, part.end) for part in parts] == [(2, 2, 5), (5, 5, 8), (8, 8, 11)]


@pytest.mark.parametrize(
    "lines",
    [
        ["第一篇：总则", _ONE, _TWO, "第二篇：发展环境", _ONE, _TWO],
        ["一、总结经验", _ONE, _TWO, "二、发言简短", _ONE, _TWO],
        ["政府工作报告正文", _ONE, _TWO, "政府工作报告正文", _TWO, _ONE],
        ["第一篇 总则", _ONE, _TWO, "第二篇 发展环境", _ONE, _TWO],
        ["一、提高认识", _ONE, _TWO, "二、狠抓落实", _ONE, _TWO],
        ["经验【第一篇】", "经验【第二篇】", _ONE, _TWO],
        ["经验【第二篇】", _ONE, _TWO, "经验【第三篇】", _ONE, _TWO],
    ],
    ids=[
        "parts with a colon",
        "words of texts",
        "running head",
        "parts of a plan",
        "sections",
        "table of contents",
        "not from one",
    ],
)
def test_other_numbered_lines_split_nothing(lines):
    assert len(split_compilation(lines)) == 1


def test_a_title_that_returns_above_salutations_splits_a_compilation():
    title = "在全市社区工作会议上的发言"
    lines = [title, "张三", "同志们：", _ONE, _TWO, title, "(2023年5月6日)", _TWO, _ONE]
    assert [(part.start, part.end) for part in split_compilation(lines)] == [(0, 5), (5, 9)]


def test_a_list_of_the_parts_at_the_head_is_none_of_them():
    lines = ["总题目", "篇一：甲", "篇二：乙", "篇一：甲", _ONE, _TWO, "篇二：乙", _ONE, _TWO]
    assert [part.start for part in split_compilation(lines)] == [3, 6]


def test_prose_behind_who_edited_is_furniture_and_a_text_that_goes_on_is_not():
    rest = ["推荐阅读", "老街的夏夜", "又一个标题", "老街修好以后，" + _TWO, "第三个标题"]
    assert _body("\n".join([_ONE, _TWO, _ONE + "好。", "责任编辑：某某", *rest])) == [
        _ONE,
        _TWO,
        _ONE + "好。",
    ]
    page = [_ONE, "责任编辑：某某", _TWO, _TWO + "好。", _ONE + "好。"]
    assert _body("\n".join(page))[-2:] == [_TWO + "好。", _ONE + "好。"]


def test_applause_and_numbers_of_sections_at_the_edges_are_body():
    page = ["题目在这里", "来源：某某日报 2020年1月1日", "（一）", _ONE, _TWO, "（热烈鼓掌）"]
    assert _body("\n".join(page)) == ["（一）", _ONE, _TWO, "（热烈鼓掌）"]


def test_an_abstract_above_the_text_is_a_summary():
    labels = _labels(f"题目写在这里\n内容摘要：{_TWO}\n{_ONE}\n{_TWO}")
    assert list(labels.values()) == ["title", "summary", "body", "body"]
