"""A topics stage that is killed among its seeds goes on from the finished models and ends with the same files."""

import os
import shutil
import signal
import subprocess
import sys

import pytest

from discourse.resources import resource

# runs the topics stage on a folder that holds the stages before it; argument: after how many models to die
SCRIPT = """
import os, signal, sys
from pathlib import Path
from discourse.config import read_study
from discourse.corpus.sources import read_sources
from discourse.runs import parts
from discourse.stages import STAGES, Run
from discourse.variants import change_settings

folder, deadline = Path(sys.argv[1]), int(sys.argv[2])
save, saved = parts.FolderModels.save, []

def save_and_die(self, key, model):
    save(self, key, model)
    saved.append(key)
    if len(saved) == deadline:
        os.kill(os.getpid(), signal.SIGKILL)

parts.FolderModels.save = save_and_die
changes = {"topics.lda.n_topics": 4, "topics.ensemble.seeds": [1, 2, 3], "multiverse.sizes": [1.0]}
study = change_settings(read_study(Path(sys.argv[3])), changes)
run = Run(folder, study, {"stages": {}})
if not (folder / "tokens.parquet").is_file():
    STAGES["corpus"][0](run, read_sources(study.data, **study.options("corpus.sources")))
    STAGES["segment"][0](run)
STAGES["topics"][0](run)
print("fitted", len(saved))
"""


def run_stages(folder, deadline=0):
    study = str(resource("seeds", "study.toml"))
    command = [sys.executable, "-c", SCRIPT, str(folder), str(deadline), study]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
def test_a_run_killed_among_its_seeds_equals_one_that_was_not(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    n_models = int(run_stages(whole).stdout.split("fitted")[-1])
    shutil.copytree(whole, killed)
    assert run_stages(killed, 1).returncode == -signal.SIGKILL
    n_kept = len(list((killed / ".parts").glob("seed*/model.json")))
    assert n_kept >= 1
    again = run_stages(killed)
    assert int(again.stdout.split("fitted")[-1]) == n_models - n_kept > 0
    names = sorted(os.listdir(whole))
    assert sorted(os.listdir(killed)) == names and ".parts" not in names
    for name in names:
        assert (killed / name).read_bytes() == (whole / name).read_bytes(), name
