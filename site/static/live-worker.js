// Python beside the page: runs one cell at a time and posts what comes out.
"use strict";

// live-code.js starts this from a blob, so that the policy of the page holds here too.
const home = new URL("runtime/", self.bookScripts);
importScripts(new URL("pyodide.js", home).href);

const packages = ["numpy", "scipy", "scikit-learn", "matplotlib"];
let python;

// What a cell does is what it does in a notebook: the last expression is shown, figures
// appear where plt.show() stands or at the end, an error ends the cell.
const driver = `
import ast, base64, io, linecache, os, sys, traceback

evaluate = eval

os.environ["OMP_NUM_THREADS"] = "1"
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt

class Stream(io.TextIOBase):
    def __init__(self, kind):
        self.kind = kind
    def write(self, text):
        post(self.kind, text)
        return len(text)

sys.stdout, sys.stderr = Stream("stdout"), Stream("stderr")

def show(*args, **kwargs):
    for number in plt.get_fignums():
        picture = io.BytesIO()
        plt.figure(number).savefig(picture, format="png", dpi="figure", bbox_inches="tight")
        post("image", base64.b64encode(picture.getvalue()).decode())
    plt.close("all")

plt.show = show
namespace = {"__name__": "__main__"}

def display(value):
    if value is None:
        return
    if hasattr(value, "_repr_markdown_"):
        post("markdown", repr(value))
    elif hasattr(value, "_repr_html_") and type(value).__module__.startswith("lossbook."):
        post("html", value._repr_html_())
    else:
        post("result", repr(value))

def run_cell(source, number):
    name = f"<cell {number}>"
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    try:
        tree = ast.parse(source, name)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, name, "exec"), namespace)
        if last is not None:
            display(evaluate(compile(ast.Expression(last.value), name, "eval"), namespace))
        show()
        return True
    except BaseException as error:
        plt.close("all")
        # The frames above the cell are ours, not the reader's. An error of JavaScript keeps
        # its own whatever it is told.
        frames = error.__traceback__
        while frames and frames.tb_frame.f_code.co_filename != name:
            frames = frames.tb_next
        post("error", "".join(traceback.format_exception(type(error), error, frames)))
        return False
`;

async function start() {
  const step = (text) => self.postMessage({ kind: "progress", text });
  step("Python");
  python = await self.loadPyodide({ indexURL: home.href });
  await python.loadPackage(packages, { messageCallback: step, errorCallback: step });
  step("lossbook");
  const answer = await fetch(new URL("lossbook.zip", home));
  python.unpackArchive(await answer.arrayBuffer(), "zip", { extractDir: "/lib/python3.12/site-packages" });
  python.globals.set("post", (kind, text) => self.postMessage({ kind, text }));
  python.runPython(driver);
  step("figures");
  python.runPython("import lossbook");
  self.postMessage({ kind: "ready" });
}

// What the policy stops fails in Python with a message that explains nothing.
self.addEventListener("securitypolicyviolation", ({ blockedURI }) => {
  const text = `This page asks no other host for anything; its policy stopped ${blockedURI}\n`;
  self.postMessage({ kind: "stderr", text });
});

const started = start().catch((error) => self.postMessage({ kind: "failed", text: String(error) }));

self.onmessage = async ({ data }) => {
  await started;
  const run = python.globals.get("run_cell");
  const fine = run(data.source, data.number);
  run.destroy();
  // What the policy stopped meanwhile is told by events that wait for their turn.
  await new Promise((done) => { setTimeout(done, 10); });
  self.postMessage({ kind: "done", fine });
};
