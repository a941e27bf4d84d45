"""A study file says only what the code understands, or is answered in one line."""

import pytest

from discourse.config import SECTIONS, change_study, default_settings, public_function, read_study
from discourse.errors import SettingError


def study_of(tmp_path, text):
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    return read_study(path)


def test_a_study_without_a_line_has_every_default(tmp_path):
    study = study_of(tmp_path, "")
    assert study.name == tmp_path.name
    assert study.data == tmp_path / "data"
    assert set(study.settings) == set(SECTIONS)
    assert all(study.settings[section] == default_settings(section) for section in SECTIONS)


def test_settings_are_keywords_of_the_functions_they_name(tmp_path):
    study = study_of(tmp_path, "[topics.lda]\nn_topics = 7\n")
    assert study.options("topics.lda")["n_topics"] == 7
    assert public_function("topics.lda").__name__ == "fit_lda"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[topics.lda]\nn_topic = 20\n", "[topics.lda] has no setting 'n_topic'; did you mean 'n_topics'?"),
        ("[topics.lad]\nn_topics = 20\n", "there is no section [topics.lad]. Did you mean 'topics.lda'?"),
        ("[study]\nnme = 'x'\n", "[study] has no setting 'nme'. Did you mean 'name'?"),
        ("[study]\nname = 'a/b'\n", "cannot name a folder"),
        ("[study]\nby = 'level'\n", "must be a list of columns"),
        ("[topics.lda]\nn_topics = 'many'\n", "n_topics must be int, like its default"),
        ("[topics.lda]\nn_topics = true\n", "n_topics must be int"),
        ("[regions]\n'云南' = 3\n", "must name one administrative unit"),
        ("[topics]\nlda = 3\n", "must stand under a section such as [topics.lda]"),
        ("n_topics = 3\n", "stands outside any section"),
        ("[topics.lda\n", "is not valid TOML"),
    ],
)
def test_a_slip_is_answered_in_one_line(tmp_path, text, expected):
    with pytest.raises(SettingError) as caught:
        study_of(tmp_path, text)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_set_changes_one_setting_and_leaves_the_rest(tmp_path):
    before = study_of(tmp_path, "")
    after = change_study(before, ["topics.lda.n_topics=30", "segment.tokenizer.hmm=false"])
    assert after.options("topics.lda")["n_topics"] == 30
    assert after.options("segment.tokenizer")["hmm"] is False
    assert before.options("topics.lda")["n_topics"] == default_settings("topics.lda")["n_topics"]


@pytest.mark.parametrize("change", ["n_topics", "topics.lda.n_topics", "=3", "topics.lda.k=3"])
def test_a_malformed_change_is_refused(tmp_path, change):
    with pytest.raises(SettingError):
        change_study(study_of(tmp_path, ""), [change])


def test_word_lists_beside_the_study_are_found_from_any_folder(tmp_path):
    (tmp_path / "mine.txt").write_text("红色物业\n", encoding="utf-8")
    study = study_of(tmp_path, "[segment.lexicon]\nname = ['governance', 'mine.txt']\n")
    assert study.options("segment.lexicon")["name"] == ["governance", str(tmp_path / "mine.txt")]
    assert study.settings["segment.lexicon"]["name"] == ["governance", "mine.txt"]


def test_a_missing_study_file_says_how_to_make_one(tmp_path):
    with pytest.raises(SettingError, match="discourse init"):
        read_study(tmp_path / "nowhere.toml")
