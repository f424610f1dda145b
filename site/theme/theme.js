// Stands in the head of every page, so that it acts before the first paint: the reader's
// choice of a light or dark page, and an early start for the fonts.
"use strict";
try {
  const chosen = localStorage.getItem("theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
} catch { /* a browser that stores nothing follows the system */ }

// A jump to a place in the page needs everything above it laid out.
if (location.hash) document.documentElement.dataset.whole = "";

{
  const { folder, math } = document.currentScript.dataset;
  const text = {
    "Source Serif": "fonts/source-serif-4/source-serif-4-latin-wght-normal.woff2",
    "Source Sans": "fonts/source-sans-3/source-sans-3-latin-wght-normal.woff2",
  };
  const formulas = ["katex/fonts/KaTeX_Main-Regular.woff2", "katex/fonts/KaTeX_Math-Italic.woff2"];
  const address = (file) => new URL(folder + file, document.baseURI).href;
  if (location.protocol === "file:") {
    // A page on a disk may not preload, but waits only a moment for its fonts.
    for (const [family, file] of Object.entries(text)) {
      document.fonts.add(new FontFace(family, `url("${address(file)}")`, { weight: "200 900", display: "block" }));
    }
  } else {
    for (const file of [...Object.values(text), ...(math ? formulas : [])]) {
      document.head.append(Object.assign(document.createElement("link"), { rel: "preload", href: address(file), as: "font", type: "font/woff2", crossOrigin: "" }));
    }
  }
}
