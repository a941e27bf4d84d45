"""Whatever a file holds, it is read or refused in one line: ``python -m tests.fuzz --target lexicon``."""
