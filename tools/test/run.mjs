// Runs the test suites and closes with `N passed, N failed`. `npm test -- SUITE [PATH or vitest option]…`
// runs one suite. Exit code 1 when anything failed, with CI=true also when anything was skipped, 2 for an unknown suite.
import { rmSync } from "node:fs";
import process from "node:process";
import { add, counts, summarise } from "./counts.mjs";
import { suites } from "./suites.mjs";
import { reports, runVitest } from "./vitest.mjs";

const names = new Set(suites.map(({ name }) => name));
const words = process.argv.slice(2);
const args = words.filter((word) => !names.has(word));
const chosen = words.length === 0 ? suites : suites.filter(({ name }) => words.includes(name));
const inCi = process.env.CI === "true";

if (chosen.length === 0 || (args.length > 0 && chosen.length > 1)) {
  process.stderr.write(`usage: npm test [-- SUITE [PATH]…]   suites: ${[...names].join(", ")}\n`);
  process.exitCode = 2;
} else await main();

async function main() {
  if (chosen.length === suites.length) rmSync(reports, { recursive: true, force: true });
  const timings = [];
  let total = counts();
  for (const batch of batches(chosen)) {
    const began = Date.now();
    for (const suite of batch) process.stdout.write(`\n== ${suite.name}: ${suite.says}\n`);
    const results = await runBatch(batch);
    for (const { name } of batch) {
      const result = results[name];
      total = add(total, result);
      const beside = batch.length > 1 ? "   (side by side)" : "";
      timings.push(`${name.padEnd(14)}${minutes(began)} min   ${summarise(result)}${beside}`);
    }
  }
  const failed = total.failed > 0 || (inCi && total.skipped > 0);
  const notes =
    inCi && total.skipped > 0
      ? [...total.notes, "CI=true: what is skipped counts as a failure"]
      : total.notes;
  process.stdout.write(`\n${[...timings, ...notes, summarise(total)].join("\n")}\n`);
  process.exitCode = failed ? 1 : 0;
}

/** Neighbours that run together, as one batch. */
function batches(list) {
  const found = [];
  for (const suite of list) {
    const last = found.at(-1);
    if (suite.together && last?.[0].together === suite.together) last.push(suite);
    else found.push([suite]);
  }
  return found;
}

async function runBatch(batch) {
  const [{ name, run }] = batch;
  const names = batch.map((suite) => suite.name);
  try {
    return run ? { [name]: await run({ name, args }) } : await runVitest({ names, args });
  } catch (error) {
    const crashed = (each) => counts({ failed: 1, notes: [`suite ${each} crashed: ${error.stack}`] });
    return Object.fromEntries(names.map((each) => [each, crashed(each)]));
  }
}

function minutes(began) {
  return ((Date.now() - began) / 60_000).toFixed(1).padStart(5);
}
