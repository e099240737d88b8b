// Reads a table that docs/live/table.py packed, and writes numbers as Python writes them.

// What Column.at does in Python: the curve at some dials, linear between numbers not kept.
export class Column {
  constructor({ axes, points, every, step }, rises) {
    Object.assign(this, { axes, points, step });
    this.kept = [];
    for (let i = 0; i < points; i += every) this.kept.push(i);
    if (this.kept.at(-1) !== points - 1) this.kept.push(points - 1);
    this.values = new Float64Array(rises.length);
    for (let i = 0, sum = 0; i < rises.length; i++) {
      sum = (i % this.kept.length ? sum : 0) + rises[i];
      this.values[i] = sum * step;
    }
  }

  at(dials) {
    let corners = [[0, 1]];
    for (const [name, axis] of Object.entries(this.axes)) {
      const places = placesOn(axis, dials[name]);
      corners = corners.flatMap(([i, w]) => places.map(([j, v]) => [i * axis.length + j, w * v]));
    }
    const length = this.kept.length;
    const curve = new Float64Array(length);
    for (const [corner, weight] of corners) {
      for (let i = 0; i < length; i++) curve[i] += weight * this.values[corner * length + i];
    }
    return length === this.points ? curve : this.stretched(curve);
  }

  stretched(curve) {
    const whole = new Float64Array(this.points);
    for (let i = 0; i + 1 < this.kept.length; i++) {
      const [from, to] = [this.kept[i], this.kept[i + 1]];
      const slope = (curve[i + 1] - curve[i]) / (to - from);
      for (let j = from; j < to; j++) whole[j] = slope * (j - from) + curve[i];
    }
    whole[this.points - 1] = curve.at(-1);
    return whole;
  }
}

// Indices on an axis and their weights, of which the sum is 1.
function placesOn(axis, value) {
  if (typeof axis[0] === "string") return [[axis.indexOf(value), 1]];
  const found = axis.findIndex((point) => point >= value - 1e-9);
  const after = found < 0 ? axis.length - 1 : found;
  if (after === 0 || Math.abs(axis[after] - value) < 1e-9 || value > axis[after]) {
    return [[after, 1]];
  }
  const weight = (value - axis[after - 1]) / (axis[after] - axis[after - 1]);
  return [[after - 1, 1 - weight], [after, weight]];
}

// The columns of a lesson's JSON, by name.
export async function unpack(columns) {
  const names = Object.keys(columns);
  const read = names.map(async (name) => {
    const packed = Uint8Array.from(atob(columns[name].data), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    const split = new Uint8Array(await new Response(stream).arrayBuffer());
    const half = split.length / 2; // all low bytes, then all high bytes
    const rises = new Int16Array(half);
    for (let i = 0; i < half; i++) rises[i] = split[i] | (split[half + i] << 8);
    return [name, new Column(columns[name], rises)];
  });
  return Object.fromEntries(await Promise.all(read));
}

// f"{value:.{digits}f}"
export function fixed(value, digits) {
  return Number.isFinite(value) ? value.toFixed(digits) : word(value);
}

// f"{value:.{digits}g}"
export function general(value, digits) {
  if (!Number.isFinite(value)) return word(value);
  const [mantissa, power] = value.toExponential(digits - 1).split("e");
  const exponent = Number(power);
  if (exponent >= -4 && exponent < digits) return trimmed(value.toFixed(digits - 1 - exponent));
  const size = String(Math.abs(exponent)).padStart(2, "0");
  return `${trimmed(mantissa)}e${exponent < 0 ? "-" : "+"}${size}`;
}

function word(value) {
  return Number.isNaN(value) ? "nan" : value < 0 ? "-inf" : "inf";
}

function trimmed(text) {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
