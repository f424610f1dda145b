// The CRPS of a Gaussian forecast is an area; sharper is better only as far as it is right.
"use strict";
(function () {
  const { axes, places, number, range } = Book;
  // Φ by its series, every term of which has the sign of z.
  function normal(z) {
    if (Math.abs(z) > 8) return z > 0 ? 1 : 0;
    let [term, sum] = [z, z];
    for (let n = 1; n < 300; n++) sum += term *= (z * z) / (2 * n + 1);
    return 0.5 + sum * bell(z);
  }
  const bell = (z) => Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI);
  const crps = (y, s) => s * ((y / s) * (2 * normal(y / s) - 1) + 2 * bell(y / s) - 1 / Math.sqrt(Math.PI));
  const BEST = 1 / Math.sqrt(Math.LN2); // of s, in units of |y|: where 2 φ(y/s) is 1/√π

  Book.figure({
    name: "crps-area",
    controls: [
      { key: "y", label: "outcome y", min: -3, max: 3, step: 0.1 },
      { key: "s", label: "spread s", min: 0.2, max: 3, step: 0.1 },
    ],
    start: { y: 1.2, s: 0.6 },
    draw({ y, s }, narrow) {
      const value = crps(y, s);
      const grid = places(narrow, [[2, 230]], [[1, 122], [1, 95]]);
      const cdf = axes({ x: [-4, 4], y: [0, 1], ...grid.at(0), xlabel: "t", ylabel: "F(t); shaded: its squared gap" });
      const spread = axes({ x: [0, 3], y: [0, 2.4], ...grid.at(1), xlabel: "spread s of the forecast", ylabel: "CRPS of this outcome" });
      const part = (low, high, of) => cdf.area([[low, 0], ...range(low, high, 80).map((t) => [t, of(normal(t / s)) ** 2]), [high, 0]], "c2 deep");
      const svg = cdf.frame() + part(-4, y, (F) => F) + part(y, 4, (F) => 1 - F)
        + cdf.curve((t) => normal(t / s), "c1") + cdf.line([[-4, 0], [y, 0], [y, 1], [4, 1]], "c3")
        + spread.frame() + spread.across(Math.abs(y)) + (y === 0 ? "" : spread.upright(BEST * Math.abs(y)))
        + spread.line(range(0.05, 3, 119).map((v) => [v, crps(y, v)]), "c2") + spread.dot(s, value, "c2 now");
      const best = y === 0 ? "An outcome at the centre prefers ever smaller s: the CRPS falls to 0 as s goes to 0, and never reaches it."
        : `For this one outcome it is least, ${number(crps(y, BEST * Math.abs(y)))}, at s = ${number(BEST * Math.abs(y))}; the centre alone, without spread, would cost ${number(Math.abs(y))}.`;
      return {
        svg, height: grid.height,
        handles: [{ panel: cdf, x: y, y: 0.5, along: "x", ink: "c3", label: "Outcome", text: `y ${number(y)}` }],
        say: `Forecast N(0, ${number(s)}²), outcome ${number(y)}: the CRPS, the shaded area, is ${number(value)}. ${best}`,
      };
    },
    move(state, _, x) { state.y = Book.clamp(Math.round(x * 10) / 10, -3, 3); },
  });
})();
