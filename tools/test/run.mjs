// Runs the test suites and closes with `N passed, N failed`. `npm test -- SUITE [PATH or vitest option]…`
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
  for (const group of inGroups(chosen)) {
    const began = Date.now();
    for (const suite of group) process.stdout.write(`\n== ${suite.name}: ${suite.says}\n`);
    const results = await runGroup(group);
    const took = Date.now() - began;
    for (const [index, result] of results.entries()) {
      total = add(total, result);
      const share = minutes(took * (result.share ?? 1));
      timings.push(`${(group[index]?.name ?? "").padEnd(14)}${share} min   ${summarise(result)}`);
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

/** Suites that run side by side as one group, every other one alone. */
function inGroups(chosen) {
  const together = chosen.filter((suite) => suite.together);
  return chosen.flatMap((suite) => {
    if (!suite.together) return [[suite]];
    return suite === together[0] ? [together] : [];
  });
}

/** Counts of each suite. `share`: its part of the time that the group took. */
async function runGroup(group) {
  try {
    return await group[0].run({ names: group.map(({ name }) => name), args });
  } catch (error) {
    return group.map(({ name }) => counts({ failed: 1, notes: [`suite ${name} crashed: ${error.stack}`] }));
  }
}

function minutes(milliseconds) {
  return (milliseconds / 60_000).toFixed(1).padStart(5);
}
