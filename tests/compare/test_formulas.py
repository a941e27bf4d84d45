"""Set phrases are found by form, folded to one, and given to those who use them."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discourse.compare._forms import find_candidates, fold_key, fold_text, is_parallel, read_phrases
from discourse.compare.formulas import find_phrases
from discourse.compare.listing import render_phrases
from discourse.compare.phrases import describe_phrases, tabulate_phrases
from discourse.contracts import empty
from discourse.errors import DataError, SettingError
from discourse.runs.store import load_table
from tests.compare.worlds import make_documents

JUDGED = Path(__file__).parents[1] / "gold" / "phrases.tsv"


def passages_of(*texts: str) -> pd.DataFrame:
    """One passage a document."""
    ids = [f"d{number:03d}" for number in range(len(texts))]
    return pd.DataFrame(
        {
            "passage_id": pd.Series([f"{doc_id}#0000" for doc_id in ids], dtype="str"),
            "doc_id": pd.Series(ids, dtype="str"),
            "position": 0,
            "start": 0,
            "end": [len(text) for text in texts],
            "text": pd.Series(texts, dtype="str"),
            "reuse_id": pd.Series([None] * len(texts), dtype="str"),
        }
    )


def found_in(*texts: str) -> dict[str, str]:
    """Phrases and their forms."""
    uses = find_phrases(passages_of(*texts))
    return dict(zip(uses["phrase"], uses["form"], strict=True))


@pytest.mark.parametrize(
    ("text", "phrase", "form"),
    [
        ("严格落实三会一课制度", "三会一课", "numbered"),
        ("实施“三领一创”行动", "三领一创", "numbered"),
        ("抓好基层党建“3+2”书记项目", "3+2书记项目", "numbered"),
        ("健全“1+3+N”多方联动机制", "1+3+N多方联动机制", "numbered"),
        ("构建1＋3＋N工作体系", "1+3+N工作体系", "numbered"),
        ("坚持共建、共治、共享", "共建共治共享", "parallel"),
        ("人人有责、人人尽责、人人享有的共同体", "人人有责人人尽责人人享有", "parallel"),
        ("探索“红色物业”的实招", "红色物业", "metaphor"),
        ("打造“暖心驿站”品牌", "暖心驿站", "coinage"),
        ('成为"主心骨""顶梁柱"', "顶梁柱", "metaphor"),
        ("打通最后一公里", "最后一公里", "metaphor"),
        ("打通“最后1公里”", "最后一公里", "metaphor"),
    ],
)
def test_each_form_is_found(text, phrase, form):
    assert found_in(text) == {**found_in(text), phrase: form}


@pytest.mark.parametrize(
    "text",
    [
        "他说“我们要一起把这件事办好”",
        "印发《“十佳”评选办法》之后，增长3.5%和2+3",
        "一是抓好教育，二是抓好卫生，三是抓好就业",
        "昆明市、大理市、曲靖市的同志",
        "农业农村部门和食品药品安全工作",
        "实现“十一连冠”，发电“300万吨”",
    ],
)
def test_quotations_lists_of_things_and_quantities_are_no_phrases(text):
    assert set(found_in(text)) <= {"十佳"}


@pytest.mark.parametrize(
    "text",
    [
        "会徽和火爆出圈的吉祥物“喜洋洋”、“乐融融”，独特的源火采集。",
        "打造“巴味渝珍”“酉阳800”等区域公用品牌。",
        "设立“金芙蓉”省级政府投资基金。",
        "“人民楷模”布茹玛汗·毛勒朵守边五十年。",
    ],
)
def test_mascots_brands_funds_and_bearers_of_honours_are_no_phrases(text):
    assert [found.key for found in find_candidates(text, read_phrases())] == []


def test_variants_are_one_phrase_and_its_spellings_are_kept():
    passages = passages_of("坚持共建、共治、共享。", "打造共建共治共享格局。", "“共建共治共享”")
    uses = find_phrases(passages)
    assert uses["phrase"].tolist() == ["共建共治共享"] * 3
    described = describe_phrases(uses, make_documents(level=["city"] * 3))
    assert described.loc[0, "variants"] == "共建共治共享 / 共建、共治、共享"
    assert (described.loc[0, "n"], described.loc[0, "n_quoted"], described.loc[0, "n_documents"]) == (3, 1, 3)


def test_an_unquoted_parallel_has_to_come_back():
    sentence = "着力强县域、强园区、强乡镇。"
    assert found_in(sentence) == {}
    assert found_in(sentence, "要" + sentence[2:]) == {"强县域强园区强乡镇": "parallel"}


def test_a_word_that_is_mostly_plain_is_no_phrase():
    plain = ["发展数字农业园区"] * 9
    assert found_in("打造“数字农业”品牌", "打造“数字农业”名片") == {"数字农业": "coinage"}
    assert found_in("打造“数字农业”品牌", *plain) == {}


def test_short_coinages_count_only_in_quotation_marks():
    uses = find_phrases(passages_of("从实处“领题”，从难处“破题”", "“领题”很重要，“破题”也是", "学会领题"))
    assert uses["quoted"].all() and set(uses["phrase"]) == {"领题", "破题"}


def test_the_longest_phrase_wins():
    assert "共建共治共享" not in found_in("打造共商共建共治共享的格局")
    assert found_in("打造共商共建共治共享的格局") == {"共商共建共治共享": "parallel"}


def test_a_numeral_before_a_phrase_makes_it_another_word():
    assert found_in("第三资产和十三农场") == {}
    assert "三农" in found_in("做好三农工作")


def test_two_members_of_a_list_are_not_one_phrase():
    assert "红色引擎" not in found_in("红色、引擎")
    assert "枫桥经验" in found_in("新时代“枫桥”经验")


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet="共建治享三会一课“”、，。·12+N 最后公里主心骨", max_size=40))
def test_every_quote_is_what_stands_there(text):
    uses = find_phrases(passages_of(text))
    for use in uses.itertuples():
        assert text[use.start : use.end] == use.quote
        assert fold_key(use.quote) == use.phrase or use.phrase in ("最后一公里",)
    assert not any(
        a.end > b.start for a, b in zip(uses.itertuples(), list(uses.itertuples())[1:], strict=False)
    )


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=30))
def test_folding_keeps_every_place_and_folds_once(text):
    folded = fold_text(text)
    assert len(folded.text) == len(folded.offsets)
    assert folded.offsets == sorted(folded.offsets)
    assert fold_key(folded.text) == folded.text


def test_members_of_a_parallel_share_a_place_but_are_different():
    assert is_parallel(["自治", "法治", "德治"])
    assert is_parallel(["民事民议", "民事民办", "民事民管"])
    assert not is_parallel(["自治", "法治"])
    assert not is_parallel(["自治", "自治", "德治"])
    assert not is_parallel(["教育", "科技", "人才"])
    assert not is_parallel(["昆明市", "大理市", "曲靖市"])


@pytest.fixture
def who_says_what() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Four documents: everybody has 主心骨, Fuzhou alone 和鸣曲, two places share 一盘棋."""
    passages = passages_of(
        "主心骨，“和鸣曲”", "主心骨，“和鸣曲”", "主心骨，一盘棋，一盘棋", "“主心骨”，一盘棋"
    )
    documents = make_documents(
        date=["2024", "2019-08-21", "2022-05-01", "2022-06"],
        province=["福建省", "福建省", "江苏省", "湖北省"],
        city=["福州市", "福州市", "南京市", None],
        region=["福州", "福州", "南京", None],
        level=["city", "district", "city", "city"],
    )
    return find_phrases(passages), passages, documents


