// What every page does: theme, copying, figures, previews, names for screen readers, search.
"use strict";

const here = new URL(".", document.currentScript.src); // the _static folder
const load = (name) => new Promise((done, failed) => {
  const script = document.createElement("script");
  script.src = new URL(name, here);
  script.async = false; // in the order in which they were asked for
  script.onload = done;
  script.onerror = failed;
  document.head.append(script);
});

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

// ---- What a screen reader says: boxes begin with a heading, code and what it prints have names
{
  const headed = "section:has(> :is(h1, h2, h3, h4, h5, h6)), .admonition, .proof, .exercise, .solution";
  for (const title of document.querySelectorAll("article .admonition-title:not(details.hide *)")) {
    let heading = title;
    if (title.matches("summary")) { // it is a button that opens the box
      heading = document.createElement("span");
      heading.append(...title.childNodes);
      title.append(heading);
    }
    let level = 1;
    for (let box = title.parentElement.parentElement.closest(headed); box; box = box.parentElement.closest(headed)) level += 1;
    heading.role = "heading";
    heading.ariaLevel = Math.min(level, 6);
  }
  for (const [part, name] of [["input", "Code"], ["output", "Output"]]) {
    for (const box of document.querySelectorAll(`.cell_${part}`)) {
      box.role = "group";
      box.ariaLabel = name;
    }
  }
}

