// One choice of topic, groups and words for all sections. The address holds it, so that any state is a link.
(function () {
  var bar = document.getElementById("bar"), search = document.getElementById("search");
  var byTopic = document.getElementById("by-topic"), told = document.getElementById("told");
  var byGroup = Array.prototype.slice.call(bar.querySelectorAll("select[data-factor]"));
  var LEAVES = "main tbody tr, main figure.quote, main .strip-topic, main .curves figure, main .strip-row";
  var leaves = null, folds = null, anchor = "";

  // a part is of the nearest topic, and of the groups of all that holds it
  function describe(own) {
    var topic = own.closest("[data-topic]"), groups = [];
    for (var up = own; up; up = up.parentElement) if (up.dataset.groups) groups = groups.concat(up.dataset.groups.split(" "));
    return { node: own, topic: topic ? topic.dataset.topic : null, groups: groups, inner: own.classList.contains("strip-row"), text: null };
  }

  function collect() {
    leaves = Array.prototype.map.call(document.querySelectorAll(LEAVES), describe);
    folds = Array.prototype.map.call(document.querySelectorAll(".fold"), describe);
    leaves.forEach(function (leaf) { leaf.node.classList.add("leaf"); });
  }

  function words(leaf) {
    if (leaf.text === null) leaf.text = leaf.node.textContent.toLowerCase();
    return leaf.text;
  }

  // groups of another factor say nothing about this one: such a part stays
  function inGroup(leaf, factor, group) {
    var own = leaf.groups.filter(function (name) { return name.split(".")[0] === factor; });
    return own.length === 0 || own.indexOf(factor + "." + group) >= 0;
  }

  function inChoice(leaf, chosen) {
    if (chosen.topic !== "" && leaf.topic !== null && leaf.topic !== chosen.topic) return false;
    return chosen.groups.every(function (own) { return inGroup(leaf, own[0], own[1]); });
  }

  function matches(leaf, chosen) {
    if (!inChoice(leaf, chosen)) return false;
    return leaf.inner || chosen.words.every(function (word) { return words(leaf).indexOf(word) >= 0; });
  }

  function choice() {
    return {
      topic: byTopic ? byTopic.value : "",
      groups: byGroup.filter(function (own) { return own.value !== ""; }).map(function (own) { return [own.dataset.factor, own.value]; }),
      words: search.value.toLowerCase().split(/\s+/).filter(Boolean)
    };
  }

  function apply() {
    var chosen = choice(), any = chosen.topic !== "" || chosen.groups.length || chosen.words.length, shown = 0;
    if (!leaves) { if (!any) return; collect(); }
    leaves.forEach(function (leaf) {
      var on = !any || matches(leaf, chosen);
      leaf.node.classList.toggle("off", !on);
      if (on && !leaf.inner) shown += 1;
    });
    folds.forEach(function (fold) {
      var full = fold.node.querySelector(".leaf"), empty = full && !fold.node.querySelector(".leaf:not(.off)");
      fold.node.classList.toggle("off", Boolean(any) && (Boolean(empty) || !inChoice(fold, chosen) || (!full && chosen.words.length > 0)));
      // the one topic that was chosen is unfolded
      if (chosen.topic !== "" && fold.node.tagName === "DETAILS" && fold.topic === chosen.topic) fold.node.open = true;
    });
    document.body.classList.toggle("filtered", Boolean(any));
    told.replaceChildren(any ? discourse.both(shown + " / " + leaves.filter(function (leaf) { return !leaf.inner; }).length + " 项", "items") : "");
    discourse.find(chosen.words);
  }

  // the address: #anchor&topic=5&region=武汉&q=…&lang=en&see=12
  function escaped(text) {
    return text.replace(/[%&=#\s]/g, function (own) { return encodeURIComponent(own); });
  }

  function language() {
    var own = document.querySelector("input[name=language]:checked").id.slice(9);
    return own === "both" ? "" : own;
  }

  discourse.state = {};
  function address() {
    var parts = [anchor];
    if (byTopic && byTopic.value !== "") parts.push("topic=" + byTopic.value);
    byGroup.forEach(function (own) {
      if (own.value !== "") parts.push(escaped(own.dataset.name) + "=" + escaped(own.selectedOptions[0].dataset.name));
    });
    if (search.value.trim()) parts.push("q=" + escaped(search.value.trim()));
    if (language()) parts.push("lang=" + language());
    if (discourse.state.see) parts.push("see=" + discourse.state.see);
    return "#" + parts.join("&");
  }

  discourse.write = function (step) {
    var hash = address(), now = location.href.split("#")[0], to = now + (hash === "#" ? "" : hash);
    try { history[step === true ? "pushState" : "replaceState"](null, "", to); } catch (error) { /* a frame may not */ }
  };

  function decoded(text) {
    try { return decodeURIComponent(text); } catch (error) { return text; }
  }

  function read() {
    var parts = location.hash.slice(1).split("&"), given = {};
    anchor = parts[0].indexOf("=") < 0 ? decoded(parts.shift()) : "";
    parts.forEach(function (part) {
      var at = part.indexOf("=");
      if (at > 0) given[decoded(part.slice(0, at))] = decoded(part.slice(at + 1));
    });
    return given;
  }

  // an address with any choice in it is the whole choice; a bare #anchor leaves the choice as it is
  function choose(given) {
    if (!Object.keys(given).length) return;
    if (byTopic) byTopic.value = /^\d+$/.test(given.topic) ? given.topic : "";
    byGroup.forEach(function (own) {
      var found = Array.prototype.filter.call(own.options, function (option) { return option.dataset.name === given[own.dataset.name]; });
      own.value = found.length ? found[0].value : "";
    });
    search.value = given.q || "";
    var spoken = given.lang === "zh" || given.lang === "en" ? document.getElementById("language-" + given.lang) : null;
    if (spoken && !spoken.checked) { spoken.checked = true; spoken.dispatchEvent(new Event("change")); }
  }

  // a link into something folded unfolds it
  function unfold() {
    document.querySelectorAll(".reached").forEach(function (own) { own.classList.remove("reached"); });
    var target = anchor && document.getElementById(anchor);
    if (!target) return;
    for (var own = target; own; own = own.parentElement) if (own.tagName === "DETAILS") own.open = true;
    target.classList.add("reached");
    target.scrollIntoView();
    // what comes into view is drawn only now and may be taller than was guessed
    requestAnimationFrame(function () { target.scrollIntoView(); });
    if (target.hasAttribute("tabindex")) target.focus({ preventScroll: true });
  }

  discourse.start = function () {
    var old = /^\?(zh|en)$/.exec(location.search), given = read();
    var spoken = (navigator.language || "").slice(0, 2).toLowerCase();
    if (given.lang === undefined) given.lang = old ? old[1] : spoken;
    bar.hidden = false;
    choose(given);
    apply();
    if (given.see) discourse.reopen(given.see);
    unfold();
  };

  window.addEventListener("hashchange", function () {
    var given = read();
    choose(given);
    apply();
    discourse.write();
    if (given.see) discourse.reopen(given.see);
    unfold();
  });
  document.addEventListener("click", function (event) {
    var link = event.target.closest ? event.target.closest("a[href^='#']") : null;
    if (!link) return;
    event.preventDefault();
    anchor = link.getAttribute("href").slice(1);
    discourse.write(true);
    unfold();
  });

  var waiting = null;
  function changed() { apply(); discourse.write(); }
  search.addEventListener("input", function () { clearTimeout(waiting); waiting = setTimeout(changed, 120); });
  bar.addEventListener("change", changed);
  bar.addEventListener("submit", function (event) { event.preventDefault(); changed(); });
  document.querySelectorAll("input[name=language]").forEach(function (own) { own.addEventListener("change", discourse.write); });
  // a cell of the table of coverage is a choice of region and level
  document.addEventListener("click", function (event) {
    var cell = event.target.closest ? event.target.closest("button.pick") : null;
    if (!cell) return;
    byGroup.forEach(function (own) {
      var wanted = cell.dataset[own.dataset.name];
      var found = Array.prototype.filter.call(own.options, function (option) { return wanted !== undefined && option.dataset.name === wanted; });
      own.value = found.length ? found[0].value : "";
    });
    if (byTopic) byTopic.value = "";
    search.value = "";
    changed();
  });
  document.getElementById("clear").addEventListener("click", function () {
    if (byTopic) byTopic.value = "";
    byGroup.forEach(function (own) { own.value = ""; });
    search.value = "";
    changed();
  });
  document.getElementById("copy-link").addEventListener("click", function (event) {
    discourse.write();
    discourse.copy(location.href, event.currentTarget);
  });
})();
