"""Stretches of text found again among the bytes of their file, in every encoding."""

from __future__ import annotations

import codecs
import csv
import io
import json
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discourse.corpus.encodings import decode_text
from discourse.corpus.originals import ByteSpan, find_bytes, read_member
from discourse.corpus.sources import read_sources
from discourse.errors import SourceError

SAYING = "党建引领基层治理，“三会一课”要落实。\r\n各位代表：𠀀字也在。\n" * 3
ENCODINGS = ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_bytes_of_a_stretch_are_the_stretch(encoding):
    data = SAYING.encode(encoding)
    codec = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(encoding, encoding)
    for start, end in ((0, 1), (3, 9), (0, len(SAYING)), (27, 29), (len(SAYING) - 1, len(SAYING))):
        span = find_bytes(data, encoding, SAYING, start, end)
        assert span is not None and not span.is_only
        assert data[span.start : span.end].decode(codec) == SAYING[start:end]


def test_a_byte_order_mark_is_counted():
    assert find_bytes(codecs.BOM_UTF8 + "党".encode(), "utf-8-sig", "党", 0, 1) == ByteSpan(3, 6, False)
    big = codecs.BOM_UTF16_BE + "党建".encode("utf-16-be")
    assert find_bytes(big, "utf-16", "党建", 1, 2) == ByteSpan(4, 6, False)


@pytest.mark.parametrize("encoding", ["cp950", "big5hkscs"])
def test_codes_that_stand_for_the_same_or_for_two_characters_are_counted_as_they_stand(encoding):
    twice = b"\xa2\xcc\xa4\x51\xb6\xc0" if encoding == "cp950" else b"\x88\x62\xb6\xc0\xa4\x51"
    text = twice.decode(encoding)
    place = text.index("黃")
    span = find_bytes(twice, encoding, text, place, place + 1)
    assert span is not None and twice[span.start : span.end] == b"\xb6\xc0"


def test_bytes_that_no_encoding_explains_shift_nothing():
    data = "党建".encode() + b"\xff\xe4\xbd" + "引领".encode()
    text = data.decode("utf-8", "replace")
    place = text.index("引")
    span = find_bytes(data, "utf-8", text, place, place + 2)
    assert span is not None and data[span.start : span.end].decode() == "引领"
    span = find_bytes(data, "utf-8", text, 2, place)
    assert span is not None and data[span.start : span.end] == b"\xff\xe4\xbd"


mixed = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=30)


@settings(max_examples=80, deadline=None)
@given(text=mixed, encoding=st.sampled_from(ENCODINGS), broken=st.booleans(), data=st.data())
def test_any_stretch_of_any_text_is_found_in_every_encoding(text, encoding, broken, data):
    raw = text.encode(encoding)
    if broken and encoding in ("utf-8", "gb18030"):
        place = data.draw(st.integers(0, len(raw)))
        raw = raw[:place] + b"\xff" + raw[place:]
    shown = raw.decode(encoding, "replace")
    start = data.draw(st.integers(0, len(shown) - 1))
    end = data.draw(st.integers(start + 1, len(shown)))
    first = find_bytes(raw, encoding, shown, 0, start) if start else None
    own = find_bytes(raw, encoding, shown, start, end)
    rest = find_bytes(raw, encoding, shown, end, len(shown)) if end < len(shown) else None
    assert own is not None and (first is None or first.end == own.start)
    assert own.end == (len(raw) if rest is None else rest.start)
    if broken and encoding == "gb18030":
        return  # what a broken byte takes with it depends on the bytes after it
    codec = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(encoding, encoding)
    assert raw[own.start : own.end].decode(codec, "replace") == shown[start:end]


def test_a_cell_of_a_table_is_found_where_it_is_the_only_one_that_reads_so():
    table = io.StringIO()
    csv.writer(table).writerows([["text"], ["党建引领基层治理"], ["基层治理与“网格”"]])
    data = table.getvalue().encode("gb18030")
    span = find_bytes(data, "gb18030", "基层治理与“网格”", 0, 4)
    assert span is not None and span.is_only
    assert data[span.start : span.end].decode("gb18030") == "基层治理"
    assert find_bytes(json.dumps("党建").encode(), "utf-8", "党建", 0, 2) is None
    assert find_bytes("治理 治理".encode(), "utf-8", "治理", 0, 2) is None


def test_formats_without_bytes_of_text_have_none():
    assert find_bytes(b"PK\x03\x04", "docx", "党建", 0, 2) is None
    assert find_bytes(b"%PDF-1.7", "pdf", "党建", 0, 2) is None


def pack(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("_", "."), data)
    return buffer.getvalue()


def test_a_member_of_an_archive_in_an_archive_is_read_by_the_name_that_sources_give(tmp_path):
    text = "党建引领基层治理要抓好落实，各地各部门要认真贯彻。" * 4
    (tmp_path / "all.zip").write_bytes(
        pack(inner_zip=pack(a_txt=text.encode("gb18030")), b_txt=text.encode())
    )
    sources = read_sources(tmp_path)
    for row in sources.itertuples():
        data = read_member((tmp_path / row.path).read_bytes(), row.path, row.member)
        assert decode_text(data).text == row.text == text
    with pytest.raises(SourceError, match="holds no 'c.txt' any more"):
        read_member((tmp_path / "all.zip").read_bytes(), "all.zip", "c.txt")