def test_reach_owner_and_first_document_are_told(who_says_what):
    uses, _, documents = who_says_what
    phrases = describe_phrases(uses, documents).set_index("phrase")
    assert phrases.loc["主心骨", "reach"] == "common" and phrases.loc["主心骨", "share_of_documents"] == 1.0
    assert (
        phrases.loc["主心骨", "first_doc_id"] == "d001"
        and phrases.loc["主心骨", "first_date"] == "2019-08-21"
    )
    assert phrases.loc["一盘棋", "reach"] == "common" and pd.isna(phrases.loc["一盘棋", "owner"])
    assert phrases.loc["一盘棋", "first_doc_id"] == "d002"


def test_a_phrase_of_one_place_is_its_own():
    documents = make_documents(
        province=["福建省", "福建省", "江苏省", "湖北省", "湖北省"],
        city=["福州市", "福州市", "南京市", None, None],
    )
    uses = find_phrases(passages_of("“和鸣曲”", "“和鸣曲”", "一盘棋", "一盘棋", "无"))
    phrases = describe_phrases(uses, documents).set_index("phrase")
    assert (phrases.loc["和鸣曲", "reach"], phrases.loc["和鸣曲", "owner"]) == ("own", "福建省 · 福州市")
    assert phrases.loc["一盘棋", "reach"] == "shared"
    assert phrases["first_doc_id"].isna().all()


