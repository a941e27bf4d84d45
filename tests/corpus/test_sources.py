"""Files are found, read and hashed; what cannot be read is listed with its reason and stops nothing."""

from __future__ import annotations

import hashlib
import os

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discourse.contracts import check
from discourse.corpus import sources as reading
from discourse.corpus.documents import build_documents
from discourse.corpus.sources import note_faults, read_sources
from discourse.errors import SourceError
from discourse.resources import resource
from tests.corpus.files import PROSE, make_docx, make_page, make_pdf, make_zip

_TEXT = "\n".join(PROSE) + "\n"
_LINES = [(96, 760 - 20 * i, line) for i, line in enumerate(PROSE)]


def _write(folder, files):
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())


def test_text_keeps_its_line_ends_and_blanks_and_the_hash_is_that_of_the_bytes(tmp_path):
    data = "  第一行 \r\n第二行\u3000的。\r\n".encode()
    _write(tmp_path, {"a.txt": data})
    (source,) = read_sources(tmp_path).itertuples()
    assert source.text.encode() == data and source.sha256 == hashlib.sha256(data).hexdigest()
    assert (source.encoding, source.n_chars, source.n_lost) == ("utf-8", len(data.decode()), 0)


def test_ids_are_paths_without_suffix_and_keep_it_where_two_files_would_collide(tmp_path):
    _write(tmp_path, dict.fromkeys(("b/一.txt", "a.txt", "a.md", "c.txt", "a.txt.md"), _TEXT))
    sources = read_sources(tmp_path)
    assert list(sources.path) == sorted(sources.path)
    assert dict(zip(sources.path, sources.source_id, strict=True)) == {
        "a.md": "a.md",
        "a.txt": "a.txt",
        "a.txt.md": "a.txt.md",
        "b/一.txt": "b/一",
        "c.txt": "c",
    }


def test_readme_hidden_files_settings_and_parts_of_saved_pages_are_left_aside(tmp_path):
    names = (
        "README.md readme.txt .hidden.txt .git/x.txt study.toml ~$text.docx page_files/a.css page_files/b.png"
    )
    _write(tmp_path, dict.fromkeys([*names.split(), "text.txt"], _TEXT))
    assert list(read_sources(tmp_path).path) == ["text.txt"]


def test_one_file_or_archive_may_be_named_itself(tmp_path):
    _write(tmp_path, {"a.txt": _TEXT, "b.zip": make_zip({"c/d.txt": _TEXT.encode()})})
    assert list(read_sources(tmp_path / "a.txt").source_id) == ["a"]
    assert list(read_sources(tmp_path / "b.zip").source_id) == ["b/c/d"]


def test_a_mixed_folder_gives_the_same_text_from_every_format(tmp_path):
    page = make_page(PROSE, charset="gb2312")
    inner = make_zip({"深/e.docx": make_docx(PROSE), "bad.docx": b"PK\3\4nothing"})
    _write(
        tmp_path,
        {
            "a.txt": _TEXT.encode("gb18030"),
            "b.md": "# 讲话\n\n**" + PROSE[0] + "**\n\n> " + PROSE[1] + "\n",
            "c.html": page.encode("gb18030"),
            "d.pdf": make_pdf([_LINES]),
            "e.docx": make_docx(PROSE),
            "f.csv": "省份,年份,正文\n云南," + "2026," + "".join(PROSE) + "\n",
            "g.zip": make_zip({"x.zip": inner, "y.txt": _TEXT.encode("utf-16")}),
            "bad.pdf": b"%PDF-1.4 nothing",
            "old.doc": b"\xd0\xcf\x11\xe0" + bytes(600),
            "notes.xyz": b"?",
            "empty.txt": b" \n\t",
        },
    )
    with pytest.warns(UserWarning, match="5 of 13 texts could not be read"):
        sources = read_sources(tmp_path)
    check(sources, "sources")
    good = sources[sources["error"].isna()]
    for text in good["text"]:
        assert "".join(PROSE) in text.replace("\n", "").replace("\u3000", "").replace("\r", "")
    assert set(good["source_id"]) == {"a", "b", "c", "d", "e", "f", "g/y", "g/x/深/e"}
    reasons = dict(zip(sources["source_id"], sources["error"], strict=True))
    assert "damaged PDF" in reasons["bad"] and "save it as .docx" in reasons["old"]
    assert "the file is empty" in reasons["empty"] and ".xyz cannot be read" in reasons["notes"]
    assert "damaged" in reasons["g/x/bad"]


def test_bad_files_are_passed_over_downstream_and_one_is_fatal_when_strict(tmp_path):
    prose = "".join(PROSE) * 3
    _write(
        tmp_path,
        {"good.txt": f"关于基层治理的讲话\n{prose}\n{prose}", "bad.pdf": b"no", "worse.rtf": b"{\\rtf1"},
    )
    with pytest.warns(UserWarning, match=r"bad\.pdf: .*worse\.rtf: "):
        sources = read_sources(tmp_path)
    documents, _, _ = build_documents(sources)
    assert list(documents["doc_id"]) == ["good"]
    with pytest.raises(SourceError, match=r"bad\.pdf"):
        read_sources(tmp_path, strict=True)


