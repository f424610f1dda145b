// One button makes a page live: its cells can be edited and run, in the reader's browser.
// Nothing is loaded before the click. Edits are kept in the browser's own storage, each
// under the fingerprint of the cell that it changes.
"use strict";

(() => {
  const scripts = new URL(".", document.currentScript.src);
  const button = document.getElementById("live-button");
  const bar = document.getElementById("live-bar");
  const storageKey = `live:${location.pathname}`;
  const STEPS = 22; // messages of the worker until it is ready, about

  let cells = [];
  let worker = null;
  let answer = null; // settles when the running cell is done
  let busy = false;

  // A page opened from a disk may not start a worker.
  if (location.protocol === "file:" || !("Worker" in window)) return;
  button.hidden = false;
  button.addEventListener("click", start);
  if (Object.keys(saved()).length) say("This page has edits of yours; make it live to see them.");
  let strangers = {}; // edits of cells that this page no longer has

  // ---- Small things

  function element(tag, properties, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  function say(text) {
    bar.hidden = false;
    bar.querySelector("[role=status]").textContent = text;
  }

  function saved() {
    try { return JSON.parse(localStorage.getItem(storageKey)) ?? {}; } catch { return {}; }
  }

  function save() {
    const edits = { ...strangers };
    for (const cell of cells) if (cell.area.value !== cell.original) edits[cell.print] = cell.area.value;
    try {
      if (Object.keys(edits).length) localStorage.setItem(storageKey, JSON.stringify(edits));
      else localStorage.removeItem(storageKey);
    } catch { /* kept for this page only */ }
  }

  // A short name for a text; the same text a second time in a page has another.
  function fingerprint(text, known) {
    let hash = 0x811c9dc5; // FNV-1a
    for (const sign of text) hash = Math.imul(hash ^ sign.codePointAt(0), 0x01000193) >>> 0;
    const name = `${hash.toString(16)}-${text.length}`;
    const times = known.filter((other) => other.startsWith(name)).length;
    return times ? `${name}-${times}` : name;
  }

  // ---- Python: started once, stopped by ending the worker

  function boot() {
    const progress = element("progress", { max: STEPS, value: 0 });
    progress.setAttribute("aria-label", "Starting Python");
    bar.querySelector("[role=status]").before(progress);
    return new Promise((resolve, reject) => {
      // A worker that comes from a blob is under the policy of the page, which forbids
      // requests to other hosts; one that comes from an address would be under none.
      const begin = `self.bookScripts = ${JSON.stringify(scripts.href)}; importScripts(self.bookScripts + "live-worker.js");`;
      const blob = URL.createObjectURL(new Blob([begin], { type: "text/javascript" }));
      worker = new Worker(blob);
      worker.onerror = (event) => reject(new Error(event.message || "the runtime could not be loaded"));
      worker.onmessage = ({ data }) => {
        if (data.kind === "progress") {
          progress.value += 1;
          say(`Starting Python in your browser: ${data.text}`);
        } else if (data.kind === "ready") resolve();
        else if (data.kind === "failed") reject(new Error(data.text));
        else if (answer) answer.receive(data);
        else say(data.text); // of a request that a cell left behind
      };
      boot.cancel = () => reject(new Error("cancelled"));
    }).finally(() => { progress.remove(); boot.cancel = null; });
  }

  function stop() {
    worker?.terminate();
    worker = null;
    busy = false;
    for (const cell of cells) cell.ran = null;
    boot.cancel?.();
    answer?.receive({ kind: "done", fine: false });
  }

  async function start() {
    button.hidden = true;
    show("Cancel");
    try {
      await boot();
    } catch (error) {
      stop();
      button.hidden = false;
      show();
      say(error.message === "cancelled" ? "Cancelled; the page is as it was." : `Python did not start: ${error.message}`);
      return;
    }
    if (!cells.length) makeCells();
    show("Run all", "Reset page");
    const left = Object.keys(strangers).length;
    say("The page is live: change a cell and press Shift+Enter in it."
      + (left ? ` ${left === 1 ? "One edit" : `${left} edits`} of yours belonged to cells that have changed since; Reset page forgets them.` : ""));
    document.documentElement.dataset.live = "ready";
  }

  // ---- The bar below the title

  const actions = {
    "Cancel": () => stop(),
    "Stop": () => { stop(); show("Restart", "Reset page"); say("Stopped. What had been computed is gone."); },
    "Restart": () => start(),
    "Run all": () => run(cells.length - 1),
    "Reset page": () => { strangers = {}; for (const cell of cells) reset(cell); save(); say("The page is as it was printed."); },
  };

  function show(...names) {
    bar.hidden = false;
    bar.querySelector(".live-actions").replaceChildren(...names.map((name) => {
      const made = element("button", { type: "button", className: "bar-button", textContent: name });
      made.addEventListener("click", actions[name]);
      return made;
    }));
  }

  // ---- Cells

  function makeCells() {
    const edits = saved();
    const prints = [];
    cells = [...document.querySelectorAll("article .cell .cell_input")].map((input, n) => {
      const block = input.querySelector(".highlight");
      const original = block.querySelector("pre").textContent.replace(/\n$/, "");
      const print = fingerprint(original, prints);
      prints.push(print);
      const area = element("textarea", { value: edits[print] ?? original, spellcheck: false, autocapitalize: "off" });
      area.setAttribute("aria-label", `Code of cell ${n + 1}`);
      const box = input.closest(".cell");
      let output = box.querySelector(".cell_output");
      if (!output) {
        output = element("div", { className: "cell_output docutils container" });
        box.append(output);
      }
      const cell = { n, print, original, area, output, printed: [...output.childNodes], ran: null };
      const runButton = element("button", { type: "button", className: "bar-button", textContent: "Run" });
      const resetButton = element("button", { type: "button", className: "bar-button", textContent: "Reset" });
      runButton.setAttribute("aria-label", `Run cell ${n + 1}`);
      resetButton.setAttribute("aria-label", `Reset cell ${n + 1}`);
      runButton.addEventListener("click", () => run(n));
      resetButton.addEventListener("click", () => { reset(cell); save(); });
      area.addEventListener("input", () => { fit(area); save(); });
      area.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && event.shiftKey) {
          event.preventDefault();
          run(n);
        }
      });
      block.hidden = true;
      block.after(area, element("div", { className: "live-tools" }, runButton, resetButton));
      area.closest("details")?.addEventListener("toggle", () => fit(area));
      fit(area);
      return cell;
    });
    strangers = Object.fromEntries(Object.entries(edits).filter(([print]) => !prints.includes(print)));
  }

  function fit(area) {
    area.rows = area.value.split("\n").length;
  }

  function reset(cell) {
    cell.area.value = cell.original;
    cell.output.replaceChildren(...cell.printed);
    cell.ran = null;
    fit(cell.area);
  }

  // A cell runs after all above it that have not run as they stand now.
  async function run(last) {
    if (busy || !worker) return;
    busy = true;
    show("Stop");
    delete document.documentElement.dataset.liveResult;
    let fine = true;
    for (const cell of cells.slice(0, last + 1)) {
      if (cell.ran === cell.area.value && cell.n !== last) continue;
      say(`Running cell ${cell.n + 1} of ${cells.length}`);
      fine = await runCell(cell);
      if (!fine) break;
    }
    if (!worker) return; // stopped meanwhile
    busy = false;
    show("Run all", "Reset page");
    say(fine ? "Done." : "A cell ended with an error.");
    document.documentElement.dataset.liveResult = fine ? "done" : "error";
  }

  function runCell(cell) {
    const source = cell.area.value;
    const parts = [];
    cell.output.classList.add("running");
    return new Promise((resolve) => {
      answer = {
        receive(data) {
          if (data.kind !== "done") {
            parts.push(data);
            return;
          }
          answer = null;
          cell.output.classList.remove("running");
          // A card keeps the look of the printed page as long as its cell is unchanged.
          const same = source === cell.original && parts.some((part) => part.kind === "markdown");
          if (worker && !same) cell.output.replaceChildren(...drawn(parts, cell));
          // What scrolls sideways is reached by keyboard.
          for (const pre of cell.output.querySelectorAll("pre")) if (pre.scrollWidth > pre.clientWidth + 1) pre.tabIndex = 0;
          cell.ran = data.fine ? source : null;
          resolve(data.fine);
        },
      };
      worker.postMessage({ source, number: cell.n + 1 });
    });
  }

  // In the frame of the printed figure, if there is one, with its caption.
  function picture(source, cell) {
    const printed = cell.printed.map((node) => node.querySelector?.("figure") ?? node.closest?.("figure")).find(Boolean);
    const frame = printed?.cloneNode(true) ?? element("div", { className: "output image_png" }, element("img"));
    const image = frame.querySelector("img");
    for (const name of ["width", "height", "loading"]) image.removeAttribute(name);
    image.src = source;
    image.alt ||= "Figure drawn by this cell";
    return frame;
  }

  // What Python said, as the page shows it; neighbouring pieces of text are one.
  function drawn(parts, cell) {
    const made = [];
    let text = null;
    for (const { kind, text: said } of parts) {
      if (kind === "image") {
        made.push(picture(`data:image/png;base64,${said}`, cell));
        text = null;
      } else if (kind === "html") {
        made.push(element("div", { className: "output text_html", innerHTML: said }));
        text = null;
      } else if (text?.dataset.kind === kind) {
        text.querySelector("pre").append(said);
      } else {
        text = element("div", { className: `output live-${kind}` }, element("pre", {}, said));
        text.dataset.kind = kind;
        made.push(text);
      }
    }
    return made;
  }
})();
