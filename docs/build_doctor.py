"""Write what every machine should get from the seeds, for `discourse doctor`: ``python docs/build_doctor.py``."""

import tempfile
from pathlib import Path

from discourse.doctor import EXPECTED, hash_small_run
from discourse.runs.store import write_json

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        write_json(EXPECTED, hash_small_run(Path(scratch) / "run"))
