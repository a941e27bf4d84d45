"""Files of every format, made on the spot for the tests of the readers."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

import docx

PROSE = (
    "我们要坚持党建引领基层治理，把基层党组织建设成为坚强的战斗堡垒。",
    "社区工作者在网格里为群众服务，大家的事情由大家商量着办好。",
)


def make_docx(paragraphs: Sequence[str], rows: Sequence[Sequence[str]] = ()) -> bytes:
    """A Word file of paragraphs and one table."""
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    if rows:
        table = document.add_table(len(rows), len(rows[0]))
        for i, row in enumerate(rows):
            for j, cell in enumerate(row):
                table.cell(i, j).text = cell
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def make_pdf(pages: Sequence[Sequence[tuple[float, float, str]]], size: int = 12) -> bytes:
    """A PDF of lines at (x, y) points from the lower left corner, in a font that the viewer has to find."""
    n = len(pages)
    font = (
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts "
        "[<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> "
        "/FontDescriptor << /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [0 -200 1000 900] "
        "/ItalicAngle 0 /Ascent 900 /Descent -200 /CapHeight 800 /StemV 80 >> >>] >>"
    )
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(n))
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {n} >>", font]
    for i, lines in enumerate(pages):
        stream = "\n".join(
            f"BT /F1 {size} Tf {x} {y} Td <{text.encode('utf-16-be').hex()}> Tj ET" for x, y, text in lines
        )
        stream = stream or "0 0 m 100 100 l S"
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            f"/Contents {5 + 2 * i} 0 R >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    data, offsets = b"%PDF-1.4\n", []
    for number, item in enumerate(objects, start=1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n{item}\nendobj\n".encode()
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size_line = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    trailer = f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(data)}\n%%EOF\n"
    return data + (size_line + trailer).encode()


def make_zip(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive of files by name; its bytes do not depend on the clock (test ids may hold them)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, compression)
    return buffer.getvalue()


def make_page(
    paragraphs: Sequence[str], title: str = "在基层治理工作会议上的讲话", charset: str = "utf-8"
) -> str:
    """A web page with a menu, a byline, links and a footer around its paragraphs."""
    body = "\n".join(f"<p>　　{paragraph}</p>" for paragraph in paragraphs)
    return (
        f'<!DOCTYPE html><html><head><meta charset="{charset}"><title>{title}_某某网</title><script>var a="不是正文。";'
        '</script></head><body><ul class="nav"><li><a href="/">首页</a></li><li><a href="/a">要闻动态</a></li></ul>'
        f'<div class="main"><h1>{title}</h1><div class="info">来源：某某日报 2024-05-06</div>'
        f'<div class="content">{body}<div style="display: none">看不见的一段话，不是正文。</div></div>'
        '<div><a href="/b">相关链接：另一条新闻，也很重要。</a></div></div>'
        '<div class="footer">版权所有 某某网</div></body></html>'
    )
