"""Files are found, decoded and hashed, and never altered."""

from __future__ import annotations

import hashlib

import pytest

from discourse.corpus.sources import read_sources
from discourse.errors import SourceError
from discourse.resources import resource

_TEXT = "我们要把基层党组织建设好，这是治理的基础。\n大家都要在一线服务群众。\n"


@pytest.mark.parametrize(
    ("codec", "encoding"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("gb18030", "gb18030"),
        ("gbk", "gb18030"),
    ],
)
def test_every_usual_encoding_gives_the_same_text(tmp_path, codec, encoding):
    (tmp_path / "a.txt").write_bytes(_TEXT.encode(codec))
    (source,) = read_sources(tmp_path).itertuples()
    assert (source.text, source.encoding, source.n_chars) == (_TEXT, encoding, len(_TEXT))


def test_text_keeps_its_line_ends_and_blanks_and_the_hash_is_that_of_the_bytes(tmp_path):
    data = "  第一行 \r\n第二行\u3000的。\r\n".encode()
    (tmp_path / "a.txt").write_bytes(data)
    (source,) = read_sources(tmp_path).itertuples()
    assert source.text.encode() == data and source.sha256 == hashlib.sha256(data).hexdigest()


def test_ids_are_paths_without_suffix_and_keep_it_where_two_files_would_collide(tmp_path):
    for name in ("b/一.txt", "a.txt", "a.md", "c.txt", "a.txt.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(_TEXT, encoding="utf-8")
    sources = read_sources(tmp_path)
    assert list(sources.path) == sorted(sources.path)
    assert dict(zip(sources.path, sources.source_id, strict=True)) == {
        "a.md": "a.md",
        "a.txt": "a.txt",
        "a.txt.md": "a.txt.md",
        "b/一.txt": "b/一",
        "c.txt": "c",
    }


def test_readme_hidden_files_and_settings_are_left_aside(tmp_path):
    for name in ("README.md", "readme.txt", ".hidden.txt", ".git/x.txt", "study.toml", "text.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(_TEXT, encoding="utf-8")
    assert list(read_sources(tmp_path).path) == ["text.txt"]


def test_one_file_may_be_named_itself(tmp_path):
    (tmp_path / "a.txt").write_text(_TEXT, encoding="utf-8")
    assert list(read_sources(tmp_path / "a.txt").source_id) == ["a"]


def test_a_download_cut_in_mid_character_keeps_its_text_and_counts_the_loss(tmp_path):
    (tmp_path / "a.txt").write_bytes((_TEXT * 20).encode()[:-2])
    (source,) = read_sources(tmp_path).itertuples()
    assert source.encoding == "utf-8, 1 broken" and source.text.startswith(_TEXT)


@pytest.mark.parametrize("data", [b"", b" \n\t ", "\ufeff\u3000\n".encode()])
def test_an_empty_file_is_refused_by_name(tmp_path, data):
    (tmp_path / "leer.txt").write_bytes(data)
    with pytest.raises(SourceError, match=r"leer\.txt: the file is empty"):
        read_sources(tmp_path)


@pytest.mark.parametrize(
    "data", [b"\x00\x01\x02", _TEXT.replace("们", "們").encode("big5", "ignore"), b"\xff" * 50]
)
def test_bytes_in_no_known_encoding_are_refused_with_a_next_step(tmp_path, data):
    (tmp_path / "odd.txt").write_bytes(data)
    with pytest.raises(SourceError, match=r"odd\.txt: .*UTF-8"):
        read_sources(tmp_path)


def test_a_missing_path_an_empty_folder_and_a_strange_suffix_are_refused(tmp_path):
    with pytest.raises(SourceError, match="no such file"):
        read_sources(tmp_path / "nowhere")
    with pytest.raises(SourceError, match="holds no .txt or .md"):
        read_sources(tmp_path)
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    with pytest.raises(SourceError, match="only .txt or .md files"):
        read_sources(tmp_path / "a.pdf")


def test_the_seeds_are_five_sources():
    assert len(read_sources(resource("seeds"))) == 5
