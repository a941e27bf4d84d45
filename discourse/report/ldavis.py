"""A topic model in, the pyLDAvis page out: one offline file whose topic numbers are ours."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from discourse.contracts import TopicModel
from discourse.errors import DiscourseError
from discourse.report.labels import ASSETS
from discourse.report.ldavis_pair import GroupCounts, pack_groups

# The wheel's script counts topics from 1 and uses 0 for "none chosen": with topics from 0 it would answer
# clicks on topic 0 with nothing and a term with the circle beside it. Here -1 is none. It also writes its
# state into the address, which an embedded page may not do, and links to two papers on the web.
_CORRECTIONS: tuple[tuple[str, str, int], ...] = (
    ("topic: 0,\n            term", "topic: -1,\n            term", 1),
    ("vis_state.topic > 0", "vis_state.topic >= 0", 7),
    (
        "Math.min(K, +value_old + 1).toFixed(0)",
        'Math.min(K - 1, value_old === "" ? 0 : +value_old + 1).toFixed(0)',
        1,
    ),
    ("!isNaN(value_new) && value_new > 0", 'value_new !== "" && !isNaN(value_new) && value_new >= 0', 1),
    ("Math.min(K, Math.max(1, value_new))", "Math.min(K - 1, Math.max(0, Math.round(value_new)))", 1),
    ('topicInput.value = "0"; // a value of 0', 'topicInput.value = ""; // an empty box', 1),
    ("dat2[i].Topic - 1", "dat2[i].Topic", 2),
    (
        "document.getElementById(topicID).value = vis_state.topic = 0;",
        'document.getElementById(topicID).value = ""; vis_state.topic = -1;',
        1,
    ),
    ("return d.topics;", 'return d.Freq > 0 ? d.topics : "";', 1),
    ("if (params.length > 1) {", "if (false) { // no state in the address", 1),
    ("history.replaceState(vis_state, \"Query\", state_url());", "return;", 1),
    ("history.pushState(vis_state, \"Query\", state_url());", "return;", 1),
    ('.attr("x", "xaxis")', '.attr("class", "xaxis")', 1),
    ('.attr("xlink:href", "http://vis.stanford.edu/files/2012-Termite-AVI.pdf")', "", 1),
    ('.attr("xlink:href", "http://nlp.stanford.edu/events/illvi2014/papers/sievert-illvi2014.pdf")', "", 1),
    # bars begin at 0: expected counts may be below 1
    (".domain([1, d3.max(", ".domain([0, d3.max(", 4),
    # two groups side by side are drawn small
    ("mdswidth = 530,", "small = data_or_file_name.small, mdswidth = small ? 300 : 530,", 1),
    ("mdsheight = 530,", "mdsheight = small ? 300 : 530,", 1),
    ("barwidth = 530,", "barwidth = small ? 180 : 530,", 1),
    ("barheight = 530,", "barheight = small ? 290 : 530,", 1),
    ("console.log('lambda_select', lambda_select);", "", 1),
    ("console.log('lambda_select mouseup');", "", 1),
)  # fmt: skip

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; \
style-src 'unsafe-inline'">
<title>pyLDAvis</title>
<style>{css}{style}</style>
<script>{d3}</script>
<script>{script}</script>
</head>
<body>
{bar}<div id="ldavis"></div>
<script>var DATA = {data};
new LDAvis("#ldavis", DATA);</script>
{pair}</body>
</html>
"""


def render_ldavis(
    model: TopicModel,
    topics: pd.DataFrame | None = None,
    *,
    n_terms: int = 30,
    groups: GroupCounts | None = None,
) -> str:
    """Render the pyLDAvis page of a model as HTML that loads nothing from anywhere.

    topics: the table `topics`; its labels show when the pointer rests on a circle, and its numbers are those of
    the rows of the model: where topics were merged, the numbers of those that are gone stay empty. n_terms:
    terms shown for a topic, at most 30. Topics keep their numbers, 0 first. The map is classical scaling of
    Jensen-Shannon divergences; `pyLDAvis.prepare` makes the tables, the wheel brings the scripts. groups: of
    `count_groups`; any two of them can be set side by side, each with its own sizes and words of the same
    topics. Same model, same bytes.

    References: Sievert & Shirley (2014), LDAvis; Chuang, Manning & Heer (2012), Termite.
    """
    data = _prepare(model, n_terms)
    numbers = list(range(model.n_topics)) if topics is None else sorted(int(t) for t in topics["topic"])
    if numbers != list(range(model.n_topics)):
        data = _with_gaps(data, numbers)
    data["labels"] = _labels(topics, numbers[-1] + 1)
    return _PAGE.format(
        css=_without_addresses(_asset("ldavis.v1.0.0.css")),
        d3=_without_addresses(_asset("d3.v5.min.js")),
        script=_without_addresses(_corrected(_asset("ldavis.v3.0.0.js"))) + _SHOW_LABELS,
        data=_json(data),
        **_pair(groups, numbers, data["labels"]),
    )


