import process from "node:process";
import { checkRequirements } from "../requirements/check.mjs";
import { counts } from "./counts.mjs";

/** Counts as one test. Runs only after all other suites: it reads their reports. */
export async function requirementsSuite() {
  const { problems, summary } = checkRequirements();
  process.stdout.write(`${problems.length === 0 ? "  ok    " : "  FAILED"} ${summary}\n`);
  for (const problem of problems) process.stdout.write(`    ${problem}\n`);
  return counts(problems.length === 0 ? { passed: 1 } : { failed: 1 });
}
