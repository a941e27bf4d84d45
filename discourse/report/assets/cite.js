// Quotations with their source, ready to paste: as they stand, by GB/T 7714, in English.
(function () {
  var KINDS = { speech: "Speech", report: "Report", article: "Article", summary: "Work summary", press: "Press report" };

  function by(owner) { return owner.author || owner.speaker; }

  function chinese(passage, owner, place) {
    var parts = [by(owner), (owner.title || "无题名") + "[Z]", owner.date || "日期不详"].filter(Boolean).join(". ");
    return parts + ": 第 " + (passage.position + 1) + " 段, 字 " + place.join("–") + ". 原始文件 " + (owner.path || owner.doc_id) + hash(owner) + ".";
  }

  function english(passage, owner, place) {
    var kind = KINDS[owner.genre] || "Document";
    var who = by(owner) ? by(owner) + " (" + (owner.date || "n.d.") + "). " : "";
    var when = by(owner) ? "" : " (" + (owner.date || "n.d.") + ")";
    return who + (owner.title || "Untitled") + " [" + kind + "]" + when + ", para. " + (passage.position + 1) + ", characters " + place.join("–") + ". Raw file " + (owner.path || owner.doc_id) + hash(owner) + ".";
  }

  function hash(owner) { return owner.sha256 ? ", SHA-256 " + owner.sha256.slice(0, 12) : ""; }

  discourse.citations = function (passage, owner, words, place) {
    var made = discourse.element("p", null, "citations");
    function add(zh, en, text) {
      made.append(discourse.button(zh, en, function (event) { discourse.copy(text, event.currentTarget); }), " ");
    }
    add("复制原文与出处", "Copy with source", "“" + words + "”（" + chinese(passage, owner, place) + "）");
    add("GB/T 7714", "citation", chinese(passage, owner, place));
    add("英文引注", "English citation", english(passage, owner, place));
    return made;
  };

  // quotations on the page get their buttons when they are first looked at
  function equip(figure) {
    if (figure.dataset.equipped) return;
    figure.dataset.equipped = "yes";
    var caption = figure.querySelector("figcaption"), number = figure.dataset.passage;
    var words = figure.querySelector("blockquote").textContent;
    if (number === undefined) {
      var source = figure.querySelector(".source").textContent.replace(/\s+/g, " ").trim();
      caption.append(" ", discourse.button("复制引文", "Copy", function (event) { discourse.copy("“" + words + "”（" + source + "）", event.currentTarget); }));
      return;
    }
    var passage = discourse.shelf.passages[Number(number)], owner = discourse.shelf.documents[passage.document];
    var place = figure.dataset.place.split(" ").map(Number);
    caption.append(" ", discourse.button("看整段", "Whole passage", function () {
      discourse.showPassage(Number(number), owner.title || passage.id, place[0] - passage.place[0], place[1] - passage.place[0]);
    }), discourse.citations(passage, owner, words, place));
  }

  var watch = window.IntersectionObserver ? new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) { if (entry.isIntersecting) { equip(entry.target); watch.unobserve(entry.target); } });
  }, { rootMargin: "600px" }) : null;
  document.querySelectorAll("figure.quote").forEach(function (figure) {
    if (watch) watch.observe(figure); else equip(figure);
  });
})();
