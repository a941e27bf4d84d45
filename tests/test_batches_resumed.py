"""A command that is killed within the corpus or the segment stage goes on from its finished batches."""

import os
import signal
import subprocess
import sys

import pytest

from discourse.resources import resource

# runs the first two stages on the seeds in small batches; argument: folder, and after how many parts to die
SCRIPT = """
import os, signal, sys
from pathlib import Path
from discourse.config import read_study
from discourse.corpus import anchors, batches
from discourse.corpus.sources import read_sources
from discourse.runs import parts, writer
from discourse.stages import STAGES, Run

batches._BATCH_TEXTS, writer._ROWS, anchors._ANCHORS_A_BLOCK = 1, 25, 3000
folder, deadline = Path(sys.argv[1]), int(sys.argv[2])
save, saved = parts.FolderParts.save, []

def save_and_die(self, key, tables):
    save(self, key, tables)
    saved.append(key)
    if len(saved) == deadline:
        os.kill(os.getpid(), signal.SIGKILL)

parts.FolderParts.save = save_and_die
study = read_study(Path(sys.argv[3]))
run = Run(folder, study, {"stages": {}})
sources = read_sources(study.data, **study.options("corpus.sources"))
if not (folder / "reuse_matrix.parquet").is_file():
    STAGES["corpus"][0](run, sources)
STAGES["segment"][0](run)
print("computed", len(saved))
"""


def run_stages(folder, deadline=0):
    study = str(resource("seeds", "study.toml"))
    command = [sys.executable, "-c", SCRIPT, str(folder), str(deadline), study]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
def test_a_run_killed_in_every_kind_of_batch_equals_one_that_was_not(tmp_path):
    whole = run_stages(tmp_path / "whole")
    n_parts = int(whole.stdout.split("computed")[-1])
    kills = [3, n_parts - 5]  # in cleaning, in segmentation
    for deadline in kills:
        assert run_stages(tmp_path / "killed", deadline).returncode == -signal.SIGKILL
        assert (tmp_path / "killed" / ".parts").is_dir()
    again = run_stages(tmp_path / "killed")
    assert int(again.stdout.split("computed")[-1]) == n_parts - sum(kills) > 0
    names = sorted(os.listdir(tmp_path / "whole"))
    assert sorted(os.listdir(tmp_path / "killed")) == names and ".parts" not in names
    for name in names:
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
