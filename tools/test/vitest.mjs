import { mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { root } from "../setup/places.mjs";
import { missingForSuite } from "../setup/programs.mjs";
import { counts } from "./counts.mjs";
import { runNode } from "./processes.mjs";

export const reports = path.join(root, "reports");

/** Where the tests of a suite lie; those of the suite integration lie everywhere else. */
const places = { house: /^test\/house\//, e2e: /^test\/(e2e|homelab)\//, browser: /^test\/browser\// };

/**
 * Projects of vitest.config.ts in one run. Their JSON reports stay in reports/ for the check of the requirements.
 * @returns counts of each, with `share`, its part of the time that all of them took
 */
export async function vitestSuites({ names, args }) {
  const missing = new Map(names.map((name) => [name, missingForSuite(name)]));
  const able = names.filter((name) => missing.get(name).length === 0);
  const ran = able.length === 0 ? new Map() : await runProjects(able, args);
  return names.map(
    (name) =>
      ran.get(name) ??
      counts({
        skipped: 1,
        notes: [`suite ${name} skipped: this machine lacks ${missing.get(name).join(", ")}`],
        share: 0,
      }),
  );
}

async function runProjects(names, args) {
  const file = path.join(reports, `${names.length === 1 ? names[0] : "together"}.json`);
  mkdirSync(reports, { recursive: true });
  for (const name of [...names, "together"]) rmSync(path.join(reports, `${name}.json`), { force: true });
  const vitest = path.join(root, "node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const projects = names.flatMap((name) => ["--project", name]);
  const done = await runNode([vitest, "run", ...projects, ...reporters, ...args], { show: true });
  return countReports({ names, done, report: readReport(file) });
}

/** The counts of each project in the report of all of them. */
export function countReports({ names, done, report }) {
  const took = (files) => files.reduce((sum, { startTime, endTime }) => sum + (endTime - startTime || 0), 0);
  const all = report?.testResults ?? [];
  // Vitest ends badly when one test of one project failed: that says nothing about the others.
  const ended = all.some(({ status }) => status === "failed") ? { ...done, ok: true } : done;
  const counted = names.map((name) => {
    const files = all.filter((file) => names.length === 1 || suiteOf(file.name) === name);
    const share = names.length === 1 ? 1 : took(files) / (took(all) || 1);
    return [name, { ...countReport({ name, done: ended, report: report && { testResults: files } }), share }];
  });
  return new Map(counted);
}

function suiteOf(file) {
  const inside = path.relative(root, file);
  return Object.keys(places).find((name) => places[name].test(inside)) ?? "integration";
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
