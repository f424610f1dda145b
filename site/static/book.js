// What every page does: theme button, copy buttons, scroll boxes, search.
"use strict";

const here = new URL(".", document.currentScript.src); // the _static folder

// ---- Light or dark
{
  const button = document.getElementById("theme-button");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
  const show = () => { button.textContent = isDark() ? "Light" : "Dark"; };
  button.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    try { localStorage.setItem("theme", theme); } catch { /* kept for this page only */ }
    show();
  });
  system.addEventListener("change", show);
  show();
}

// ---- Copy a code cell
for (const block of document.querySelectorAll("div.highlight")) {
  if (block.closest(".cell_output")) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.querySelector("pre").textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  block.append(button);
}

// ---- One switch opens all folded code, on this page and on the next
{
  const button = document.getElementById("code-button");
  const show = (open) => {
    button.setAttribute("aria-pressed", String(open));
    for (const fold of document.querySelectorAll(".cell details")) fold.open = open;
  };
  button?.addEventListener("click", () => {
    const open = button.getAttribute("aria-pressed") === "false";
    show(open);
    try { localStorage.setItem("code", open ? "open" : ""); } catch { /* kept for this page only */ }
  });
  try { if (button && localStorage.getItem("code")) show(true); } catch { /* nothing was kept */ }
}

// ---- A bet: the guess stays in this browser, and stands beside the answer
{
  const kept = {}; // where nothing may be stored, for this page only
  const recall = (label) => {
    try { return localStorage.getItem(label) ?? kept[label]; } catch { return kept[label]; }
  };
  const keep = (label, guess) => {
    kept[label] = guess;
    try { localStorage.setItem(label, guess); } catch { /* for this page only */ }
  };
  const told = (guess, unit) => (unit && guess !== "" && !Number.isNaN(Number(guess)) ? `${guess}\u00a0${unit}` : guess);

  const show = (label, guess) => {
    for (const place of document.querySelectorAll(`[data-bet="${label}"] .bet-guess`)) {
      const { right, answer, within, unit } = place.closest("[data-bet]").dataset;
      // Steps such as 0.1 add up to something beside what is meant.
      const hit = within ? Math.abs(guess - answer) <= Number(within) + 1e-9 : guess === right;
      const said = within ? told(guess, unit) : guess;
      if (place.matches("td")) place.textContent = hit ? `${said} (right)` : said;
      else place.textContent = `Your guess: ${said}. ${hit ? "You were right." : "You were not right."}`;
    }
  };

  for (const group of document.querySelectorAll("fieldset.bet")) {
    const label = group.dataset.bet;
    const slider = group.querySelector("input[type=range]");
    const mark = (guess) => {
      for (const choice of group.querySelectorAll("input[type=radio]")) choice.checked = choice.value === guess;
      if (!slider) return;
      slider.value = guess;
      group.querySelector("output").textContent = told(guess, slider.dataset.unit);
      slider.setAttribute("aria-valuetext", told(guess, slider.dataset.unit));
    };
    group.addEventListener("input", (event) => {
      keep(label, event.target.value);
      mark(event.target.value);
      show(label, event.target.value);
    });
    const guess = recall(label);
    if (guess !== undefined && guess !== null) mark(guess);
  }
  for (const label of new Set([...document.querySelectorAll("[data-bet]")].map((e) => e.dataset.bet))) {
    const guess = recall(label);
    if (guess !== undefined && guess !== null) show(label, guess);
  }
}

// ---- Boxes that scroll sideways can be reached and scrolled by keyboard
{
  const watch = new ResizeObserver((changes) => {
    for (const { target } of changes) {
      const box = target.closest(".wide, .katex-display, pre");
      if (!box) continue; // what was watched has left the page
      if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  });
  // A box changes with the window, what is in it with the fonts.
  for (const box of document.querySelectorAll(".wide, .katex-display, article pre")) {
    watch.observe(box);
    if (box.firstElementChild) watch.observe(box.firstElementChild);
  }
}

// ---- Before a jump within the page, everything is laid out, so that it lands right
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (link?.hash && link.pathname === location.pathname) document.documentElement.dataset.whole = "";
}, { capture: true });

// ---- A chosen line of "On this page" closes the menu it was chosen in
for (const menu of document.querySelectorAll("nav[popover]")) {
  menu.addEventListener("click", (event) => {
    if (event.target.closest("a") && menu.matches(":popover-open")) menu.hidePopover();
  });
}

// ---- Both menus show where we are
{
  const menu = document.getElementById("contents");
  const page = [...menu.querySelectorAll("a.current")].at(-1);
  const show = () => { menu.scrollTop = page.offsetTop - menu.clientHeight / 3; };
  if (page) {
    show();
    menu.addEventListener("toggle", show);
  }

  const lines = new Map();
  for (const line of document.querySelectorAll("nav.here ul ul a")) lines.set(decodeURIComponent(line.hash.slice(1)), line);
  // The section that is read covers a line a third down the window.
  const reading = new IntersectionObserver((changes) => {
    for (const { target, isIntersecting } of changes) {
      if (isIntersecting) lines.get(target.id)?.setAttribute("aria-current", "location");
      else lines.get(target.id)?.removeAttribute("aria-current");
    }
  }, { rootMargin: "-33% 0px -66%" });
  for (const section of document.querySelectorAll("article > section > section")) reading.observe(section);
}

// ---- Search: a dialog on every page, the page itself on search.html
{
  let ready;
  const load = (name) => new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = new URL(name, here);
    script.async = false; // in the order in which they were asked for
    script.onload = done;
    script.onerror = failed;
    document.head.append(script);
  });
  const mount = async (place) => {
    ready ??= Promise.all(["minisearch/umd/index.js", "stemmer/index.js", "search-engine.js", "search-index.js", "search.js"].map(load));
    await ready;
    window.bookSearch(place, new URL("..", here));
  };
  const place = document.getElementById("search-here");
  if (place) mount(place);

  const link = document.getElementById("search-link");
  let dialog;
  const open = () => {
    if (!dialog) {
      dialog = document.createElement("dialog");
      dialog.className = "search-dialog";
      dialog.setAttribute("aria-label", "Search the book");
      dialog.addEventListener("click", (event) => {
        if (event.target === dialog || event.target.closest("a")) dialog.close();
      });
      // In a search field Escape would first empty the field.
      dialog.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        dialog.close();
      });
      document.body.append(dialog);
      mount(dialog);
    }
    dialog.showModal();
    dialog.querySelector("input")?.select();
  };
  if (link && !place) {
    link.addEventListener("click", (event) => { event.preventDefault(); open(); });
    addEventListener("keydown", (event) => {
      const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
      const slash = event.key === "/" && !typing;
      if (!slash && !(event.key === "k" && (event.ctrlKey || event.metaKey))) return;
      event.preventDefault();
      open();
    });
  }
}
