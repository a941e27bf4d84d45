"""Figures: one drawing for SVG, PNG and PDF; Chinese in them is Chinese, or the refusal names the package."""

from __future__ import annotations

import re
import struct
import xml.etree.ElementTree as ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from discourse.errors import SettingError
from discourse.report.drawings import draw_map
from discourse.report.figures.canvas import fit, measure, parts_of, printable, scale, shade, ticks
from discourse.report.figures.drawing import (
    characters_of,
    choose_faces,
    draw_figures,
    render_caption,
    render_pdf,
    render_png,
    render_svg,
)
from discourse.report.fonts import characters_of as glyphs_of
from discourse.report.fonts import find_faces, font_folders, list_fonts, read_faces

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def figures(payload):
    return draw_figures(payload)


@pytest.fixture(scope="module")
def faces(figures):
    try:
        return choose_faces(figures)
    except SettingError:
        pytest.skip("no Chinese font on this machine")


def named(figures, name):
    return next(figure for figure in figures if figure.name == name)


def test_every_chart_that_the_payload_has_numbers_for_is_drawn(figures):
    names = {re.sub(r"-\d+$", "", figure.name) for figure in figures}
    assert {"coverage", "prevalence-level", "matrix-region", "contrasts-level", "map-level"} <= names
    assert {"curve-level", "keyness-level"} <= names
    assert len({figure.name for figure in figures}) == len(figures)


@pytest.mark.parametrize("width", [85.0, 170.0])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_figure_is_valid_svg_no_wider_than_asked_and_nothing_is_drawn_outside(payload, width, language):
    for figure in draw_figures(payload, language=language, width=width):
        root = ElementTree.fromstring(render_svg(figure, language=language))
        assert float(root.get("width").removesuffix("mm")) <= width + 0.01
        assert float(root.get("height").removesuffix("mm")) <= 240
        box = [float(number) for number in root.get("viewBox").split()]
        for mark in root.findall(f"{SVG}circle") + root.findall(f"{SVG}text"):
            x, y = (float(mark.get("cx") or mark.get("x")), float(mark.get("cy") or mark.get("y")))
            assert -0.5 <= x <= box[2] + 0.5 and 0 <= y <= box[3] + 0.5, (figure.name, mark.attrib)


def test_a_figure_loads_nothing(figures):
    for figure in figures:
        svg = render_svg(figure)
        assert "href" not in svg and "url(" not in svg and "@import" not in svg
        assert re.findall(r"https?://[^\"]+", svg) == ["http://www.w3.org/2000/svg"]


def test_the_same_payload_draws_the_same_bytes(payload, figures):
    again = draw_figures(payload)
    assert [render_svg(figure) for figure in figures] == [render_svg(figure) for figure in again]


def test_an_interval_stands_where_its_numbers_say(payload, figures):
    """The three places of the first panel's first row, read back from the drawing, against the payload."""
    factor = next(factor for factor in payload["factors"] if factor["factor"] == "level")
    root = ElementTree.fromstring(render_svg(named(figures, "prevalence-level")))
    lines = [{k: float(line.get(k)) for k in ("x1", "x2", "y1", "y2")} | {"w": line.get("stroke-width")}
             for line in root.findall(f"{SVG}line")]  # fmt: skip
    grid = [line for line in lines if line["w"] == "0.4"]
    low, high = min(line["x1"] for line in grid), None
    interval = next(line for line in lines if line["w"] == "1.3")
    mean = next(line for line in lines if line["w"] == "1.6")
    cell = next(c for c in factor["topics"][0]["groups"] if c["low"] is not None)
    first = factor["topics"][0]["groups"][0]
    assert first == cell
    values = ticks(0.0, factor["axis"], most=4)
    high = grid[len(values) - 1]["x1"]
    unit = (high - low) / (values[-1] - values[0])
    assert interval["x1"] == pytest.approx(low + unit * cell["low"], abs=0.02)
    assert interval["x2"] == pytest.approx(low + unit * cell["high"], abs=0.02)
    assert mean["x1"] == pytest.approx(low + unit * cell["prevalence"], abs=0.02)


