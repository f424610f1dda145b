// Brings the drawn figures of a page to life: controls, dragging, keyboard.
"use strict";
for (const body of document.querySelectorAll(".fig-body")) {
  const figure = Book.figures[body.dataset.figure];
  const readout = body.querySelector(".fig-readout");
  const stages = body.querySelector(".fig-stage");
  const inputs = [...body.querySelectorAll("[data-key]")];
  const control = (key) => figure.controls.find((c) => c.key === key);
  let state = structuredClone(figure.start);

  function update() {
    for (const input of inputs) {
      input.value = state[input.dataset.key];
      const label = input.closest("label").querySelector(".fig-value");
      if (!label) continue;
      label.textContent = Book.shown(control(input.dataset.key), state[input.dataset.key]);
      input.setAttribute("aria-valuetext", label.textContent);
    }
    for (const kind of ["broad", "narrow"]) redraw(kind);
    readout.textContent = figure.draw(state, false).say;
  }

  // The ink is replaced; handles stay, because one of them may be held or focused.
  function redraw(kind) {
    const svg = stages.querySelector(`svg.${kind}`);
    const fresh = document.createElement("div");
    fresh.innerHTML = Book.stage(figure, state, kind);
    const drawn = fresh.firstElementChild;
    svg.querySelector(".fig-ink").replaceWith(drawn.querySelector(".fig-ink"));
    for (const name of ["aria-label", "viewBox"]) svg.setAttribute(name, drawn.getAttribute(name));
    const old = svg.querySelectorAll(".handle");
    drawn.querySelectorAll(".handle").forEach((handle, i) => {
      for (const { name, value } of handle.attributes) old[i].setAttribute(name, value);
    });
  }

  for (const input of inputs) {
    input.addEventListener("input", () => {
      state[input.dataset.key] = input.type === "range" ? Number(input.value) : input.value;
      figure.changed?.(state, input.dataset.key);
      update();
    });
  }
  body.querySelector("[data-reset]").addEventListener("click", () => {
    state = structuredClone(figure.start);
    update();
  });

  const moveTo = (index, x, y) => {
    const { panel } = figure.draw(state, false).handles[index];
    figure.move(state, index, Book.clamp(x, ...panel.x), Book.clamp(y, ...panel.y));
    update();
  };
  for (const svg of stages.querySelectorAll("svg")) {
    const narrow = svg.classList.contains("narrow");
    for (const handle of svg.querySelectorAll(".handle")) {
      const index = Number(handle.dataset.handle);
      // A finger on a handle moves it, not the page; beside it the page still scrolls.
      handle.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
      handle.addEventListener("pointerdown", (event) => {
        handle.setPointerCapture(event.pointerId);
        handle.focus({ preventScroll: true });
      });
      handle.addEventListener("pointermove", (event) => {
        if (!handle.hasPointerCapture(event.pointerId)) return;
        const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
        const { panel } = figure.draw(state, narrow).handles[index];
        moveTo(index, panel.toX(at.x), panel.toY(at.y));
      });
      handle.addEventListener("keydown", (event) => {
        const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] }[event.key];
        if (!way) return;
        event.preventDefault();
        const { panel, x, y, along } = figure.draw(state, false).handles[index];
        if (along) way[along === "x" ? 0 : 1] ||= way[0] + way[1]; // on a line, up is more
        const step = event.shiftKey ? 10 : 2; // hundredths of the axis
        moveTo(index, x + (way[0] * step * (panel.x[1] - panel.x[0])) / 100, y + (way[1] * step * (panel.y[1] - panel.y[0])) / 100);
      });
    }
  }
  body.closest(".interactive").classList.add("live");
}
