"use strict";
// Sorting, filters, links that open what they lead to, citations: the page is complete without this script.
(function () {
  function valueOf(row, column) {
    var cell = row.children[column];
    if (cell.dataset.value !== undefined) return parseFloat(cell.dataset.value);
    var text = cell.textContent.trim().replace(/\u2212/g, "-");
    var number = parseFloat(text.replace(/[,%+]/g, ""));
    return cell.classList.contains("num") ? number : text;
  }

  function compare(a, b) {
    if (typeof a === "number" && typeof b === "number") {
      if (isNaN(a) || isNaN(b)) return isNaN(a) - isNaN(b);
      return a - b;
    }
    return String(a).localeCompare(String(b), "zh");
  }

  function sortTable(table, column, descending) {
    var body = table.tBodies[0];
    var rows = Array.prototype.slice.call(body.rows).map(function (row, index) {
      return { row: row, index: index, value: valueOf(row, column) };
    });
    rows.sort(function (a, b) {
      return (descending ? -1 : 1) * compare(a.value, b.value) || a.index - b.index;
    });
    rows.forEach(function (entry) { body.appendChild(entry.row); });
  }

  document.querySelectorAll("table.sortable").forEach(function (table) {
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (heading, column) {
      var button = document.createElement("button");
      button.type = "button";
      while (heading.firstChild) button.appendChild(heading.firstChild);
      heading.appendChild(button);
      button.addEventListener("click", function () {
        var descending = heading.getAttribute("aria-sort") !== "descending";
        Array.prototype.forEach.call(table.tHead.rows[0].cells, function (other) { other.removeAttribute("aria-sort"); });
        heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
        sortTable(table, column, descending);
      });
    });
  });

  // a box above every longer table keeps the rows that hold all the words typed into it
  document.querySelectorAll("table.sortable").forEach(function (table) {
    var rows = Array.prototype.slice.call(table.tBodies[0].rows);
    if (rows.length < 9) return;
    var box = document.createElement("input"), told = document.createElement("output"), row = document.createElement("p");
    box.type = "search";
    box.placeholder = "筛选 Filter";
    box.setAttribute("aria-label", "筛选此表 Filter this table");
    row.className = "filter";
    row.append(box, " ", told);
    box.addEventListener("input", function () {
      var words = box.value.toLowerCase().split(/\s+/), shown = 0;
      rows.forEach(function (own) {
        var text = own.textContent.toLowerCase();
        own.hidden = !words.every(function (word) { return text.indexOf(word) >= 0; });
        if (!own.hidden) shown += 1;
      });
      told.textContent = box.value ? shown + " / " + rows.length : "";
    });
    table.parentNode.before(row);
  });

  // a link into something folded unfolds it; the address is the state, so it can be sent on
  function unfold() {
    var target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (!target) return;
    for (var own = target; own; own = own.parentElement) if (own.tagName === "DETAILS") own.open = true;
    target.scrollIntoView();
    if (target.tabIndex < 0) target.focus({ preventScroll: true });
  }
  window.addEventListener("hashchange", unfold);
  unfold();
  document.addEventListener("click", function (event) {
    var link = event.target.closest ? event.target.closest("a[href^='#']") : null;
    if (link && link.hash === location.hash) unfold();
  });

  // the language that was chosen stays in the address after a question mark: report.html?en#words
  var language = /^\?(zh|en)$/.exec(location.search);
  if (language) document.getElementById("language-" + language[1]).checked = true;

  // a button under every quotation copies it with its source
  document.querySelectorAll("figure.quote").forEach(function (figure) {
    var button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "复制引文 Copy";
    button.addEventListener("click", function () {
      var words = "“" + figure.querySelector("blockquote").textContent + "”（" + figure.querySelector(".source").textContent.replace(/\s+/g, " ").trim() + "）";
      var area = document.createElement("textarea");
      area.value = words;
      document.body.appendChild(area);
      area.select();
      var done = document.execCommand("copy");
      area.remove();
      button.textContent = done ? "已复制 Copied" : words;
      button.focus();
    });
    figure.querySelector("figcaption").append(" ", button);
  });

  // what is folded is printed unfolded, and folded again
  var folded = [];
  window.addEventListener("beforeprint", function () {
    folded = Array.prototype.slice.call(document.querySelectorAll("details:not([open])"));
    folded.forEach(function (own) { own.open = true; });
  });
  window.addEventListener("afterprint", function () { folded.forEach(function (own) { own.open = false; }); });

  // wide tables can be scrolled with the keyboard
  document.querySelectorAll(".wide").forEach(function (own) {
    if (own.scrollWidth > own.clientWidth) own.tabIndex = 0;
  });

  // the embedded map says how many topics it drew
  var frame = document.getElementById("ldavis-frame");
  window.addEventListener("message", function (event) {
    if (frame && event.source === frame.contentWindow) frame.dataset.topics = Number(event.data) || 0;
  });
  document.documentElement.dataset.ready = "yes";
})();
