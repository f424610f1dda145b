// The losses the figures need, under their names in lossbook. A test compares every
// value, slope and bend with lossbook's own.
//   residual losses take r = y − f, margin losses m = (2y − 1) f;
//   value, slope and bend are the function and its two derivatives in that argument.
"use strict";
(function (global) {
  const sigmoid = (z) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));
  const softplus = (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
  const logit = (p) => Math.log(p / (1 - p));
  const sign = Math.sign;
  const square = (v) => v * v;

  const residual = {
    SquaredError: { label: "Squared error", value: (r) => r * r, slope: (r) => 2 * r, bend: () => 2 },
    AbsoluteError: { label: "Absolute error", value: Math.abs, slope: sign, bend: () => 0 },
    HuberLoss: {
      label: "Huber", parameters: { delta: 1 },
      value: (r, { delta }) => { const core = Math.min(Math.abs(r), delta); return core * (Math.abs(r) - core / 2); },
      slope: (r, { delta }) => Math.max(-delta, Math.min(delta, r)),
      bend: (r, { delta }) => (Math.abs(r) <= delta ? 1 : 0),
    },
    PseudoHuberLoss: {
      label: "Pseudo-Huber", parameters: { delta: 1 },
      value: (r, { delta }) => (delta * r * r) / (Math.hypot(r, delta) + delta),
      slope: (r, { delta }) => (delta * r) / Math.hypot(r, delta),
      bend: (r, { delta }) => (delta / Math.hypot(r, delta)) ** 3,
    },
    LogCoshLoss: {
      label: "Log-cosh",
      value: (r) => Math.abs(r) + Math.log1p(Math.exp(-2 * Math.abs(r))) - Math.LN2,
      slope: Math.tanh,
      bend: (r) => 1 - square(Math.tanh(r)),
    },
    EpsilonInsensitiveLoss: {
      label: "ε-insensitive", parameters: { epsilon: 0.5 },
      value: (r, { epsilon }) => Math.max(Math.abs(r) - epsilon, 0),
      slope: (r, { epsilon }) => (Math.abs(r) > epsilon ? sign(r) : 0),
      bend: () => 0,
    },
    TukeyLoss: {
      label: "Tukey's biweight", parameters: { c: 4.685 },
      value: (r, { c }) => ((c * c) / 6) * (1 - (1 - square(Math.min(Math.abs(r) / c, 1))) ** 3),
      slope: (r, { c }) => r * square(1 - square(Math.min(Math.abs(r) / c, 1))),
      bend: (r, { c }) => { const u = square(Math.min(Math.abs(r) / c, 1)); return (1 - u) * (1 - 5 * u); },
    },
    CauchyLoss: {
      label: "Cauchy", parameters: { scale: 1 },
      value: (r, { scale }) => ((scale * scale) / 2) * Math.log1p(square(r / scale)),
      slope: (r, { scale }) => r / (1 + square(r / scale)),
      bend: (r, { scale }) => { const u = square(r / scale); return (1 - u) / square(1 + u); },
    },
    BarronLoss: {
      label: "Barron's family", parameters: { alpha: 1, scale: 1 },
      value: (r, { alpha, scale }) => {
        const u = square(r / scale);
        if (alpha === 2) return u / 2;
        if (alpha === 0) return Math.log1p(u / 2);
        const gap = Math.abs(alpha - 2);
        return (gap / alpha) * ((1 + u / gap) ** (alpha / 2) - 1);
      },
      slope: (r, { alpha, scale }) => (r / (scale * scale)) * barronPower(r, alpha, scale),
      bend: (r, { alpha, scale }) => {
        const u = square(r / scale);
        const gap = Math.abs(alpha - 2);
        const bent = alpha === 2 ? 0 : ((alpha - 2) * u) / (gap + u);
        return ((1 + bent) * barronPower(r, alpha, scale)) / (scale * scale);
      },
    },
    PinballLoss: {
      label: "Pinball", parameters: { quantile: 0.8 },
      value: (r, { quantile }) => Math.max(quantile * r, (quantile - 1) * r),
      slope: (r, { quantile }) => (r === 0 ? 0 : r > 0 ? quantile : quantile - 1),
      bend: () => 0,
    },
    ExpectileLoss: {
      label: "Expectile", parameters: { level: 0.8 },
      value: (r, { level }) => (r < 0 ? 1 - level : level) * r * r,
      slope: (r, { level }) => 2 * (r < 0 ? 1 - level : level) * r,
      bend: (r, { level }) => 2 * (r < 0 ? 1 - level : level),
    },
  };
  function barronPower(r, alpha, scale) {
    const gap = Math.abs(alpha - 2);
    return alpha === 2 ? 1 : (1 + square(r / scale) / gap) ** (alpha / 2 - 1);
  }

  const margin = {
    LogisticLoss: { label: "Logistic (log loss)", value: (m) => softplus(-m), slope: (m) => -sigmoid(-m), bend: (m) => sigmoid(m) * sigmoid(-m) },
    HingeLoss: { label: "Hinge", value: (m) => Math.max(1 - m, 0), slope: (m) => (m < 1 ? -1 : 0), bend: () => 0 },
    SquaredHingeLoss: { label: "Squared hinge", value: (m) => square(Math.max(1 - m, 0)), slope: (m) => -2 * Math.max(1 - m, 0), bend: (m) => (m <= 1 ? 2 : 0) },
    ModifiedHuberLoss: {
      label: "Modified Huber",
      value: (m) => (m < -1 ? -4 * m : square(Math.max(1 - m, 0))),
      slope: (m) => -2 * Math.max(0, Math.min(2, 1 - m)),
      bend: (m) => (Math.abs(m) <= 1 ? 2 : 0),
    },
    ExponentialLoss: { label: "Exponential", value: (m) => Math.exp(-m), slope: (m) => -Math.exp(-m), bend: (m) => Math.exp(-m) },
    PerceptronLoss: { label: "Perceptron", value: (m) => Math.max(-m, 0), slope: (m) => (m < 0 ? -1 : 0), bend: () => 0 },
    ZeroOneLoss: { label: "Zero–one", value: (m) => (m <= 0 ? 1 : 0), slope: () => 0, bend: () => 0 },
    RampLoss: { label: "Ramp", value: (m) => Math.max(0, Math.min(1, (1 - m) / 2)), slope: (m) => (Math.abs(m) < 1 ? -0.5 : 0), bend: () => 0 },
    SigmoidLoss: { label: "Sigmoid", value: (m) => sigmoid(-m), slope: (m) => -sigmoid(m) * sigmoid(-m), bend: (m) => sigmoid(m) * sigmoid(-m) * (1 - 2 * sigmoid(-m)) },
    SavageLoss: {
      label: "Savage", value: (m) => square(sigmoid(-2 * m)),
      slope: (m) => -4 * square(sigmoid(-2 * m)) * sigmoid(2 * m),
      bend: (m) => { const wrong = sigmoid(-2 * m); return 8 * wrong * wrong * (1 - wrong) * (2 - 3 * wrong); },
    },
    FocalLoss: {
      label: "Focal", parameters: { gamma: 2 },
      // with p = σ(m), q = 1 − p: the value is −q^γ log p
      value: (m, { gamma }) => sigmoid(-m) ** gamma * softplus(-m),
      slope: (m, { gamma }) => { const p = sigmoid(m), q = sigmoid(-m); return -(q ** gamma) * (gamma * p * softplus(-m) + q); },
      bend: (m, { gamma }) => {
        const p = sigmoid(m), q = sigmoid(-m), s = softplus(-m);
        return q ** gamma * p * (gamma * s * (gamma * p - q) + (2 * gamma + 1) * q);
      },
    },
    BrierLoss: {
      label: "Brier score of σ(f)", value: (m) => square(sigmoid(-m)),
      slope: (m) => -2 * square(sigmoid(-m)) * sigmoid(m),
      bend: (m) => { const q = sigmoid(-m); return 2 * q * q * (1 - q) * (2 - 3 * q); },
    },
  };

  // ---- What a loss asks for, computed

  // The lowest point of f: the best of a grid, refined by golden section beside it.
  function argmin(f, low, high, count = 161) {
    const step = (high - low) / (count - 1);
    let best = low;
    for (let i = 1; i < count; i++) if (f(low + i * step) < f(best)) best = low + i * step;
    let [a, b] = [Math.max(low, best - step), Math.min(high, best + step)];
    const ratio = (Math.sqrt(5) - 1) / 2;
    for (let i = 0; i < 60; i++) {
      const left = b - ratio * (b - a), right = a + ratio * (b - a);
      if (f(left) <= f(right)) b = right; else a = left;
    }
    return (a + b) / 2;
  }

  const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
  const risk = (loss, parameters, sample, c) => mean(sample.map((y) => loss.value(y - c, parameters)));
  // The constant that minimises the mean loss of a sample.
  const location = (loss, parameters, sample) => argmin((c) => risk(loss, parameters, sample, c), Math.min(...sample), Math.max(...sample), 401);
  // Of a convex loss, all of them: where the summed slope is 0. Two ends, alike if it is one.
  function locations(loss, parameters, sample) {
    const pull = (c) => sample.reduce((sum, y) => sum + loss.slope(y - c, parameters), 0);
    const last = (goesOn) => {
      let [a, b] = [Math.min(...sample) - 1, Math.max(...sample) + 1];
      for (let i = 0; i < 60; i++) { const c = (a + b) / 2; if (goesOn(pull(c))) a = c; else b = c; }
      return (a + b) / 2;
    };
    return [last((g) => g > 1e-9), last((g) => g > -1e-9)];
  }

  // ---- Straight lines [intercept, slope] through points [x, y]
  function weightedLine(points, weights) {
    const total = weights.reduce((a, b) => a + b, 0);
    const average = (of) => points.reduce((sum, p, i) => sum + weights[i] * of(p), 0) / total;
    const [mx, my] = [average((p) => p[0]), average((p) => p[1])];
    const slope = average((p) => (p[0] - mx) * (p[1] - my)) / average((p) => square(p[0] - mx));
    return [my - slope * mx, slope];
  }
  const rest = ([a, b], points) => points.map(([x, y]) => y - a - b * x);
  const total = (loss, parameters, line, points) => rest(line, points).reduce((sum, r) => sum + loss.value(r, parameters), 0);

  // Lines through two of the points, among which there is one of least absolute error.
  const linesOfPairs = (points) => points.flatMap(([x1, y1], i) => points.slice(i + 1).filter(([x2]) => x2 !== x1).map(([x2, y2]) => {
    const slope = (y2 - y1) / (x2 - x1);
    return [y1 - slope * x1, slope];
  }));
  const lowest = (loss, parameters, lines, points) => lines.reduce((best, line) => {
    const sum = total(loss, parameters, line, points);
    return sum < best.sum ? { line, sum } : best;
  }, { sum: Infinity });
  // Where several are equally good, all between them are: the middle one and its fellows.
  function leastAbsoluteLines(points) {
    const lines = linesOfPairs(points);
    const { sum } = lowest(residual.AbsoluteError, {}, lines, points);
    return lines.filter((line) => total(residual.AbsoluteError, {}, line, points) < sum + 1e-9);
  }

  // Reweighted least squares: a residual counts with weight ρ′(r)/r, the slope of its
  // loss against that of r²/2.
  function reweightedLine(loss, parameters, points, line, rounds) {
    for (let i = 0; i < rounds; i++) {
      const weights = rest(line, points).map((r) => (Math.abs(r) < 1e-9 ? loss.bend(0, parameters) : loss.slope(r, parameters) / r));
      line = weightedLine(points, weights.map((w) => Math.max(w, 1e-9)));
    }
    return line;
  }
  function fitLine(name, parameters, points) {
    if (name === "SquaredError") return weightedLine(points, points.map(() => 1));
    if (name === "AbsoluteError") return [0, 1].map((k) => mean(leastAbsoluteLines(points).map((line) => line[k])));
    const loss = residual[name];
    // A loss that is not convex has several low points: it starts from every pair.
    const starts = name === "HuberLoss" ? leastAbsoluteLines(points)
      : linesOfPairs(points).map((line) => reweightedLine(loss, parameters, points, line, 20));
    return reweightedLine(loss, parameters, points, lowest(loss, parameters, starts, points).line, 300);
  }

  // ---- Margin losses under P(Y = 1) = η
  const REACH = 12; // as far as a lowest point is searched
  const weighed = (weight, v) => (weight === 0 ? 0 : weight * v);
  const conditionalRisk = (loss, eta, f, p = loss.parameters) => weighed(eta, loss.value(f, p)) + weighed(1 - eta, loss.value(-f, p));
  const searched = (loss, eta, p) => argmin((f) => conditionalRisk(loss, eta, f, p), -REACH, REACH, 961);
  // Where the conditional risk is least for η > ½, in closed form: from one raw prediction
  // to another. `even` is the same at ½, if it is not 0 alone; `approached` is never reached.
  const known = {
    LogisticLoss: { at: logit }, SquaredHingeLoss: { at: (eta) => 2 * eta - 1 }, ModifiedHuberLoss: { at: (eta) => 2 * eta - 1 },
    ExponentialLoss: { at: (eta) => logit(eta) / 2 }, SavageLoss: { at: (eta) => logit(eta) / 2 }, PerceptronLoss: { at: () => 0 },
    HingeLoss: { at: () => 1, even: [-1, 1] },
    RampLoss: { at: () => 1, up: Infinity, even: [-Infinity, Infinity] },
    SigmoidLoss: { at: () => Infinity, even: [-Infinity, Infinity], approached: true },
    // At 0 itself it counts both labels as wrong.
    ZeroOneLoss: { at: () => 0, up: Infinity, even: [-Infinity, Infinity], without0: true },
  };
  function minimizers(loss, eta) {
    const rule = known[Object.keys(margin).find((name) => margin[name] === loss)];
    // Without a rule it is searched; at ½ the risk is even, and a search would find nearly 0.
    if (!rule) { const f = eta === 0.5 ? 0 : searched(loss, eta); return { from: f, to: f, least: conditionalRisk(loss, eta, f) }; }
    const high = Math.max(eta, 1 - eta);
    let [from, to] = high === 0.5 ? rule.even ?? [0, 0] : [rule.at(high), rule.up ?? rule.at(high)];
    if (eta < 0.5) [from, to] = [-to, -from];
    const inside = rule.without0 ? (eta < 0.5 ? -1 : 1) : Number.isFinite(from) ? from : Number.isFinite(to) ? to : eta < 0.5 ? -Infinity : Infinity;
    const approached = Boolean(rule.approached) && high !== 0.5;
    return { from, to, approached, without0: Boolean(rule.without0), least: conditionalRisk(loss, eta, inside) };
  }
  const bayesRisk = (loss, eta) => minimizers(loss, eta).least;
  // What the wrong side of 0 costs above the least: it is lowest at 0 itself. For the losses
  // shown this is convex in θ already, so it is its own largest convex minorant.
  const psiTransform = (loss, theta) => loss.value(0, loss.parameters) - bayesRisk(loss, (1 + theta) / 2);

  const api = {
    residual, margin, sigmoid, softplus, logit, square, mean, argmin, risk, location, locations, fitLine, leastAbsoluteLines,
    conditionalRisk, searched, minimizers, bayesRisk, psiTransform,
  };
  if (typeof module === "object") module.exports = api;
  global.Losses = api;
})(globalThis);
