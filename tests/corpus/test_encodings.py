"""The encoding of a text is decided on evidence, and what cannot be decoded is counted."""

from __future__ import annotations

import opencc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discourse.corpus.encodings import decode_text, score_text
from discourse.corpus.sources import read_sources
from discourse.errors import SourceError
from discourse.resources import resource

_TEXT = "我们要把基层党组织建设好，这是治理的基础。\n大家都要在一线服务群众。\n"
_TRADITIONAL = "我們要把基層黨組織建設好，這是治理的基礎。\n大家都要在一線服務群眾。\n"


@pytest.mark.parametrize(
    ("codec", "text", "found"),
    [
        ("utf-8", _TEXT, "utf-8"),
        ("utf-8-sig", _TEXT, "utf-8-sig"),
        ("gbk", _TEXT, "gb18030"),
        ("gb18030", _TRADITIONAL, "gb18030"),
        ("big5", _TRADITIONAL, "cp950"),
        ("utf-16", _TEXT, "utf-16"),
        ("utf-16-le", _TEXT, "utf-16-le"),
        ("utf-16-be", _TRADITIONAL, "utf-16-be"),
        ("utf-32", _TEXT, "utf-32"),
        ("ascii", "plain words\n", "utf-8"),
    ],
)
def test_every_usual_encoding_is_found_with_or_without_a_mark(codec, text, found):
    decoded = decode_text(text.encode(codec))
    assert (decoded.text, decoded.encoding, decoded.n_lost) == (text, found, 0)


def test_samples_of_the_seeds_come_back_from_every_encoding():
    convert = opencc.OpenCC("s2twp").convert
    for text in read_sources(resource("seeds"))["text"]:
        for start in range(0, len(text), 997):
            for n in (20, 200):
                sample = text[start : start + n]
                for codec in ("utf-8", "gb18030", "utf-16-le", "utf-16-be"):
                    if score_text(sample) > 0.3:
                        assert decode_text(sample.encode(codec)).text == sample
                data = convert(sample).encode("cp950", "ignore")
                if score_text(data.decode("cp950")) > 0.3:
                    assert decode_text(data).text == data.decode("cp950")


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_a_broken_byte_is_shown_and_counted_and_changes_no_other_line(codec):
    data = (_TEXT * 20).encode(codec)
    broken = data[:150] + b"\xff" + data[151:]
    decoded = decode_text(broken)
    assert decoded.encoding == codec and decoded.n_lost == decoded.text.count("\ufffd") >= 1
    assert decoded.text.split("\n")[10:] == (_TEXT * 20).split("\n")[10:]


def test_a_mark_of_loss_that_the_file_brought_is_not_counted_as_ours():
    assert decode_text((_TEXT + "\ufffd").encode()).n_lost == 0
    assert decode_text((_TEXT * 9 + "\ufffd").encode() + b"\xe6").n_lost == 1


def test_accented_letters_of_pinyin_do_not_speak_against_an_encoding():
    text = "領(lǐng)導(dǎo)幹部要為(wèi)群(qún)眾(zhòng)服(fú)務(wù)，這是基本的要求。\n" * 3
    data = text.encode("big5hkscs", "ignore")
    assert decode_text(data).text == data.decode("big5hkscs")


@pytest.mark.parametrize(
    "data",
    [
        b"\0\1\2",
        b"\xff" * 50,
        bytes(range(256)) * 4,
        "Größe über Äpfel, façade déjà vu".encode("cp1252"),
        b"abc\0def",
    ],
)
def test_bytes_that_no_encoding_explains_are_refused(data):
    with pytest.raises(SourceError, match="UTF-8"):
        decode_text(data)


@given(st.binary(max_size=200))
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_read_or_refused(data):
    try:
        decoded = decode_text(data)
    except SourceError as error:
        assert "\n" not in str(error)
        return
    assert "\0" not in decoded.text
    decoded.text.encode("utf-8")


@given(st.text(st.characters(codec="gb18030", min_codepoint=0x4E00, max_codepoint=0x9FA5), max_size=30))
@settings(max_examples=60, deadline=None)
def test_prose_with_any_rare_characters_comes_back(rare):
    text = _TEXT + rare
    assert decode_text(text.encode("utf-8")).text == text
    assert decode_text(text.encode("utf-16")).text == text
