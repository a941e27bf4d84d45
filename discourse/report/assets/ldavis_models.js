// Two models side by side, all topics on one plane: what is chosen in one is chosen in the other.
VIEWS.models = (function () {
  var own = linked("models"), told = document.getElementById("models-told");
  var sides = ["a", "b"];

  function range(axis) {
    var all = [];
    MODELS.places.forEach(function (places) { Object.keys(places).forEach(function (number) { all.push(places[number][axis]); }); });
    var low = Math.min.apply(null, all), high = Math.max.apply(null, all);
    return high > low ? [low, high] : [low - 1, high + 1];
  }

  // a model on the common plane, with as many terms as a small panel has room for
  function plan(data, places) {
    var first = Object.keys(places)[0], n = Math.min(16, data.R), left = 0;
    function at(axis) { return data.mdsDat.topics.map(function (number) { return (places[number] || places[first])[axis]; }); }
    var kept = data.tinfo.Category.map(function (name) { return name !== "Default" || left++ < n; });
    var info = {};
    Object.keys(data.tinfo).forEach(function (name) { info[name] = data.tinfo[name].filter(function (_, i) { return kept[i]; }); });
    return Object.assign({}, data, {
      mdsDat: Object.assign({}, data.mdsDat, { x: at(0), y: at(1) }), tinfo: info,
      R: n, small: true, xrange: range(0), yrange: range(1)
    });
  }

  function name(side, number) { return "T" + (side === "a" ? DATA : MODELS.data).labels[number]; }

  function tell(side, number) {
    var other = side === "a" ? "b" : "a", link = MODELS.links[side === "a" ? 0 : 1][number];
    var words = link[2] ? ["重现为", "found again as"] : link[3] ? ["并入", "joined with others in"] : ["没有重现；最近的是", "not found again; nearest:"];
    told.replaceChildren(
      side.toUpperCase() + " " + name(side, number) + " → ", spoken(words[0], words[1]),
      " " + other.toUpperCase() + " " + name(other, link[0]) + " · ", spoken("相似度", "similarity"), " " + link[1].toFixed(2)
    );
  }

  function twin(side, number) { return MODELS.links[side === "a" ? 0 : 1][number][0]; }

  function draw() {
    new LDAvis("#models-a", plan(DATA, MODELS.places[0]));
    new LDAvis("#models-b", plan(MODELS.data, MODELS.places[1]));
    var names = { a: ["本次运行", "this run"], b: [MODELS.name.zh, MODELS.name.en] };
    sides.forEach(function (side) {
      document.getElementById("models-" + side + "-name").replaceChildren(side.toUpperCase() + " · ", spoken(names[side][0], names[side][1]));
    });
    own.join(twin, tell);
  }

  return function () {
    sides.forEach(function (side) { document.getElementById("models-" + side).replaceChildren(); });
    draw();
  };
})();
