"""The commands that take a run folder, as a user would give them."""

from __future__ import annotations

from pathlib import Path

# they read from every folder; of the others some take their turn
ALWAYS = ("show", "kwic", "codebook", "code", "coders", "export")
# those that write stages anew come last, for what they leave is another run
COMPUTE = ("verify", "figures", "infer", "select", "sensitivity", "report", "compare", "topics", "segment")


def list_commands(run: Path, out: Path) -> dict[str, list[str]]:
    """Name of every command that takes a run -> its words; out: a folder for what it writes elsewhere."""
    words = {
        "show": [run],
        "kwic": [run, "治理"],
        "codebook": [run, "--out", out / "codebook.toml"],
        "code": [run, "--out", out / "form"],
        "coders": [run, out / "key.json", out / "answers.json"],
        "export": [run, "--to", "csv", "--quiet"],
        "collocates": [run, "治理"],
        "trace": [run, "党建引领基层治理"],
        "reuse": [run],
        "terms": [run, "--out", out / "terms.txt"],
        "keyness": [run],
        "phrases": [run],
        "verify": [run],
        "figures": [run, "--format", "svg", "--quiet"],
        "infer": [run, run.parent / "data", "--out", out / "inferred"],
        "select": [run, "--sizes", "2,3", "--seeds", "1", "--quiet"],
        "sensitivity": [run, "--seeds", "1", "--quiet"],
        "report": [run],
        "compare": [run],
        "topics": [run],
        "segment": [run],
    }
    return {name: [name, *map(str, arguments)] for name, arguments in words.items()}


def choose_commands(run: Path, out: Path, number: int, *, all_of_them: bool = False) -> list[list[str]]:
    """Those for the folder of this number: `ALWAYS`, two of those that read, one that computes."""
    known = list_commands(run, out)
    if all_of_them:
        return list(known.values())
    read = [name for name in known if name not in (*ALWAYS, *COMPUTE)]
    turns = [read[number % len(read)], read[(number + 2) % len(read)]]
    return [known[name] for name in (*ALWAYS, *turns, COMPUTE[number % len(COMPUTE)])]
