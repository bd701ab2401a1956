import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { root } from "../setup/places.mjs";
import { parseTable, writeTable } from "./table.mjs";

const tableFile = path.join(root, "docs", "requirements.md");
const reportsFolder = path.join(root, "reports");

/** Every id that docs/requirements.md has to hold. */
export const knownIds = [
  ...numbered("ORCH", 5),
  ...numbered("STATE", 4),
  ...numbered("MSG", 4),
  ...numbered("DESK", 4),
  ...numbered("INFRA", 4),
  ...numbered("UI", 4),
  ...numbered("E2E", 4),
  "NEXT",
];

/** Compares the table with the last test reports: {problems: sentences, summary}. */
export function checkRequirements(text = readFileSync(tableFile, "utf8"), tests = readTests()) {
  const rows = parseTable(text);
  const passed = new Set(tests.filter((test) => test.passed).map((test) => test.title));
  const all = new Set(tests.map((test) => test.title));
  const problems = [
    ...knownIds
      .map((id) => ({ id, times: rows.filter((row) => row.id === id).length }))
      .filter(({ times }) => times !== 1)
      .map(({ id, times }) =>
        times === 0 ? `${id} is missing in the table` : `${id} stands ${times} times in the table`,
      ),
    ...rows.filter((row) => !knownIds.includes(row.id)).map((row) => `${row.id} is not a known requirement`),
    ...rows.flatMap((row) => problemsOf(row, all, passed)),
    ...tests.flatMap((test) =>
      idsOf(test.title)
        .filter((id) => !knownIds.includes(id))
        .map((id) => `the test "${test.title}" names ${id}, which is not a requirement`),
    ),
  ];
  const shown = rows.filter((row) => row.titles.length > 0).length;
  return { problems, summary: `${shown} of ${knownIds.length} requirements are shown by tests` };
}

/** The table with, in each row, every passed test whose title starts with the row's id. */
export function fillTable(text, tests) {
  const titles = [...new Set(tests.filter((test) => test.passed).map((test) => test.title))].toSorted(
    (a, b) => a.localeCompare(b, "en"),
  );
  const odd = titles.filter((title) => idsOf(title).length > 0 && title.includes("`"));
  if (odd.length > 0)
    throw new Error(`a title with a requirement's id may hold no backtick: ${odd.join("; ")}`);
  return writeTable(text, (row) => titles.filter((title) => idsOf(title).includes(row.id)));
}

/** Every test of the reports in reports/: {title, passed}. */
export function readTests(folder = reportsFolder) {
  return listReports(folder).flatMap((name) =>
    JSON.parse(readFileSync(path.join(folder, name), "utf8")).testResults.flatMap((file) =>
      file.assertionResults.map(({ title, status }) => ({ title, passed: status === "passed" })),
    ),
  );
}

export { tableFile };

function problemsOf(row, all, passed) {
  if (row.titles.length === 0)
    return row.remark === "" ? [`${row.id}: the last column names neither a test nor "not yet"`] : [];
  return row.titles.flatMap((title) => {
    if (!idsOf(title).includes(row.id))
      return [`${row.id}: the test title "${title}" does not start with [${row.id}]`];
    if (!all.has(title)) return [`${row.id}: there is no test "${title}" in the last reports`];
    return passed.has(title) ? [] : [`${row.id}: the test "${title}" did not pass`];
  });
}

/** `[ORCH-01] [E2E-01] does so` -> ["ORCH-01", "E2E-01"]. */
function idsOf(title) {
  const start = /^(\s*\[([A-Z0-9]+-\d+|NEXT)\])+/.exec(title)?.[0] ?? "";
  return [...start.matchAll(/\[([^\]]+)\]/g)].map(([, id]) => id);
}

function numbered(area, count) {
  return Array.from({ length: count }, (_, index) => `${area}-0${index + 1}`);
}

function listReports(folder) {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(".json"));
  } catch {
    return [];
  }
}
