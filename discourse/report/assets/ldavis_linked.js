// Two panels of one view: their λ, the topic that is chosen, and circles that act together.
var VIEWS = {};
function spoken(zh, en) {
  var made = document.createDocumentFragment();
  [["zh", zh], ["en", en]].forEach(function (own, place) {
    var word = document.createElement("span");
    word.className = own[0];
    word.textContent = own[1];
    made.append(place ? " " : "", word);
  });
  return made;
}
function linked(view) {
  var lambda = document.getElementById(view + "-lambda"), topic = document.getElementById(view + "-topic");
  var told = document.getElementById(view + "-told"), sides = ["a", "b"], current = "", twin = null, tell = null;

  function circle(side, number) { return document.getElementById(view + "-" + side + "-topic" + number); }

  function send(node, type) { if (node) node.dispatchEvent(new MouseEvent(type, { bubbles: type === "click" })); }

  function say(side, number) { if (tell) tell(side, number); }

  // what is done to a circle by hand is done to its twin
  function watch(side, other) {
    document.querySelectorAll("#" + view + "-" + side + " .dot").forEach(function (dot) {
      var number = dot.__data__.topics;
      ["mouseover", "mouseout", "click"].forEach(function (type) {
        dot.addEventListener(type, function (event) {
          if (!event.isTrusted) return;
          send(circle(other, twin(side, number)), type);
          if (type !== "click") return;
          say(side, number);
          current = String(side === "a" ? number : twin(side, number));
          topic.value = side === "a" ? current : "";
        });
      });
    });
  }

  function shift() {
    document.getElementById(view + "-lambda-value").textContent = Number(lambda.value).toFixed(2);
    sides.forEach(function (side) {
      var slider = document.getElementById(view + "-" + side + "-lambda");
      slider.value = lambda.value;
      slider.dispatchEvent(new MouseEvent("mouseup"));
    });
  }

  function choose() {
    current = topic.value;
    if (current === "") {
      told.textContent = "";
      sides.forEach(function (side) { send(document.getElementById(view + "-" + side + "-topic-clear"), "click"); });
      return;
    }
    send(circle("a", current), "click");
    send(circle("b", twin("a", Number(current))), "click");
    say("a", Number(current));
  }

  lambda.addEventListener("change", shift);
  topic.addEventListener("change", choose);
  return {
    // circles of both panels were drawn anew; ask(side, number): number of the twin; say(side, number): tell of it
    join: function (ask, saying) {
      twin = ask;
      tell = saying || null;
      watch("a", "b");
      watch("b", "a");
      shift();
      if (topic.value !== "") choose();
    }
  };
}
