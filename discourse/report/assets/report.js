"use strict";
// A click on a heading sorts its table; the page is complete without this script.
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

  // the embedded map says how many topics it drew
  var frame = document.getElementById("ldavis-frame");
  window.addEventListener("message", function (event) {
    if (frame && event.source === frame.contentWindow) frame.dataset.topics = Number(event.data) || 0;
  });
  document.documentElement.dataset.ready = "yes";
})();
