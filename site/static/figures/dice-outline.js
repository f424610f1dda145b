// A blurred disc: the outline of the best Dice score is not the one at one half.
"use strict";
(function () {
  const { axes, places, legend, number, range, sigmoid } = { ...Book, ...Losses };
  const RADIUS = 1;
  const STEP = 0.004;
  const radii = range(STEP / 2, 8 - STEP / 2, 8 / STEP); // mid-points of thin rings
  // The probability of being inside falls with the distance from the centre.
  const outline = (t, blur) => Math.max(0, RADIUS + blur * Losses.logit(1 - t));
  function measure(blur) {
    const inside = [0]; // the probability up to each ring, in units of 2π
    for (const r of radii) inside.push(inside.at(-1) + sigmoid((RADIUS - r) / blur) * r * STEP);
    const upTo = (r) => {
      const at = Math.min(r / STEP, radii.length - 1e-9);
      const k = Math.floor(at);
      return inside[k] + (at - k) * (inside[k + 1] - inside[k]);
    };
    return (t) => { const r = outline(t, blur); return (2 * upTo(r)) / (inside.at(-1) + (r * r) / 2); };
  }
  // D*/2 is where the threshold and half of the score meet: there the score is largest.
  function bestThreshold(dice) {
    let t = 0.5;
    for (let i = 0; i < 60; i++) t = dice(t) / 2;
    return t;
  }

  Book.figure({
    name: "dice-outline",
    controls: [
      { key: "t", label: "threshold t", min: 0.05, max: 0.9, step: 0.01 },
      { key: "blur", label: "blur of the edge", min: 0.05, max: 0.4, step: 0.01 },
    ],
    start: { t: 0.5, blur: 0.35 },
    draw({ t, blur }, narrow) {
      const dice = measure(blur);
      const best = bestThreshold(dice);
      const key = legend([["cut at t", "c1"], ["at one half", "c0"], ["best Dice", "c3"]], narrow);
      const grid = places(narrow, [[2, 250]], [[1, 128], [1, 84]], key.height);
      const spot = grid.at(0);
      const reach = 2.2;
      const wide = (reach * spot.width) / spot.height;
      const image = axes({ x: [-wide, wide], y: [-reach, reach], ...spot, xlabel: "", ylabel: "probability of being inside", xticks: [], yticks: [] });
      const curve = axes({ x: [0, 0.9], y: [0, 1], ...grid.at(1), xlabel: "threshold t", ylabel: "expected Dice score" });
      const ring = (r, look) => `<circle cx="${image.X(0)}" cy="${image.Y(0)}" r="${Math.max(0, image.X(r) - image.X(0)).toFixed(2)}" ${look}/>`;
      const cloud = range(0.05, 0.95, 19).map((p) => ring(outline(p, blur), 'class="area c5" style="opacity: 0.06"')).join("");
      const svg = key.svg + image.frame() + cloud + ring(outline(0.5, blur), 'class="line c0"') + ring(outline(best, blur), 'class="line c3"') + ring(outline(t, blur), 'class="line c1 now"')
        + curve.frame() + curve.line(range(0.005, 0.9, 120).map((v) => [v, dice(v)]), "c1") + curve.upright(best) + curve.dot(t, dice(t), "c1 now");
      const area = (outline(best, blur) / outline(0.5, blur)) ** 2;
      return { svg, height: grid.height, say: `Cut at ${number(t)}, the mask has an expected Dice score of ${number(dice(t))}. The largest, ${number(dice(best))}, is had by cutting at half of it, ${number(best)}; that mask has ${number(area)} times the area of the one cut at one half.` };
    },
  });
})();
