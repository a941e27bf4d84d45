"""Planted copies are found, in which words they are; set phrases are not copies."""

import random
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from discourse.contracts import check
from discourse.corpus import anchors, commonness, folding, matching
from discourse.corpus.anchors import find_candidates
from discourse.corpus.folding import fold_texts
from discourse.corpus.passages import split_passages
from discourse.corpus.recycled import drop_recycled, mark_reuse, render_reuse, reuse_matrix
from discourse.corpus.reuse import find_reuse
from discourse.errors import DataError, SettingError
from discourse.resources import resource
from discourse.runs.parts import FolderParts

SENTENCE = "把网格员的手机号码贴到每一户居民的门上,让老人遇到难处的时候能够第一个想到自己的楼栋长"
OTHER = "茶山深处的合作社请来农技师傅,一垄一垄教会种植户怎样修剪怎样防霜,去年的鲜叶价格翻了一番"
THIRD = "夜校开在旧厂房改造的图书馆里,年轻的焊工和外卖骑手挤满长桌,听退休教师讲解劳动合同的条款"


def corpus_of(texts, dates=None):
    """Tables of documents given as lists of paragraphs."""
    rows, documents = [], []
    for number, paragraphs in enumerate(texts):
        doc_id, start = f"d{number}", 0
        for position, text in enumerate(paragraphs):
            rows.append((f"{doc_id}#{position:04d}", doc_id, position, start, start + len(text), text))
            start += len(text) + 1
        documents.append((doc_id, dates[number] if dates else None, "\n".join(paragraphs)))
    passages = pd.DataFrame(rows, columns=["passage_id", "doc_id", "position", "start", "end", "text"])
    table = pd.DataFrame(documents, columns=["doc_id", "date", "text"]).astype({"date": "str"})
    return passages.astype({"passage_id": "str", "doc_id": "str", "text": "str"}), table