def test_findings_are_filled_and_what_was_not_tested_is_a_cross(payload, figures):
    factor = next(factor for factor in payload["factors"] if factor["factor"] == "level")
    root = ElementTree.fromstring(render_svg(named(figures, "contrasts-level")))
    fills = [dot.get("fill") for dot in root.findall(f"{SVG}circle")]
    assert len(fills) == len(factor["tested"])
    assert sum(fill != "#ffffff" for fill in fills) == sum(row["finding"] for row in factor["tested"])
    crosses = [line for line in root.findall(f"{SVG}line") if line.get("stroke-width") == "0.9"]
    assert len(crosses) == 2 * len(factor["described"])


def test_a_caption_says_what_how_many_and_how_sure_in_both_languages(figures):
    for figure in figures:
        words = render_caption(figure, title="基层治理")
        zh, en, title = words.strip().split("\n\n")
        assert title == "基层治理" and re.search(r"[一-鿿]", zh) and not re.search(r"[一-鿿]{12}", en)
    forest = named(figures, "prevalence-level").caption
    assert "95% 区间" in forest["zh"] and "95 % interval" in forest["en"] and "n = 7" in forest["en"]
    assert "no interval" in forest["en"]  # the township has one document


def test_hostile_labels_stay_words(payload):
    hostile = "</text><script>alert(1)</script>\u202e&\x07"
    topics = [dict(topic) | {"label": hostile} for topic in payload["factors"][0]["topics"]]
    factor = dict(payload["factors"][0]) | {"topics": topics}
    for figure in draw_figures(dict(payload) | {"factors": [factor]}):
        root = ElementTree.fromstring(render_svg(figure))
        assert not root.findall(f".//{SVG}script")
        assert "\u202e" not in str(figure.drawing)


def test_the_number_of_topics_is_drawn_where_it_was_weighed(payload):
    sizes = pd.DataFrame(
        {
            "n_topics": [4, 8, 16], "n_models": 5, "held_out": [-6.3, -6.1, -6.2], "held_out_se": 0.02,
            "npmi": [0.1, 0.2, 0.15], "npmi_se": np.nan, "stability": [0.9, 0.8, 0.4], "stability_se": 0.01,
            "exclusivity": [0.5, 0.6, 0.7], "exclusivity_se": 0.0, "in_set": [True, True, False],
            "recommended": [False, True, False],
        }
    )  # fmt: skip
    figure = named(draw_figures(payload, sizes=sizes), "number-of-topics")
    root = ElementTree.fromstring(render_svg(figure))
    dots = [dot for dot in root.findall(f"{SVG}circle") if dot.get("fill") != "none"]
    assert len(dots) == 4 * 3 and sum(dot.get("fill") == "#ffffff" for dot in dots) == 4
    assert sum(dot.get("fill") == "none" for dot in root.findall(f"{SVG}circle")) == 4


def test_a_width_no_page_has_is_refused(payload):
    with pytest.raises(SettingError, match="between 60 and 400"):
        draw_figures(payload, width=20)
    with pytest.raises(SettingError, match="zh or en"):
        draw_figures(payload, language="fr")


def test_a_png_has_300_dots_an_inch(figures, faces):
    figure = named(figures, "matrix-level")
    png = render_png(figure, faces)
    width, height = struct.unpack(">2I", png[16:24])
    assert width == pytest.approx(figure.width / 72 * 300, abs=1)
    assert height == pytest.approx(figure.height / 72 * 300, abs=1)


def test_a_pdf_shows_what_the_png_shows_in_the_same_size(figures, faces):
    import pypdfium2

    figure = named(figures, "matrix-level")
    page = pypdfium2.PdfDocument(render_pdf(figure, faces))[0]
    assert page.get_size() == pytest.approx((figure.width, figure.height), abs=1)
    drawn = page.render(scale=300 / 72, grayscale=True).to_numpy().squeeze()
    png = pypdfium2_read(render_png(figure, faces))
    rows, columns = (min(a, b) for a, b in zip(drawn.shape, png.shape, strict=True))
    difference = np.abs(drawn[:rows, :columns].astype(float) - png[:rows, :columns])
    assert difference.mean() < 6  # of 255: edges are smoothed in other ways, glyphs are the same
    assert np.corrcoef(drawn[:rows, :columns].ravel(), png[:rows, :columns].ravel())[0, 1] > 0.95


