import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { root } from "../setup/places.mjs";
import { missingForSuite } from "../setup/programs.mjs";
import { counts } from "./counts.mjs";
import { runNode } from "./processes.mjs";

export const reports = path.join(root, "reports");

/**
 * Projects of vitest.config.ts, side by side when there are several; gives the counts of each by its name. The JSON report of
 * each stays in reports/ for the check of the requirements.
 */
export async function runVitest({ names, args }) {
  const results = {};
  for (const name of names) {
    const missing = missingForSuite(name);
    const note = `suite ${name} skipped: this machine lacks ${missing.join(", ")}`;
    if (missing.length > 0) results[name] = counts({ skipped: 1, notes: [note] });
  }
  const runnable = names.filter((name) => !results[name]);
  if (runnable.length === 0) return results;
  const file = path.join(reports, "vitest.json");
  mkdirSync(reports, { recursive: true });
  rmSync(file, { force: true });
  const projects = runnable.flatMap((name) => ["--project", name]);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const vitest = path.join(root, "node_modules", "vitest", "vitest.mjs");
  const done = await runNode([vitest, "run", ...projects, ...reporters, ...args], { show: true });
  const split = splitReport({ names: runnable, report: readReport(file) });
  rmSync(file, { force: true });
  for (const name of runnable)
    writeFileSync(path.join(reports, `${name}.json`), JSON.stringify(split[name] ?? null));
  return { ...results, ...countReports({ names: runnable, done, split }) };
}

/** The report of one run, by suite: the folder of a test file tells which it belongs to. */
export function splitReport({ names, report }) {
  if (!report) return {};
  const only = names.length === 1 ? names[0] : undefined;
  const filesOf = (name) => report.testResults.filter((file) => (only ?? suiteOf(file.name)) === name);
  return Object.fromEntries(names.map((name) => [name, { testResults: filesOf(name) }]));
}

function suiteOf(file) {
  const [top, room] = path.relative(root, file).split(path.sep);
  if (top !== "test") return "integration";
  return room === "house" || room === "browser" ? room : "e2e";
}

/** An end in error that no suite's report explains counts once, with the first suite. */
export function countReports({ names, done, split }) {
  const alone = names.map((name) => countReport({ name, done: { ...done, ok: true }, report: split[name] }));
  if (alone.every(({ failed }) => failed === 0))
    alone[0] = countReport({ name: names[0], done, report: split[names[0]] });
  return Object.fromEntries(names.map((name, at) => [name, alone[at]]));
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
