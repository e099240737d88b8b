// node runner.mjs FOLDER < [{lesson, values}, …] or {format: [[value, digits], …]}: what the
// scripts of the page make of it, as JSON; null for what is not finite.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const folder = pathToFileURL(`${process.argv[2]}/`);
const { table } = await import(new URL("live.js", folder));
const { general, fixed } = await import(new URL("numbers.js", folder));
const asked = JSON.parse(readFileSync(0, "utf8"));
const plain = (values) => Array.from(values, (v) => (Number.isFinite(v) ? v : null));

async function answer() {
  if (asked.format) {
    return asked.format.map(([text, n]) => [general(Number(text), n), fixed(Number(text), n)]);
  }
  const tables = {};
  const found = [];
  for (const { lesson, values } of asked) {
    tables[lesson] ??= await table(JSON.parse(readFileSync(new URL(`${lesson}.json`, folder))));
    const { lines, images, sentence } = tables[lesson](values);
    for (const name in lines) lines[name] = lines[name].map(plain);
    for (const name in images) images[name] = images[name][1]().map(plain);
    found.push({ lines, images, sentence });
  }
  return found;
}

process.stdout.write(JSON.stringify(await answer()));
