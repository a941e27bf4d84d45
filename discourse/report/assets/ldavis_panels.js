// Which view is shown: the whole corpus, two groups, or two models.
(function () {
  var map = document.getElementById("ldavis");
  document.getElementById("view").addEventListener("change", function (event) {
    var chosen = event.target.value;
    map.hidden = chosen !== "map";
    document.querySelectorAll(".view").forEach(function (own) { own.hidden = own.id !== chosen; });
    if (VIEWS[chosen]) VIEWS[chosen]();
    if (window.parent !== window) window.parent.postMessage({ topics: DATA.mdsDat.x.length, view: chosen }, "*");
  });
})();
