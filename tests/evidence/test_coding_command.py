"""`discourse code` and `discourse coders` on a run, as at a terminal; and the form filled in a browser."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from discourse.cli import app
from discourse.contracts import check
from discourse.errors import DiscourseError
from discourse.evidence.form import read_items
from discourse.pipeline import open_run
from discourse.runs.manifest import altered_outputs, read_manifest
from discourse.runs.store import load_table, save_table
from discourse.validation import load_scores
from tests.browser import SHUT, find_browser
from tests.evidence.coding_world import answer, perfect


def discourse(*arguments):
    """The command in this process; what it printed is `stdout`."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def assert_refused(done, *words):
    """One line for the user, which `main` prints."""
    assert isinstance(done.exception, DiscourseError), done.exception
    message = str(done.exception)
    assert "\n" not in message and all(word in message for word in words), message


@pytest.fixture(scope="module")
def run(demo_run, tmp_path_factory):
    """A copy of the demo run that may be written into."""
    return shutil.copytree(demo_run, tmp_path_factory.mktemp("coding") / "run")


@pytest.fixture(scope="module")
def made(run):
    folder = run.parent / "form"
    done = discourse("code", run, "--out", folder)
    assert done.exit_code == 0, done.exception
    return folder, done.stdout


@pytest.fixture(scope="module")
def items(made):
    return read_items(json.loads((made[0] / "coding-key.json").read_text("utf-8"))["items"])


def test_code_writes_a_form_to_send_and_a_key_to_keep(made, run):
    folder, said = made
    assert sorted(path.name for path in folder.iterdir()) == ["coding-form.html", "coding-key.json"]
    assert "24 questions" in said and "to keep, and not to send 自己保留" in said
    page = (folder / "coding-form.html").read_text("utf-8")
    manifest = read_manifest(run)
    for secret in (str(run), manifest["id"], manifest["name"], *manifest["inputs"], "云南", "region"):
        assert str(secret) not in page.split('id="data"')[0]
    documents = load_table(run, "documents")
    assert not any(name in page for name in [*documents["doc_id"], *documents["title"].dropna()])


def test_the_same_command_writes_the_same_bytes_and_another_never_writes_over_a_key(made, run):
    folder, _ = made
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert discourse("code", run, "--out", folder).exit_code == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert_refused(discourse("code", run, "--out", folder, "--seed", 2), "key of another form")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_coders_are_scored_beside_the_run_which_stays_as_it_was(made, run, items):
    folder, _ = made
    files = []
    for coder in ("甲", "乙", "丙"):
        path = folder / f"{coder}.json"
        values = [
            None if coder == "丙" and item.item_id == "q002" else v
            for item, v in zip(items, perfect(items), strict=True)
        ]
        path.write_bytes(answer(items, coder, values))
        files.append(path)
    assert load_scores(open_run(run)) is None
    done = discourse("coders", run, folder / "coding-key.json", *files)
    assert done.exit_code == 0, done.exception
    assert "Coders: 3. Answers: 71. Missing: 1." in done.stdout and "能分辨的主题" in done.stdout
    for name in ("coding_items", "coding_scores"):
        check(load_table(run / "coding", name), name)
    assert list(altered_outputs(run, read_manifest(run))) == []
    assert len(load_scores(open_run(run))) == len(load_table(run / "coding", "coding_scores"))
    told = discourse("coders", run, folder / "coding-key.json", *files, "--json")
    rows = json.loads(told.stdout)
    assert next(row for row in rows if row["task"] == "all" and row["topic"] is None)["score"] == 1


def test_scores_of_other_topics_are_not_taken_for_those_of_this_run(made, run, items, tmp_path):
    other = shutil.copytree(run, tmp_path / "other")
    topics = load_table(other, "topics")
    save_table(other, "topics", topics.assign(label="别的 " + topics["label"]))
    assert load_scores(open_run(other)) is None
    path = tmp_path / "a.json"
    path.write_bytes(answer(items, "A", perfect(items)))
    assert_refused(discourse("coders", other, made[0] / "coding-key.json", path), "have changed since")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--topics", "one"], "topic numbers such as 0,3,5"),
        (["--topics", "99"], "no topic 99"),
        (["--tasks", "word_intrusio"], "Did you mean 'word_intrusion'"),
        (["--lang", "fr"], "languages: zh, en"),
    ],
)
def test_a_slip_is_one_line(run, tmp_path, arguments, words):
    assert_refused(discourse("code", run, "--out", tmp_path / "form", *arguments), words)
    assert not (tmp_path / "form").exists()


