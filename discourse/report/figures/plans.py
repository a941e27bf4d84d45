"""Specification curves and maps of profiles in, the drawings of the page out, framed for paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from discourse.report.drawings import draw_curve, draw_map
from discourse.report.figures.canvas import SMALL, SOFT, Canvas, Figure, Language, fit
from discourse.report.labels import Text
from discourse.report.wording import percent, points

MAX_CURVES = 4
_SMALLER = 0.8  # points of paper for a unit of the page's curve, so that its letters are as those around it
_MAP_SCALE = 0.6

# the classes of drawings.py, as report.css colours them on the page
STYLE = (
    ".zero{stroke:#1c2126}.own{stroke:#9c2a1f;stroke-dasharray:4 3}.dot{stroke:#1f4e79;stroke-width:6;"
    "stroke-linecap:round}.hole{stroke:#fff;stroke-width:3;stroke-linecap:round}"
    ".tick{stroke:#1f4e79;stroke-width:1.6}.spec text{font-size:9.5px;fill:#5b6570}"
    ".axis{stroke:#c9cfd5;fill:none}.map circle{fill:#fff;stroke:currentColor;stroke-width:2}"
    ".map rect{fill:currentColor}.map ellipse{fill:none;stroke:currentColor;opacity:.6}"
    ".spoke,.cross{stroke:#c9cfd5;fill:none}.cross{stroke:#5b6570}"
    ".map text{font-size:13px;fill:currentColor;paint-order:stroke;stroke:#fff;stroke-width:3px}"
    ".map .topic{fill:#5b6570}.c0{color:#1f4e79}.c1{color:#b5521b}.c2{color:#2c7a4b}.c3{color:#7a3b8f}"
    ".c4{color:#8a6d00}.c5{color:#0f7c86}.c6{color:#a3274f}.c7{color:#4d5963}"
)


def draw_curves(factor: Mapping[str, Any], *, language: Language, width: float) -> list[Figure]:
    """Specification curves of a factor's first contrasts: findings before others, at most `MAX_CURVES`."""
    listed = [*factor["tested"], *factor["described"]]
    rows = [row for row in listed if row["robustness"] and row["robustness"]["curve"]][:MAX_CURVES]
    return [_curve(factor, row, k, language=language, width=width) for k, row in enumerate(rows, start=1)]


def _curve(
    factor: Mapping[str, Any], row: Mapping[str, Any], number: int, *, language: Language, width: float
) -> Figure:
    curve = row["robustness"]["curve"]
    inner = width - 16
    drawn = draw_curve(curve, row["difference"], language=language, width=round(inner / _SMALLER))
    drawing, height = _embed(drawn, 12, 14, inner)
    canvas = Canvas()
    pair = f"{row['target'][language]} − {row['reference'][language]}"
    canvas.text(12, 9, fit(f"T{row['topic']} {row['label']}：{pair}", width - 20), bold=True)
    canvas.add(drawing)
    y = {"zh": "差异（百分点）", "en": "difference (points)"}[language]
    canvas.text(8, 14 + height * 0.25, y, size=SMALL, anchor="middle", colour=SOFT, turn=-90)
    r = row["robustness"]
    signs = {name: "—" if r[name] is None else percent(r[name]) for name in ("same_sign", "significant")}
    caption = Text(
        zh=f"规格曲线：T{row['topic']}「{row['label']}」，{row['target']['zh']} 减 {row['reference']['zh']}，"
        f"{curve['n']} 个有此主题的模型（共 {r['n_models']} 个）各一点，由小到大；实心为未校正 p < .05，"
        f"虚线为本研究的差异（{points(row['difference'])} 个百分点）；下方为各模型的设置。同号 {signs['same_sign']}，"
        f"p < .05 者 {signs['significant']}；判定：{r['badge']['zh']}。模型一致说明工具稳定，不构成证据。",
        en=f"Specification curve: T{row['topic']} ({row['label']}), {row['target']['en']} less "
        f"{row['reference']['en']}; a dot for each of {curve['n']} models with the topic (of {r['n_models']}), "
        "smallest first; filled where the unadjusted p is below .05; dashed: the difference of the study's own "
        f"model ({points(row['difference'])} points); below, the settings of each model. "
        f"Same sign: {signs['same_sign']}, p < .05: {signs['significant']}; badge: "
        f"{r['badge']['en']}. Agreement of models is stability of the instrument, not evidence.",
    )
    name = f"curve-{str(factor['factor']).replace(':', '-')}-{number}"
    return canvas.figure(name, width, 18 + height, caption)


def draw_plan(
    entry: Mapping[str, Any],
    factor: str,
    topics: Sequence[Mapping[str, Any]],
    *,
    language: Language,
    width: float,
) -> list[Figure]:
    """Map of profiles: documents, means of groups with their regions, topics, which the caption names."""
    plan = entry["map"]
    if not plan:
        return []
    inner = width - 16
    size = (round(inner / _MAP_SCALE), round(min(inner * 0.62, 420) / _MAP_SCALE))
    drawing, height = _embed(draw_map(plan, language=language, size=size), 14, 2, inner)
    across, up = (percent(share) for share in plan["explained"])
    canvas = Canvas()
    canvas.add(drawing)
    first, second = {"zh": ("第一轴", "第二轴"), "en": ("axis 1", "axis 2")}[language]
    canvas.text(
        14 + (width - 16) / 2, height + 12, f"{first} ({across})", size=SMALL, anchor="middle", colour=SOFT
    )
    canvas.text(8, 2 + height / 2, f"{second} ({up})", size=SMALL, anchor="middle", colour=SOFT, turn=-90)
    drawn, n = len(plan["documents"]), plan["n"]
    some_zh, some_en = (f"画出其中 {drawn} 篇。", f" {drawn} of them are drawn.") if drawn < n else ("", "")
    ellipse = any(group["ellipse"] for group in plan["groups"])
    names = [f"T{topic['topic']} {topic['label']}" for topic in topics]
    caption = Text(
        zh=f"主题构成图（按{entry['label']['zh']}），n = {n} 篇。{some_zh}"
        "圆点：一篇文档，细线连到其组平均；方块：组平均；"
        f"T：主题，文档靠近它谈得多的主题。"
        + ("椭圆：组平均的 95% 区域。" if ellipse else "各组文档太少，不画区域。")
        + f"横轴、纵轴分别说明变异的 {across} 与 {up}；两轴同一尺度。{'；'.join(names)}。",
        en=f"Map of topic profiles (by {entry['label']['en']}), n = {n} documents.{some_en} Dot: a document, "
        "joined to the mean of its group; square: mean of a group; T: topics, documents lie near what they "
        "speak of most. "
        + (
            "Ellipse: 95 % region of a group's mean. "
            if ellipse
            else "No region: the groups have too few documents. "
        )
        + f"The axes show {across} and {up} of the variation, on one scale. {'; '.join(names)}.",
    )
    return [canvas.figure(f"map-{factor.replace(':', '-')}", width, height + 18, caption)]


def _embed(drawing: Markup, x: float, y: float, width: float) -> tuple[Markup, float]:
    """A drawing of the page at a place and width of the figure; and its height there."""
    _, _, across, down = str(drawing).partition('viewBox="')[2].partition('"')[0].split()
    height = width * float(down) / float(across)
    place = f'<svg x="{x:g}" y="{y:g}" width="{width:g}" height="{height:.2f}" '
    return Markup(str(drawing).replace("<svg ", place, 1)), height
