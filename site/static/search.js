// The search as the reader meets it: a field with a list below, by mouse or by keys.
"use strict";
{
  const LIMIT = 30;
  let engine; // a promise, made with the first field

  const marked = (tag, className, pieces) => {
    const element = document.createElement(tag);
    element.className = className;
    for (const [text, hit] of pieces) {
      if (hit) element.append(Object.assign(document.createElement("mark"), { textContent: text }));
      else element.append(text);
    }
    return element;
  };

  const option = ({ section, terms }, number, root) => {
    const link = document.createElement("a");
    link.id = `search-hit-${number}`;
    link.setAttribute("role", "option");
    link.setAttribute("aria-selected", "false");
    link.href = new URL(section.page + (section.id ? "#" + section.id : ""), root);
    const from = section.title === section.heading ? "" : section.title;
    link.append(
      marked("span", "search-name", BookSearch.mark(section.heading, terms)), " ",
      marked("span", "search-from", [[from, false]]),
      marked("span", "search-text", BookSearch.excerpt(section, terms)));
    return link;
  };

  const summary = (hits, missing) => {
    if (!hits.length) return "Nothing found. Try one word of it.";
    const full = hits.filter((hit) => hit.full).length;
    return (missing.length ? `Not in the book: ${missing.join(", ")}. ` : "")
      + (full === 1 ? "All of it in one section." : full ? `All of it in ${full} sections.` : "Some of it:")
      + (full && hits.length > LIMIT ? ` The best ${LIMIT}:` : "");
  };

  window.bookSearch = async (place, root) => {
    engine ??= BookSearch.make(window.BOOK_INDEX);
    place.innerHTML = `
      <label class="search-label">Search the book
        <input type="text" role="combobox" inputmode="search" enterkeyhint="go" autocomplete="off" spellcheck="false"
          aria-autocomplete="list" aria-expanded="false" aria-controls="search-list"></label>
      <p class="search-count" role="status"></p>
      <div class="search-results" id="search-list" role="listbox" aria-label="Sections" hidden></div>`;
    const input = place.querySelector("input");
    const count = place.querySelector(".search-count");
    const list = place.querySelector(".search-results");

    const choose = (link) => {
      list.querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
      if (!link) return input.removeAttribute("aria-activedescendant");
      link.setAttribute("aria-selected", "true");
      link.scrollIntoView({ block: "nearest" });
      return input.setAttribute("aria-activedescendant", link.id);
    };

    const update = async () => {
      const query = input.value.trim();
      if (query) count.textContent = "Searching …"; // seen while the index is made
      const search = await engine;
      if (query !== input.value.trim()) return; // the reader typed on
      const { hits, missing } = search.find(query);
      choose(null);
      list.replaceChildren(...hits.slice(0, LIMIT).map((hit, number) => option(hit, number, root)));
      list.hidden = !hits.length;
      list.scrollTop = 0;
      input.setAttribute("aria-expanded", String(hits.length > 0));
      // Whoever comes back from a result finds the others again.
      if (!place.matches("dialog")) history.replaceState(null, "", query ? `?q=${encodeURIComponent(query)}` : location.pathname);
      count.textContent = query ? summary(hits, missing) : "";
    };

    input.addEventListener("input", update);
    input.addEventListener("keydown", (event) => {
      const links = [...list.children];
      const at = links.findIndex((link) => link.id === input.getAttribute("aria-activedescendant"));
      if (event.key === "ArrowDown") choose(links[at + 1] ?? links[0]);
      else if (event.key === "ArrowUp") choose(links.at(at < 0 ? -1 : at - 1));
      else if (event.key === "Enter") (links[at] ?? links[0])?.click();
      else return;
      event.preventDefault();
    });
    input.value = new URLSearchParams(location.search).get("q") ?? "";
    input.focus();
    await update();
  };
}
