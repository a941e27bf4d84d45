// The passages behind a number: marked words, place in the document, repairs, source. All words are set as text.
(function () {
  var shelf = discourse.shelf, dialog = document.getElementById("passage"), element = discourse.element;
  var hits = document.getElementById("hits"), shown = null;

  function topicWords(topic) {
    var row = topic === null ? null : document.querySelector("#topic-" + topic + " .terms");
    return row ? Array.prototype.map.call(row.querySelectorAll("span"), function (own) { return own.textContent; }) : [];
  }

  // places in a text where one of the words stands, longest first
  function find(text, wanted) {
    var sorted = wanted.filter(Boolean).sort(function (a, b) { return b.length - a.length; }), found = [];
    for (var at = 0; at < text.length; at++) {
      var word = sorted.find(function (own) { return text.startsWith(own, at); });
      if (word) { found.push([at, at + word.length]); at += word.length - 1; }
    }
    return found;
  }

  // the words of a hit stand out; a hit of some sentences is underlined and its words are marked as elsewhere
  function marked(text, wanted, start, end) {
    var made = element("p", null, "text"), hit = element(end - start > 24 ? "span" : "strong", null, "quoted");
    made.lang = "zh-Hans";
    if (end <= start) { pour(made, text, wanted); return made; }
    pour(made, text.slice(0, start), wanted);
    if (hit.tagName === "SPAN") pour(hit, text.slice(start, end), wanted); else hit.textContent = text.slice(start, end);
    made.append(hit);
    pour(made, text.slice(end), wanted);
    return made;
  }

  function pour(into, text, wanted) {
    var from = 0;
    find(text, wanted).forEach(function (own) {
      into.append(text.slice(from, own[0]), element("mark", text.slice(own[0], own[1])));
      from = own[1];
    });
    into.append(text.slice(from));
  }

  function facts(pairs) {
    var made = element("dl", null, "facts");
    pairs.forEach(function (pair) {
      if (pair[2] === null || pair[2] === undefined || pair[2] === "") return;
      var name = element("dt"), value = element("dd");
      name.append(discourse.both(pair[0], pair[1]));
      value.append(pair[2]);
      made.append(name, value);
    });
    return made;
  }

  function visible(text) { return text === "" ? "∅" : text.trim() ? text : "␣ × " + text.length; }

  function repairs(passage) {
    var made = element("details"), summary = element("summary"), list = element("ul", null, "repairs");
    summary.append(discourse.both("修复 " + passage.n_edits + " 处", passage.n_edits + " repairs"));
    passage.edits.forEach(function (edit) {
      var row = element("li"), rule = shelf.rules[edit[2]];
      row.append(element("del", visible(edit[0])), " → ", element("ins", visible(edit[1])), " ");
      var why = element("small");
      why.append(rule ? discourse.both(rule.zh, rule.en) : edit[2]);
      row.append(why);
      list.append(row);
    });
    if (passage.n_edits > passage.edits.length) list.append(element("li", "… " + passage.n_edits));
    made.open = passage.n_edits > 0 && passage.n_edits <= 12;
    made.append(summary, list);
    return passage.n_edits ? made : element("p", "修复 0 处 No repair inside", "hint");
  }

  function topics(passage) {
    var made = element("span");
    passage.topics.forEach(function (own, place) {
      var link = element("a", "T" + own[0]);
      link.href = "#topic-" + own[0];
      link.addEventListener("click", function () { dialog.close(); });
      made.append(place ? " · " : "", link, " " + Math.round(100 * own[1]) + "%");
    });
    return made.childNodes.length ? made : null;
  }

  function source(document_) {
    var made = element("span", document_.path + (document_.member ? " › " + document_.member : "") + " (" + document_.encoding + ") ");
    if (document_.sha256) made.append(element("code", "sha256 " + document_.sha256));
    return document_.path ? made : null;
  }

  function render(hit, topic) {
    var passage = shelf.passages[hit[0]], owner = shelf.documents[passage.document];
    var made = element("div", null, "passage");
    var title = element("h3", null);
    title.append(owner.title ? "《" + owner.title + "》" : "（无标题 untitled）");
    var place = element("p", null, "hint");
    place.append(discourse.both("第 " + (passage.position + 1) + " 段，全文 " + passage.of + " 段", "paragraph " + (passage.position + 1) + " of " + passage.of), " ", element("code", passage.id));
    var before = element("p", (passage.before.length ? "…" : "") + passage.before, "around");
    var after = element("p", passage.after + (passage.after.length ? "…" : ""), "around");
    before.lang = after.lang = "zh-Hans";
    made.append(title, place, before, marked(passage.text, topicWords(topic === null && passage.topics.length && hit[2] <= hit[1] ? passage.topics[0][0] : topic), hit[1], hit[2]), after);
    made.append(facts([
      ["作者", "Author", owner.speaker], ["日期", "Date", owner.date], ["地区", "Region", owner.region],
      ["层级", "Level", owner.level ? discourse.both(owner.level.zh, owner.level.en) : null],
      ["主题", "Topics", topics(passage)],
      ["修复后文档中的位置", "Place in the repaired document", passage.place.join("–")],
      ["原始文件中的位置", "Place in the raw text", passage.raw ? passage.raw.join("–") : null],
      ["原始文件", "Raw file", source(owner)]
    ]), repairs(passage), discourse.citations(passage, owner, passage.text, passage.place));
    return made;
  }

  function heading(text) {
    var made = element("div", null, "head"), name = element("h2", text);
    name.id = "passage-title";
    made.append(name, discourse.button("关闭", "Close", function () { dialog.close(); }));
    return made;
  }

  function open(title, topic, list, state) {
    var parts = [heading(title)];
    list.forEach(function (hit) { parts.push(render(hit, topic)); });
    if (shelf.passages.length < shelf.n_passages) {
      var kept = element("p", null, "hint");
      kept.append(discourse.both("本页收有 " + shelf.n_passages + " 个段落中的 " + shelf.passages.length + " 个，其余在结果文件夹的 passages.csv。", "This page keeps " + shelf.passages.length + " of " + shelf.n_passages + " passages; all are in passages.csv of the run folder."));
      parts.push(kept);
    }
    dialog.replaceChildren.apply(dialog, parts);
    shown = discourse.state.see = state;
    discourse.write();
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
  }

  function titleOf(button) {
    var row = button.closest("tr"), head = row && row.querySelector("th");
    var card = button.closest(".strip-topic, .card, details"), above = card && card.querySelector("h3, h4, summary");
    var words = [above && above.textContent, head && head.textContent, button.textContent];
    return words.filter(Boolean).map(function (own) { return own.replace(/\s+/g, " ").trim(); }).join(" · ").slice(0, 160);
  }

  function show(number, title) {
    var own = shelf.evidence[number];
    if (own) open(title, own[0], own[1], String(number));
  }

  discourse.showPassage = function (number, title, start, end) {
    if (shelf.passages[number]) open(title, null, [[number, start || 0, end || 0]], "p" + number);
  };

  // a state read from an address: 12 is a list of hits, p12 one passage
  discourse.reopen = function (state) {
    if (state === shown && dialog.open) return;
    if (/^\d+$/.test(state)) {
      var button = document.querySelector("button[data-see='" + state + "']");
      show(Number(state), button ? titleOf(button) : "");
    } else if (/^p\d+$/.test(state)) discourse.showPassage(Number(state.slice(1)), "");
  };

  document.addEventListener("click", function (event) {
    var button = event.target.closest ? event.target.closest("button.see") : null;
    if (button) show(Number(button.dataset.see), titleOf(button));
    else if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", function () { shown = null; discourse.state.see = ""; discourse.write(); });

  // passages of the page that hold all the words looked for, with what stands around the first
  discourse.find = function (wanted) {
    hits.hidden = wanted.length === 0;
    hits.replaceChildren();
    if (!wanted.length) return;
    var found = [];
    shelf.passages.forEach(function (passage, number) {
      var text = passage.text.toLowerCase();
      if (wanted.every(function (word) { return text.indexOf(word) >= 0; })) found.push(number);
    });
    var told = element("p", null, "hint"), list = element("ol");
    told.append(discourse.both("本页所收 " + shelf.passages.length + " 个段落中，" + found.length + " 个含有所查的词" + (found.length > 40 ? "，列出前 40 个" : ""), found.length + " of the " + shelf.passages.length + " passages on this page hold the words" + (found.length > 40 ? "; the first 40" : "")));
    found.slice(0, 40).forEach(function (number) {
      var passage = shelf.passages[number], at = passage.text.toLowerCase().indexOf(wanted[0]), end = at + wanted[0].length;
      var row = element("li"), button = element("button", null, "hit");
      button.type = "button";
      button.append(passage.text.slice(Math.max(0, at - 24), at), element("strong", passage.text.slice(at, end)), passage.text.slice(end, end + 24), element("small", " " + (shelf.documents[passage.document].title || passage.id)));
      button.addEventListener("click", function () { discourse.showPassage(number, wanted.join(" "), at, end); });
      row.append(button);
      list.append(row);
    });
    hits.append(told, list);
  };
})();