@pytest.fixture(scope="module")
def seeds():
    """Paragraphs of the seed that is a compilation and of the speech, cut into four documents of real prose."""
    texts = [
        resource("seeds", f"{n}.txt").read_text("utf-8")
        for n in ("000_cbfef18ec0e9d1aa", "004_44be03a742a84d5c")
    ]
    paragraphs = [[p for p in re.findall(r"[^\n]+", text) if len(p) >= 60] for text in texts]
    halves = [part for p in paragraphs for part in (p[: len(p) // 2], p[len(p) // 2 :])]
    return corpus_of(halves)


def edited(text, rate, rng, letters):
    """Every letter is replaced, doubled by a stranger or lost with probability `rate`."""
    out = []
    for letter in text:
        kind = rng.choice("sid") if rng.random() < rate else "k"
        out.append({"s": rng.choice(letters), "i": letter + rng.choice(letters), "d": "", "k": letter}[kind])
    return "".join(out)


def plant(passages, rate, seed):
    """Put edited sentences of the first two documents into paragraphs of the last two."""
    rng = random.Random(seed)
    texts = dict(zip(passages["passage_id"], passages["text"], strict=True))
    docs = dict(zip(passages["passage_id"], passages["doc_id"], strict=True))
    sentences = [
        (n, s) for n, t in texts.items() if docs[n] in ("d0", "d1") for s in re.findall(r"[^。]{45,120}。", t)
    ]
    hosts = [n for n in texts if docs[n] in ("d2", "d3")]
    letters = re.findall("[一-鿿]", "".join(texts.values()))
    planted = {}
    for host, (source, sentence) in zip(
        hosts, rng.sample(sentences, min(len(hosts), len(sentences))), strict=False
    ):
        copy, place = edited(sentence, rate, rng, letters), texts[host].find("。") + 1
        texts[host] = texts[host][:place] + copy + texts[host][place:]
        planted[host] = (source, place, place + len(copy))
    table = passages.assign(text=passages["passage_id"].map(texts))
    return table.assign(end=table["start"] + table["text"].str.len()), planted


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.5])
def test_sentences_planted_into_real_passages_are_found_despite_edits(seeds, rate):
    passages, documents = seeds
    before = find_reuse(passages, documents)
    with_copies, planted = plant(passages, rate, seed=5)
    start = with_copies.set_index("passage_id")["start"]
    after = find_reuse(with_copies, documents)
    known = set(zip(before["passage_id"], before["source_passage_id"], strict=True))
    found, false = set(), 0
    for span in after.itertuples():
        source, low, high = planted.get(span.passage_id, (None, 0, 0))
        a, b = span.start - start[span.passage_id], span.end - start[span.passage_id]
        if span.source_passage_id == source and min(b, high) > max(a, low):
            found.add(span.passage_id)
        elif (span.passage_id, span.source_passage_id) not in known:
            false += 1
    assert len(planted) >= 20
    assert len(found) >= 0.95 * len(planted) - (rate == 0.5) * 0.15 * len(planted)
    assert false <= 0.05 * len(found) + 1


def test_a_copy_is_quoted_in_both_texts_as_it_stands_there():
    copy = SENTENCE.replace(",", ",　").replace("手机", "手 机")
    passages, documents = corpus_of([[OTHER + "。" + SENTENCE + "。"], [THIRD + "!“" + copy + "”"]])
    (span,) = find_reuse(passages, documents).itertuples()
    assert (span.passage_id, span.source_passage_id) == ("d1#0000", "d0#0000")
    assert documents["text"][1][span.start : span.end] == span.text == copy
    assert documents["text"][0][span.source_start : span.source_end] == span.source_text == SENTENCE
    assert span.similarity == 1.0


def test_two_borrowed_sentences_in_turned_order_are_two_spans():
    passages, documents = corpus_of(
        [[SENTENCE + "。" + OTHER + "。"], [OTHER + "。" + THIRD + "。" + SENTENCE + "。"]]
    )
    reuse = find_reuse(passages, documents)
    assert sorted(reuse["text"]) == sorted([SENTENCE, OTHER])


def test_width_case_and_punctuation_do_not_hide_a_copy():
    passages, documents = corpus_of(
        [["2024年建成ABC平台35个、" + SENTENCE], ["２０２４年,建成abc平台３５个;" + SENTENCE]]
    )
    assert find_reuse(passages, documents)["similarity"].tolist() == [1.0]


def test_set_phrases_and_names_of_documents_are_not_reuse():
    phrase = "坚持以习近平新时代中国特色社会主义思想为指导,深入贯彻党的二十大和二十届历次全会精神,"
    name = "《关于加强和改进城市基层党的建设工作的若干意见》"
    passages, documents = corpus_of(
        [[SENTENCE + "。" + phrase + name], [OTHER + "。" + phrase + name], [THIRD + phrase + name]]
    )
    assert find_reuse(passages, documents).empty
    assert not find_reuse(passages, documents, min_weight=0).empty


def test_words_that_all_documents_share_weigh_less_than_words_of_two():
    common = "要把群众满意不满意高兴不高兴答应不答应作为衡量工作的标准"
    rng = random.Random(1)
    own = ["".join(chr(rng.randrange(0x4E00, 0x9000)) for _ in range(90)) for _ in range(12)]
    texts = [[common + "。" + own[n] + "。" + (SENTENCE if n in (3, 7) else "")] for n in range(12)]
    reuse = find_reuse(*corpus_of(texts))
    assert [(r.passage_id, r.source_passage_id) for r in reuse.itertuples()] == [("d7#0000", "d3#0000")]
    assert reuse["text"].tolist() == [SENTENCE]


def test_versions_of_one_text_do_not_turn_its_words_into_set_phrases():
    body = [SENTENCE, OTHER, THIRD]
    texts = [[p[:20] + "甲乙丙丁戊己庚辛"[n] + p[20:] for p in body] for n in range(8)]
    reuse = find_reuse(*corpus_of(texts))
    assert set(reuse["passage_id"]) >= {f"d{n}#000{p}" for n in range(1, 8) for p in range(3)}
    assert reuse["weight"].min() > 30


@pytest.mark.parametrize(
    ("dates", "source", "earlier"),
    [
        (["2024-05-01", "2023-01-01"], "d1", "d1"),
        (["2023", "2023-06"], "d0", None),
        ([None, "2024-05"], "d1", None),
        ([None, None], "d0", None),
        (["12-06", "2020-01-01"], "d1", None),
    ],
)
def test_the_earlier_document_is_the_source_and_named_so_only_where_both_dates_are_known(
    dates, source, earlier
):
    reuse = find_reuse(*corpus_of([[SENTENCE], [SENTENCE + "呀"]], dates))
    assert reuse["source_doc_id"].tolist() == [source]
    assert (reuse["earlier"].iloc[0] if earlier else reuse["earlier"].isna().iloc[0] or None) == (
        earlier or True
    )


def test_a_passage_with_the_same_words_repeats_the_earliest_one_only():
    reuse = find_reuse(*corpus_of([[SENTENCE]] * 5))
    assert len(reuse) == 4
    assert set(reuse["source_doc_id"]) == {"d0"}


def test_a_text_that_stands_twice_in_one_document_is_reuse_and_a_refrain_is_not():
    twice, documents = corpus_of([[SENTENCE + OTHER, THIRD, SENTENCE + OTHER + "。"]])
    assert find_reuse(twice, documents)["passage_id"].tolist() == ["d0#0002"]
    refrain, documents = corpus_of(
        [[SENTENCE[:24] + OTHER + THIRD, SENTENCE[:24] + THIRD[::-1] + OTHER[::-1]]]
    )
    assert find_reuse(refrain, documents).empty


def test_overlapping_windows_of_one_text_do_not_repeat_each_other():
    text = SENTENCE + OTHER + THIRD
    rows = [
        (f"d0#{i:04d}", "d0", i, s, s + 90, text[s : s + 90])
        for i, s in enumerate(range(0, len(text) - 89, 20))
    ]
    passages = pd.DataFrame(rows, columns=["passage_id", "doc_id", "position", "start", "end", "text"])
    documents = pd.DataFrame({"doc_id": ["d0"], "date": pd.Series([None], dtype="str"), "text": [text]})
    assert find_reuse(passages, documents).empty


def test_shuffled_passages_and_documents_give_the_same_table(seeds):
    passages, documents = seeds
    with_copies, _ = plant(passages, 0.2, seed=2)
    one = find_reuse(with_copies, documents)
    two = find_reuse(with_copies.sample(frac=1, random_state=3), documents.iloc[::-1])
    pd.testing.assert_frame_equal(one, two)


def test_small_blocks_of_anchors_find_the_same_candidates(seeds, monkeypatch):
    import discourse.corpus.anchors as anchors

    folded = fold_texts(plant(seeds[0], 0.2, seed=2)[0]["text"].tolist())
    searched = np.ones(len(folded.sizes), dtype=bool)

    def stretches():
        found = find_candidates(folded, searched, max_repeats=25)
        return {block.stretch(row) for block in found for row in range(len(block.start_a))}

    whole = stretches()
    monkeypatch.setattr(anchors, "_ANCHORS_A_BLOCK", 50)
    assert stretches() == whole
    assert len(whole) > 50


@pytest.mark.parametrize("size", [3, 6])
def test_candidates_hold_every_rare_shingle_that_a_slow_search_finds(seeds, size):
    folded = fold_texts(seeds[0]["text"].tolist()[:12])
    where = {}
    for passage in range(12):
        text, low = folded.of(passage), int(folded.bounds[passage])
        for i in range(len(text) - size + 1):
            where.setdefault(text[i : i + size], []).append((passage, low + i))
    shared = [(a, b) for v in where.values() if 2 <= len(v) <= 9 for p, a in v for q, b in v if p < q]
    found = find_candidates(folded, np.ones(12, dtype=bool), max_repeats=9, sizes=[size], min_length=size)
    stretches = [block.stretch(row) for block in found for row in range(len(block.start_a))]
    assert len(shared) > 50
    for a, b in shared:
        assert any(s[0] <= a and a + size <= s[1] and s[2] <= b and b + size <= s[3] for s in stretches)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=6))
