// Rules for the scripts of the site: what is surely a mistake, and what we agreed on.
import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["site/vendor/"] },
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "curly": ["error", "multi-line"],
      "eqeqeq": "error",
      "no-console": "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-use-before-define": ["error", { functions: false, variables: false }],
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  // Plain scripts, so that a page opened from a disk may load them.
  {
    files: ["site/static/**/*.js", "site/theme/*.js"],
    languageOptions: { sourceType: "script", globals: { ...globals.browser, Book: "readonly", BookSearch: "readonly", Losses: "readonly" } },
    rules: { strict: ["error", "global"] },
  },
  {
    files: ["site/static/live-worker.js"],
    languageOptions: { globals: { ...globals.worker } },
  },
  // Run by node while the book is built, and in the page.
  {
    files: ["site/static/figures/{core,losses}.js"],
    languageOptions: { globals: { module: "readonly" } },
  },
  {
    files: ["site/ext/*.js"],
    languageOptions: { sourceType: "commonjs", globals: { ...globals.node, Book: "readonly" } },
    rules: { strict: ["error", "global"] },
  },
];
