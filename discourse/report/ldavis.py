"""A topic model in, the pyLDAvis page out: one offline file whose topic numbers are ours."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import Any

import pandas as pd

from discourse.contracts import TopicModel
from discourse.errors import DiscourseError
from discourse.report.beside import OtherModel
from discourse.report.labels import ASSETS
from discourse.report.ldavis_data import json_in_script, label_topics, prepare_panel
from discourse.report.ldavis_models import pack_models
from discourse.report.ldavis_pair import GroupCounts, pack_groups
from discourse.terminal import stop_turns

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
    # two groups or models side by side are drawn small, two models on one plane
    ("var xrange = d3.extent(", "var xrange = data_or_file_name.xrange || d3.extent(", 1),
    ("var yrange = d3.extent(", "var yrange = data_or_file_name.yrange || d3.extent(", 1),
    ("mdswidth = 530,", "small = data_or_file_name.small, mdswidth = small ? 300 : 530,", 1),
    ("mdsheight = 530,", "mdsheight = small ? 300 : 530,", 1),
    ("barwidth = 530,", "barwidth = small ? 180 : 530,", 1),
    ("barheight = 530,", "barheight = small ? 290 : 530,", 1),
    ("console.log('lambda_select', lambda_select);", "", 1),
    ("console.log('lambda_select mouseup');", "", 1),
)  # fmt: skip

_PAGE = """<!DOCTYPE html>
<html lang="zh-Hans">
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
{panels}<script>{words}</script>
</body>
</html>
"""


def render_ldavis(
    model: TopicModel,
    topics: pd.DataFrame | None = None,
    *,
    n_terms: int = 30,
    groups: GroupCounts | None = None,
    other: OtherModel | None = None,
) -> str:
    """Render the pyLDAvis page of a model as HTML that loads nothing from anywhere.

    topics: the table `topics`; its labels show when the pointer rests on a circle, and its numbers are those of
    the rows of the model: where topics were merged, the numbers of those that are gone stay empty. n_terms:
    terms shown for a topic, at most 30. Topics keep their numbers, 0 first. The map is classical scaling of
    Jensen-Shannon divergences; `pyLDAvis.prepare` makes the tables, the wheel brings the scripts. groups: of
    `count_groups`; any two of them can be set side by side, each with its own sizes and words of the same
    topics. other: a second model, set beside this one with the topics of both on one plane and linked.
    Same models, same bytes.

    References: Sievert & Shirley (2014), LDAvis; Chuang, Manning & Heer (2012), Termite.
    """
    numbers = list(range(model.n_topics)) if topics is None else sorted(int(t) for t in topics["topic"])
    data = prepare_panel(model, numbers, label_topics(topics, numbers[-1] + 1), n_terms=n_terms)
    page = _PAGE.format(
        css=_without_addresses(_asset("ldavis.v1.0.0.css")),
        d3=_without_addresses(_asset("d3.v5.min.js")),
        script=_without_addresses(_corrected(_asset("ldavis.v3.0.0.js"))) + _SHOW_LABELS,
        data=json_in_script(data),
        words=_own("ldavis_words.js"),
        style=_own("ldavis_panels.css"),
        **_panels(data, numbers, groups, None if other is None else pack_models(other, model, numbers)),
    )
    return stop_turns(page)


def _panels(
    data: dict[str, Any], numbers: Sequence[int], groups: GroupCounts | None, models: dict[str, Any] | None
) -> dict[str, str]:
    """The pieces of the page that set two groups, or two models, side by side; nothing where there are none."""
    views = []
    if groups is not None and len(groups.names) > 1:
        views.append(("pair", "两组并排 Two groups side by side", _pair(data, numbers, groups)))
    if models is not None:
        views.append(("models", "两个模型并排 Two models side by side", _models(data, numbers, models)))
    if not views:
        return {"bar": "", "panels": ""}
    options = "".join(f'<option value="{view}">{words}</option>' for view, words, _ in views)
    return {
        "bar": _BAR.format(options=options),
        "panels": f"<script>{_own('ldavis_linked.js')}</script>\n"
        + "".join(panels for *_, panels in views)
        + f"<script>{_own('ldavis_panels.js')}</script>\n",
    }


def _pair(data: dict[str, Any], numbers: Sequence[int], groups: GroupCounts) -> str:
    packed = pack_groups(groups, numbers)
    choices = [
        f'<option value="{i}">{escape(group["name"])} (n = {group["n"]})</option>'
        for i, group in enumerate(packed["groups"])
    ]
    second = choices[1].replace("<option ", "<option selected ", 1)
    chosen = _GROUPS.format(a="".join(choices), b="".join([choices[0], second, *choices[2:]]))
    return _view("pair", chosen, _options(data["labels"], numbers), "PAIR", packed, "ldavis_pair.js")


def _models(data: dict[str, Any], numbers: Sequence[int], models: dict[str, Any]) -> str:
    return _view("models", "", _options(data["labels"], numbers), "MODELS", models, "ldavis_models.js")


def _options(labels: Sequence[str], numbers: Sequence[int]) -> str:
    return "".join(f'<option value="{number}">{escape("T" + labels[number])}</option>' for number in numbers)


def _view(name: str, chosen: str, topics: str, variable: str, packed: dict[str, Any], script: str) -> str:
    """One view: what can be chosen, two panels, its data and its script."""
    words = f"var {variable} = {json_in_script(packed)};\n{_own(script)}"
    return _VIEW.format(name=name, chosen=chosen, topics=topics, script=words)


_BAR = (
    '<p class="bar"><label><span class="zh">视图</span> <span class="en">View</span> <select id="view">'
    '<option value="map">全部语料 Whole corpus</option>'
    "{options}</select></label></p>\n"
)
_GROUPS = (
    '<label>A <select id="group-a">{a}</select></label> <label>B <select id="group-b">{b}</select></label> '
)
_VIEW = (
    '<div id="{name}" class="view" hidden>\n<p class="bar">{chosen}'
    '<label><span class="zh">主题</span> <span class="en">Topic</span> '
    '<select id="{name}-topic"><option value=""></option>{topics}</select></label> '
    '<label>λ <input id="{name}-lambda" type="range" min="0" max="1" step="0.02" value="1"> '
    '<output id="{name}-lambda-value">1.00</output></label></p>\n<p class="told" id="{name}-told"></p>\n'
    '<div class="panels">'
    '<figure><figcaption id="{name}-a-name"></figcaption><div id="{name}-a"></div></figure>'
    '<figure><figcaption id="{name}-b-name"></figcaption><div id="{name}-b"></div></figure></div>\n</div>\n'
    "<script>{script}</script>\n"
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


def _own(name: str) -> str:
    return (ASSETS / name).read_text("utf-8")


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