def test_folded_letters_lead_back_to_the_characters_they_came_from(texts):
    folded = fold_texts(texts)
    for passage, text in enumerate(texts):
        low, high = folded.bounds[passage], folded.bounds[passage + 1]
        assert (np.diff(folded.offset[low:high]) > 0).all()
        for letter, offset in zip(folded.of(passage), folded.offset[low:high], strict=True):
            assert fold_texts([text[offset]]).text == letter
    assert fold_texts([folded.text]).text == folded.text or not folded.text.isascii()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from(list(SENTENCE + "。 ")), max_size=80).map("".join), min_size=1, max_size=4
    )
)
def test_every_span_is_cut_from_the_documents_and_as_similar_as_it_says(paragraphs):
    passages, documents = corpus_of([[p] for p in paragraphs])
    texts = documents.set_index("doc_id")["text"]
    for span in find_reuse(passages, documents, min_chars=8, min_weight=2).itertuples():
        assert texts[span.doc_id][span.start : span.end] == span.text
        assert texts[span.source_doc_id][span.source_start : span.source_end] == span.source_text
        one, two = fold_texts([span.source_text]).text, fold_texts([span.text]).text
        assert span.n_chars == len(two)
        assert (
            span.similarity
            <= 1 - Levenshtein.distance(one, two, weights=(1, 1, 2)) / (len(one) + len(two)) + 1e-9
        )