def test_a_folder_of_nothing_but_bad_files_is_an_error_that_names_them(tmp_path):
    _write(tmp_path, {f"{i}.pdf": b"no" for i in range(5)})
    with pytest.raises(SourceError, match=r"0\.pdf: .*and 2 more") as caught:
        read_sources(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("data", [b"", b" \n\t ", "\ufeff\u3000\n".encode()])
def test_an_empty_file_is_refused_by_name(tmp_path, data):
    _write(tmp_path, {"leer.txt": data})
    with pytest.raises(SourceError, match=r"leer\.txt: the file is empty"):
        read_sources(tmp_path)


def test_a_missing_path_an_empty_folder_and_a_strange_suffix_are_refused(tmp_path):
    with pytest.raises(SourceError, match="no such file"):
        read_sources(tmp_path / "nowhere")
    with pytest.raises(SourceError, match="holds no texts"):
        read_sources(tmp_path)
    _write(tmp_path, {"a.odt": b"?"})
    with pytest.raises(SourceError, match=r"a\.odt: \.odt files are not read"):
        read_sources(tmp_path / "a.odt")


def test_a_broken_download_is_read_and_its_losses_are_noted(tmp_path):
    _write(tmp_path, {"a.txt": (_TEXT * 20).encode()[:-2]})
    with pytest.warns(UserWarning, match=r"U\+FFFD in a\.txt \(1 places, read as utf-8\)"):
        sources = read_sources(tmp_path)
    assert list(sources["n_lost"]) == [1] and note_faults(sources)


def test_a_text_longer_than_any_is_refused_before_it_is_read(tmp_path):
    _write(tmp_path, {"good.txt": _TEXT})
    with open(tmp_path / "huge.txt", "wb") as file:
        file.truncate(2_000_000_000)  # one line of 2 GB, nothing of it on the disk
    with pytest.warns(UserWarning, match="huge.txt: has 2,000 MB, more than 20"):
        sources = read_sources(tmp_path)
    assert list(sources["error"].notna()) == [False, True]


@pytest.mark.skipif(os.name != "posix", reason="names of files are bytes on POSIX only")
def test_a_file_name_that_is_no_utf8_is_shown_and_can_be_stored(tmp_path):
    with open(os.fsencode(tmp_path) + b"/" + "讲话.txt".encode("gbk"), "wb") as file:
        file.write(_TEXT.encode())
    (source,) = read_sources(tmp_path).itertuples()
    assert source.text == _TEXT
    source.path.encode("utf-8")


def test_progress_is_told_batch_by_batch_up_to_the_last_file(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "_FILES", 2)
    _write(tmp_path, {f"{i}.txt": _TEXT for i in range(3)})
    told = []
    read_sources(tmp_path, progress=lambda n, total: told.append((n, total)))
    assert told == [(2, 3), (3, 3)]


def test_a_table_about_files_says_where_they_come_from(tmp_path):
    prose = "".join(PROSE) * 3
    table = "文件名,省份,城市,年份,层级\n甲.txt,云南,昆明,2023,市级\nb/乙,江苏,,2024,省级\n丙.txt,福建,,,\n"
    _write(tmp_path, {"甲.txt": prose, "b/乙.txt": prose, "信息表.csv": table.encode("gb18030")})
    with pytest.warns(UserWarning, match=r"信息表\.csv: 1 rows name no file.*丙\.txt"):
        sources = read_sources(tmp_path)
    documents, _, attributions = build_documents(sources)
    rows = documents.set_index("doc_id")
    assert rows.loc["甲", ["province", "city", "year", "level"]].tolist() == [
        "云南省",
        "昆明市",
        2023,
        "city",
    ]
    assert rows.loc["b/乙", ["province", "level"]].tolist() == ["江苏省", "province"]
    assert set(attributions.loc[attributions["value"] == "昆明市", "rule"]) == {"table"}


def test_the_seeds_are_five_sources():
    assert len(read_sources(resource("seeds"))) == 5


@given(
    st.sampled_from(
        [".txt", ".md", ".html", ".mht", ".docx", ".pdf", ".csv", ".xlsx", ".xls", ".jsonl", ".json", ".zip"]
    )
    | st.sampled_from([".parquet", ".tar", ".tar.gz", ".doc"]),
    st.binary(max_size=120) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from(
        [
            b"",
            b"PK\x03\x04",
            b"%PDF-1.7\n",
            b"\x1f\x8b\x08",
            b"PAR1",
            b"<html>",
            b"\xd0\xcf\x11\xe0",
            b'{"text": "',
        ]
    ),
)
@settings(max_examples=120, deadline=None)
def test_any_bytes_under_any_name_are_read_or_refused_in_one_line(tmp_path_factory, suffix, data, magic):
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / f"a{suffix}").write_bytes(magic + data)
    try:
        sources = read_sources(folder)
    except SourceError as error:
        assert "\n" not in str(error)
    except UserWarning as note:  # the suite turns warnings into errors: this one is the note on a bad row
        assert "\n" not in str(note)
    else:
        "".join(sources["text"]).encode("utf-8")
        assert not any("\0" in text for text in sources["text"])


def test_two_processes_read_what_one_reads(tmp_path, monkeypatch):
    for i in range(7):
        (tmp_path / f"{i}.txt").write_text(
            f"第{i}篇：要坚持党建引领基层治理。", encoding="gb18030" if i % 2 else "utf-8"
        )
    (tmp_path / "about.csv").write_text("文件名,年份\n3.txt,2024\n", encoding="utf-8")
    (tmp_path / "bad.docx").write_bytes(b"no zip")
    with pytest.warns(UserWarning, match="could not be read"):
        whole = read_sources(tmp_path)
    monkeypatch.setattr(reading, "_FILES", 2)
    monkeypatch.setattr(reading, "_WORTH_A_WORKER", 1)
    with pytest.warns(UserWarning, match="could not be read"):
        pd.testing.assert_frame_equal(read_sources(tmp_path, n_workers=2), whole)
