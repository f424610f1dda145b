// Before the first paint: the reader's own choice of a light or dark page.
"use strict";
try {
  const chosen = localStorage.getItem("theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
} catch { /* a browser that stores nothing follows the system */ }