def test_a_file_that_is_not_there_is_named(made, run, tmp_path):
    key = made[0] / "coding-key.json"
    assert_refused(discourse("coders", run, key, tmp_path / "none.json"), "none.json", "cannot be read")
    assert_refused(discourse("coders", run, tmp_path / "nokey.json", key), "nokey.json", "cannot be read")
    assert_refused(discourse("coders", run, key, key), "must hold answers to a coding form")


@pytest.fixture(scope="module")
def chromium():
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox", *SHUT])
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium, made):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(10_000)
    faults, requests = [], []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto((made[0] / "coding-form.html").resolve().as_uri())
    yield page
    context.close()
    assert faults == []
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []


def fill(page, values, *, keyboard):
    """Answer every question on the way to the last page; how many there were."""
    n_seen = 0
    for _ in range(4 * len(values)):
        if page.locator("#text").count():
            break
        if not page.locator(".option").count():
            page.locator("button.main").first.click()
            continue
        value = values[n_seen]
        n_seen += 1
        if keyboard:
            page.keyboard.press(str(value))
            page.keyboard.press("Enter")
        else:
            page.locator(".option").nth(value - 1).click()
            page.locator("#next").click()
    return n_seen


def download(page, path):
    with page.expect_download() as caught:
        page.locator("button.main").first.click()
    caught.value.save_as(path)
    assert caught.value.suggested_filename.startswith("answers-")
    return path


@pytest.mark.browser
def test_a_form_answered_by_keys_and_by_clicks_is_scored(opened, made, run, items, tmp_path):
    page, files = opened, []
    for coder, keyboard in (("张三", True), ("Li & <Si>", False)):
        page.fill("#coder", coder)
        page.keyboard.press("Enter")
        assert fill(page, perfect(items), keyboard=keyboard) == len(items)
        files.append(download(page, tmp_path / f"{keyboard}.json"))
        assert page.locator("#text").input_value()[:60] == files[-1].read_text("utf-8")[:60]
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.once("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="清空并重新开始").click()
    done = discourse("coders", run, made[0] / "coding-key.json", *files, "--json")
    assert done.exit_code == 0, done.exception
    whole = {row["task"]: row for row in json.loads(done.stdout) if row["topic"] is None}
    assert whole["all"]["score"] == 1 and whole["all"]["n_coders"] == 2 and whole["all"]["n_missing"] == 0
    coders = set(load_table(run / "coding", "coding_items")["coder"])
    assert coders == {"张三", "Li & <Si>"}


@pytest.mark.browser
def test_a_coder_may_close_the_page_skip_go_back_and_switch_language(opened, made, run, items, tmp_path):
    page = opened
    page.locator("button.main").click()
    assert page.locator("#fault").inner_text() != ""  # a name is needed
    page.fill("#coder", "王五")
    page.keyboard.press("Enter")
    page.locator("button.main").click()
    page.keyboard.press("2")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")  # the second is skipped
    page.keyboard.press("9")  # no such option
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert page.locator(".option[aria-pressed=true]").count() == 1
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")  # the first option, by arrows
    page.locator("#languages [lang=en]").click()
    assert page.locator(".ask").inner_text() == "Which word does not belong?"
    page.reload()
    assert page.locator("#coder").input_value() == "王五"
    page.locator("#languages [lang=en]").click()
    page.get_by_role("button", name="Go on").click()
    assert page.locator(".option[aria-pressed=true]").inner_text().startswith("1")
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    assert "5 questions have no answer yet" in page.inner_text("main")
    page.locator("button.main").click()
    assert page.locator("button.plain").count() == 0  # the first part is closed
    for _ in range(60):
        if page.locator("#text").count():
            break
        page.locator("#next, button.main").first.click()
    done = discourse(
        "coders", run, made[0] / "coding-key.json", download(page, tmp_path / "a.json"), "--json"
    )
    assert done.exit_code == 0, done.exception
    first = load_table(run / "coding", "coding_items").set_index("item_id")
    assert first.loc["q001", "value"] == 1 and first["value"].isna().sum() == len(items) - 1
    assert first.loc["q001", "milliseconds"] > 0


@pytest.mark.browser
def test_the_form_works_where_the_browser_keeps_nothing(opened):
    page = opened
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('denied'); } });"
    )
    page.reload()
    assert "不能自动保存" in page.inner_text("main")
    page.fill("#coder", "A")
    page.keyboard.press("Enter")
    page.locator("button.main").click()
    page.keyboard.press("1")
    assert page.locator(".option[aria-pressed=true]").count() == 1