// ---- Copy a code cell, or how to cite the page
for (const block of document.querySelectorAll("div.highlight, .bibtex")) {
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

// ---- A figure opens as large as the screen, on a phone larger
{
  let dialog;
  const open = (picture) => {
    if (!dialog) {
      dialog = document.createElement("dialog");
      dialog.className = "large";
      dialog.addEventListener("click", () => dialog.close());
      document.body.append(dialog);
    }
    const close = document.createElement("button");
    close.type = "button";
    close.className = "bar-button";
    close.textContent = "Close";
    const scroll = document.createElement("div");
    scroll.className = "large-scroll";
    scroll.tabIndex = 0;
    const large = picture.cloneNode();
    large.removeAttribute("loading");
    scroll.append(large);
    dialog.replaceChildren(close, scroll);
    dialog.ariaLabel = picture.alt;
    dialog.showModal();
  };
  for (const picture of document.querySelectorAll("article figure > img")) {
    const number = picture.parentElement.querySelector(".caption-number")?.textContent.trim() ?? "the figure";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy enlarge";
    button.textContent = "Enlarge";
    button.ariaLabel = `Enlarge ${number}`;
    button.addEventListener("click", () => open(picture));
    picture.addEventListener("click", () => open(picture));
    picture.after(button);
  }
}

// ---- Preview: what a link in the text leads to, beside it or, for a finger, at the foot of the screen
{
  const root = new URL("..", here).href;
  const box = document.createElement("div");
  box.id = "preview";
  box.className = "preview";
  box.popover = "manual"; // above the page, so nothing in it moves
  box.tabIndex = -1;
  let link; // whose preview is shown, or will be
  let height; // of the pointer, in the window
  let timer;
  let ready;

  const linkOf = (event) => event.target.closest?.("article a.internal[href*='#']");
  const found = async (a) => {
    ready ??= load("previews.js").catch(() => { globalThis.BOOK_PREVIEWS = {}; });
    await ready;
    return globalThis.BOOK_PREVIEWS[decodeURIComponent(a.href.slice(root.length))];
  };
  const inView = (a) => {
    const target = a.pathname === location.pathname && document.getElementById(decodeURIComponent(a.hash.slice(1)));
    if (!target) return false;
    const { top, bottom } = target.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  };
  const hide = () => {
    clearTimeout(timer);
    if (box.matches(":popover-open")) {
      if (box.contains(document.activeElement)) link.focus({ preventScroll: true });
      box.hidePopover();
    }
    link?.removeAttribute("aria-describedby");
    link = undefined;
  };
  const put = () => {
    if (!link || box.classList.contains("sheet")) return;
    const lines = [...link.getClientRects()];
    const line = lines.find((r) => height >= r.top && height <= r.bottom) ?? lines[0];
    const below = innerHeight - line.bottom;
    box.style.maxHeight = `${Math.max(below, line.top) - 16}px`;
    const { width, height: tall } = box.getBoundingClientRect();
    const under = tall + 16 <= below || below >= line.top;
    box.style.left = `${Math.max(8, Math.min(line.left, innerWidth - width - 8))}px`;
    box.style.top = `${under ? line.bottom + 6 : line.top - tall - 6}px`;
  };
  const fill = (html, sheet) => {
    box.innerHTML = html;
    for (const part of box.querySelectorAll("a[href]")) part.href = new URL(part.getAttribute("href"), root);
    for (const part of box.querySelectorAll("img")) part.src = new URL(part.getAttribute("src"), root);
    box.classList.toggle("sheet", sheet);
    box.removeAttribute("style");
    box.role = sheet ? "dialog" : "tooltip";
    box.ariaLabel = sheet ? "Preview" : null;
    if (!sheet) return;
    const foot = document.createElement("p");
    const go = document.createElement("a");
    const close = document.createElement("button");
    foot.className = "preview-foot";
    go.href = link.href;
    go.textContent = "Go there";
    close.type = "button";
    close.className = "bar-button";
    close.textContent = "Close";
    close.addEventListener("click", hide);
    foot.append(go, close);
    box.append(foot);
  };
  const show = async (a, sheet) => {
    hide();
    link = a;
    const html = await found(a);
    if (link !== a) return true; // the reader has gone on
    if (!html || (!sheet && inView(a))) {
      link = undefined;
      return false;
    }
    fill(html, sheet);
    document.getElementById("main").append(box);
    box.showPopover();
    put();
    a.removeAttribute("title");
    if (sheet) box.focus({ preventScroll: true });
    else a.setAttribute("aria-describedby", "preview");
    return true;
  };
  const later = (act) => {
    clearTimeout(timer);
    timer = setTimeout(act, 250);
  };

  document.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse" || box.classList.contains("sheet")) return;
    const a = linkOf(event);
    if (a && a !== link) {
      height = event.clientY;
      found(a);
      later(() => show(a, false));
    } else if (a || box.contains(event.target)) {
      clearTimeout(timer);
    } else if (link && !link.matches(":focus-visible")) {
      later(hide);
    }
  });
  document.addEventListener("pointerout", (event) => { if (event.pointerType === "mouse" && !link) clearTimeout(timer); });
  document.addEventListener("focusin", (event) => {
    const a = linkOf(event);
    height = undefined;
    if (a?.matches(":focus-visible") && a !== link) show(a, false);
  });
  document.addEventListener("focusout", (event) => { if (event.target === link && !box.classList.contains("sheet")) hide(); });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  addEventListener("scroll", put, { passive: true });
  // A finger cannot point without touching: the first tap shows, "Go there" leads.
  let finger = false;
  document.addEventListener("pointerdown", (event) => {
    finger = event.pointerType === "touch";
    if (finger && !box.contains(event.target)) hide();
    if (finger && linkOf(event)) found(linkOf(event));
  }, { capture: true });
  document.addEventListener("click", async (event) => {
    const a = linkOf(event);
    if (!a || !finger || event.detail === 0) return; // by a key or a screen reader: a link as ever
    event.preventDefault();
    if (!(await show(a, true))) location.assign(a.href);
  });
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
  const told = (guess, unit) => (unit && guess !== "" && !Number.isNaN(Number(guess)) ? `${guess}${unit === "%" ? "" : "\u00a0"}${unit}`.replace(/^-/, "−") : guess);

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

  // ---- A report of an error says which section was read, and what was marked in it
  for (const link of document.querySelectorAll("a[href*='/issues/new?']")) {
    const plain = link.href;
    const fill = () => {
      const address = new URL(plain);
      const at = document.querySelector("nav.here [aria-current]");
      const marked = getSelection().toString().trim().slice(0, 500);
      const said = [
        at && link.closest("nav.here") ? `Section: ${at.textContent.trim()} (${at.hash})` : "",
        marked ? `> ${marked.replace(/\s*\n\s*/g, "\n> ")}` : "",
      ].filter(Boolean);
      address.searchParams.set("body", [address.searchParams.get("body").trim(), ...said, ""].join("\n\n"));
      link.href = address;
    };
    for (const event of ["pointerdown", "focus"]) link.addEventListener(event, fill);
  }
}

// ---- Search: a dialog on every page, the page itself on search.html
{
  let ready;
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
