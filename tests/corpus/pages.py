"""Pages made for a test: a body, and what stands around it."""

from discourse.corpus.attribution import Page

PLAIN = (
    "基层治理是国家治理的基石，要把党的领导贯穿基层治理全过程各方面，不断提升治理效能，推动工作再上新台阶。"
)


def make_page(body: str = PLAIN, title: str = "", head: str = "", foot: str = "") -> Page:
    """A page whose head and foot are furniture; `body` may have several lines."""
    text, spans, title_span = "", [], None
    for part, lines in (("head", head), ("title", title), ("body", body), ("foot", foot)):
        for line in lines.split("\n") if lines else []:
            span = (len(text), len(text) + len(line))
            text += line + "\n"
            if part == "body":
                spans.append(span)
            if part == "title":
                title_span = span
    return Page(text, spans, title_span)