def pypdfium2_read(png: bytes) -> np.ndarray:
    """Grey values of a PNG of 8-bit RGBA, by its own definition."""
    import zlib

    width, height = struct.unpack(">2I", png[16:24])
    packed, place = b"", 8
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        packed += png[place + 8 : place + 8 + length] if png[place + 4 : place + 8] == b"IDAT" else b""
        place += 12 + length
    lines = np.frombuffer(zlib.decompress(packed), dtype=np.uint8).reshape(height, 1 + 4 * width)
    rows, above = np.zeros((height, 4 * width), dtype=np.uint8), np.zeros(4 * width, dtype=np.uint8)
    for i, line in enumerate(lines):
        rows[i] = above = _unfiltered(int(line[0]), line[1:].astype(np.int64), above.astype(np.int64))
    return rows.reshape(height, width, 4)[:, :, :3].mean(axis=2)


def _unfiltered(kind: int, line: np.ndarray, above: np.ndarray) -> np.ndarray:
    if kind == 0:
        return line.astype(np.uint8)
    if kind == 1:
        return (line.reshape(-1, 4).cumsum(axis=0) % 256).ravel().astype(np.uint8)
    if kind == 2:
        return ((line + above) % 256).astype(np.uint8)
    done = np.zeros(len(line) + 4, dtype=np.int64)
    up = np.concatenate([np.zeros(4, dtype=np.int64), above])
    for i in range(4, len(done)):
        a, b, c = int(done[i - 4]), int(up[i]), int(up[i - 4])
        if kind == 3:
            guess = (a + b) // 2
        else:
            p = a + b - c
            guess = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
        done[i] = (line[i - 4] + guess) % 256
    return done[4:].astype(np.uint8)


def test_chinese_of_a_pdf_is_text_with_its_font_inside(figures, faces):
    import pypdfium2

    pdf = render_pdf(named(figures, "matrix-level"), faces)
    assert b"FontFile" in pdf
    words = pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range()
    assert "区县级" in "".join(words.split())


def test_without_a_chinese_font_png_and_pdf_are_refused_with_the_packages_name(figures, tmp_path):
    with pytest.raises(SettingError, match="fonts-noto-cjk.*google-noto-sans-cjk-fonts.*--font FILE.*svg"):
        choose_faces(figures, folders=[tmp_path])
    with pytest.raises(SettingError, match="fonts-noto-cjk"):
        choose_faces(figures, folders=[tmp_path / "there is none"])


def test_a_font_without_chinese_does_not_pass_for_one(tmp_path):
    (tmp_path / "latin.ttf").write_bytes(made_font("ABC abc"))
    assert [face.family for face in find_faces("ABC", folders=[tmp_path])] == ["Made"]
    with pytest.raises(SettingError, match="has '汉'"):
        find_faces("A汉", folders=[tmp_path])
    with pytest.raises(SettingError, match="latin.ttf lacks '汉'"):
        find_faces("A汉", font=tmp_path / "latin.ttf")


def test_the_first_font_has_all_chinese_and_others_lend_the_rest(tmp_path):
    (tmp_path / "a-latin.ttf").write_bytes(made_font("ABC𝄞", family="Latin"))
    (tmp_path / "b-han.ttf").write_bytes(made_font("汉字", family="Han"))
    assert [face.family for face in find_faces("汉字A𝄞", folders=[tmp_path])] == ["Han", "Latin"]


@pytest.mark.parametrize(
    "content", [b"", b"ttcf", b"\0\1\0\0" + b"\xff" * 40, b"OTTO" + bytes(100), b"no font"]
)
def test_a_file_that_is_no_font_is_passed_over(tmp_path, content):
    path = tmp_path / "broken.ttf"
    path.write_bytes(content)
    assert not [face for face in read_faces(path) if glyphs_of(face)(0x6C49)]
    with pytest.raises(SettingError):
        find_faces("汉", font=path)