def test_two_dates_that_may_be_one_name_no_first_document():
    uses = find_phrases(passages_of("一盘棋", "一盘棋"))
    phrases = describe_phrases(uses, make_documents(date=["2022", "2022-05-01"]))
    assert pd.isna(phrases.loc[0, "first_doc_id"]) and phrases.loc[0, "first_date"] == "2022"


def test_groups_count_uses_documents_and_rates(who_says_what):
    uses, passages, documents = who_says_what
    table = tabulate_phrases(uses, passages, documents, by="region").set_index(["group", "phrase"])
    assert table.loc[("南京", "一盘棋"), ["n", "n_documents", "n_documents_group"]].tolist() == [2, 1, 1]
    assert table.loc[("南京", "一盘棋"), "rate"] == pytest.approx(1e4 * 2 / len("主心骨，一盘棋，一盘棋"))
    by_document = tabulate_phrases(uses, passages, documents, by="doc_id")
    assert by_document["n"].sum() == len(uses)
    assert list(dict.fromkeys(tabulate_phrases(uses, passages, documents, by="level")["group"])) == [
        "city",
        "district",
    ]


def test_a_column_without_values_gives_an_empty_table(who_says_what):
    uses, passages, documents = who_says_what
    assert tabulate_phrases(uses, passages, documents, by="speaker").empty
    assert find_phrases(empty("passages")).empty
    assert describe_phrases(empty("phrase_uses").astype({"quoted": "bool"}), documents).empty


def test_slips_are_answered(who_says_what):
    uses, passages, documents = who_says_what
    with pytest.raises(SettingError, match="Did you mean 'region'"):
        tabulate_phrases(uses, passages, documents, by="regoin")
    with pytest.raises(SettingError, match="min_quoted=2"):
        find_phrases(passages, min_quoted=2)
    with pytest.raises(DataError, match="name document 'd003'"):
        describe_phrases(uses, documents[:3])
    groups = tabulate_phrases(uses, passages, documents, by="region")
    with pytest.raises(SettingError, match="Did you mean 'metaphor'"):
        render_phrases(describe_phrases(uses, documents), groups, form="metafor")


def test_the_listing_names_what_only_one_group_says(who_says_what):
    uses, passages, documents = who_says_what
    lines = render_phrases(describe_phrases(uses, documents), tabulate_phrases(uses, passages, documents))
    assert "only here 此处独有: 和鸣曲 2" in lines
    assert "主心骨 4" in lines


def test_the_phrases_of_the_seeds_are_found(demo_run):
    """What issue and texts name: found, with every quotation where it says."""
    uses = load_table(demo_run, "phrase_uses")
    texts = load_table(demo_run, "passages").set_index("passage_id")["text"]
    for use in uses.itertuples():
        assert texts[use.passage_id][use.start : use.end] == use.quote
    expected = {
        "numbered": "三会一课 三领一创 两委 两新 3+2书记项目 1+3+N多方联动机制 一网统管 一网两单 五星支部",
        "parallel": "共建共治共享 人人有责人人尽责人人享有 头疼医头脚疼医脚",
        "metaphor": "战斗堡垒 主心骨 顶梁柱 桥头堡 红色物业 最后一百米 兵团作战",
        "coinage": "枫桥经验 全科网格 暖心驿站 微心愿",
    }
    found = dict(zip(uses["phrase"], uses["form"], strict=True))
    missing = {p for form, line in expected.items() for p in line.split() if found.get(p) != form}
    assert missing == set()


def test_precision_is_what_the_judged_sample_says():
    """200 phrases of unseen reports, drawn at random and read in their context (see docs/words.md)."""
    lines = [line for line in JUDGED.read_text("utf-8").splitlines() if not line.startswith("#")]
    judged = list(csv.DictReader(lines, delimiter="\t"))
    assert len(judged) == 200 and len({row["phrase"] for row in judged}) == 200
    assert {row["judgement"] for row in judged} == {"yes", "word", "name", "title"}
    assert sum(row["judgement"] == "yes" for row in judged) == 170
