"""Pages, Word files, PDFs and Markdown give the text that a reader of them sees."""

from __future__ import annotations

import pytest

from discourse.corpus.formats import read_content
from discourse.errors import SourceError
from tests.corpus.files import PROSE, make_docx, make_page, make_pdf, make_zip

_MANY = 10**8
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def _text(data, name):
    return read_content(data if isinstance(data, bytes) else data.encode(), name, _MANY).text


def _word(body, doctype=""):
    xml = f'<?xml version="1.0" encoding="UTF-8"?>{doctype}<w:document {_W}><w:body>{body}</w:body></w:document>'
    return make_zip({"word/document.xml": xml.encode()})


# --- pages ---------------------------------------------------------------------------------------------------


def test_a_page_gives_title_byline_and_body_and_nothing_else():
    assert _text(make_page(PROSE), "a.html").split("\n") == [
        "在基层治理工作会议上的讲话",
        "来源：某某日报 2024-05-06",
        *PROSE,
    ]


def test_a_page_is_decoded_on_evidence_whatever_it_declares():
    content = read_content(make_page(PROSE, charset="utf-8").encode("gb18030"), "a.htm", _MANY)
    assert PROSE[0] in content.text and content.encoding == "gb18030"


def test_paragraphs_of_line_breaks_and_of_wrapped_source_lines_are_whole():
    page = f"<body><div>{PROSE[0][:9]}\n   {PROSE[0][9:]}<br/>{PROSE[1]}<br>see  the\n page</div></body>"
    assert _text(page, "a.html").split("\n") == [PROSE[0], PROSE[1], "see the page"]


def test_a_link_inside_a_paragraph_is_part_of_it():
    page = make_page([PROSE[0].replace("基层治理", '<a href="x">基层治理</a>'), PROSE[1]])
    assert PROSE[0] in _text(page, "a.html").split("\n")


def test_entities_of_a_page_do_not_swell():
    bomb = (
        '<!DOCTYPE html [<!ENTITY a "啊啊啊"><!ENTITY b "&a;&a;&a;">]><body><p>&b;' + PROSE[0] + "</p></body>"
    )
    assert len(_text(bomb, "a.html")) < 200


def test_a_page_nested_too_deep_is_refused_and_not_cut_short():
    assert PROSE[0] in _text("<div>" * 100 + PROSE[0] + "</div>" * 100, "a.html")
    with pytest.raises(SourceError, match="nested deeper"):
        _text(PROSE[1] + "<div>" * 5000 + PROSE[0] + "</div>" * 5000, "a.html")


def test_a_page_without_text_is_refused():
    with pytest.raises(SourceError, match="no text"):
        _text("<html><body><script>load()</script></body></html>", "a.html")


def test_a_page_saved_as_one_file_and_a_page_called_doc_are_read():
    page = make_page(PROSE)
    head = "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    for data, name in (
        (head + page, "a.mht"),
        (page, "a.doc"),
        (make_docx(PROSE), "b.doc"),
        (make_docx(PROSE), "b.wps"),
    ):
        assert PROSE[1] in _text(data, name).split("\n")


# --- Word ----------------------------------------------------------------------------------------------------


def test_a_word_file_gives_paragraphs_and_rows_of_its_tables():
    text = _text(make_docx(PROSE, [["指标", "目标"], ["增长", "5%左右"]]), "a.docx")
    assert text.split("\n") == [*PROSE, "指标\t目标", "增长\t5%左右"]


def test_deleted_words_and_second_copies_are_left_out_and_inserted_ones_kept():
    body = (
        "<w:p><w:r><w:t>坚持</w:t></w:r><w:del><w:r><w:delText>不</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>群众路线</w:t></w:r></w:ins><w:r><w:tab/><w:t>好</w:t></w:r></w:p>"
    )
    assert _text(_word(body), "a.docx") == "坚持群众路线\t好"


@pytest.mark.parametrize(
    "doctype", ['<!DOCTYPE a [<!ENTITY x "y">]>', '<!DOCTYPE a SYSTEM "file:///etc/passwd">', "<!DOCTYPE a>"]
)
def test_entities_in_a_word_file_are_refused(doctype):
    with pytest.raises(SourceError, match="entities"):
        _text(_word("<w:p><w:r><w:t>文</w:t></w:r></w:p>", doctype), "a.docx")