def test_a_damaged_character_map_claims_no_character(tmp_path):
    whole = made_font("汉")
    for cut in range(0, len(whole), 7):
        (tmp_path / "cut.ttf").write_bytes(whole[:cut])
        for face in read_faces(tmp_path / "cut.ttf"):
            glyphs_of(face)(0x4E00)  # says no or yes, and does not fall over


def test_font_folders_are_those_of_the_system(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    (tmp_path / "fonts" / "deep").mkdir(parents=True)
    (tmp_path / "fonts" / "deep" / "x.TTF").write_bytes(made_font("汉"))
    assert tmp_path / "fonts" in font_folders()
    assert tmp_path / "fonts" / "deep" / "x.TTF" in list_fonts()
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("WINDIR", "W")
    assert font_folders()[0].as_posix() == "W/Fonts"
    monkeypatch.setattr("sys.platform", "darwin")
    assert font_folders()[0].as_posix() == "/System/Library/Fonts"


def made_font(characters: str, family: str = "Made") -> bytes:
    """A font of a name and a character map (format 12) only: enough to be asked for its characters."""
    codes = sorted({ord(c) for c in characters})
    groups = b"".join(struct.pack(">3L", code, code, 1) for code in codes)
    subtable = struct.pack(">HHLLL", 12, 0, 16 + len(groups), 0, len(codes)) + groups
    cmap = struct.pack(">HHHHL", 0, 1, 3, 10, 12) + subtable
    text = family.encode("utf-16-be")
    name = struct.pack(">HHH", 0, 1, 18) + struct.pack(">6H", 3, 1, 0x409, 1, len(text), 0) + text
    start = 12 + 32
    directory = struct.pack(">4sLLL", b"cmap", 0, start, len(cmap))
    directory += struct.pack(">4sLLL", b"name", 0, start + len(cmap), len(name))
    return struct.pack(">LHHHH", 0x10000, 2, 0, 0, 0) + directory + cmap + name


def test_characters_of_a_figure_are_those_that_it_draws(figures):
    assert set("区县级") <= characters_of(named(figures, "matrix-level"))
    assert "<" not in characters_of(named(figures, "matrix-level"))


def test_labels_of_a_map_do_not_cover_each_other(payload):
    plan = payload["maps"][0]["map"]
    at = plan["groups"][0]["at"]
    crowded = dict(plan) | {
        "groups": [dict(plan["groups"][0]) | {"at": [at[0] + 0.001 * k, at[1]], "n": 1} for k in range(8)],
        "documents": [],
    }
    root = ElementTree.fromstring(str(draw_map(crowded)))
    places = [(float(t.get("x")), float(t.get("y")), t.get("text-anchor")) for t in root.iter("text")]
    assert len(set(places)) == len(places)
    ys = sorted(y for x, y, anchor in places[:8] if anchor is None)
    assert all(b - a >= 12 for a, b in zip(ys[:-1], ys[1:], strict=True))


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
def test_ticks_are_round_and_within(low, span):
    found = ticks(low, low + span)
    assert all(low - 1e-6 <= value <= low + span + 1e-6 for value in found)
    assert 1 <= len(found) <= 8
    steps = {round(b - a, 9) for a, b in zip(found[:-1], found[1:], strict=True)}
    assert len({f"{step:.4g}" for step in steps}) <= 1


@given(st.text(max_size=40), st.floats(10, 300))
def test_fitted_words_fit(words, room):
    assert measure(fit(words, room)) <= room or fit(words, room) == "…"


def test_small_tools():
    assert [b - a for a, b in parts_of(range(21), 10)] == [7, 7, 7]
    assert parts_of([], 5) == [(0, 0)]
    assert scale(0, 1, 10, 20)(0.5) == 15 and scale(0, 1, 10, 20)(7) == 20
    assert shade(0)[0] == "#ffffff" and shade(1)[1] == "#ffffff"
    assert printable("a\u202eb\x00c d") == "abc d"