def test_empty_tables_and_passages_without_letters_have_no_reuse():
    passages, documents = corpus_of([["……", ""], ["、、"]])
    assert check(find_reuse(passages, documents), "reuse").empty
    assert find_reuse(passages.iloc[:0], documents).empty


def test_passages_of_unknown_documents_and_senseless_settings_are_refused():
    passages, documents = corpus_of([[SENTENCE], [OTHER]])
    with pytest.raises(DataError, match="first: 'd1'"):
        find_reuse(passages, documents.iloc[:1])
    for setting in ({"min_chars": 3}, {"min_weight": -1}, {"min_similarity": 2}, {"max_repeats": 1}):
        with pytest.raises(SettingError, match=next(iter(setting))):
            find_reuse(passages, documents, **setting)


# --- recycled passages --------------------------------------------------------------------------------------


@pytest.fixture
def borrowed():
    """d1 takes a whole paragraph from d0 and half of another; d2, of an unknown region, a sentence from both."""
    texts = [[SENTENCE + "。", OTHER], [SENTENCE + "!", OTHER[:30] + THIRD], [THIRD + SENTENCE]]
    passages, documents = corpus_of(texts)
    return passages, documents.assign(region=["甲", "乙", None])


def test_a_recycled_passage_names_the_passage_that_it_repeats_most(borrowed):
    passages, documents = borrowed
    marked = mark_reuse(passages, find_reuse(passages, documents)).set_index("passage_id")
    assert marked.loc["d1#0000", "reuse_id"] == "d0#0000"
    assert marked.loc["d1#0000", "reuse_share"] == 1.0
    assert marked.loc[["d0#0000", "d0#0001"], "reuse_share"].tolist() == [0.0, 0.0]
    assert marked.loc["d0#0000":"d0#0001", "reuse_id"].isna().all()
    assert marked.loc["d2#0000", "reuse_share"] == 1.0, "two sources together cover the passage"


def test_dropping_keeps_what_repeats_no_more_than_the_share(borrowed):
    passages, documents = borrowed
    marked = mark_reuse(passages, find_reuse(passages, documents))
    assert drop_recycled(marked, max_share=1.0)["passage_id"].tolist() == passages["passage_id"].tolist()
    assert drop_recycled(marked, max_share=0.5)["passage_id"].tolist() == ["d0#0000", "d0#0001", "d1#0001"]
    assert drop_recycled(marked, max_share=0)["passage_id"].tolist() == ["d0#0000", "d0#0001"]
    with pytest.raises(SettingError, match="max_share=2"):
        drop_recycled(marked, max_share=2)
    with pytest.raises(DataError, match="mark_reuse"):
        drop_recycled(passages, max_share=0.5)


def test_the_matrix_counts_repeated_letters_once_and_keeps_the_unknown_apart(borrowed):
    passages, documents = borrowed
    reuse = find_reuse(passages, documents)
    matrix = (
        reuse_matrix(pd.concat([reuse, reuse]), documents, by="region")
        .fillna("?")
        .set_index(["group", "source_group"])
    )
    n_letters = [len(fold_texts([text]).text) for text in (SENTENCE, OTHER[:30])]
    assert matrix.loc[("乙", "甲"), "n_chars"] == sum(n_letters)
    assert matrix.loc[("乙", "甲"), "share"] == sum(n_letters) / len(fold_texts([documents["text"][1]]).text)
    assert matrix.loc[("?", "乙"), "n_chars"] > 0
    assert ("甲", "乙") not in matrix.index, "d0 is the earlier one"
    with pytest.raises(SettingError, match="Did you mean 'region'"):
        reuse_matrix(reuse, documents, by="regoin")


def test_tables_without_reuse_mark_and_count_nothing():
    passages, documents = corpus_of([[SENTENCE], [OTHER]])
    reuse = find_reuse(passages, documents)
    marked = mark_reuse(passages, reuse)
    assert marked["reuse_id"].isna().all()
    assert reuse_matrix(reuse, documents.assign(region="甲"), by="region").empty


def test_the_rendered_lines_show_the_words(borrowed):
    passages, documents = borrowed
    reuse = find_reuse(passages, documents)
    text = render_reuse(reuse, reuse_matrix(reuse, documents, by="region"), mark_reuse(passages, reuse))
    assert "乙 repeats 甲" in text
    assert SENTENCE in text


@pytest.fixture
def seed_passages(seed_corpus):
    documents = seed_corpus[0]
    twice = documents.assign(doc_id="copy/" + documents["doc_id"])
    twice["text"] = twice["text"].str.replace("社区", "小区")
    both = pd.concat([documents, twice], ignore_index=True)
    return split_passages(both), both


