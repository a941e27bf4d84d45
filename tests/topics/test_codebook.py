"""A codebook says what its writer decided, or in one line what is wrong with it."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discourse.errors import SettingError
from discourse.topics.codebook import LARGEST, Codebook, Entry, parse_codebook

MODEL = """
[model]
hash = "0123456789abcdef"
[model.terms]
0 = { "党员" = 0.5, "支部" = 0.25 }
1 = { "粮食" = 0.5 }
2 = { "法庭" = 0.5 }
3 = { "网页" = 0.5 }
"""


def parse(text: str, model: str = MODEL) -> Codebook:
    return parse_codebook((text + model).encode("utf-8"))


def test_names_merges_and_exclusions_are_read():
    book = parse(
        'version = 3\n[topic.0]\nname_zh = " 党建 "\nname_en = "Party building"\ndefinition = "组织\\n建设"\n'
        '[topic.1]\nmerge = [2]\n[topic.3]\nexclude = true\nreason = "网页杂质"\n'
    )
    assert book.version == 3 and book.model_hash == "0123456789abcdef"
    assert book.entries[0] == Entry("党建", "Party building", "组织 建设")
    assert book.entries[0].name == "党建 Party building"
    assert book.owner == {0: 0, 1: 1, 2: 1, 3: 3}
    assert book.entries[3].exclude and book.entries[3].reason == "网页杂质"
    assert book.terms[0] == {"党员": 0.5, "支部": 0.25}


def test_an_empty_codebook_decides_nothing():
    book = parse("")
    assert book.entries == {} and book.owner == {topic: topic for topic in range(4)}


def test_merges_may_be_told_from_either_side_and_in_chains():
    assert parse("[topic.2]\nmerge_into = 1\n[topic.1]\nmerge = [2]\nmerge_into = 0\n").owner == {
        0: 0, 1: 0, 2: 0, 3: 3,
    }  # fmt: skip


def test_a_mark_of_byte_order_and_windows_line_ends_do_no_harm():
    content = b"\xef\xbb\xbf" + ('[topic.0]\r\nname_en = "a"\r\n' + MODEL).encode("utf-8")
    assert parse_codebook(content).entries[0].name == "a"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("topics = 3", "'topics'.*Did you mean 'topic'"),
        ("[topic.0]\nnmae_zh = 'x'", "'nmae_zh'.*Did you mean 'name_zh'"),
        ("[topic.4]", "no topic 4; the model has topics 0 to 3"),
        ("[topic.00]", "plain number"),
        ("[topic.x]", "plain number"),
        ('[topic."²"]', "plain number"),
        ("topic = 3", "must be sections"),
        ("[topic.0]\nname_zh = 3", "must be text"),
        ("[topic.0]\nname_zh = '" + "长" * 81 + "'", "81 characters"),
        ('[topic.0]\nname_zh = "a\\u202eb"', r"U\+202E"),
        ('[topic.0]\ndefinition = "a\\u0007b"', r"U\+0007"),
        ("[topic.0]\nexclude = true", "needs a reason"),
        ("[topic.0]\nexclude = 1", "true or false"),
        ("[topic.0]\nreason = 'x'", "no exclude"),
        ("[topic.0]\nmerge_into = 0", "into itself"),
        ("[topic.0]\nmerge_into = 9", "no topic 9"),
        ("[topic.0]\nmerge_into = true", "no topic True"),
        ("[topic.0]\nmerge_into = [1]", "no topic"),
        ("[topic.0]\nmerge = 1", "must be a list"),
        ("[topic.0]\nmerge = [[1]]", "no topic"),
        ("[topic.0]\nmerge_into = 1\n[topic.1]\nmerge_into = 2\n[topic.2]\nmerge_into = 0", "0 -> 1 -> 2 -> 0"),
        ("[topic.0]\nmerge_into = 1\n[topic.2]\nmerge = [0]", "both 1 and 2"),
        ("[topic.0]\nmerge_into = 1\nexclude = true\nreason = 'x'", "exclude 1 instead"),
        ("[topic.0]\nname_zh = 'A'\n[topic.1]\nname_en = 'a'", "same name"),
        ("".join(f"[topic.{t}]\nexclude = true\nreason = 'x'\n" for t in range(4)), "excludes every topic"),
        ("version = 0", "version"),
        ("version = true", "version"),
        ("a = ", "not valid TOML"),
        ("a = " + "[" * 5000, "not valid TOML"),
        ("a = " + "9" * 5000, "not valid TOML|has no setting"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_in_one_line(text, said):
    with pytest.raises(SettingError, match=said) as caught:
        parse(text + "\n")
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "model",
    [
        "",
        "[model]\nhash = 'x'\n",
        MODEL.replace("0123456789abcdef", "../../etc/passwd"),
        MODEL.replace("0.25", "nan"),
        MODEL.replace("0.25", "0.75"),
        MODEL.replace("0.25", "-0.1"),
        MODEL.replace("0.25", "'a'"),
        MODEL.replace("3 =", "7 ="),
        MODEL.replace('{ "网页" = 0.5 }', "{}"),
        MODEL + "other = 3",
    ],
)
def test_a_codebook_without_the_terms_of_its_model_is_refused(model):
    with pytest.raises(SettingError):
        parse("", model)


def test_a_file_that_is_too_large_is_not_even_parsed():
    with pytest.raises(SettingError, match="at most 4,000,000 bytes"):
        parse_codebook(b"#" * (LARGEST + 1))


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(SettingError, match="not valid TOML"):
        parse_codebook(b"\xff\xfe[\x00")


@given(st.binary(max_size=200))
def test_any_bytes_give_a_codebook_or_one_setting_error(content):
    with pytest.raises(SettingError):
        parse_codebook(content)  # none of them has a [model]


TOML = st.recursive(
    st.one_of(
        st.booleans().map(lambda value: str(value).lower()),
        st.integers(-9, 9).map(str),
        st.sampled_from(["0.5", "nan", "inf", "''", "'a'", "'名'", "2026-01-01", '"\\u200b"']),
    ),
    lambda inner: st.lists(inner, max_size=3).map(lambda values: "[" + ", ".join(values) + "]"),
    max_leaves=5,
)
KEYS = st.sampled_from(["name_zh", "name_en", "definition", "merge_into", "merge", "exclude", "reason", "x"])


@settings(max_examples=200)
@given(st.dictionaries(st.integers(0, 4), st.dictionaries(KEYS, TOML, max_size=3), max_size=4))
def test_any_sections_give_a_codebook_that_holds_together_or_one_setting_error(sections):
    text = "".join(
        f"[topic.{topic}]\n" + "".join(f"{key} = {value}\n" for key, value in own.items())
        for topic, own in sections.items()
    )
    try:
        book = parse(text)
    except SettingError as error:
        assert "\n" not in str(error)
        return
    assert set(book.owner) == set(range(4))
    assert all(book.owner[root] == root for root in book.owner.values())
    assert any(not book.entries.get(root, Entry()).exclude for root in book.owner.values())


@given(st.text(alphabet=string.printable + "党“”\u2028\x7f", max_size=60))
def test_any_name_comes_back_as_it_was_written_or_is_refused(name):
    from discourse.topics.codebook_form import _quote

    try:
        book = parse(f"[topic.0]\nname_zh = {_quote(name)}\n")
    except SettingError:
        assert not " ".join(name.split()).isprintable()
        return
    assert book.entries[0].name_zh == " ".join(name.split())
