"""Five sources become eight documents, and everything done to them can be traced and undone."""

from __future__ import annotations

import difflib
import re
import unicodedata
import warnings

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from discourse.contracts import check
from discourse.corpus.aligned import apply_edits
from discourse.corpus.documents import build_documents
from discourse.errors import SourceError
from discourse.resources import resource


def _sources(*texts: str) -> pd.DataFrame:
    rows = [
        dict(source_id=f"s{i}", path=f"s{i}.txt", sha256="", encoding="utf-8", n_chars=len(text), text=text)
        for i, text in enumerate(texts)
    ]
    return pd.DataFrame(rows)


def _quadruples(edits: pd.DataFrame) -> list[tuple[int, int, str, str]]:
    return list(zip(edits.start, edits.end, edits.before, edits.after, strict=True))


def _assert_edits_hold(sources: pd.DataFrame, documents: pd.DataFrame, edits: pd.DataFrame) -> None:
    raw = dict(zip(sources.source_id, sources.text, strict=True))
    for source_id, rows in edits.groupby("source_id"):
        assert (rows.start.to_numpy()[1:] >= rows.end.to_numpy()[:-1]).all()
        assert all(raw[source_id][a:b] == before for a, b, before, _ in _quadruples(rows))
    for document in documents.itertuples():
        inside = edits[edits.doc_id == document.doc_id]
        span = dict(start=document.raw_start, end=document.raw_end)
        assert apply_edits(raw[document.source_id], _quadruples(inside), **span) == document.text
        lines = document.text.split("\n")
        assert all(line and line == line.strip() for line in lines)


def _by_id(documents: pd.DataFrame) -> dict[str, str]:
    return {
        doc_id.partition("_")[0] + doc_id.partition(".")[2]: text
        for doc_id, text in zip(documents.doc_id, documents.text, strict=True)
    }


def test_the_seeds_hold_eight_documents_with_the_gold_titles(seed_corpus):
    documents, edits, attributions = seed_corpus
    for name, table in (("documents", documents), ("edits", edits), ("attributions", attributions)):
        check(table, name)
    gold = pd.read_csv(resource("tests", "gold", "documents.csv"), dtype="str")
    assert list(documents.doc_id) == list(gold.doc_id)
    assert list(documents.title.fillna("")) == list(gold.title.fillna(""))


def test_every_document_of_the_seeds_reads_as_the_gold_text(seed_corpus):
    documents, _, _ = seed_corpus
    for document in documents.itertuples():
        gold = resource("tests", "gold", "texts", f"{document.doc_id}.txt").read_text(encoding="utf-8")
        assert document.text.split("\n") == gold.strip().split("\n") or _error(document.text, gold) <= 0.005


def _error(text: str, gold: str) -> float:
    """Share of characters to change, widths folded and blanks left aside, 0-1."""
    one, two = (re.sub(r"\s", "", unicodedata.normalize("NFKC", side)) for side in (text, gold))
    same = sum(
        block.size for block in difflib.SequenceMatcher(None, one, two, autojunk=False).get_matching_blocks()
    )
    return 1 - same / max(len(one), len(two))


def test_party_organisations_are_hidden_in_three_raw_texts_and_found_after_repair(seed_sources, seed_corpus):
    raw = {
        source_id[:3]: text for source_id, text in zip(seed_sources.source_id, seed_sources.text, strict=True)
    }
    texts = _by_id(seed_corpus[0])
    assert [raw[key].count("党组织") for key in ("002", "003", "001")] == [0, 0, 0]
    assert [texts[key].count("党组织") for key in ("002", "003", "001")] == [23, 18, 6]


def test_lost_bytes_of_the_seeds_come_back(seed_corpus):
    documents, edits, _ = seed_corpus
    texts = _by_id(documents)
    assert "要强化政治引领,确保基层治理正确方向;" in texts["002"]
    assert "明确岗位职责。《意见》中强调要" in texts["002"]
    assert "督办,确保基层治理始终保持正确政治方向" in texts["003"]
    lost = edits[edits.rule.str.contains("lost_bytes")]
    assert len(lost) == 3 and (lost.confidence > 0.9).all() and not lost.rule.str.contains("doubtful").any()


def test_all_masked_party_of_the_seeds_is_read_and_other_latin_stays(seed_corpus):
    documents, edits, _ = seed_corpus
    assert (edits.rule == "masked_party").sum() == 36
    text = "".join(documents.text)
    assert all(word in text for word in ("1+x+1", "1+3+N", "APP", "QQ群", "各党(工)委", "主题党日"))
    assert "D" not in text


def test_placeholders_dropped_names_and_the_authors_own_slips_stay(seed_corpus):
    texts = _by_id(seed_corpus[0])
    assert "XX是一个农业大市" in texts["000"] and "十九届四种全会" in texts["000"]
    assert "**区坚持" in texts["001"] and "强调,“只有把基层党组织" in texts["001"]
    assert "“主体 整体”" in texts["003"] and "镇(街道)" in texts["003"]


