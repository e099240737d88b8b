// What each lesson's explorer shows at some values of its controls. The numbers of `result` are
// those of docs/live/curves.py; `draw` and `describe` say what the lesson's functions of these
// names say. The tests compare both with Python.

import { fixed, general } from "./numbers.js";

// log10 of root mean squares below which a float32 tensor is all 0, and above which one entry
// is inf. See curves.py.
const FLOAT32 = [-45.8, 37.9];
const DELTA = 0.95;

const range = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);
const finite = (values) => values.every(Number.isFinite);
const positive = (values) => values.every((v) => v > 0);
const verdict = (ratio) => (ratio > 100 ? "exploding" : ratio >= 0.01 ? "healthy" : "vanishing");

function sizes(logs, entries = 1) {
  const [low, high] = FLOAT32;
  return Array.from(logs, (log) => {
    const inside = log - Math.log10(entries) / 2;
    return inside < low ? 0 : inside > high ? Infinity : 10 ** log;
  });
}

function float32Pass(signal, error, entries, closed = false) {
  const forward = sizes(signal, entries);
  const back = sizes(error, entries);
  if (!finite(forward)) back.fill(NaN);
  else if (closed && forward.at(-1) === 0) back.fill(0, 0, -1);
  return [forward, back];
}

// log10 of the error signal at each layer, from the last one's and the tangent.
const backwards = (tangent, last) => tangent.map((t) => tangent.at(-1) - t + last);

// The points a logarithmic axis can show, relative to the last of them.
function shown(x, values) {
  const drawn = range(0, values.length).filter((i) => values[i] > 0 && values[i] < Infinity);
  const last = drawn.length ? values[drawn.at(-1)] : 1;
  return [drawn.map((i) => x[i]), drawn.map((i) => values[i] / last)];
}

// A growth map's decades at each depth, one row a scale.
function growthMap(column, dials, name, scales) {
  return scales.map((scale) => {
    const tangent = column.at({ ...dials, [name]: scale });
    return tangent.map((t) => t - tangent[0]);
  });
}

const deepNets = {
  result({ columns }, { depth, ...dials }) {
    const [signal, tangent, coherence] = ["signal", "tangent", "coherence"].map((name) =>
      columns[name].at(dials).slice(0, depth),
    );
    const entries = 16 * 128;
    const error = backwards(tangent, Math.log10(DELTA / 4));
    const inputs = [0, ...signal.slice(0, -1)];
    const norms = signal.map((s) => s + Math.log10(entries) / 2);
    const closed = dials.activation === "relu";
    const [forward, back] = float32Pass(norms, error, entries, closed);
    const gradient = sizes(error.map((e, i) => e + inputs[i] + coherence[i]), 128 * 128);
    return {
      error: back.map((v) => (Number.isNaN(v) ? Infinity : v)),
      weight_gradient: gradient.map((g, i) => (!Number.isFinite(back[i]) ? Infinity : back[i] && g)),
      rms: forward.map((v) => v / Math.sqrt(entries)),
    };
  },
  draw(result, { depth, scale, activation }, { numbers, columns }) {
    const layers = range(1, depth + 1);
    const growth = numbers.growth[activation][nearest(numbers.scale, scale)];
    const lines = { theory: [layers, layers.map((l) => growth ** (depth - l))] };
    for (const name of ["error", "weight_gradient", "rms"]) lines[name] = shown(layers, result[name]);
    lines.critical = [[1, 100], [numbers.critical[activation], numbers.critical[activation]]];
    lines.cursor = [[depth], [scale]];
    const map = () => growthMap(columns.tangent, { activation }, "scale", numbers.scale);
    return { lines, images: { map: [activation, map] } };
  },
  describe(result, { depth, scale, activation }) {
    const { error } = result;
    const start = `${depth} layers of ${activation}, scale ${fixed(scale, 2)}`;
    const end = overflow(result);
    if (end) return `${start}: ${end}: non-finite.`;
    if (!(error[0] / error.at(-1) > 0)) return `${start}: ${silence(result)}: vanishing.`;
    const ratio = error[0] / error.at(-1);
    const growth = ratio ** (1 / Math.max(depth - 1, 1));
    const word = depth === 1 ? "unknown" : Math.abs(Math.log10(ratio)) <= 2 ? "healthy" : verdict(ratio);
    return (
      `${start}: ×${fixed(growth, 2)} per layer, the first layer's error signal is ` +
      `${general(ratio, 3)} times the last's: ${word}.`
    );
  },
};

// Where numbers leave float32, in the words of gr.diagnose; "" if they do not.
function overflow({ error, weight_gradient: gradient, rms }) {
  const first = rms.findIndex((v) => v === Infinity);
  if (first >= 0) {
    return `the forward pass leaves the range of float32, which ends at 3.4e+38, at layers.${first + 1}`;
  }
  const at = error.findLastIndex((v, i) => v === Infinity || gradient[i] === Infinity);
  if (at < 0) return "";
  const last = at + 1 === error.length;
  const before = last ? DELTA / 4 / Math.sqrt(160) : error[at + 1] / Math.sqrt(16 * 128);
  if (before >= 3.4028234663852886e38 ** 0.25 / 4) {
    return `the backward pass leaves the range of float32 at layers.${at + 1}`;
  }
  return (
    `inf or NaN appears in the backward pass between ${last ? "readout" : `layers.${at + 2}`} and ` +
    `layers.${at + 1} (float32), where the error signal was still of size ${general(before, 2)}`
  );
}

