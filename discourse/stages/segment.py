"""Passages to tokens."""

from __future__ import annotations

from discourse.corpus.recycled import drop_recycled
from discourse.runs.store import count_rows, iterate_table
from discourse.runs.writer import TableWriter
from discourse.segment.lexicon import read_lexicon
from discourse.segment.tokenizer import build_tokenizer
from discourse.stages.run import ENGINE, Run, parts
from discourse.workers import count_processors


def segment_passages(run: Run) -> str:
    """Tables of tokens, and what became of the lexicon."""
    study = run.study
    lexicon = read_lexicon(**study.options("segment.lexicon"))
    tokenizer = build_tokenizer(lexicon, **study.options("segment.tokenizer"))
    recycled = study.options("corpus.recycled")
    terms: set[str] = set()
    with run.follow("segmenting 分词", "passages 段") as tell, TableWriter(run.path, "tokens") as tokens:
        walk = ENGINE.get().walk(
            (drop_recycled(table, **recycled) for table in iterate_table(run.path, "passages")),
            count_rows(run.path, "passages"),
            tokenizer,
            **study.options("segment.tokens"),
            n_workers=count_processors(),
            store=parts(run, "tokens", "counts"),
            progress=tell,
        )
        for table in walk:
            tokens.append(table)
            terms.update(table["term"].cat.categories)
    run.save(lexicon=lexicon, lexicon_audit=walk.audit())
    parts(run).remove()
    return f"{tokens.n_rows} tokens, {len(terms)} terms"
