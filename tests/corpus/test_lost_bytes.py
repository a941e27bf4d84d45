"""Lost GBK bytes come back where the words decide, and stay marked where they do not."""

from __future__ import annotations

from itertools import pairwise

import pytest
from opencc import OpenCC

from discourse.corpus.lost_bytes import find_damage, repair_lost_bytes
from discourse.corpus.wordmodel import WordModel, build_word_model
from discourse.resources import resource
from tests.corpus.damage import damage_bytes, damaged_versions

_GOLD = resource("tests", "gold", "texts")
_simplify = OpenCC("tw2s").convert
_traditional = OpenCC("s2t").convert


@pytest.fixture(scope="module")
def model(seed_corpus) -> WordModel:
    documents, _, _ = seed_corpus
    return build_word_model(list(documents.text))


def _repaired(text: str, model: WordModel, *, is_traditional: bool = True) -> tuple[str, int, int]:
    repaired, doubtful = repair_lost_bytes(
        text,
        model,
        _simplify if is_traditional else str,
        traditional=_traditional if is_traditional else None,
    )
    for change in reversed(repaired):
        text = text[: change.start] + change.after + text[change.end :]
    return text, len(repaired), len(doubtful)


@pytest.mark.parametrize(
    ("damaged", "right"),
    [
        ("要強化政治引領,確?;鶎又卫碚\ue41d_方向;要構建", "要強化政治引領,確保基層治理正確方向;要構建"),
        ("及時督辦,確?;鶎又卫硎冀K保持正確政治方向", "及時督辦,確保基層治理始終保持正確政治方向"),
        ("明確崗位職責?!兑庖?jiàn)》中強調要", "明確崗位職責。《意見》中強調要"),
    ],
)
def test_the_three_spans_of_the_seeds_come_back_exactly(damaged, right, model):
    assert _repaired(damaged, model) == (right, 1, 0)


def test_damage_made_on_purpose_is_the_damage_of_the_seeds():
    text = "引領,確保基層治理正確方向;要"
    assert damage_bytes(text, text.index("保")) == "引領,確?;鶎又卫碚\ue41d_方向;要"


@pytest.mark.parametrize(
    "clean",
    [
        "如何把基层党组织的“根”扎深、养壮?在“扎根”行动中,我们坚持",
        "Copyright (?) 某某建设集团有限公司 版权所有 技术支持:某某网络",
        "这是真的吗?!我们都不相信,后来才知道是真的K歌大赛_第一名",
        "十年九旱的?水灌区,今年又是丰收年;全县上下",
        "什么是治理?(一)治理就是服务;(二)服务就是治理A",
    ],
)
def test_clean_text_with_question_marks_is_left_alone(clean, model):
    assert _repaired(clean, model, is_traditional=False)[:2] == (clean, 0)


def test_no_clean_gold_text_has_the_form_of_the_damage():
    for path in sorted(_GOLD.glob("*.txt")):
        assert not find_damage(path.read_text(encoding="utf-8"))


def test_damage_that_no_reading_explains_is_marked_and_left(model):
    text, n_repaired, n_doubtful = _repaired("我們要確?;\ue41d\ue41e\ue41f_方向", model)
    assert (text, n_repaired, n_doubtful) == ("我們要確?;\ue41d\ue41e\ue41f_方向", 0, 1)


def test_a_digit_that_the_damage_took_is_not_invented(model):
    text = "全市文物保护单位133处,受到保护"
    damaged = damage_bytes(text, text.index("保"))
    assert damaged is not None and "133" not in damaged
    restored, n_repaired, _ = _repaired(damaged, model, is_traditional=False)
    assert n_repaired == 1 and restored == "全市文物保护单?33处,受到保护"


# Written for this test: each holds a place where two characters read as a full-width mark.
_SENTENCES = """
要健全社会保障体系,把基层的保护网织密织牢,让群众放心满意
全市要保护好历史文化街区,留住城市的记忆和乡愁
学校和家庭要共同承担起教育青少年的责任
沿海各地要加强海洋环境保护,推进海河综合治理工程
要推动产业向规模化发展,提高农民的组织化程度和收入水平
我们要确保各项惠民政策落到实处,不能停留在口头上
党员要发挥模范带头作用,主动为身边的群众排忧解难
坚持高标准农田建设,确保粮食播种面积稳定在一千万亩以上
发挥社区党组织的作用,保护居民的合法权益不受侵害
要把握大规模设备更新的机遇,加快传统产业的改造升级
推进校企合作,为地方经济社会发展培养更多的技能人才
要健全困难群众的基本生活保障和住房保障制度,做到应保尽保
要增强人民群众的幸福感和安全感,让发展成果惠及全体人民
生态保护和经济发展并不矛盾,要走绿色发展的道路
上海和北京的经验值得我们学习借鉴,要结合实际加以运用
国家对重点区域的生态保护提出了更高的要求,必须严格执行
完善医疗保险和养老保险制度,提高基金的统筹层次
农村公路的管理要保护好沿线的耕地和林地,不得随意占用
"""


def _sentences() -> list[str]:
    texts = [path.read_text(encoding="utf-8") for path in sorted(_GOLD.glob("*.txt"))]
    parts = [part for text in [*texts, _SENTENCES] for part in text.replace("\n", "。").split("。")]
    return [part + "。" for part in parts if len(part) > 10]


@pytest.mark.parametrize("is_traditional", [True, False])
def test_most_damage_made_on_purpose_is_restored_and_what_is_restored_is_right(is_traditional, model):
    sentences = [_traditional(sentence) if is_traditional else sentence for sentence in _sentences()]
    cases = [(sentence, damaged) for sentence in sentences for _, damaged in damaged_versions(sentence)]
    answers = [(text, *_repaired(damaged, model, is_traditional=is_traditional)) for text, damaged in cases]
    restored = [(text, answer) for text, answer, n_repaired, _ in answers if n_repaired]
    right = sum(_agrees(_simplify(answer), _simplify(text)) for text, answer in restored)
    assert len(cases) >= 15
    assert len(restored) >= 0.7 * len(cases)
    assert right >= 0.95 * len(restored)


def _agrees(answer: str, text: str) -> bool:
    """Whether the answer is the text, up to the first place that it leaves marked as lost."""
    sure = answer.split("?")[0]
    return text.startswith(sure) and (sure != answer or answer == text)


def test_damage_that_repeats_itself_is_read_once_and_every_time_alike(model):
    """A finding of the fuzz campaign: sixty times the same stretch took sixty times as long."""
    asked = []

    class Counting(WordModel):
        def score(self, text: str) -> float:
            asked.append(text)
            return super().score(text)

    counting = Counting(model.words, model.total, model.pairs, model.chars)
    line = "明確崗位職責?!兑庖?jiàn)》中強調要，"
    changes, doubts = repair_lost_bytes(line * 4, counting, _simplify)
    n_few = len(asked)
    more_changes, more_doubts = repair_lost_bytes(line * 40, counting, _simplify)
    told = {(change.after, change.confidence) for change in [*changes, *doubts][1:-1]}
    assert {(change.after, change.confidence) for change in [*more_changes, *more_doubts][1:-1]} == told
    assert len(changes) + len(doubts) == 4 and len(more_changes) + len(more_doubts) == 40
    assert len(asked) - n_few <= n_few + 40


def test_a_better_known_word_scores_higher(model):
    assert model.score("确保基层治理") > model.score("确海基层治理")
    assert all(a > b for a, b in pairwise([model.score("意见"), model.score("意觅")]))
