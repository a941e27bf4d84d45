"""A study whose folder holds what a cluster could trip over."""

import zipfile

from discourse.config import read_study
from discourse.resources import resource

FOOT = "\n【打印本页】\n【关闭窗口】\n版权所有：某某人民政府\n主办：某某办公室\n"
STUDY = """
[study]
name = "spark"
data = "各地 讲话"
by = ["level"]
[segment.lexicon]
name = ["governance", "我的 词典.txt"]
[topics.lda]
n_topics = 3
max_iterations = 2
[topics.ensemble]
seeds = [1, 2]
[compare.contrasts]
n_permutations = 99
[compare.keyness]
n_permutations = 99
[compare.profiles]
n_permutations = 99
[compare.trends]
n_permutations = 99
[multiverse]
sizes = [1.0]
"""


def hostile_study(folder):
    """The seeds under Chinese names with blanks, GB18030, an archive, a broken file, an own lexicon, page furniture."""
    data = folder / "各地 讲话"
    data.mkdir(parents=True)
    raw = [path.read_text(encoding="utf-8") for path in sorted(resource("seeds").glob("*.txt"))]
    for number, text in enumerate(raw):
        (data / f"讲话 第{number}篇.txt").write_text(text, encoding="utf-8")
    (data / "国标.txt").write_bytes((raw[0][2000:4000] + FOOT).encode("gb18030", "replace"))
    with zipfile.ZipFile(data / "压缩 包.zip", "w") as archive:
        for number, text in enumerate(raw[:3]):
            archive.writestr(f"内/{number}.txt", text[1000 : 2200 + 300 * number] + FOOT)
    (data / "坏.docx").write_bytes(b"PK\x03\x04 nothing that opens")
    (data / "空.txt").write_bytes(b"")
    (data / "已分词.txt").write_text("加强 基层 治理 。\n党建 引领 基层 治理 体系 。\n" * 8, encoding="utf-8")
    (folder / "我的 词典.txt").write_text("党建引领基层治理\n一站式服务\n", encoding="utf-8")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return read_study(folder / "study.toml")
