"""Tokens come in; tokens of another grain - neighbouring pairs, themes of the lexicon - go out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from discourse.contracts import check
from discourse.errors import SettingError, suggest

OTHER_THEME = "其他词语"
# shields of a lexicon are kept from being cut, they are no terms and belong to no theme
_SHIELDS = "护词"


def recount_tokens(tokens: pd.DataFrame, lexicon: pd.DataFrame, *, of: str = "terms") -> pd.DataFrame:
    """Tokens as they are, as bigrams or as themes; raises `SettingError` for any other grain."""
    if of == "terms":
        return check(tokens, "tokens")
    if of == "bigrams":
        return build_bigrams(tokens)
    if of == "themes":
        return build_themes(tokens, lexicon)
    grains = ("terms", "bigrams", "themes")
    raise SettingError(
        f"of='{of}' is not a grain of tokens. {suggest(of, grains)}Grains: {', '.join(grains)}."
    )


def build_bigrams(tokens: pd.DataFrame) -> pd.DataFrame:
    """Pairs of kept tokens that stand directly side by side in the text.

    A pair is two tokens of one passage with nothing between them, neither punctuation nor a word that was left
    out: 党建引领 基层治理. Rates of bigrams are per 10,000 bigrams.

    Parameters
    ----------
    tokens
        `tokens`.

    Returns
    -------
    pandas.DataFrame
        `tokens`: term is the two terms with a blank between; start that of the first; position counts the
        pairs of a passage from 0.
    """
    ordered = check(tokens, "tokens").sort_values(
        ["passage_id", "position"], kind="stable", ignore_index=True
    )
    terms = ordered["term"].astype("str")
    following = ordered.shift(-1)
    beside = (
        (ordered["passage_id"].astype("str") == following["passage_id"].astype("str"))
        & (ordered["start"] + terms.str.len() == following["start"])
    ).to_numpy(dtype=bool)
    pairs = pd.DataFrame(
        {
            "passage_id": ordered["passage_id"][beside],
            "start": ordered["start"][beside].astype("int64"),
            "term": (terms[beside] + " " + terms.shift(-1)[beside]).astype("str"),
        }
    ).reset_index(drop=True)
    place = pairs.groupby("passage_id", observed=True).cumcount()
    pairs.insert(1, "position", np.asarray(place, dtype=np.int64))
    return check(pairs, "tokens")


def build_themes(tokens: pd.DataFrame, lexicon: pd.DataFrame) -> pd.DataFrame:
    """Each token replaced by its theme of the lexicon, all others by one rest.

    The rest stays, so that rates of themes are per 10,000 kept tokens, like those of terms.

    Parameters
    ----------
    tokens, lexicon
        The tables of their contracts.

    Returns
    -------
    pandas.DataFrame
        `tokens`, term being the theme, or 其他词语 for what is in no theme.
    """
    themes = check(lexicon, "lexicon").set_index("term")["theme"]
    themes = themes[themes != _SHIELDS]
    known = check(tokens, "tokens")["term"].astype("str").map(themes)
    return check(tokens.assign(term=known.fillna(OTHER_THEME).astype("str")), "tokens")