def test_blocks_of_any_size_and_two_processes_give_the_same_reuse(seed_passages, monkeypatch):
    whole = find_reuse(*seed_passages)
    assert len(whole) > 50
    monkeypatch.setattr(folding, "_LETTERS_A_PART", 3000)
    monkeypatch.setattr(commonness, "_DOCUMENTS_A_BLOCK", 3)
    monkeypatch.setattr(anchors, "_ANCHORS_A_BLOCK", 500)
    pd.testing.assert_frame_equal(find_reuse(*seed_passages), whole)
    monkeypatch.setattr(matching, "_WORTH_A_WORKER", 1)
    told = []
    pd.testing.assert_frame_equal(
        find_reuse(*seed_passages, n_workers=2, progress=lambda done, of: told.append((done, of))), whole
    )
    assert told == sorted(told) and told[-1][0] == told[-1][1]


def test_what_processes_share_lies_in_the_run_and_goes_even_when_a_killed_run_left_some(
    seed_passages, tmp_path, monkeypatch
):
    whole = find_reuse(*seed_passages)
    monkeypatch.setattr(matching, "_WORTH_A_WORKER", 1)
    monkeypatch.setattr(matching.tempfile, "TemporaryDirectory", None)  # nothing lies elsewhere
    left = tmp_path / ".parts" / "scratch" / "weights.npy"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half of an array")
    seen = []
    store = FolderParts(tmp_path / ".parts", ["spans"])
    found = find_reuse(
        *seed_passages, n_workers=2, store=store, progress=lambda done, of: seen.append(left.stat().st_size)
    )
    pd.testing.assert_frame_equal(found, whole)
    assert min(seen) > 1000 and not left.parent.exists()


def test_finished_blocks_are_found_again_unless_a_threshold_differs(seed_passages, monkeypatch):
    monkeypatch.setattr(anchors, "_ANCHORS_A_BLOCK", 500)
    kept = {}

    class Store:
        load = staticmethod(kept.get)
        save = staticmethod(kept.__setitem__)

    whole = find_reuse(*seed_passages, store=Store())
    n_blocks, aligned = len(kept), []
    align = matching.align_candidates
    monkeypatch.setattr(matching, "align_candidates", lambda *parts: aligned.append(1) or align(*parts))
    kept.pop(list(kept)[1])
    pd.testing.assert_frame_equal(find_reuse(*seed_passages, store=Store()), whole)
    assert len(aligned) == 1 and len(kept) == n_blocks > 2
    find_reuse(*seed_passages, store=Store(), min_similarity=0.5)
    assert len(kept) == 2 * n_blocks


def slow_share(passage, reuse):
    """The slow twin: letter by letter."""
    letters = [i for i, char in enumerate(passage.text) if char.isalnum()]
    spans = reuse[reuse["passage_id"] == passage.passage_id]
    pairs = list(zip(spans["start"] - passage.start, spans["end"] - passage.start, strict=True))
    return sum(any(a <= i < b for a, b in pairs) for i in letters) / max(1, len(letters))


def test_the_share_that_is_repeated_is_that_of_the_slow_twin(seed_passages):
    passages, documents = seed_passages
    reuse = find_reuse(passages, documents)
    marked = mark_reuse(passages, reuse)
    expected = [slow_share(passage, reuse) for passage in marked.itertuples()]
    assert marked["reuse_share"].tolist() == pytest.approx(expected, abs=1e-12)


def test_each_letter_counts_once_in_a_cell_however_many_spans_hold_it(seed_passages):
    passages, documents = seed_passages
    documents = documents.assign(
        region=["copies" if name.startswith("copy/") else "texts" for name in documents["doc_id"]]
    )
    reuse = find_reuse(passages, documents)
    matrix = reuse_matrix(reuse, documents, by="region").set_index(["group", "source_group"])
    text = dict(zip(documents["doc_id"], documents["text"], strict=True))
    group = dict(zip(documents["doc_id"], documents["region"], strict=True))
    letters: dict[tuple[str, str], set[tuple[str, int]]] = {}
    for span in reuse.itertuples():
        if span.doc_id != span.source_doc_id:
            held = letters.setdefault((group[span.doc_id], group[span.source_doc_id]), set())
            held |= {(span.doc_id, i) for i in range(span.start, span.end) if text[span.doc_id][i].isalnum()}
    assert matrix["n_chars"].to_dict() == {pair: len(held) for pair, held in letters.items()}
