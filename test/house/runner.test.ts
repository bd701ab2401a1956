import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { root } from "./linter.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "chiffon-runner-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test("the runner counts failed tests, files that do not load and crashes, and never ends a broken suite with 0 failed", () => {
  const report = (tests: string[], status = "passed") => ({
    testResults: [
      { name: "a.test.ts", status, assertionResults: tests.map((state) => ({ title: "t", status: state })) },
    ],
  });

  const cases = [
    [report(["passed", "passed", "skipped"]), true, [2, 0, 1]],
    [report(["passed", "failed"], "failed"), false, [1, 1, 0]],
    [report([], "failed"), false, [0, 1, 0]],
    [report(["passed"]), false, [1, 1, 0]],
    [{ testResults: [] }, true, [0, 1, 0]],
    [undefined, false, [0, 1, 0]],
  ] as const;

  for (const [given, ok, [passed, failed, skipped]] of cases)
    expect(count(given, ok)).toMatchObject({ passed, failed, skipped });
});

test("suites that ran together are counted apart by where their files lie, and a failure of one is not one of the others", () => {
  const file = (name: string, status: string, took: number) => ({
    name: path.join(root, name),
    status,
    startTime: 1_000,
    endTime: 1_000 + took,
    assertionResults: [{ title: "t", status }],
  });
  const names = ["integration", "house", "e2e", "browser"];
  const files = [
    file("src/engine/a.test.ts", "passed", 100),
    file("test/house/a.test.ts", "passed", 100),
    file("test/e2e/a.test.ts", "failed", 100),
    file("test/homelab/a.test.ts", "passed", 100),
    file("test/browser/a.test.ts", "passed", 600),
  ];
  const split = (testResults: unknown[] | undefined): unknown => {
    const given = { names, done: { ok: false, how: "exit code 1" }, report: testResults && { testResults } };
    return ask("test/vitest.mjs", "countReports", { args: [given], convert: "Object.fromEntries" });
  };

  expect(split(files)).toMatchObject({
    integration: { passed: 1, failed: 0, share: 0.1 },
    house: { passed: 1, failed: 0, share: 0.1 },
    e2e: { passed: 1, failed: 1, share: 0.2 },
    browser: { passed: 1, failed: 0, share: 0.6 },
  });
  // A suite whose files are gone is not one that passed, nor is any when vitest itself crashed.
  expect(split(files.slice(0, 4))).toMatchObject({ browser: { passed: 0, failed: 1 } });
  expect(split(undefined)).toMatchObject(Object.fromEntries(names.map((name) => [name, { failed: 1 }])));
});

test("the check of the requirements finds a missing id, an unknown test, a failed test and an unknown id", () => {
  const table = [
    "| ORCH-01 | words | when | `[ORCH-01] does` |",
    "| ORCH-02 | work | when | `[ORCH-02] fails` |",
  ].join("\n");
  const tests = [
    { title: "[ORCH-02] fails", passed: false },
    { title: "[ORCH-99] is unknown", passed: true },
  ];

  const { problems } = ask("requirements/check.mjs", "checkRequirements", { args: [table, tests] }) as {
    problems: string[];
  };

  expect(problems).toContain("ORCH-03 is missing in the table");
  expect(problems).toContain('ORCH-01: there is no test "[ORCH-01] does" in the last reports');
  expect(problems).toContain('ORCH-02: the test "[ORCH-02] fails" did not pass');
  expect(problems).toContain('the test "[ORCH-99] is unknown" names ORCH-99, which is not a requirement');
});

test("the table of the requirements is filled from passed tests and keeps what is said to be missing", () => {
  const table = [
    "| ORCH-01 | words | when | not yet (later issue) |",
    "| ORCH-02 | work | when | `[ORCH-02] old`<br>not yet: the queue |",
    "| ORCH-03 | state | when | `[ORCH-03] gone` |",
  ].join("\n");
  const tests = [
    { title: "[ORCH-01] [ORCH-02] a | b", passed: true },
    { title: "[ORCH-01] failed", passed: false },
  ];

  const filled = ask("requirements/check.mjs", "fillTable", { args: [table, tests] });

  expect(filled).toBe(
    [
      "| ORCH-01 | words | when | `[ORCH-01] [ORCH-02] a \\| b` |",
      "| ORCH-02 | work | when | `[ORCH-01] [ORCH-02] a \\| b`<br>not yet: the queue |",
      "| ORCH-03 | state | when | not yet (later issue) |",
    ].join("\n"),
  );
});

function count(report: unknown, ok: boolean): unknown {
  return ask("test/vitest.mjs", "countReport", {
    args: [{ name: "unit", done: { ok, how: "exit code 1" }, report }],
  });
}

/** Calls a function of a tool in its own process: the tools are plain JavaScript, which the type checker does not read. */
function ask(
  module: string,
  name: string,
  { args, convert = "" }: { args: unknown[]; convert?: string },
): unknown {
  const script = path.join(folder, "ask.mjs");
  const from = JSON.stringify(path.join(root, "tools", module));
  const given = JSON.stringify(args, (_, value: unknown) => (value === undefined ? null : value));
  writeFileSync(
    script,
    `import { ${name} } from ${from};\nprocess.stdout.write(JSON.stringify(${convert}(${name}(...${given}))));\n`,
  );
  const done = spawnSync(process.execPath, [script], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(done.stderr);
  return JSON.parse(done.stdout);
}
