"""Write docs/gallery.md and its pictures from a finished run: ``python docs/build_gallery.py RUN``.

RUN: what `discourse demo` made, after `discourse select RUN --sizes 4,6,8,10 --seeds 3`.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from discourse.figures import draw_run
from discourse.pipeline import open_run

DOCS = Path(__file__).resolve().parent
SHOWN = {
    "coverage": ("语料覆盖", "Coverage of the corpus"),
    "number-of-topics": ("主题数的权衡", "The number of topics as a trade-off"),
    "matrix-region": ("主题 × 地区", "Topics by region"),
    "prevalence-level": ("按层级的份额", "Prevalence by level"),
    "contrasts-level": ("组间差异", "Differences between levels"),
    "curve-level-1": ("规格曲线", "A specification curve"),
    "map-level": ("主题构成图", "A map of topic profiles"),
    "trend-year": ("趋势", "Trend"),
    "keyness-level": ("标志词", "Marking words"),
}


def build_gallery(run: Path) -> str:
    """Copy the pictures; returns the page."""
    pictures = DOCS / "img" / "gallery"
    pictures.mkdir(parents=True, exist_ok=True)
    parts = [_HEAD]
    with tempfile.TemporaryDirectory() as scratch:
        folder = draw_run(open_run(run), Path(scratch) / "figures", formats=["svg"])
        for name, (zh, en) in SHOWN.items():
            shutil.copyfile(folder / f"{name}.svg", pictures / f"{name}.svg")
            caption = (folder / f"{name}.txt").read_text(encoding="utf-8").split("\n\n")
            parts.append(f"## {zh} {en}\n\n![{en}](img/gallery/{name}.svg)\n\n{caption[0]}\n\n{caption[1]}\n")
    return "\n".join(parts)


_HEAD = """# Gallery 图库

Every picture is from one real run, `discourse demo` on the five packaged files, drawn by `discourse figures` and
nothing else; the words below a picture are its own caption file. With eight documents nothing can be concluded, and
the pictures say so. Written by `python docs/build_gallery.py RUN`.

**中文摘要**：以下各图都出自同一次真实运行（`discourse demo`，五个自带文件），由 `discourse figures` 直接画出；
图下文字即随图写出的图注。八篇文档不足以下结论，图与图注都照实说明。
"""

if __name__ == "__main__":
    (DOCS / "gallery.md").write_text(build_gallery(Path(sys.argv[1])), encoding="utf-8")
    sys.stdout.write("wrote docs/gallery.md\n")