// Why the error signal of the first layer is exactly 0, in the words of gr.diagnose.
function silence({ error, rms }) {
  const after = error.findIndex((v) => v > 0);
  const reached = after < 0 ? error.length : after; // the readout always is
  const gone = rms.slice(0, reached + 1).indexOf(0);
  const tiny = 1.1754943508222875e-38;
  if (gone > 0 && rms[gone - 1] < 1e4 * tiny) {
    return (
      `in the forward pass the signal sinks to 0 at layers.${gone + 1}: numbers below 1e-38 are ` +
      "too small for float32"
    );
  }
  const starved = after < 0 || rms[reached - 1] === 0;
  if (!starved && error[reached] / Math.sqrt(16 * 128) < 1e3 * tiny) {
    return `at layers.${reached} the error signal falls below 1e-38 and is 0 in float32`;
  }
  const dead = gone >= 0 && gone < reached ? gone + 1 : reached;
  return (
    `no unit of layers.${dead} passes anything on (float32), and the error signal is exactly 0 at ` +
    `layers.${reached} and in all layers before it`
  );
}

const nearest = (axis, value) => axis.findIndex((point) => Math.abs(point - value) < 1e-9);

const throughTime = {
  result({ columns, numbers }, { T, cell, ...dials }) {
    const tangent = columns[`${cell} tangent`].at(dials).slice(0, T);
    const passes = columns[`${cell} passes`].at(dials).slice(0, T).reverse();
    const end = (columns[`${cell} end`] ?? columns[`${cell} tangent`]).at(dials)[T - 1];
    const error = [1, ...tangent.slice(0, -1).map((t) => 10 ** (end - t)).reverse()];
    const row = numbers.growth[nearest(numbers.size, dials.size)];
    const tanh = row[nearest(numbers.scale, dials.scale)];
    return { error, passes, theory: cell === "rnn" ? tanh : 1 / (1 + Math.exp(-dials.bias)) };
  },
  draw({ error, passes, theory }, { T }) {
    const steps = range(0, T);
    const drawn = steps.filter((k) => error[k] > 1e-300 && error[k] < Infinity);
    const lines = {
      error: [drawn, drawn.map((k) => error[k])],
      theory: [steps, steps.map((k) => theory ** k)],
      passes: [steps, passes],
    };
    return { lines, images: {} };
  },
  describe({ error }, { T, scale, cell, bias, size }) {
    const ratio = error.at(-1);
    const growth = ratio ** (1 / Math.max(T - 1, 1));
    const gate = cell === "rnn" ? "" : `, bias ${fixed(bias, 1)}`;
    return (
      `${T} steps of ${cell}, scale ${fixed(scale, 2)}${gate}, input ${fixed(size, 1)}: ` +
      `×${fixed(growth, 2)} per step, the first step's error signal is ${general(ratio, 2)} ` +
      `times the last's: ${verdict(ratio)}.`
    );
  },
};

const initialisations = {
  result({ columns }, { depth, ...dials }) {
    const [signal, tangent] = ["signal", "tangent"].map((n) => columns[n].at(dials).slice(0, depth));
    const last = Math.log10(DELTA / Math.sqrt(12));
    const rms = sizes(signal);
    const [first] = sizes([last + tangent.at(-1) - tangent[0]], 12 * 128);
    return { rms, ratio: finite(rms) ? first / 10 ** last : NaN };
  },
  draw({ rms }, { depth, ...dials }, { columns, numbers }) {
    const { factor, activation, scheme } = dials;
    const critical = numbers.critical[activation] / numbers.sigma[scheme];
    const height = critical < 2.55 ? critical : NaN;
    const lines = {
      size: [range(1, depth + 1), rms.map((v) => (v > 0 ? (v < Infinity ? v : 1e30) : NaN))],
      critical: [[1, 100], [height, height]],
      cursor: [[depth], [factor]],
    };
    const map = () => growthMap(columns.tangent, { scheme, activation }, "factor", numbers.factor);
    const shape = () =>
      columns.shape.axes.bin.map((bin) =>
        columns.shape.at({ ...dials, bin }).map((v, i) => (i < depth ? v / numbers.shades : 0)),
      );
    return { lines, images: { map: [`${scheme} ${activation}`, map], shape: ["", shape] } };
  },
  describe({ rms, ratio }, { depth, factor, activation, scheme }, { numbers }) {
    const sigma = fixed(factor * numbers.sigma[scheme], 2);
    const start = `${depth} layers of ${activation}, ${scheme} × ${fixed(factor, 2)}, so σ_w = ${sigma}`;
    if (!Number.isFinite(rms.at(-1)) || !Number.isFinite(ratio)) return `${start}: no finite numbers.`;
    const times = ratio > 1e-37 ? `${general(ratio, 2)} times the last` : "less than 1e-37 times the last";
    return (
      `${start}: the last layer's signal has the size ${general(rms.at(-1), 2)}, the first layer's ` +
      `error signal is ${times}: ${verdict(ratio)}.`
    );
  },
};

