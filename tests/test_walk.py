"""The Python of README and docs/walk.md runs as it stands, from the root of the project."""

import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("page", ["README.md", "docs/walk.md"])
@pytest.mark.filterwarnings("ignore:.*document:UserWarning")
def test_the_python_of_a_page_runs_as_it_stands(page, tmp_path, monkeypatch):
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    assert blocks
    names = {}
    for block in blocks:
        exec(compile(block, page, "exec"), names)
    if page == "docs/walk.md":
        assert len(names["documents"]) == 8
        assert names["model"].n_topics == 20
        assert (tmp_path / "report.html").stat().st_size > 50_000