def _pair(groups: GroupCounts | None, numbers: Sequence[int], labels: Sequence[str]) -> dict[str, str]:
    """The pieces of the page that set two groups side by side; nothing where there are no two."""
    if groups is None or len(groups.names) < 2:
        return {"style": "", "bar": "", "pair": ""}
    packed = pack_groups(groups, numbers)
    choices = [
        f'<option value="{i}">{escape(group["name"])} (n = {group["n"]})</option>'
        for i, group in enumerate(packed["groups"])
    ]
    second = choices[1].replace("<option ", "<option selected ", 1)
    named = [f'<option value="{number}">{escape("T" + labels[number])}</option>' for number in numbers]
    script = f"var PAIR = {_json(packed)};\n{(ASSETS / 'ldavis_pair.js').read_text('utf-8')}"
    return {
        "style": _PAIR_STYLE,
        "bar": _BAR,
        "pair": _PANELS.format(
            a="".join(choices),
            b="".join([choices[0], second, *choices[2:]]),
            topics="".join(named),
            script=script,
        ),
    }


_BAR = (
    '<p class="bar"><label>视图 View <select id="view"><option value="map">全部语料 Whole corpus</option>'
    '<option value="pair">两组并排 Two groups side by side</option></select></label></p>\n'
)
_PANELS = (
    '<div id="pair" hidden>\n<p class="bar"><label>A <select id="group-a">{a}</select></label> '
    '<label>B <select id="group-b">{b}</select></label> '
    '<label>主题 Topic <select id="pair-topic"><option value=""></option>{topics}</select></label> '
    '<label>λ <input id="pair-lambda" type="range" min="0" max="1" step="0.02" value="1"> '
    '<output id="pair-lambda-value">1.00</output></label></p>\n'
    '<div class="panels"><div id="panel-a"></div><div id="panel-b"></div></div>\n</div>\n<script>{script}</script>\n'
)
_PAIR_STYLE = (
    ".bar{font:14px sans-serif;margin:.4rem;background:#e8e8e8;padding:.4rem}.bar label{margin-right:1.2rem}"
    ".bar select{max-width:15rem;font:inherit}.panels{display:flex;flex-wrap:wrap}"
    "#panel-a-top,#panel-b-top{display:none}.panels svg text{font-size:11px!important}"
    ".panels svg>text{font-size:15px!important;font-weight:600}.panels svg{overflow:visible}"
    ".panels .bubble-tool{font-size:9.5px!important}.panels svg a{display:none}"
)


# each circle gets a <title>, which browsers show beside the pointer and screen readers read; a page that
# holds this one in a frame is told how many topics were drawn
_SHOW_LABELS = """
LDAvis = (function (draw) {
  return function (selector, data) {
    draw(selector, data);
    var circles = d3.selectAll(selector + " .dot");
    circles.append("title").text(function (d) { return data.labels[d.topics]; });
    if (window.parent !== window) window.parent.postMessage(circles.size(), "*");
  };
})(LDAvis);
"""


def _prepare(model: TopicModel, n_terms: int) -> dict[str, Any]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # importing pyLDAvis changes the warning filters
        import pyLDAvis

        prepared = pyLDAvis.prepare(
            model.phi, model.theta, model.lengths, model.vocabulary.to_numpy(dtype=object), model.term_counts,
            R=min(n_terms, 30), lambda_step=0.02, mds=_scale, n_jobs=1, sort_topics=False, start_index=0,
            plot_opts={"xlab": "PC1", "ylab": "PC2"},
        )  # fmt: skip
    return _plain(prepared.to_dict())


