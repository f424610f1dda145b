// Prints {name: html of the first state} for every figure of a folder.
"use strict";
const fs = require("fs");
const path = require("path");
const folder = path.resolve(process.argv[2]);
const shared = ["core.js", "losses.js"];
const figures = fs.readdirSync(folder).filter((f) => f.endsWith(".js") && !shared.includes(f) && f !== "live.js").sort();
for (const file of [...shared, ...figures]) require(path.join(folder, file));
const states = Object.fromEntries(Object.values(Book.figures).map((f) => [f.name, Book.html(f)]));
process.stdout.write(JSON.stringify(states));
