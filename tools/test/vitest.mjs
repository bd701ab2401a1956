import { mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { root } from "../setup/places.mjs";
import { missingForSuite } from "../setup/programs.mjs";
import { counts } from "./counts.mjs";
import { runNode } from "./processes.mjs";

export const reports = path.join(root, "reports");

/** One project of vitest.config.ts. Its JSON report stays in reports/ for the check of the requirements. */
export async function vitestSuite({ name, args }) {
  const missing = missingForSuite(name);
  if (missing.length > 0)
    return counts({ skipped: 1, notes: [`suite ${name} skipped: this machine lacks ${missing.join(", ")}`] });
  const report = path.join(reports, `${name}.json`);
  mkdirSync(reports, { recursive: true });
  rmSync(report, { force: true });
  const vitest = path.join(root, "node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const done = await runNode([vitest, "run", "--project", name, ...reporters, ...args], { show: true });
  return countReport({ name, done, report: readReport(report) });
}

/**
 * Counts a vitest report. A file that could not be loaded, an error outside any test and a crash of vitest itself count as one
 * failure each: nothing that went wrong may end in "0 failed".
 */
export function countReport({ name, done, report }) {
  if (!report) return counts({ failed: 1, notes: [`suite ${name} crashed (${done.how})`] });
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  if (report.testResults.length === 0) return counts({ failed: 1, notes: [`suite ${name} found no test`] });
  const having = (...states) => tests.filter(({ status }) => states.includes(status)).length;
  const broken = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some(({ status }) => status === "failed"),
  );
  const passed = having("passed");
  const failed = having("failed") + broken.length;
  const notes = broken.map((file) => `${path.relative(root, file.name)} could not be run`);
  if (failed === 0 && !done.ok)
    return counts({ passed, failed: 1, notes: [`suite ${name} ended with ${done.how}`] });
  return counts({ passed, failed, skipped: tests.length - passed - having("failed"), notes });
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
