"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const items = data.items;
  const parts = [...new Set(items.map((item) => item.task))].map((task) => ({ task, items: items.filter((item) => item.task === task) }));
  const main = document.getElementById("main");
  const store = "discourse-coding-" + data.form;
  const MOST_MILLISECONDS = 600000; // longer is a coffee, not a thought
  let saves = true;
  let shownAt = 0;
  let lang = data.lang || (/^zh/i.test(navigator.language || "zh") ? "zh" : "en");
  let state = load() || fresh();
  let screen = "start";

  function fresh() { return { coder: "", part: 0, index: -1, answers: {}, started: "" }; }

  function load() {
    try {
      const kept = JSON.parse(localStorage.getItem(store));
      const sound = kept && typeof kept.coder === "string" && kept.answers && parts[kept.part] && Number.isInteger(kept.index) && kept.index <= parts[kept.part].items.length;
      return sound ? kept : null;
    } catch { return null; }
  }

  function save() {
    try { localStorage.setItem(store, JSON.stringify(state)); } catch { saves = false; }
  }

  function say(name, values = {}) {
    return data.words[lang][name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
  }

  // every word of data enters as text, never as markup
  function make(tag, options = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(options)) {
      if (name === "click") element.addEventListener("click", value);
      else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  }

  const words = (list) => make("span", {}, ...list.map((word) => make("span", {}, word)));
  const button = (name, kind, click, values) => make("button", { type: "button", class: kind, click }, say(name, values));
  const answered = (list) => list.filter((item) => state.answers[item.item_id] && state.answers[item.item_id][0] > 0).length;

  function draw(next, focus) {
    countTime();
    if (next) screen = next;
    document.documentElement.lang = lang === "zh" ? "zh-Hans" : "en";
    document.title = say("title");
    drawHeader();
    main.replaceChildren(...SCREENS[screen]());
    shownAt = screen === "item" ? Date.now() : 0;
    const target = document.querySelector(focus || (screen === "item" ? ".ask" : "main h1"));
    if (target) target.focus({ preventScroll: true });
    window.scrollTo(0, 0);
    save();
  }

  function drawHeader() {
    const done = answered(items);
    const bar = document.getElementById("bar");
    bar.setAttribute("aria-valuenow", done);
    bar.setAttribute("aria-valuemax", items.length);
    bar.setAttribute("aria-label", say("progress", { done, n: items.length }));
    bar.firstElementChild.style.width = (100 * done) / items.length + "%";
    document.getElementById("where").textContent = screen === "start" ? "" : say("progress", { done, n: items.length });
    const languages = document.getElementById("languages");
    languages.setAttribute("aria-label", say("language"));
    languages.replaceChildren(...(data.lang ? [] : [["zh", "中文"], ["en", "English"]].map(([code, name]) =>
      make("button", { type: "button", lang: code, "aria-pressed": String(code === lang), click: () => { keepName(); lang = code; draw(null, `#languages [lang=${code}]`); } }, name))));
  }

  function keepName() {
    const field = document.getElementById("coder");
    if (field) state.coder = clean(field.value);
  }

  // control characters and halves of surrogate pairs have no place in a name
  function clean(text) {
    return Array.from(text.normalize("NFC")).filter((c) => !/[\p{Cc}\p{Cs}]/u.test(c)).join("").trim().slice(0, 60);
  }

  const SCREENS = {
    start() {
      const begun = Object.keys(state.answers).length > 0 || state.index >= 0;
      const field = make("input", { type: "text", id: "coder", maxlength: 60, autocomplete: "off", value: state.coder, "aria-describedby": "fault" });
      const fault = make("p", { id: "fault", role: "alert" });
      const begin = () => {
        keepName();
        if (!state.coder) { fault.textContent = say("coder_needed"); field.focus(); return; }
        if (!state.started) state.started = new Date().toISOString();
        draw(state.index < 0 ? "part" : state.index < parts[state.part].items.length ? "item" : "end");
      };
      field.addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.isComposing) begin(); });
      const minutes = Math.max(1, Math.round(items.reduce((sum, item) => sum + (item.texts.length ? 30 : 12), 0) / 60));
      return [
        make("h1", { tabindex: -1 }, say("title")),
        make("p", {}, say("lead")), make("p", {}, say("blind")),
        make("p", {}, saves ? say("amount", { n: items.length, minutes }) : say("unsaved")),
        make("label", { for: "coder" }, say("coder")), field, fault,
        make("div", { class: "moves left" }, button(begun ? "resume" : "begin", "main", begin), begun ? restart() : null),
        make("p", { class: "keys" }, say("keys")),
      ];
    },
    part() {
      const part = parts[state.part];
      const task = data.words[lang].tasks[part.task];
      return [
        make("h2", {}, say("part", { i: state.part + 1, n: parts.length }) + " · " + say("questions", { n: part.items.length })),
        make("h1", { tabindex: -1 }, task.name),
        make("p", {}, task.how),
        task.example ? make("p", { class: "example" }, make("b", {}, say("example")), task.example) : null,
        make("div", { class: "moves left" }, button("start_part", "main", () => { state.index = 0; draw("item"); })),
      ].filter(Boolean);
    },
    item() {
      const part = parts[state.part];
      const item = part.items[state.index];
      const task = data.words[lang].tasks[item.task];
      const chosen = (state.answers[item.item_id] || [0])[0];
      const options = item.options.map((option, i) => make("button", {
        type: "button", class: "option" + (task.options && i === 5 ? " apart" : ""), "aria-pressed": String(chosen === i + 1), click: () => choose(i + 1),
      }, make("i", { "aria-hidden": true }, String(i + 1)), task.options ? task.options[i] : words(option)));
      return [
        make("h1", { class: "small" }, `${task.name} · ${state.index + 1} / ${part.items.length}`),
        ...(item.label ? [make("h2", {}, say("label")), make("p", { class: "name" }, item.label)] : []),
        ...(item.terms.length ? [make("h2", {}, say("terms")), make("p", { class: "terms" }, words(item.terms))] : []),
        ...(item.texts.length ? [make("h2", {}, say(item.label ? "quotes" : "passage")), make("div", { class: item.label ? "quotes" : "passage" }, ...item.texts.map((text) => make("blockquote", {}, text)))] : []),
        make("p", { class: "ask", id: "ask", tabindex: -1 }, task.ask),
        make("div", { class: "options" + (item.options.every((option) => option.length === 1) && item.task === "word_intrusion" ? " words" : ""), role: "group", "aria-labelledby": "ask" }, ...options),
        make("div", { class: "moves" },
          make("button", { type: "button", class: "plain", disabled: state.index === 0, click: back }, say("back")),
          make("button", { type: "button", id: "next", class: chosen ? "main" : "main quiet", click: onward }, say(chosen ? "next" : "skip"))),
        make("p", { class: "keys" }, say("keys")),
      ];
    },
    end() {
      const part = parts[state.part];
      const open = part.items.length - answered(part.items);
      const last = state.part === parts.length - 1;
      const first = part.items.findIndex((item) => !(state.answers[item.item_id] || [0])[0]);
      return [
        make("h1", { tabindex: -1 }, say("part_done")),
        make("p", {}, open ? say("part_open", { n: open }) : say("part_none_open")),
        last ? null : make("p", { class: "warning" }, say("part_lock")),
        make("div", { class: "moves" },
          open ? button("to_open", "plain", () => { state.index = first; draw("item"); }) : button("back", "plain", back),
          button(last ? "finish" : "onward", "main", () => { if (last) { draw("done"); } else { state.part += 1; state.index = -1; draw("part"); } })),
      ].filter(Boolean);
    },
    done() {
      const text = make("textarea", { id: "text", readonly: true, "aria-label": say("copy"), spellcheck: "false" });
      text.value = JSON.stringify(collect());
      const copy = button("copy", "plain", () => {
        text.select();
        const told = () => { copy.textContent = say("copied"); };
        if (navigator.clipboard) navigator.clipboard.writeText(text.value).then(told, () => { if (document.execCommand("copy")) told(); });
        else if (document.execCommand("copy")) told();
      });
      return [
        make("h1", { tabindex: -1 }, say("done")),
        make("p", {}, say("done_lead", { n: items.length, done: answered(items) })),
        make("div", { class: "moves left" }, button("download", "main", () => download(text.value)), button("back", "plain", back)),
        make("div", { class: "copying" }, make("p", { class: "soft" }, say("copy_lead")), text, make("div", { class: "moves left" }, copy, restart())),
      ];
    },
  };

  function restart() {
    return button("restart", "plain", () => {
      if (!window.confirm(say("restart_sure"))) return;
      state = fresh();
      shownAt = 0;
      draw("start");
    });
  }

  function countTime() {
    if (!shownAt) return;
    const id = parts[state.part].items[state.index].item_id;
    const kept = state.answers[id] || [0, 0];
    state.answers[id] = [kept[0], Math.min(MOST_MILLISECONDS, kept[1] + Math.max(0, Date.now() - shownAt))];
    shownAt = Date.now();
  }

  function choose(position) {
    countTime();
    const item = parts[state.part].items[state.index];
    if (position > item.options.length) return;
    state.answers[item.item_id][0] = position;
    main.querySelectorAll(".option").forEach((option, i) => option.setAttribute("aria-pressed", String(i + 1 === position)));
    const next = document.getElementById("next");
    next.className = "main";
    next.textContent = say("next");
    next.focus({ preventScroll: true });
    drawHeader();
    save();
  }

  function go(step) {
    countTime();
    shownAt = 0;
    state.index += step;
    draw(state.index < parts[state.part].items.length ? "item" : "end");
  }

  function onward() { go(1); }

  function back() {
    if (screen === "done") { draw("end"); return; }
    if (state.index > 0) go(-1);
  }

  function collect() {
    const answers = items.map((item) => {
      const [value, milliseconds] = state.answers[item.item_id] || [0, 0];
      return { id: item.item_id, value: value || null, milliseconds };
    });
    const shown = crc32(items.flatMap((item) => [item.item_id, item.task, item.label, ...item.terms, ...item.texts, ...item.options.map((option) => option.join("\t"))]).join("\n"));
    const content = { schema: data.schema, form: data.form, shown, coder: state.coder, lang, started: state.started, finished: new Date().toISOString(), answers };
    const lines = [content.schema, content.form, shown, content.coder, content.lang, content.started, content.finished, ...answers.map((a) => `${a.id}\t${a.value || 0}\t${a.milliseconds}`)];
    return { ...content, checksum: crc32(lines.join("\n")) };
  }

  function crc32(text) {
    let crc = -1;
    for (const byte of new TextEncoder().encode(text)) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ((crc ^ -1) >>> 0).toString(16).padStart(8, "0");
  }

  function download(text) {
    const name = state.coder.replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 30) || "coder";
    const link = make("a", { href: URL.createObjectURL(new Blob([text], { type: "application/json" })), download: `answers-${name}-${data.form.slice(0, 8)}.json` });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || /^(INPUT|TEXTAREA)$/.test(event.target.tagName)) return;
    if (screen !== "item") return;
    const onButton = event.target.tagName === "BUTTON";
    if (/^[1-9]$/.test(event.key)) choose(Number(event.key));
    else if (event.key === "ArrowRight" || (event.key === "Enter" && !onButton)) onward();
    else if (event.key === "ArrowLeft") back();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") step(event.key === "ArrowDown" ? 1 : -1);
    else return;
    event.preventDefault();
  });

  function step(by) {
    const options = [...main.querySelectorAll(".option")];
    const at = options.indexOf(document.activeElement);
    options[at < 0 ? (by > 0 ? 0 : options.length - 1) : (at + by + options.length) % options.length].focus();
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { countTime(); shownAt = 0; save(); } else if (screen === "item") shownAt = Date.now();
  });

  save();
  draw("start");
})();
