// Reads {"tex", "display"} line by line, answers {"html"} or {"error"}.
"use strict";
const katex = require(process.argv[2]);

require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { tex, display } = JSON.parse(line);
  let answer;
  try {
    // Commands that other renderers know and KaTeX spells differently.
    const macros = { "\\bm": "\\boldsymbol{#1}" };
    answer = { html: katex.renderToString(tex, { displayMode: display, macros, strict: "ignore" }) };
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
});
