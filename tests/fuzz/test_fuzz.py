"""A few broken files of every kind, each read or refused; a campaign of many is ``python -m tests.fuzz``."""

from __future__ import annotations

import json
import shutil
import warnings
import zipfile
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from discourse.errors import RunError, SourceError
from discourse.evidence.answers import read_key
from discourse.evidence.form import KEY_SCHEMA, hash_content
from discourse.runs.footer import read_chunks
from discourse.runs.store import load_model, load_table, save_table
from tests.fuzz.mutations import mutate
from tests.fuzz.targets import TARGETS, attempt

_N_CASES = {"documents": 3, "metadata": 5, "regex": 10}


@pytest.mark.parametrize("name", list(TARGETS))
def test_a_broken_file_is_read_or_refused_in_one_of_our_errors(name, tmp_path):
    seeds, work = TARGETS[name].seeds(), TARGETS[name].prepare(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number in range(_N_CASES.get(name, 60)):
            attempt(work, mutate(seeds[number % len(seeds)], number, seeds))


def test_the_same_number_breaks_a_file_in_the_same_way():
    assert mutate(b"abcdefgh" * 9, 7) == mutate(b"abcdefgh" * 9, 7) != mutate(b"abcdefgh" * 9, 8)


@pytest.mark.parametrize("found", ["histogram.documents.parquet", "codec.tokens.parquet"])
def test_a_table_at_which_the_library_ends_the_process_is_refused(found, tmp_path):
    """Findings of the campaign: Arrow aborts where it is asked for the codec or the sizes of such a column."""
    name = found.split(".")[1]
    shutil.copy(Path(__file__).parent / "found" / found, tmp_path / f"{name}.parquet")
    with pytest.raises(RunError, match="is damaged"):
        load_table(tmp_path, name)


def test_a_footer_says_what_the_library_reads_in_it(tmp_path):
    save_table(tmp_path, "lexicon", pd.DataFrame({"term": ["党建", "网格"], "theme": "t", "source": "s"}))
    about = pq.ParquetFile(tmp_path / "lexicon.parquet").metadata
    columns = [about.row_group(0).column(number) for number in range(about.num_columns)]
    expected = [
        (column.path_in_schema, column.num_values, column.total_uncompressed_size) for column in columns
    ]
    chunks = read_chunks(tmp_path / "lexicon.parquet")
    assert [(chunk.name, chunk.n_values, chunk.n_bytes) for chunk in chunks] == expected


def test_a_model_whose_arrays_are_said_to_be_encrypted_is_refused(tmp_path):
    """A finding of the campaign: `zipfile` asks for a password with an error that is none of a file."""
    with zipfile.ZipFile(tmp_path / "model.npz", "w") as archive:
        archive.writestr("phi.npy", b"\x93NUMPY")
    data = bytearray((tmp_path / "model.npz").read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "model.npz").write_bytes(data)
    with pytest.raises(RunError, match="is damaged"):
        load_model(tmp_path)


def test_a_key_with_half_a_character_is_refused(tmp_path):
    """A finding of the campaign: half a surrogate pair cannot be hashed as UTF-8."""
    content = {"schema": KEY_SCHEMA, "run": {"id": "\ud800"}, "items": []}
    data = json.dumps(content | {"checksum": hash_content(content)}).encode()
    with pytest.raises(SourceError, match="must hold the questions"):
        read_key(data)
