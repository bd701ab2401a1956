import process from "node:process";
import { add, counts } from "./counts.mjs";
import { runTool } from "./processes.mjs";

const checks = [
  { name: "types", command: "tsc", args: ["--noEmit"] },
  { name: "web types", command: "tsc", args: ["--noEmit", "-p", "web"] },
  { name: "lint", command: "oxlint", args: [] },
  { name: "format", command: "oxfmt", args: ["--check"] },
  { name: "unused", command: "knip", args: ["--no-progress"] },
  { name: "lock", command: "node", args: ["tools/check-lock.mjs"] },
];

/** The static checks, all at once; each counts as one test. */
export async function staticSuite() {
  const results = await Promise.all(checks.map(runCheck));
  return results.reduce(add, counts());
}

async function runCheck({ name, command, args }) {
  const { ok, output } = await runTool(command, args);
  process.stdout.write(`${ok ? "  ok    " : "  FAILED"} ${name}\n${ok ? "" : `${output.trimEnd()}\n`}`);
  return counts({ passed: ok ? 1 : 0, failed: ok ? 0 : 1 });
}
