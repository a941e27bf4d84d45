// Two groups side by side: the same circles in the same places, their sizes and words those of each group.
VIEWS.pair = (function () {
  var R = 16, NEVER = -25; // log probability of a term that does not occur

  // what pyLDAvis.prepare makes of a group's expected counts n[topic][term]
  function prepare(group) {
    var K = group.tokens.length, N = group.tokens.reduce(function (a, b) { return a + b; }, 0), V = PAIR.terms.length;
    var counts = group.counts.map(function (row) {
      var full = new Array(V).fill(0);
      row[0].forEach(function (term, i) { full[term] = row[1][i]; });
      return full;
    });
    var totals = PAIR.terms.map(function (_, term) { return counts.reduce(function (sum, row) { return sum + row[term]; }, 0); });
    var info = { Term: [], Freq: [], Total: [], Category: [], logprob: [], loglift: [] }, table = { Term: [], Topic: [], Freq: [] };
    function add(term, freq, category, logprob, loglift) {
      info.Term.push(PAIR.terms[term]); info.Freq.push(freq); info.Total.push(totals[term]); info.Category.push(category);
      info.logprob.push(logprob); info.loglift.push(loglift);
    }
    var salient = PAIR.terms.map(function (_, term) {
      var told = 0;
      for (var k = 0; k < K; k++) {
        var share = counts[k][term] / totals[term];
        if (share > 0) told += share * Math.log(share * N / group.tokens[k]);
      }
      return { term: term, value: totals[term] > 0 ? totals[term] / N * told : -1 };
    }).filter(function (own) { return own.value >= 0; });
    salient.sort(function (a, b) { return b.value - a.value || a.term - b.term; });
    salient.slice(0, R).forEach(function (own, i) { add(own.term, totals[own.term], "Default", R - i, R - i); });
    for (var k = 0; k < K; k++) {
      var n = 0, term;
      for (term = 0; term < V; term++) {
        if (counts[k][term] <= 0) continue;
        n += 1;
        var phi = counts[k][term] / group.tokens[k];
        add(term, counts[k][term], "Topic" + k, Math.log(phi), Math.log(phi * N / totals[term]));
        table.Term.push(PAIR.terms[term]); table.Topic.push(k); table.Freq.push(counts[k][term] / totals[term]);
      }
      // the bars are as many in every topic: the last ones are empty
      for (term = 0; term < V && n < R; term++) if (counts[k][term] <= 0) { add(term, 0, "Topic" + k, NEVER, NEVER); n += 1; }
    }
    return {
      mdsDat: { x: DATA.mdsDat.x, y: DATA.mdsDat.y, topics: DATA.mdsDat.topics, cluster: DATA.mdsDat.cluster, Freq: group.tokens.map(function (n) { return N ? 100 * n / N : 0; }) },
      tinfo: info, "token.table": table, R: R, "lambda.step": 0.02, "plot.opts": { xlab: "PC1", ylab: "PC2" },
      "topic.order": DATA["topic.order"], labels: DATA.labels, small: true
    };
  }

  var own = linked("pair"), sides = ["a", "b"];
  var choice = sides.map(function (side) { return document.getElementById("group-" + side); });

  function draw() {
    sides.forEach(function (side, i) {
      var group = PAIR.groups[Number(choice[i].value)], panel = document.getElementById("pair-" + side);
      panel.replaceChildren();
      new LDAvis("#pair-" + side, prepare(group));
      document.getElementById("pair-" + side + "-name").textContent = side.toUpperCase() + " · " + group.name + " (n = " + group.n + ")";
    });
    own.join(function (side, number) { return number; });
  }

  choice.forEach(function (box) { box.addEventListener("change", draw); });
  return draw;
})();