def test_entities_hidden_in_another_encoding_are_refused_too():
    xml = f'<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY x "y">]><w:document {_W}/>'.encode(
        "utf-16"
    )
    with pytest.raises(SourceError, match="document type"):
        _text(make_zip({"word/document.xml": xml}), "a.docx")


def test_macros_are_refused():
    data = make_zip({"word/document.xml": b"<a/>", "word/vbaProject.bin": b"x"})
    with pytest.raises(SourceError, match="macros"):
        _text(data, "a.docx")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xd0\xcf\x11\xe0" + bytes(100), "old or locked"),
        (make_zip({"a.txt": b"b"}), "no Word document"),
        (make_docx(PROSE)[:-40], "damaged"),
        (b"", "damaged"),
    ],
)
def test_what_is_no_word_file_is_refused_with_the_next_step(data, words):
    with pytest.raises(SourceError, match=words):
        _text(data, "a.docx")


# --- PDF -----------------------------------------------------------------------------------------------------

_LONG = "我们要坚持党建引领基层治理，把党组织建设成为坚强战斗堡垒，把服务群众的工作做到家门口。"
_PRINTED = [(96, 700, _LONG[:30]), (72, 680, _LONG[30:]), (96, 660, PROSE[1])]


def test_printed_lines_of_a_pdf_become_paragraphs_again():
    assert _text(make_pdf([_PRINTED]), "a.pdf").split("\n") == [_LONG, PROSE[1]]


def test_a_paragraph_runs_on_over_the_page_and_page_numbers_and_heads_go():
    first, second = _LONG[:30], _LONG[30:]
    pages = [
        [(200, 800, "某某市政府公报"), (96, 700, first), (290, 30, f"— {2 * i + 1} —")]
        if i % 2 == 0
        else [
            (200, 800, "某某市政府公报"),
            (72, 760, second),
            (96, 740, PROSE[1]),
            (290, 30, f"— {2 * i + 1} —"),
        ]
        for i in range(4)
    ]
    content = read_content(make_pdf(pages), "a.pdf", _MANY)
    assert content.text.split("\n") == [_LONG, PROSE[1], _LONG, PROSE[1]]
    assert any("某某市政府公报" in remark for remark in content.remarks)


def test_a_page_that_is_a_picture_is_named_and_a_pdf_of_pictures_is_refused():
    content = read_content(make_pdf([_PRINTED, [], _PRINTED]), "a.pdf", _MANY)
    assert content.remarks[0] == "page 2 of 3 is a picture without text"
    with pytest.raises(SourceError, match="no text layer: its 2 pages are pictures; run OCR"):
        _text(make_pdf([[], []]), "a.pdf")


def test_a_pdf_by_another_name_is_read_and_a_broken_one_refused():
    assert _LONG in _text(make_pdf([_PRINTED]), "a.txt")
    with pytest.raises(SourceError, match="damaged PDF"):
        _text(make_pdf([_PRINTED])[:60], "a.pdf")


# --- Markdown ------------------------------------------------------------------------------------------------


def test_markdown_loses_its_marks_and_keeps_its_words_and_placeholders():
    front, body = (
        "---\ntitle: x\n---\n",
        "**一要**抓[党建](https://example.org/a)，![图](b.png)服务**区群众。",
    )
    assert (
        _text(f"{front}# 讲话\n\n{body}\n\n- 甲\n> 乙\n\n***\n", "a.md")
        == "讲话\n\n一要抓党建，服务**区群众。\n\n甲\n乙\n\n\n"
    )


@pytest.mark.parametrize(
    "signs", ["[", "![", "[a](./", "<!--", "# " + " " * 50 + "a", "(", "[a](./(", "**a", "> ", "- "]
)
def test_a_line_of_a_million_signs_of_markdown_is_read_as_any_other(signs):
    """Each search once began at every sign and went to the end of the line."""
    n = 1_000_000 // len(signs)
    assert _text(("基层治理。" + signs * n + "\n党建。").encode(), "a.md").endswith("党建。")
    assert _text((signs * n + "\n党建。").encode(), "a.md").endswith("党建。")


def test_headings_lose_the_signs_that_close_them_and_links_keep_their_words():
    page = "# 一、总体要求 ##  \n## C#\n[意见](https://a.cn/b_(c))、[决定](./d)（见 [1](2)）\n<!-- 注 -->\n#  #\n"
    assert _text(page.encode(), "a.md") == "一、总体要求\nC#\n意见、决定（见 [1](2)）\n\n#\n"
