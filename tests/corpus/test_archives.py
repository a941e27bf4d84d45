"""Archives are read in memory; what climbs out, swells or lies about itself is refused in one line."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile

import pytest

from discourse.corpus.archives import Budget, guard_zip, read_archive
from discourse.corpus.sources import read_sources
from discourse.errors import SourceError
from tests.corpus.files import PROSE, make_zip

_TEXT = "\n".join(PROSE).encode()


def _read(data, n_bytes=10**8):
    return {member.path: member for member in read_archive(data, Budget(n_bytes), lambda name: True)}


def _tar(entries, mode="w"):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for info, data in entries:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tar_archives_give_their_files_in_the_order_of_their_paths(mode):
    data = _tar([(tarfile.TarInfo(name), _TEXT) for name in ("b.txt", "a/c.txt", "a.txt")], mode)
    members = list(read_archive(data, Budget(10**8), lambda name: True))
    assert [(m.path, m.data, m.error) for m in members] == [
        ("a.txt", _TEXT, ""),
        ("a/c.txt", _TEXT, ""),
        ("b.txt", _TEXT, ""),
    ]


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.txt", "/etc/passwd.txt", "a/../../b.txt", "C:/x.txt", "..\\x.txt"]
)
def test_paths_that_climb_out_are_named_and_not_read(name):
    good = {"good.txt": _TEXT}
    for data in (
        make_zip({name: _TEXT, **good}),
        _tar([(tarfile.TarInfo(n), _TEXT) for n in (name, "good.txt")]),
    ):
        members = _read(data)
        assert members["good.txt"].data == _TEXT
        bad = next(member for path, member in members.items() if path != "good.txt")
        assert "climbs out" in bad.error and not bad.data


def test_links_of_a_tar_archive_are_never_followed():
    link = tarfile.TarInfo("passwd.txt")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    members = _read(_tar([(link, b""), (tarfile.TarInfo("good.txt"), _TEXT)]))
    assert "never followed" in members["passwd.txt"].error and members["good.txt"].data == _TEXT


def test_a_bomb_is_refused_and_its_neighbour_is_read():
    members = _read(make_zip({"bomb.txt": bytes(60_000_000), "good.txt": _TEXT}))
    assert "bomb" in members["bomb.txt"].error and members["good.txt"].data == _TEXT


def test_what_unpacks_to_more_than_the_budget_is_refused():
    for data in (
        make_zip({f"{i}.txt": _TEXT * 100 for i in range(9)}),
        _tar([(tarfile.TarInfo("a"), bytes(10**6))], "w:gz"),
    ):
        with pytest.raises(SourceError, match="unpacks to more than"):
            _read(data, 50_000)


def test_a_file_that_is_longer_than_it_says_is_refused():
    data = bytearray(make_zip({"liar.txt": _TEXT * 50}))
    for signature, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        place = data.find(signature) + offset
        data[place : place + 4] = struct.pack("<I", 10)
    members = _read(bytes(data))
    assert members["liar.txt"].error and not members["liar.txt"].data


def test_archives_nested_too_deep_are_refused_and_three_deep_are_read(tmp_path):
    data = make_zip({"deep.txt": _TEXT})
    for name in ("one", "two"):
        data = make_zip({f"{name}.zip": data})
    (tmp_path / "a.zip").write_bytes(data)
    assert list(read_sources(tmp_path)["source_id"]) == ["a/two/one/deep"]
    (tmp_path / "a.zip").write_bytes(make_zip({"three.zip": data}))
    with pytest.raises(SourceError, match="archive in an archive"):
        read_sources(tmp_path)


def test_names_of_chinese_windows_are_read_as_chinese():
    info = zipfile.ZipInfo("讲话稿.txt".encode("gbk").decode("cp437"))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, _TEXT)
    data = bytearray(buffer.getvalue())
    name = info.filename.encode(
        "utf-8"
    )  # the module writes UTF-8 and says so; Windows writes GBK and says nothing
    assert name in data
    data = data.replace(name, "讲话稿.txt".encode("gbk").ljust(len(name), b" ")).replace(
        b"\x00\x08", b"\x00\x00"
    )
    members = _read(bytes(data))
    assert [path.strip() for path in members] == ["讲话稿.txt"]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x1f\x8b\x08broken", make_zip({"a": b"b"})[:-10]])
def test_damaged_archives_are_refused(data):
    with pytest.raises(SourceError, match="damaged archive"):
        _read(data)


def test_an_encrypted_file_is_named():
    data = bytearray(make_zip({"secret.txt": _TEXT}))
    for signature, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        data[data.find(signature) + offset] |= 1
    assert "encrypted" in _read(bytes(data))["secret.txt"].error


def test_an_office_file_that_swells_is_refused_before_it_is_unpacked():
    with pytest.raises(SourceError, match="bomb"):
        guard_zip(make_zip({"word/document.xml": bytes(30_000_000)}), 10**9)
