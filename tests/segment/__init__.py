from __future__ import annotations

import pandas as pd


def passages_of(*texts: str) -> pd.DataFrame:
    """`passages` of one document that holds the given texts."""
    return pd.DataFrame(
        {
            "passage_id": pd.Series([f"d#{number:04d}" for number in range(len(texts))], dtype="str"),
            "doc_id": pd.Series(["d"] * len(texts), dtype="str"),
            "position": range(len(texts)),
            "start": 0,
            "end": [len(text) for text in texts],
            "text": pd.Series(texts, dtype="str"),
            "reuse_id": pd.Series([None] * len(texts), dtype="str"),
        }
    )
