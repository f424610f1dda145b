// Two boxes, and four measures of how well they agree: one has no slope where they do not meet.
"use strict";
(function () {
  const { axes, places, number, clamp } = Book;
  const target = [2, 2, 5, 5]; // x1, y1, x2, y2
  const area = ([x1, y1, x2, y2]) => Math.max(0, x2 - x1) * Math.max(0, y2 - y1);
  const join = (f, g, a, b) => [f(a[0], b[0]), f(a[1], b[1]), g(a[2], b[2]), g(a[3], b[3])];
  const { min, max, atan, PI, hypot } = Math;
  function scores(box) {
    const shared = area(join(max, min, target, box));
    const union = area(target) + area(box) - shared;
    const hull = join(min, max, target, box);
    const iou = shared / union;
    const centre = ([x1, y1, x2, y2]) => [(x1 + x2) / 2, (y1 + y2) / 2];
    const [[a, b], [c, d]] = [centre(target), centre(box)];
    const diou = iou - (hypot(a - c, b - d) / hypot(hull[2] - hull[0], hull[3] - hull[1])) ** 2;
    const angle = ([x1, y1, x2, y2]) => atan((x2 - x1) / (y2 - y1));
    const v = (4 / (PI * PI)) * (angle(target) - angle(box)) ** 2;
    return { hull, all: [["IoU", iou, "c1"], ["GIoU", iou - (area(hull) - union) / area(hull), "c2"], ["DIoU", diou, "c3"], ["CIoU", v === 0 ? diou : diou - (v * v) / (1 - iou + v), "c4"]] };
  }
  function meeting([x1, y1, x2, y2]) {
    const across = min(x2, target[2]) - max(x1, target[0]);
    const up = min(y2, target[3]) - max(y1, target[1]);
    const least = min(across, up);
    if (least < -1e-9) return "The boxes are apart: IoU has no slope here, the others have one";
    if (least < 1e-9) return "The boxes only touch: IoU begins to rise here";
    return "The boxes overlap";
  }
  const tenth = (v) => Math.round(v * 10) / 10;

  Book.figure({
    name: "box-overlap",
    controls: [
      { key: "x", label: "centre x", min: 0.5, max: 9.5, step: 0.1 },
      { key: "y", label: "centre y", min: 0.5, max: 7.5, step: 0.1 },
    ],
    start: { x: 7, y: 4.5, w: 2, h: 3 },
    draw({ x, y, w, h }, narrow) {
      const box = [x - w / 2, y - h / 2, x + w / 2, y + h / 2].map((v) => Number(v.toFixed(6)));
      const { hull, all } = scores(box);
      const grid = places(narrow, [[2, 230]], [[1, 180], [1, 84]]);
      const plane = axes({ x: [0, 10], y: [0, 8], ...grid.at(0), xlabel: "x", ylabel: "fixed box, moving box, hull (dashed)" });
      const scale = axes({ x: [-1, 1], y: [-4, 0], ...grid.at(1), xlabel: "score", ylabel: "four scores", yticks: [] });
      const corners = ([x1, y1, x2, y2]) => [[x1, y1], [x2, y1], [x2, y2], [x1, y2]];
      const shape = (b, ink) => plane.area(corners(b), ink) + plane.line([...corners(b), corners(b)[0]], ink);
      const bars = all.map(([name, v, ink], i) => scale.bar(0, v, -i - 0.8, -i - 0.25, `${ink} deep`) + scale.dot(v, -i - 0.52, `${ink} now`) + scale.text(v < 0 ? 0.04 : -0.04, -i - 0.7, `${name} ${number(v)}`, ink, v < 0 ? "start" : "end"));
      const svg = plane.frame() + plane.line([...corners(hull), corners(hull)[0]], "c2 thin") + shape(target, "c0") + shape(box, "c1")
        + scale.frame() + scale.line([[0, 0], [0, -4]], "c0 thin") + bars.join("");
      return {
        svg, height: grid.height,
        handles: [
          { panel: plane, x, y, ink: "c1", label: "Box", text: `centre ${number(x)}, ${number(y)}` },
          { panel: plane, x: box[2], y: box[3], ink: "c1", label: "Upper right corner", text: `width ${number(w)}, height ${number(h)}` },
        ],
        say: `${meeting(box)}. ${all.map(([name, v]) => `${name} ${number(v)}`).join(", ")}.`,
      };
    },
    move(state, i, x, y) {
      if (i === 0) { [state.x, state.y] = [clamp(tenth(x), 0.5, 9.5), clamp(tenth(y), 0.5, 7.5)]; return; }
      // The lower left corner stays.
      const [x1, y1] = [state.x - state.w / 2, state.y - state.h / 2];
      [state.w, state.h] = [max(0.4, tenth(x - x1)), max(0.4, tenth(y - y1))];
      [state.x, state.y] = [x1 + state.w / 2, y1 + state.h / 2];
    },
  });
})();
