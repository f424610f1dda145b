// Full-text search over window.BOOK_INDEX: [page, section id, page title, heading, text].
"use strict";
{
  const LIMIT = 30;
  const plain = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
  let sections; // the index, with its words folded once

  // Every word must occur; a word in a heading counts more than one in the text, most
  // in the title of a page, and more where a word begins than inside of one.
  const score = (section, words) => {
    let sum = 0;
    for (const word of words) {
      const at = section.heading.indexOf(word);
      if (at >= 0) sum += (/[\p{L}\d]/u.test(section.heading[at - 1] ?? "") ? 8 : 12) + (section.heading === section.title ? 4 : 0);
      else if (section.title.includes(word)) sum += 4;
      else if (section.body.includes(word)) sum += 1;
      else return 0;
    }
    return sum;
  };

  const excerpt = (text, words) => {
    const at = Math.max(0, ...words.map((word) => plain(text).indexOf(word)));
    const start = Math.max(0, text.lastIndexOf(" ", Math.max(0, at - 50)));
    const end = text.indexOf(" ", at + 110);
    return (start ? "… " : "") + text.slice(start, end < 0 ? undefined : end).trim() + (end < 0 ? "" : " …");
  };

  window.bookSearch = (place, root) => {
    sections ??= window.BOOK_INDEX.map(([page, id, title, heading, text]) => (
      { page, id, name: heading, from: title, text, title: plain(title), heading: plain(heading), body: plain(text) }));
    place.innerHTML = `
      <label class="search-label">Search the book
        <input type="search" autocomplete="off" spellcheck="false"></label>
      <p class="search-count" role="status"></p>
      <ol class="search-results"></ol>`;
    const input = place.querySelector("input");
    const count = place.querySelector(".search-count");
    const list = place.querySelector("ol");

    const update = () => {
      const words = plain(input.value).split(/\s+/).filter((word) => word.length > 1);
      const hits = words.length === 0 ? [] : sections
        .map((section) => ({ section, points: score(section, words) }))
        .filter((hit) => hit.points > 0)
        .sort((a, b) => b.points - a.points);
      list.replaceChildren(...hits.slice(0, LIMIT).map(({ section }) => {
        const link = document.createElement("a");
        link.href = new URL(section.page + (section.id ? "#" + section.id : ""), root);
        link.textContent = section.name;
        const from = document.createElement("span");
        from.className = "search-from";
        from.textContent = section.from === section.name ? "" : section.from;
        const text = document.createElement("p");
        text.textContent = excerpt(section.text, words);
        const item = document.createElement("li");
        item.append(link, " ", from, text);
        return item;
      }));
      count.textContent = words.length === 0 ? ""
        : hits.length === 0 ? "Nothing found. Try one word of it."
        : hits.length === 1 ? "One section" : `${hits.length} sections` + (hits.length > LIMIT ? `, the best ${LIMIT} shown` : "");
    };
    input.addEventListener("input", update);
    input.value = new URLSearchParams(location.search).get("q") ?? "";
    update();
    input.focus();
  };
}
