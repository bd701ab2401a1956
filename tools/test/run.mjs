// Runs the test suites one after the other and closes with `N passed, N failed`. `npm test -- SUITE [PATH or vitest option]…`
// runs one suite. Exit code 1 when anything failed, with CI=true also when anything was skipped, 2 for an unknown suite.
import { rmSync } from "node:fs";
import process from "node:process";
import { add, counts, summarise } from "./counts.mjs";
import { suites } from "./suites.mjs";
import { reports } from "./vitest.mjs";

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
  for (const suite of chosen) {
    const began = Date.now();
    process.stdout.write(`\n== ${suite.name}: ${suite.says}\n`);
    const result = await runSuite(suite);
    total = add(total, result);
    timings.push(`${suite.name.padEnd(14)}${minutes(began)} min   ${summarise(result)}`);
  }
  const failed = total.failed > 0 || (inCi && total.skipped > 0);
  const notes =
    inCi && total.skipped > 0
      ? [...total.notes, "CI=true: what is skipped counts as a failure"]
      : total.notes;
  process.stdout.write(`\n${[...timings, ...notes, summarise(total)].join("\n")}\n`);
  process.exitCode = failed ? 1 : 0;
}

async function runSuite(suite) {
  try {
    return await suite.run({ name: suite.name, args });
  } catch (error) {
    return counts({ failed: 1, notes: [`suite ${suite.name} crashed: ${error.stack}`] });
  }
}

function minutes(began) {
  return ((Date.now() - began) / 60_000).toFixed(1).padStart(5);
}
