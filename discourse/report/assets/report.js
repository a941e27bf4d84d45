"use strict";
// What the parts of the script share. The page can be read without any of it.
var discourse = {
  element: function (tag, words, kind) {
    var made = document.createElement(tag);
    if (words !== undefined && words !== null) made.textContent = words;
    if (kind) made.className = kind;
    return made;
  },
  both: function (zh, en) {
    var made = document.createDocumentFragment(), chinese = this.element("span", zh, "zh"), english = this.element("span", en, "en");
    chinese.lang = "zh-Hans"; english.lang = "en";
    made.append(chinese, " ", english);
    return made;
  },
  button: function (zh, en, action) {
    var made = this.element("button", null, "copy");
    made.type = "button";
    made.append(this.both(zh, en));
    made.addEventListener("click", action);
    return made;
  },
  copy: function (words, button) {
    var area = this.element("textarea", words), place = button.closest("dialog") || document.body;
    place.append(area);
    area.select();
    var done = document.execCommand("copy");
    area.remove();
    button.replaceChildren(done ? this.both("已复制", "Copied") : words);
    button.focus();
  },
  shelf: JSON.parse(document.getElementById("shelf").textContent)
};

// Sorting and filters of single tables, printing, tables that scroll.
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
    if (rows.length < 16) return;
    var box = document.createElement("input"), told = document.createElement("output"), row = document.createElement("p");
    box.type = "search";
    box.placeholder = "筛选 Filter";
    box.dataset.zh = "筛选";
    box.dataset.en = "Filter";
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

  // what is folded (but curves and uses in the cells of a table) is printed unfolded, and folded again
  var folded = [];
  window.addEventListener("beforeprint", function () {
    folded = Array.prototype.slice.call(document.querySelectorAll("details:not([open]):not(.curve):not(.uses)"));
    folded.forEach(function (own) { own.open = true; });
  });
  window.addEventListener("afterprint", function () { folded.forEach(function (own) { own.open = false; }); });

  // wide tables can be scrolled with the keyboard, also those that are unfolded later
  var narrow = window.matchMedia("(max-width: 40rem)"); // there nearly all of them scroll
  function reach(own) {
    if (own.getAttribute("role") === "region") return;
    var cell = own.querySelector("td") || own;
    var seen = !cell.checkVisibility || cell.checkVisibility({ contentVisibilityAuto: true }); // else its width is not known yet
    if (narrow.matches || !seen || own.scrollWidth > own.clientWidth) own.tabIndex = 0; else own.removeAttribute("tabindex");
  }
  var watch = window.ResizeObserver ? new ResizeObserver(function (entries) {
    entries.forEach(function (entry) { reach(entry.target.closest(".wide")); });
  }) : null;
  // what is far below has its width only when it is come near: then the table grows, not what holds it
  document.querySelectorAll(".wide").forEach(function (own) {
    if (!watch) { reach(own); return; }
    watch.observe(own);
    if (own.firstElementChild) watch.observe(own.firstElementChild);
  });

  // the embedded map says how many topics it drew
  var frame = document.getElementById("ldavis-frame");
  window.addEventListener("message", function (event) {
    if (!frame || event.source !== frame.contentWindow) return;
    if (typeof event.data === "number") frame.dataset.topics = event.data;
    else if (event.data && event.data.view) frame.dataset.view = String(event.data.view);
    else if (event.data && event.data.asks === "language") tellLanguage();
  });
  // choices and boxes hold no markup: they are written anew in the language that is read
  function tellLanguage() {
    var chosen = document.querySelector("input[name=language]:checked").id.slice(9);
    document.querySelectorAll("option[data-zh], input[data-zh]").forEach(function (own) {
      var words = chosen === "both" ? own.dataset.zh + " " + own.dataset.en : own.dataset[chosen];
      if (own.tagName === "OPTION") own.textContent = words; else own.placeholder = words;
    });
    if (frame) frame.contentWindow.postMessage({ language: chosen }, "*");
  }
  document.querySelectorAll("input[name=language]").forEach(function (own) { own.addEventListener("change", tellLanguage); });
})();
