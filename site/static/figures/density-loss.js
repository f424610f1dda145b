// A density turned over is a loss; its spread is a prediction too.
"use strict";
(function () {
  const { axes, places, number, range, clamp } = Book;
  // log densities of z = r / s, without − log s
  const shapes = {
    gaussian: { name: "Gaussian", log: (z) => -(z * z) / 2 - Math.log(2 * Math.PI) / 2 },
    laplace: { name: "Laplace", log: (z) => -Math.abs(z) - Math.LN2 },
    student: { name: "Student t, ν = 3", log: (z) => -2 * Math.log1p((z * z) / 3) + Math.log(2 / (Math.PI * Math.sqrt(3))) },
  };

  Book.figure({
    name: "density-loss",
    controls: [
      { key: "shape", label: "Distribution", options: Object.entries(shapes).map(([key, s]) => [key, s.name]) },
      { key: "s", label: "scale s", min: 0.1, max: 3, step: 0.05 },
      { key: "r", label: "residual r", min: -4, max: 4, step: 0.1 },
    ],
    start: { shape: "gaussian", s: 1, r: 1.5 },
    draw({ shape, s, r }, narrow) {
      const { name, log } = shapes[shape];
      const loss = (residual, scale) => Math.log(scale) - log(residual / scale);
      const value = loss(r, s);
      const grid = places(narrow, [[3, 210]], [[2, 110], [1, 120]]);
      const density = axes({ x: [-4, 4], y: [0, 1.5], ...grid.at(0), xlabel: "residual r", ylabel: "density" });
      const turned = axes({ x: [-4, 4], y: [-2, 8], ...grid.at(1), xlabel: "residual r", ylabel: "− log density" });
      const spread = axes({ x: [0.1, 3], y: [-2, 8], ...grid.at(2), xlabel: "scale s", ylabel: "loss of this r" });
      // The curves are wanted finely where they are steep.
      const fine = range(-4, 4, 241);
      const shown = turned.Y(clamp(value, -2, 8));
      const svg = density.frame() + density.line(fine.map((v) => [v, Math.exp(-loss(v, s))]), "c3") + density.upright(r) + density.dot(r, Math.exp(-value), "c3 now")
        + turned.frame() + turned.across(0) + turned.line(fine.map((v) => [v, loss(v, s)]), "c1") + turned.upright(r)
        + spread.frame() + spread.across(0) + spread.line(range(0.02, 3, 200).map((v) => [v, loss(r, v)]), "c1") + (r === 0 ? "" : spread.upright(Math.abs(r))) + spread.dot(s, clamp(value, -2, 8), "c1 now");
      const sign = value < 0 ? ", below 0 because the density is above 1" : "";
      const best = r === 0 ? "With r = 0 the loss falls without bound as s goes to 0." : `For this one r it is least at s = |r| = ${number(Math.abs(r))}.`;
      return {
        svg, height: grid.height,
        handles: [{ panel: turned, x: r, y: turned.toY(shown), along: "x", ink: "c1", label: "Residual", text: `r ${number(r)}` }],
        say: `${name}, s = ${number(s)}: at r = ${number(r)} the loss is ${number(value)}${sign}. ${best}`,
      };
    },
    move(state, _, x) { state.r = Math.round(x * 10) / 10; },
  });
})();
