// Every figure can be saved as it stands: as SVG, or as PNG that the page draws from that SVG.
(function () {
  var DOTS = 300 / 72, style = document.getElementById("figure-style").innerHTML;

  function standalone(drawing) {
    var made = drawing.cloneNode(true), box = drawing.viewBox.baseVal;
    made.setAttribute("width", box.width + "pt");
    made.setAttribute("height", box.height + "pt");
    made.setAttribute("font-family", "'Noto Sans CJK SC', 'Source Han Sans SC', 'PingFang SC', 'Microsoft YaHei', SimHei, sans-serif");
    made.removeAttribute("aria-label");
    var rules = document.createElementNS(drawing.namespaceURI, "style"), paper = document.createElementNS(drawing.namespaceURI, "rect");
    rules.textContent = style;
    paper.setAttribute("width", "100%");
    paper.setAttribute("height", "100%");
    paper.setAttribute("fill", "#ffffff");
    made.prepend(rules, paper);
    return new XMLSerializer().serializeToString(made);
  }

  function hand(blob, name) {
    var link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 10000);
  }

  function saveVector(drawing, name) {
    hand(new Blob([standalone(drawing)], { type: "image/svg+xml;charset=utf-8" }), name + ".svg");
  }

  function saveDots(drawing, name) {
    var image = new Image(), box = drawing.viewBox.baseVal;
    image.onload = function () {
      var canvas = document.createElement("canvas");
      canvas.width = Math.round(box.width * DOTS);
      canvas.height = Math.round(box.height * DOTS);
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob(function (blob) { hand(blob, name + ".png"); }, "image/png");
    };
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(standalone(drawing));
  }

  document.querySelectorAll("[data-figure]").forEach(function (holder) {
    var drawing = holder.querySelector("svg"), name = holder.dataset.figure, row = discourse.element("div", null, "save");
    [["SVG", saveVector], ["PNG", saveDots]].forEach(function (kind) {
      var button = discourse.button("存为 " + kind[0], "Save " + kind[0], function () { kind[1](drawing, name); });
      button.title = name + "." + kind[0].toLowerCase();
      row.append(button);
    });
    holder.append(row);
  });
})();
