"""Every quotation of a run read back from the bytes of its raw file."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from discourse.cli import app
from discourse.config import default_study
from discourse.corpus.aligned import apply_edits
from discourse.errors import DataError
from discourse.evidence.trace import trace_span
from discourse.pipeline import open_run, run_corpus
from discourse.resources import resource
from discourse.runs.store import load_table
from discourse.tracing import MOST_TRACED, locate_in_file, trace_words

TEXT = (
    "党建引领基层治理，要抓好“三会一课”的落实，各地各部门要认真贯彻执行。\r\n"
    "我們要堅持為人民服務，把工作做細做實做到位。\r\n"
)


def corpus_run(folder, **files):
    """A run of the first stage over files that are written here."""
    raw = folder / "raw"
    raw.mkdir()
    for name, data in files.items():
        (raw / name.replace("_", ".")).write_bytes(data)
    return run_corpus(default_study(raw), folder / "run", say=lambda message: None)


def test_every_exemplar_of_the_seeds_is_read_back_from_the_raw_bytes(demo_run):
    run, exemplars = open_run(demo_run), load_table(demo_run, "exemplars")
    tables = [run.table(name) for name in ("sources", "documents", "edits")]
    assert len(exemplars) > 100
    for row in exemplars.drop_duplicates(["doc_id", "start", "end"]).itertuples():
        trace = trace_span(*tables, doc_id=row.doc_id, start=row.start, end=row.end)
        place = locate_in_file(run, tables[0], trace)
        data = (resource("seeds") / place["path"]).read_bytes()
        raw = data[place["byte_start"] : place["byte_end"]].decode(place["encoding"])
        inside = trace.edits[["start", "end", "before", "after"]].itertuples(index=False, name=None)
        moved = [(start - trace.raw_start, end - trace.raw_start, *words) for start, end, *words in inside]
        reading = apply_edits(raw, moved)
        assert reading[trace.lead : trace.lead + len(row.quote)] == row.quote == trace.quote


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_bytes_count_in_the_encoding_of_the_file(tmp_path, encoding):
    run = corpus_run(tmp_path, a_txt=(TEXT * 3).encode(encoding))
    for place in trace_words(run, "三会一课"):
        data = (tmp_path / "raw" / "a.txt").read_bytes()[place["byte_start"] : place["byte_end"]]
        codec = "utf-16-le" if encoding == "utf-16" else "gb18030" if encoding == "gb18030" else "utf-8"
        assert data.decode(codec) == "三会一课" and place["remark"] == ""
    assert place["n_places"] == 3


def test_a_row_of_a_table_is_named_by_its_number(tmp_path):
    table = "text,province\r\n" + "".join(f'"{part}",云南省\r\n' for part in (TEXT * 2, "基层治理好。" * 20))
    run = corpus_run(tmp_path, a_csv=table.encode("utf-8-sig"))
    place = trace_words(run, "基层治理好")[0]
    assert place["row"] == 2 and place["byte_start"] is not None


def test_a_file_that_is_gone_or_changed_is_said_to_be(tmp_path):
    run = corpus_run(tmp_path, a_txt=TEXT.encode())
    (tmp_path / "raw" / "a.txt").write_bytes(b"other")
    place = trace_words(run, "三会一课")[0]
    assert "has changed since" in place["remark"] and place["byte_start"] is None
    shutil.rmtree(tmp_path / "raw")
    assert "is not where the run read it" in trace_words(run, "三会一课")[0]["remark"]


def test_words_that_stand_in_many_places_are_traced_in_the_first_ten(demo_run):
    found = trace_words(open_run(demo_run), "治理")
    assert len(found) == MOST_TRACED < found[0]["n_places"]


def test_words_that_stand_nowhere_are_answered(demo_run):
    with pytest.raises(DataError, match="stands in no document"):
        trace_words(open_run(demo_run), "量子计算机")


def test_the_command_prints_places_for_people_and_for_scripts(demo_run):
    passages = load_table(demo_run, "passages")
    name = passages["passage_id"].iloc[3]
    told = CliRunner().invoke(app, ["trace", str(demo_run), name])
    assert told.exit_code == 0 and "bytes 字节" in told.output and "raw text 原文" in told.output
    answer = json.loads(CliRunner().invoke(app, ["trace", str(demo_run), name, "--json"]).output)
    assert answer[0]["quote"] == passages["text"].iloc[3] and answer[0]["byte_end"] > answer[0]["byte_start"]


def test_the_commands_for_words_print_and_write_tables(demo_run, tmp_path):
    csv = tmp_path / "hits.csv"
    told = CliRunner().invoke(
        app, ["kwic", str(demo_run), "党建", "引领", "--by", "region", "--sort", "right", "--csv", str(csv)]
    )
    assert told.exit_code == 0 and "【党建引领】" in told.output
    assert csv.read_bytes().startswith(b"\xef\xbb\xbf") and "raw_start" in csv.read_text("utf-8-sig")
    told = CliRunner().invoke(
        app, ["collocates", str(demo_run), "党建引领", "--by", "region", "--group", "云南"]
    )
    assert told.exit_code == 0 and "G2" in told.output