def test_no_furniture_is_left_in_the_seeds(seed_corpus):
    text = "\n".join(seed_corpus[0].text)
    for word in (
        "扫码",
        "版权",
        "Copyright",
        "网友",
        "下载后查看",
        "责任编辑",
        "分享到",
        "官网",
        "221381",
        "1072135",
        "【第",
        "电影",
    ):
        assert word not in text


def test_edits_of_the_seeds_rebuild_every_document(seed_sources, seed_corpus):
    documents, edits, _ = seed_corpus
    _assert_edits_hold(seed_sources, documents, edits)


def test_any_edit_of_the_seeds_can_be_undone_alone(seed_sources, seed_corpus):
    documents, edits, _ = seed_corpus
    raw = dict(zip(seed_sources.source_id, seed_sources.text, strict=True))
    for document in documents.itertuples():
        inside = _quadruples(edits[edits.doc_id == document.doc_id])
        for edit in inside[:: max(1, len(inside) // 10)]:
            others = [other for other in inside if other != edit]
            span = dict(start=document.raw_start, end=document.raw_end)
            undone = apply_edits(raw[document.source_id], others, **span)
            assert len(undone) - len(document.text) == len(edit[2]) - len(edit[3])


def test_attributions_quote_the_place_in_the_raw_file_that_shows_them(seed_sources, seed_corpus):
    documents, _, attributions = seed_corpus
    raw = dict(zip(seed_sources.source_id, seed_sources.text, strict=True))
    titles = attributions[attributions.field == "title"].merge(documents[["doc_id", "source_id"]])
    assert len(titles) == 7
    for row in titles.itertuples():
        quoted = raw[row.source_id][row.start : row.end]
        assert quoted == row.quote or "(" in quoted


def test_building_twice_gives_the_same_tables(seed_sources, seed_corpus):
    for one, two in zip(seed_corpus, build_documents(seed_sources), strict=True):
        pd.testing.assert_frame_equal(one, two)


def test_a_page_of_furniture_only_is_an_error_that_names_the_file():
    with pytest.raises(SourceError, match=r"s0\.txt: no text is left"):
        build_documents(_sources("首页\n打印\n版权所有\n"))


def test_damage_that_cannot_be_repaired_is_left_and_listed():
    text = "各地要发挥好党组织的作用,確?;\ue41d\ue41e\ue41f_方向,把各项任务落到实处,让群众得到更多的实惠。"
    documents, edits, _ = build_documents(_sources(text))
    assert list(documents.text) == [text]
    (edit,) = edits.itertuples()
    assert edit.rule == "lost_bytes_doubtful" and edit.before == edit.after and edit.confidence < 0.7


def test_line_breaks_that_were_lost_come_back_and_those_inside_a_sentence_go():
    one = "各地要发挥好党组织的模范带头作用,把各项任务落到实处,让群众在基层治理中得到更多实惠。"
    two = "《意见》要求,持续改善空气质量,全年PM"
    documents, edits, _ = build_documents(
        _sources(f"{one}       {two}\n2.5平均浓度下降,空气优良天数增加,群众满意。\r\n{one}")
    )
    (text,) = documents.text
    assert text == f"{one}\n{two}2.5平均浓度下降,空气优良天数增加,群众满意。\n{one}"
    assert set(edits.rule) == {"line_break", "blank"}


_LINES = st.sampled_from(
    [
        "習(xí)近平總書記強調(diào),要加強黨的領(lǐng)導(dǎo),把基層治理好,讓群眾過上好日子,這是我們的責任。",
        "我们要把基层党组织建设好,把群众组织起来,推动各项工作落到实处,不断增强人民群众的获得感和幸福感。",
        "D员、D组织和D建工作要抓实。       《意见》要求抓好落实。",
        "一、提高认识",
        "来源:某某网 作者:某某",
        "---此处隐藏0字,下载后查看---",
        "题目【第一篇】",
        "题目【第二篇】",
        "分享到:",
        "  ",
        "（",
        "三）继续。",
        "\r",
        "\u2028",
        "221381",
    ]
)


@given(st.lists(st.lists(_LINES, min_size=1, max_size=12).map("\n".join), min_size=1, max_size=2))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.filterwarnings("ignore:.*no text is left")
def test_edits_rebuild_every_document_of_any_pages(texts):
    sources = _sources(*texts)
    try:
        with warnings.catch_warnings():  # a page without a body is named, the others stay
            warnings.simplefilter("ignore", UserWarning)
            documents, edits, _ = build_documents(sources)
    except SourceError:
        return
    _assert_edits_hold(sources, documents, edits)
