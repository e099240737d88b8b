// Typesets formulas: reads a line {"tex", "display"}, writes a line {"html"} or {"error"}.
// The argument is the folder that holds the package `katex`.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const katex = createRequire(`${process.argv[2]}/`)("katex");

for await (const line of createInterface({ input: process.stdin })) {
  const { tex, display } = JSON.parse(line);
  let answer;
  try {
    answer = { html: katex.renderToString(tex, { displayMode: display, strict: false }) };
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