const growthOf = (values) =>
  values.at(-1) > 0 ? (values[0] / values.at(-1)) ** (1 / Math.max(values.length - 1, 1)) : NaN;

const normalised = {
  result({ columns }, { depth, norm, ...dials }) {
    const [signal, tangent] = ["signal", "tangent"].map((name) =>
      columns[`${norm} ${name}`].at(dials).slice(0, depth),
    );
    const error = backwards(tangent, Math.log10(DELTA / Math.sqrt(dials.batch)));
    const [forward, back] = float32Pass(signal, error, dials.batch * 64, true);
    return { error: back, signal: forward };
  },
  draw(result, { depth, scale, norm, batch }, { numbers }) {
    const layers = range(1, depth + 1);
    const theory = norm === "none" ? scale / Math.sqrt(2) : numbers.growth[norm][batch];
    const batches = Object.keys(numbers.growth.BatchNorm).map(Number);
    const lines = {
      error: shown(layers, result.error),
      signal: shown(layers, result.signal),
      theory: [layers, layers.map((l) => theory ** (depth - l))],
      plain: [batches, batches.map(() => (norm === "none" ? theory : NaN))],
      dot: [[batch], [growthOf(result.error)]],
    };
    return { lines, images: {} };
  },
  describe({ error }, { depth, scale, norm, batch }) {
    const start = `${depth} layers, scale ${fixed(scale, 2)}, norm ${norm}, batch size ${batch}`;
    if (!finite(error) || !positive(error)) {
      return `${start}: the numbers leave float32's range on the way.`;
    }
    const ratio = error[0] / error.at(-1);
    const near = ratio >= 0.01 && ratio <= 100;
    const times = near ? general(ratio, 2) : `of the order of 10^${Math.round(Math.log10(ratio))}`;
    return (
      `${start}: ×${fixed(growthOf(error), 2)} per layer, the first layer's error signal is ` +
      `${times} times the last's: ${verdict(ratio)}.`
    );
  },
};

const SHARE = 1 - 1 / Math.PI; // of a branch's square, what varies over the batch
const GROWTH = {
  // squared growth of block l of L at scale s
  plain: (s) => s ** 2 / 2,
  "plain + BN": () => 1 / SHARE,
  "x + f(x)": (s) => 1 + s ** 2 / 2,
  "x + f(x)/√L": (s, l, L) => 1 + s ** 2 / 2 / L,
  "x + f(BN(x))": (s, l) => 1 + s ** 2 / 2 / (1 + ((SHARE * s ** 2) / 2) * l),
  "BN(x + f(x))": (s) => (1 + s ** 2 / 2) / (1 + (SHARE * s ** 2) / 2),
  "LN(x + f(x))": () => 1,
  "x + α f(x), α = 0": () => 1,
};

const residual = {
  result({ columns, numbers }, { blocks, scale, kind }) {
    const [like, power] = numbers.aliases[kind] ?? [kind, 0];
    const dials = { kind: like, scale: scale / blocks ** power };
    const [signal, tangent] = ["signal", "tangent"].map((name) =>
      columns[name].at(dials).slice(0, blocks + 1),
    );
    const error = backwards(tangent, Math.log10(64));
    const norms = signal.map((s) => s + Math.log10(64));
    const [forward, back] = float32Pass(norms, error, 64 * 64, kind === "plain");
    return { size: forward.map((v) => v / 64), error: back };
  },
  draw({ size, error }, { blocks, scale, kind }) {
    const places = range(0, blocks + 1);
    const clean = (values) => values.map((v) => (v > 0 && v < Infinity ? v : NaN));
    const last = clean(error).at(-1);
    const growth = GROWTH[kind] ?? (() => NaN);
    const theory = [0];
    for (let l = blocks - 1; l >= 0; l--) {
      theory.unshift(theory[0] + Math.log10(growth(scale, l, blocks)) / 2);
    }
    const lines = {
      signal: [places, clean(size)],
      error: [places, clean(error).map((v) => v / last)],
      theory: [places, theory.map((log) => 10 ** log)],
    };
    return { lines, images: {} };
  },
  describe({ size, error }, { blocks, scale, kind }) {
    const start = `${blocks} blocks ${kind}, scale ${fixed(scale, 2)}`;
    if (!finite(size) || !finite(error)) return `${start}: beyond the end of float32: exploding.`;
    if (!positive(size) || !positive(error)) return `${start}: exactly 0 on the way: vanishing.`;
    const ratio = error[0] / error.at(-1);
    return (
      `${start}: error signal ×${general(ratio ** (1 / blocks), 3)} per block, in all ` +
      `${general(ratio, 2)}, signal ${general(size.at(-1) / size[0], 2)}. Error signal: ${verdict(ratio)}.`
    );
  },
};

export const LESSONS = {
  "02": deepNets,
  "03": throughTime,
  "06": initialisations,
  "07": normalised,
  "08": residual,
};
