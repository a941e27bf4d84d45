"""How Sphinx builds the guide: ``make docs``. Nothing in it, and nothing in the built pages, asks for the network."""

from __future__ import annotations

import re
from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.search import SearchLanguage, languages

import discourse

project = "discourse"
author = "The discourse developers"
project_copyright = "the discourse developers; MIT licence"
version = release = discourse.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "guide/example"]
suppress_warnings = ["myst.header"]  # settings.md puts each function below its section

myst_heading_anchors = 3
autodoc_typehints = "none"
autodoc_member_order = "bysource"
napoleon_google_docstring = False

html_theme = "furo"
html_title = "discourse"
html_search_language = "pairs"
html_copy_source = False
html_show_sphinx = False
html_show_search_summary = False  # it would fetch the pages found, which browsers refuse for files
html_theme_options = {"top_of_page_buttons": []}

_HAN = "\u3400-\u9fff"
_CHINESE = re.compile("[\u2018-\u201f\u3000-\u9fff\uff00-\uffef]")
_OUTSIDE = re.compile(r"\[([^\]]+)\]\(((?:\.\./)+(?:benchmarks|seeds|stopwords|results)/[^)#]+)\)")


class Pairs(SearchLanguage):
    """Words in Latin letters, and every two neighbouring Chinese characters.

    A query is cut the same way and all of its parts must be found, so that 主题模型 finds what 主题 and 模型 stand
    beside each other in: a dictionary would cut the page and the query into different words.
    """

    lang = "pairs"
    language_name = "Chinese and English"
    js_splitter_code = """
function splitQuery(query) {
  const terms = [];
  for (const run of query.match(/[\\u3400-\\u9fff]+|[^\\s\\u3400-\\u9fff]+/g) || []) {
    if (!/[\\u3400-\\u9fff]/.test(run)) terms.push(...(run.match(/[\\p{L}\\p{N}_]+/gu) || []));
    else if (run.length === 1) terms.push(run);
    else for (let i = 0; i + 1 < run.length; i++) terms.push(run.slice(i, i + 2));
  }
  return terms;
}
"""

    def split(self, input: str) -> list[str]:
        """The parts of a text that can be searched for."""
        return list(_parts(input))


def _parts(text: str) -> Iterator[str]:
    for run in re.findall(rf"[{_HAN}]+|[^\W{_HAN}]+", text):
        if re.match(f"[{_HAN}]", run):
            yield from run
            yield from (run[i : i + 2] for i in range(len(run) - 1))
        else:
            yield run


def link_outside(app: Sphinx, docname: str, source: list[str]) -> None:
    """Let links to files beside docs/ lead to copies inside the built pages."""
    source[0] = _OUTSIDE.sub(r"{download}`\1 <\2>`", source[0])


def join_chinese(app: Sphinx, doctree: nodes.document) -> None:
    """Show no blank where a line of Chinese ends in the source."""
    for line_break in [text for text in doctree.findall(nodes.Text) if text == "\n"]:
        inline = line_break.parent
        at = inline.index(line_break)
        sides = (
            (inline[at - 1].astext()[-1:], inline[at + 1].astext()[:1])
            if 0 < at < len(inline) - 1
            else ("", "")
        )
        if all(_CHINESE.match(side) for side in sides):
            inline.remove(line_break)


def setup(app: Sphinx) -> None:
    """Add the search of Chinese, whole Chinese paragraphs, and the links to files beside docs/."""
    languages["pairs"] = Pairs
    app.connect("source-read", link_outside)
    app.connect("doctree-read", join_chinese)
