"""Marks and words in printer's points come in, one SVG figure goes out; all sizes are those of the printed page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from markupsafe import Markup

from discourse.report.labels import Text

Language = Literal["zh", "en"]
Anchor = Literal["start", "middle", "end"]

INK, SOFT, LINE, WASH = "#1c2126", "#5b6570", "#c9cfd5", "#f1f3f5"
BLUE, RUST = "#1f4e79", "#b5521b"  # dark and middle grey in print; apart for every kind of colour vision
SIZE, SMALL = 7.5, 6.5
TALLEST = 640.0  # points: what an A4 page leaves beside a caption


@dataclass(frozen=True)
class Figure:
    """One figure: its file name, size in points, drawing, and a caption in both languages."""

    name: str
    width: float
    height: float
    drawing: Markup
    caption: Text


@dataclass
class Canvas:
    """Pieces of a drawing; x to the right, y down, points."""

    pieces: list[Markup] = field(default_factory=list)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = SIZE,
        anchor: Anchor = "start",
        colour: str = INK,
        bold: bool = False,
        turn: float = 0.0,
    ) -> None:
        """Words whose baseline begins (ends, is centred) at x, y; turn: degrees, clockwise."""
        extra = Markup(' font-weight="700"') if bold else Markup("")
        if anchor != "start":
            extra += Markup(' text-anchor="{}"').format(anchor)
        if turn:
            extra += Markup(' transform="rotate({} {} {})"').format(_n(turn), _n(x), _n(y))
        self.pieces.append(
            Markup('<text x="{}" y="{}" font-size="{}" fill="{}"{}>{}</text>').format(
                _n(x), _n(y), _n(size), colour, extra, printable(words)
            )
        )

    def line(
        self,
        x0: float,
        y0: float,
        x1: float,
        y1: float,
        *,
        colour: str = INK,
        width: float = 0.6,
        dash: str = "",
    ) -> None:
        """A straight line."""
        dashed = Markup(' stroke-dasharray="{}"').format(dash) if dash else Markup("")
        self.pieces.append(
            Markup('<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}" stroke-width="{}"{}/>').format(
                _n(x0), _n(y0), _n(x1), _n(y1), colour, _n(width), dashed
            )
        )

    def box(
        self, x: float, y: float, width: float, height: float, *, fill: str, stroke: str = "none"
    ) -> None:
        """A rectangle by its upper left corner."""
        self.pieces.append(
            Markup(
                '<rect x="{}" y="{}" width="{}" height="{}" fill="{}" stroke="{}" stroke-width="0.4"/>'
            ).format(_n(x), _n(y), _n(width), _n(height), fill, stroke)
        )

    def dot(
        self,
        x: float,
        y: float,
        *,
        radius: float = 2.2,
        fill: str = INK,
        stroke: str = INK,
        width: float = 0.7,
    ) -> None:
        """A circle."""
        self.pieces.append(
            Markup('<circle cx="{}" cy="{}" r="{}" fill="{}" stroke="{}" stroke-width="{}"/>').format(
                _n(x), _n(y), _n(radius), fill, stroke, _n(width)
            )
        )

    def add(self, drawing: Markup) -> None:
        """A drawing made elsewhere."""
        self.pieces.append(drawing)

    def figure(self, name: str, width: float, height: float, caption: Text) -> Figure:
        """The finished figure."""
        return Figure(name, width, height, Markup("\n").join(self.pieces), caption)


def measure(words: str, size: float = SIZE) -> float:
    """Width of words in points, near enough to place them: a Chinese character is as wide as it is high."""
    return size * sum(_advance(character) for character in words)


def fit(words: str, room: float, size: float = SIZE) -> str:
    """Words that fit into `room` points; what is left out is marked by an ellipsis."""
    if measure(words, size) <= room:
        return words
    kept = words
    while kept and measure(kept + "…", size) > room:
        kept = kept[:-1]
    return kept.rstrip(" ·") + "…"


def ticks(low: float, high: float, *, most: int = 6) -> list[float]:
    """Round values that span low to high: steps of 1, 2, 2.5 or 5 times a power of ten."""
    span = (high - low) or 1.0
    power = 10.0 ** len(f"{int(span)}") if span >= 1 else 1.0
    while power > span / most:
        power /= 10.0
    step = next(
        power * factor for factor in (1, 2, 2.5, 5, 10, 20, 25, 50, 100) if span / (power * factor) <= most
    )
    first = -int(-low // step) if low <= 0 else int(low // step) + (low % step > 1e-12)
    values = [round(k * step, 10) + 0.0 for k in range(int(first) - 1, int(first) + 2 * most + 2)]
    return [value for value in values if low - 1e-9 <= value <= high + 1e-9]


def scale(low: float, high: float, start: float, end: float) -> Scale:
    """A linear scale from numbers to points."""
    return Scale(low, high if high > low else low + 1.0, start, end)


@dataclass(frozen=True)
class Scale:
    """Where a number stands, in points."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Place of a value; values beyond the ends stand at the ends."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def printable(words: str) -> str:
    """Words without control characters and direction marks, which could turn a label round."""
    return "".join(c for c in words if c == " " or c.isprintable())


def shade(share: float) -> tuple[str, str]:
    """Fill of a cell from white (0) to dark blue (1), and the ink that can be read on it."""
    share = min(max(share, 0.0), 1.0)
    rgb = [round(255 + (dark - 255) * share) for dark in (23, 62, 99)]
    return "#" + "".join(f"{value:02x}" for value in rgb), "#ffffff" if share > 0.55 else INK


def name_part(stem: str, factor: object, part: tuple[int, int]) -> str:
    """File name of a figure of a factor, or of a part of it where there are several."""
    name = f"{stem}-{str(factor).replace(':', '-')}"
    return f"{name}-{part[0]}" if part[1] > 1 else name


def tell_part(part: tuple[int, int]) -> Text:
    """Which part of a figure this is, for its caption; nothing where there is one only."""
    if part[1] == 1:
        return Text(zh="", en="")
    return Text(zh=f"（{part[0]}/{part[1]}）", en=f" ({part[0]} of {part[1]})")


def count_columns(width: float) -> int:
    """How many panels stand side by side."""
    return max(1, min(3, int(width // 150)))


def parts_of(items: Sequence[object], most: int) -> list[tuple[int, int]]:
    """Bounds of parts of at most `most` items, as even as can be."""
    n_parts = max(-(-len(items) // max(most, 1)), 1)
    return [(len(items) * k // n_parts, len(items) * (k + 1) // n_parts) for k in range(n_parts)]


def _advance(character: str) -> float:
    if ord(character) > 0x2E7F or character in "…—“”·":
        return 1.0
    if character in " .,:;|!il'":
        return 0.28
    if character.isupper() or character in "%@mw":
        return 0.68
    return 0.56


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if "." in f"{value:.2f}" else f"{value:.2f}"