def _scale(phi: pd.DataFrame) -> np.ndarray:
    """Scale the Jensen-Shannon divergences between topics to two axes, (n_topics, 2).

    A symmetric eigensolver keeps everything real where topics repeat (pyLDAvis' own dies there); each axis
    points to where its largest coordinate is positive.
    """
    distances = _divergences(np.asarray(phi, dtype=np.float64))
    n_topics = len(distances)
    centre = np.eye(n_topics) - 1.0 / n_topics
    values, vectors = np.linalg.eigh(-0.5 * centre @ distances**2 @ centre)
    axes = np.zeros((n_topics, 2))
    for axis, index in enumerate(np.argsort(-values, kind="stable")[:2]):
        vector = vectors[:, index] * np.sqrt(max(values[index], 0.0))
        axes[:, axis] = vector * (1.0 if vector[np.argmax(np.round(np.abs(vector), 9))] >= 0 else -1.0)
    return np.round(axes, 6) + 0.0


def _divergences(phi: np.ndarray) -> np.ndarray:
    """Jensen-Shannon divergence (nats) of every pair of topics."""
    middle = 0.5 * (phi[:, None, :] + phi[None, :, :])
    ratio = np.log(np.where(phi > 0, phi, 1.0))[:, None, :] - np.log(np.where(middle > 0, middle, 1.0))
    one_way = (phi[:, None, :] * ratio).sum(axis=2)
    return np.maximum(0.5 * (one_way + one_way.T), 0.0)


def _plain(value: Any) -> Any:
    """Numbers and lists of plain Python, rounded to what a picture can show."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(item) for item in value]
    if isinstance(value, float | np.floating):
        return round(float(value), 6) if np.isfinite(value) else 0.0
    return int(value) if isinstance(value, np.integer) else value


def _with_gaps(data: dict[str, Any], numbers: list[int]) -> dict[str, Any]:
    """Give the topics their own numbers; a number that is gone has no share and no circle.

    The page looks topics up by position, so a row stands for every number; that of one that is gone repeats the
    place and the terms of the first topic.
    """
    n_rows = numbers[-1] + 1
    source = {number: row for row, number in enumerate(numbers)}
    rows = [source.get(number, 0) for number in range(n_rows)]
    places = data["mdsDat"]
    shown = {name: [values[row] for row in rows] for name, values in places.items()}
    shown["topics"] = list(range(n_rows))
    shown["Freq"] = [
        value if number in source else 0.0 for number, value in zip(range(n_rows), shown["Freq"], strict=True)
    ]
    words = {f"Topic{row}": f"Topic{number}" for number, row in source.items()}
    terms, tokens = data["tinfo"], data["token.table"]
    return data | {
        "mdsDat": shown,
        "tinfo": terms | {"Category": [words.get(name, name) for name in terms["Category"]]},
        "token.table": tokens | {"Topic": [numbers[row] for row in tokens["Topic"]]},
        "topic.order": list(range(n_rows)),
    }


def _labels(topics: pd.DataFrame | None, n_topics: int) -> list[str]:
    named = (
        {}
        if topics is None
        else dict(zip(topics["topic"].astype(int), topics["label"].astype(str), strict=True))
    )
    return [f"{topic} · {named[topic]}" if topic in named else str(topic) for topic in range(n_topics)]


def _json(data: Any) -> str:
    """JSON that can stand inside a script element, whatever the data hold."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _asset(name: str) -> str:
    return files("pyLDAvis").joinpath("js", name).read_text(encoding="utf-8")


def _corrected(script: str) -> str:
    for before, after, n_times in _CORRECTIONS:
        if script.count(before) != n_times:
            raise DiscourseError(
                f"pyLDAvis' script is not the one of version 3.4.1: {before!r} occurs "
                f"{script.count(before)} times, "
                f"expected {n_times}. Install pyLDAvis==3.4.1."
            )
        script = script.replace(before, after)
    return script


def _without_addresses(script: str) -> str:
    """Write every ``//`` after a colon as an escape: same program, no address in the page."""
    return script.replace("://", ":\\/\\/").replace("</script", "<\\/script")
