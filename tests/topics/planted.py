"""Corpora whose topics are known: three themes with private words, mixed in known shares."""

import numpy as np
import pandas as pd

THEMES = {
    "党建": "党组织 支部 党员 书记 堡垒 先锋 组织生活 党费".split(),
    "乡村": "粮食 耕地 农机 村庄 水稻 果园 合作社 农户".split(),
    "法治": "法庭 调解 律师 诉讼 普法 仲裁 判决 人民陪审".split(),
}
VOCABULARY = [term for words in THEMES.values() for term in words]


def planted_tokens(*, n_documents=6, n_passages=15, n_tokens=30, seed=0):
    """`tokens` of documents that lean to one theme each; passages are 96 % one theme."""
    rng = np.random.default_rng(seed)
    passages = []
    for document in range(n_documents):
        lean = np.where(np.arange(3) == document % 3, 0.6, 0.2)
        for passage in range(n_passages):
            theme = rng.choice(3, p=lean)
            mixture = np.where(np.arange(3) == theme, 0.96, 0.02)
            passages.append((f"doc{document}#{passage:04d}", _draw(rng, mixture, n_tokens)))
    return tokens_of(passages)


def planted_mixtures(mixtures, *, n_passages=12, n_tokens=40, seed=0):
    """`tokens` of one document a row of `mixtures` (n_documents, 3); its passages scatter around the row."""
    rng = np.random.default_rng(seed)
    return tokens_of(
        (f"doc{document}#{passage:04d}", _draw(rng, rng.dirichlet(3 * mixture), n_tokens))
        for document, mixture in enumerate(mixtures)
        for passage in range(n_passages)
    )


def tokens_of(passages):
    """`tokens` of (passage_id, terms) pairs."""
    rows = [
        (passage_id, position, 3 * position, term)
        for passage_id, terms in passages
        for position, term in enumerate(terms)
    ]
    table = pd.DataFrame(rows, columns=["passage_id", "position", "start", "term"])
    return table.astype({"passage_id": "str", "term": "str"})


def passages_of(tokens, further=()):
    """`passages` that belong to the tokens, and `further` passages without any."""
    ids = pd.Series([*tokens["passage_id"].unique(), *further], dtype="str")
    return pd.DataFrame(
        {
            "passage_id": ids,
            "doc_id": ids.str.split("#").str[0],
            "position": range(len(ids)),
            "start": 0,
            "end": 1,
            "text": "文",
            "reuse_id": pd.Series([pd.NA] * len(ids), dtype="str"),
        }
    )


def themes_of(model):
    """Theme of each topic: the one whose words hold most of its probability, with that probability."""
    mass = {theme: model.phi[:, model.vocabulary.isin(words)].sum(axis=1) for theme, words in THEMES.items()}
    table = pd.DataFrame(mass)
    return table.idxmax(axis=1).tolist(), table.max(axis=1).to_numpy()


def _draw(rng, mixture, n_tokens):
    themes = rng.choice(3, size=n_tokens, p=mixture)
    return [list(THEMES.values())[theme][rng.integers(8)] for theme in themes]
