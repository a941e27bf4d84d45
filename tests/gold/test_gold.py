"""The gold is a judge: these tests hold what must be true of it whatever the code does."""

import csv
import re
import unicodedata
from pathlib import Path

import pytest

GOLD = Path(__file__).parent
SEEDS = GOLD.parents[1] / "seeds"
TEXTS = {path.name.removesuffix(".txt"): path for path in sorted((GOLD / "texts").glob("*.txt"))}
CONVERTED = ("002_2fcff67ce00ef835", "003_eea2becca890adc4")
LABELS = {"body", "title", "byline", "furniture", "blank"}
LEVELS = {"central", "province", "city", "district", "township", "village", "other", ""}


def read_text(doc_id: str) -> str:
    return TEXTS[doc_id].read_text(encoding="utf-8")


def read_rows(path: Path, delimiter: str) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter=delimiter))


def read_body(doc_id: str) -> list[str]:
    """Return the raw lines that `furniture` gives to the body of a document."""
    stem = doc_id.split(".")[0]
    lines = (SEEDS / f"{stem}.txt").read_text(encoding="utf-8").split("\n")
    labels = read_rows(GOLD / "furniture" / f"{stem}.tsv", "\t")
    return [lines[int(row["line"])] for row in labels if row["label"] == "body" and row["doc_id"] == doc_id]


def signs(text: str) -> str:
    """Return digits and punctuation in order: the text without pinyin, blanks and Chinese characters."""
    return re.sub(r"\([a-z\u00e0-\u01dc ]+\)|\s|[\u4e00-\u9fff]", "", text)


def test_every_document_has_one_gold_text_and_one_row() -> None:
    rows = read_rows(GOLD / "documents.csv", ",")
    assert [row["doc_id"] for row in rows] == sorted(TEXTS)
    assert len(rows) == 8


@pytest.mark.parametrize("doc_id", TEXTS)
def test_gold_text_is_clean_paragraphs(doc_id: str) -> None:
    text = read_text(doc_id)
    assert text.endswith("\n")
    assert unicodedata.normalize("NFC", text) == text
    assert all(line and line == line.strip() for line in text[:-1].split("\n"))
    assert not re.search(r"[\ue000-\uf8ff\ufffd\u00a0\u00e0-\u01dc]", text)


@pytest.mark.parametrize("doc_id", TEXTS)
def test_gold_text_comes_from_the_body_lines_of_the_raw_file(doc_id: str) -> None:
    text, body = read_text(doc_id), [line.strip() for line in read_body(doc_id)]
    if doc_id in CONVERTED:
        raw = re.sub(r"\?!兑庖\?jiàn\)》", "。《意見》", "".join(body))
        raw = raw.replace("確?;鶎又卫碚\ue41d_方向", "方向").replace("確?;鶎又卫硎冀K保持", "保持")
        assert signs(text) == signs(raw)
    elif doc_id.startswith("001"):
        assert text.rstrip("\n").split("\n") == [line.replace("D", "党") for line in body]
    else:
        assert text.rstrip("\n").split("\n") == body


@pytest.mark.parametrize(("start", "count"), [("001", 6), ("002", 23), ("003", 18)])
def test_party_organisations_come_back(start: str, count: int) -> None:
    doc_id = next(doc_id for doc_id in TEXTS if doc_id.startswith(start))
    assert "党组织" not in "".join(read_body(doc_id))
    assert read_text(doc_id).count("党组织") == count


def test_mistakes_of_the_sources_are_kept() -> None:
    text = "".join(map(read_text, TEXTS))
    for words in ("十九届四种全会", "贴进生活", "大所开放式", "“主体 整体”", "基础。强调,“只有", "**区坚持"):
        assert words in text


@pytest.mark.parametrize("source", [path.stem for path in sorted((GOLD / "furniture").glob("*.tsv"))])
def test_every_raw_line_has_one_label(source: str) -> None:
    lines = (SEEDS / f"{source}.txt").read_text(encoding="utf-8").split("\n")
    rows = read_rows(GOLD / "furniture" / f"{source}.tsv", "\t")
    assert [int(row["line"]) for row in rows] == list(range(len(lines)))
    assert {row["label"] for row in rows} <= LABELS
    assert all((row["label"] == "blank") == (not lines[int(row["line"])].strip()) for row in rows)


def test_metadata_keep_the_vocabulary() -> None:
    for row in read_rows(GOLD / "documents.csv", ","):
        assert row["level"] in LEVELS
        assert re.fullmatch(r"(\d{4}(-\d\d(-\d\d)?)?)?", row["date"])
        assert row["year"] == row["date"][:4]
        assert all("=" in answer for answer in row["accepted"].split(";") if answer)
