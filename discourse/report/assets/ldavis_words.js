// What pyLDAvis writes, in Chinese where the reader reads Chinese; the page around says which language that is.
(function () {
  var WORDS = [
    [/^Intertopic Distance Map.*$/, "主题之间的距离（多维尺度）"],
    [/^Marginal topic distribution$/, "圆的大小：主题占全部词次的比例"],
    [/^Overall term frequency$/, "词的总次数"],
    [/^Estimated term frequency within the selected topic$/, "其中属于所选主题的次数（估计）", "within the selected topic (estimate)"],
    [/^1\. saliency.*$/, "1. 显著度(词 w) = 频率(w) × Σt p(t|w) log[p(t|w) / p(t)]；Chuang 等 (2012)"],
    [/^2\. relevance.*$/, "2. 相关度(词 w | 主题 t) = λ log p(w|t) + (1 − λ) log[p(w|t) / p(w)]；Sievert & Shirley (2014)"],
    [/^Top-(\d+) Most Salient Terms$/, "最显著的 $1 个词"],
    [/^Top-(\d+) Most Relevant Terms for Topic (\d+) \((.*)% of tokens\)$/, "主题 $2 最相关的 $1 个词（占词次 $3%）"],
    [/^Conditional topic distribution given term = '(.*)'$/, "词“$1”在各主题的分布"],
    [/^Slide to adjust relevance metric:$/, "调节相关度："],
    [/^Selected Topic: $/, "所选主题："],
    [/^Previous Topic$/, "上一个"], [/^Next Topic$/, "下一个"], [/^Clear Topic$/, "清除"]
  ];
  var language = "both";

  function translate(node) {
    if (node.said === node.data) return;
    node.english = node.data;
    var own = WORDS.find(function (pair) { return pair[0].test(node.english); }), words = own && own[language === "en" ? 2 : 1];
    if (words) node.data = node.english.replace(own[0], words);
    node.said = node.data;
  }

  function walk(root, action) {
    if (root.nodeType === Node.TEXT_NODE) { action(root); return; }
    if (root.tagName === "SCRIPT" || root.tagName === "STYLE") return;
    Array.prototype.forEach.call(root.childNodes, function (child) { walk(child, action); });
  }

  function speak(chosen) {
    language = chosen;
    document.documentElement.dataset.lang = chosen;
    walk(document.body, function (node) {
      if (node.english !== undefined && node.said === node.data) node.data = node.english;
      node.said = undefined;
      translate(node);
    });
  }

  new MutationObserver(function (changes) {
    changes.forEach(function (change) {
      if (change.type === "characterData") { if (change.target.data !== change.target.said) translate(change.target); }
      else change.addedNodes.forEach(function (node) { walk(node, translate); });
    });
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
  window.addEventListener("message", function (event) {
    if (event.source === window.parent && event.data && ["zh", "en", "both"].indexOf(event.data.language) >= 0) speak(event.data.language);
  });
  // alone, the page speaks the language of the browser
  var own = (navigator.language || "").slice(0, 2).toLowerCase();
  speak(window.parent === window && (own === "zh" || own === "en") ? own : "both");
  if (window.parent !== window) window.parent.postMessage({ asks: "language" }, "*");
})();
