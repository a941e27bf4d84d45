"""Texts decoded with the wrong table are read again; clean text is never touched."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opencc import OpenCC

from discourse.corpus.aligned import AlignedText, apply_edits
from discourse.corpus.characters import drop_invisible, read_entities, read_private, unify_characters
from discourse.corpus.mojibake import find_lost, repair_mojibake
from discourse.corpus.repair import Repairer
from discourse.corpus.wordlists import read_pairs
from discourse.resources import resource

_TEXT = "基层治理是国家治理的基石，党员要发挥先锋模范作用。一、提高认识（三）2023年“十四五”规划。"
_GOLD = [
    path.read_text(encoding="utf-8") for path in sorted(resource("tests", "gold", "texts").glob("*.txt"))
]


def _windows(data: bytes) -> str:
    """Decode as browsers do: cp1252, and Latin-1 where that has no character."""
    return "".join(bytes([b]).decode("cp1252", errors="ignore") or chr(b) for b in data)


def _read(text: str) -> str:
    return repair_mojibake(AlignedText.of(text)).text


@pytest.mark.parametrize(
    "damaged",
    [
        _windows(_TEXT.encode()),
        _TEXT.encode().decode("latin-1"),
        _windows(_windows(_TEXT.encode()).encode()),
        _TEXT.encode().decode("latin-1").encode().decode("latin-1"),
        _TEXT.encode("gbk").decode("latin-1"),
        _windows(_TEXT.encode("gbk")),
    ],
    ids=[
        "utf-8 as cp1252",
        "utf-8 as latin-1",
        "cp1252 twice",
        "latin-1 twice",
        "gbk as latin-1",
        "gbk as cp1252",
    ],
)
def test_text_read_as_latin_comes_back_whole(damaged):
    assert damaged != _TEXT and _read(damaged) == _TEXT


def test_utf8_read_as_gbk_comes_back_and_what_was_lost_is_shown():
    assert _read("鍩哄眰娌荤悊") == "基层治理"
    damaged = _TEXT.encode().decode("gb18030", errors="replace")
    restored = _read(damaged)
    assert restored.replace("\ufffd", "") in _TEXT or all(
        piece in _TEXT for piece in restored.split("\ufffd") if piece
    )
    assert restored.count("\ufffd") <= 2
    confidence = [
        edit.confidence for edit in repair_mojibake(AlignedText.of(damaged)).edits() if "\ufffd" in edit.after
    ]
    assert confidence and max(confidence) < 1


@pytest.mark.parametrize("text", _GOLD[:4], ids=range(4))
def test_most_of_a_text_read_as_gbk_with_question_marks_comes_back(text):
    damaged = text.encode().decode("gbk", errors="replace").replace("\ufffd", "?")
    restored = _read(damaged)
    pieces = [piece for piece in restored.replace("?", "\ufffd").split("\ufffd") if len(piece) > 1]
    assert sum(map(len, pieces)) >= 0.75 * len(text)
    assert sum(len(piece) for piece in pieces if piece in text) >= 0.9 * sum(map(len, pieces))


def test_big5_and_gbk_exchanged_come_back():
    traditional = OpenCC("s2t").convert(_TEXT) * 2
    assert (
        _read(traditional.encode("big5hkscs", errors="ignore").decode("gb18030", errors="replace"))[:20]
        == traditional[:20]
    )
    assert _read((_TEXT * 2).encode("gb18030").decode("big5hkscs", errors="replace"))[:20] == _TEXT[:20]


@pytest.mark.parametrize(
    "clean",
    [
        *_GOLD,
        *(OpenCC("s2tw").convert(text) for text in _GOLD),
        "café résumé, naïve — “quoted” … 50 € ± 3 °C ×2 §5, Müller & Søn: ¿qué?",
        "涪江、滹沱河、浏阳河、溧水、潢川、栾川，鄱阳、郫县、邳州，璞玉、瑾瑜。",
        "——……“”‘’、《》〈〉·①②③ⅠⅡ㈠％℃",
        "好吗?好的!(一)是?不是?",
    ],
    ids=range(2 * len(_GOLD) + 4),
)
def test_clean_text_stays_as_it_is(clean):
    assert _read(clean) == clean and not find_lost(clean)


def test_what_is_gone_for_good_is_marked_and_left():
    repaired = Repairer([]).repair("前面锟斤拷锟斤拷后面")
    (edit,) = repaired.edits()
    assert repaired.text == "前面锟斤拷锟斤拷后面" and edit.rule == "mojibake_lost" and edit.confidence == 0


@pytest.mark.parametrize(
    ("raw", "right"),
    [
        ("党&nbsp;建&#23450;&#x5b9A;&ldquo;好&rdquo;", "党 建定定“好”"),
        ("&amp;nbsp;&amp;amp;middot;&nbsp治理", " · 治理"),
        ("R&D;AT&T;A&B", "R&D;AT&T;A&B"),
        ("基&#8203;层&#xFEFF;", "基层"),
    ],
)
def test_entities_are_read_also_escaped_twice(raw, right):
    assert read_entities(AlignedText.of(raw)).text == right


def test_invisible_characters_go_and_line_ends_stay():
    raw = "\ufeff基\u200b层\u00ad治\u202e理\x00\x08\n\r\n\x85二\u2028三\tA"
    assert drop_invisible(AlignedText.of(raw)).text == "基层治理\n\r\n\x85二\u2028三\tA"


def test_radicals_and_compatibility_characters_become_the_ones_they_look_like():
    text = unify_characters(AlignedText.of("⼈⺠⽣⻓⻋⻅\uf9ba"), read_pairs("radicals.tsv")).text
    assert text == "人民生长车见了"[:6] + text[-1] and "\uf900" > text[-1]


def test_known_private_signs_are_read_and_others_stay():
    glyphs = read_pairs("private_use.tsv")
    assert read_private(AlignedText.of("\uf06c一\ue5e5二\ue123"), glyphs).text == "●一\u3000二\ue123"


_PIECES = st.sampled_from(
    [
        _TEXT,
        _windows(_TEXT.encode()),
        "鍩哄眰娌荤悊",
        "锛?",
        "锟斤拷",
        "&amp;nbsp;",
        "&#8203;",
        "&#23450;",
        "\u200b",
        "⼈",
        "⻓",
    ]
    + [
        "\uf06c",
        "Ã¥",
        "€",
        "?",
        "\ufffd",
        "é“”",
        "党",
        "\n",
        "A",
        "»ù²ãÖÎÀí",
        "確?；鶎又卫碚\ue41d_方向",
        "習(xí)",
    ]
)


@given(st.lists(_PIECES, max_size=12).map("".join))
@settings(max_examples=80, deadline=None)
def test_repairing_wrong_characters_twice_is_repairing_once_and_edits_rebuild_the_text(raw):
    repairer = Repairer([])
    once = repairer.repair(raw)
    edits = [(edit.start, edit.end, edit.before, edit.after) for edit in once.edits()]
    assert apply_edits(raw, edits) == once.text
    assert repairer.repair(once.text).text == once.text
