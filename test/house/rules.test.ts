import { expect, test } from "vitest";
import { lintFiles } from "./linter.ts";

const spawns = 'import { spawn } from "node:child_process";\nexport const start = spawn;\n';
const queries = 'import type { Kysely } from "kysely";\nexport type Db = Kysely<object>;\n';
const drives = 'import pg from "pg";\nexport const pool = pg.Pool;\n';
const reads = 'export const home = process.env["HOME"];\n';
const readsByName = 'import { env } from "node:process";\nexport const home = env["HOME"];\n';
const many = `export function long(): void {\n${"  if (Math.PI > 4) return;\n".repeat(70)}}\n`;
const methods = Array.from(
  { length: 20 },
  (_, n) => `    run${n}(): number {\n${"      Math.imul(2, 3);\n".repeat(5)}      return ${n};\n    },\n`,
);
const factory = `export function createThing(): object {\n  return {\n${methods.join("")}  };\n}\n`;

const refused: [file: string, text: string, rule: string][] = [
  ["src/engine/a.ts", spawns, "no-restricted-imports"],
  ["src/http/b.ts", 'export const load = () => import("child_process");\n', "no-restricted-imports"],
  ["src/ansible/catalogue/c.ts", spawns, "no-restricted-imports"],
  ["src/main.ts", spawns, "no-restricted-imports"],
  ["src/engine/plan/d.ts", queries, "no-restricted-imports"],
  ["src/adapters/bus/e.ts", drives, "no-restricted-imports"],
  ["src/compose/f.ts", drives, "no-restricted-imports"],
  ["src/engine/g.ts", reads, "no-process-env"],
  ["src/adapters/h.ts", readsByName, "no-restricted-imports"],
  [
    "src/engine/i.ts",
    'import { help } from "../../test/help.ts";\nexport const used = help;\n',
    "no-restricted-imports",
  ],
  ["src/cli/j.ts", 'export { run } from "../main.ts";\n', "no-restricted-imports"],
  ["src/cli/j2.ts", 'export { lab } from "./testing/lab.ts";\n', "no-restricted-imports"],
  ["src/cli/k.ts", "export default 1;\n", "no-default-export"],
  [
    "src/cli/l.ts",
    "export const one = (a: number, b: number, c: number, d: number) => a + b + c + d;\n",
    "max-params",
  ],
  ["src/cli/m.ts", many, "max-own-lines"],
  ["src/cli/n.ts", "export const loose: any = 1;\n", "no-explicit-any"],
  ["src/cli/notKebab.ts", "export const one = 1;\n", "filename-case"],
  ["src/cli/barrel.ts", 'export * from "./l.ts";\n', "no-barrel-file"],
  ["src/cli/long.ts", "export const one = 1;\n".replace("one", "two") + "// line\n".repeat(401), "max-lines"],
  [
    "src/cli/round-a.ts",
    'import { b } from "./round-b.ts";\nexport const a = (): number => b();\n',
    "no-cycle",
  ],
  [
    "src/cli/round-b.ts",
    'import { a } from "./round-a.ts";\nexport const b = (): number => a();\n',
    "no-cycle",
  ],
  ["src/cli/says.ts", 'console.log("x");\nexport const one = 1;\n', "no-console"],
  ["src/cli/o.test.ts", 'import { vi } from "vitest";\nvi.mock("./l.ts");\n', "no-restricted-vi-methods"],
  ...["contracts", "domain", "understand"].flatMap((layer): [string, string, string][] => [
    [
      `src/${layer}/a.ts`,
      'import path from "node:path";\nexport const sep = path.sep;\n',
      "no-restricted-imports",
    ],
    [`src/${layer}/b.ts`, "export const now = () => Date.now();\n", "no-restricted-properties"],
    [`src/${layer}/c.ts`, "export const dice = () => Math.random();\n", "no-restricted-properties"],
    [`src/${layer}/d.ts`, 'export const get = () => fetch("http://localhost");\n', "no-restricted-globals"],
    [
      `src/${layer}/e.ts`,
      'export const get = () => globalThis.fetch("http://localhost");\n',
      "no-restricted-globals",
    ],
    [
      `src/${layer}/f.ts`,
      "export const wait = (f: () => void) => setTimeout(f, 1);\n",
      "no-restricted-globals",
    ],
    [`src/${layer}/g.ts`, "export const pid = process.pid;\n", "no-restricted-globals"],
    [`src/${layer}/h.ts`, "export const id = crypto.randomUUID();\n", "no-restricted-globals"],
  ]),
];

const accepted: [file: string, text: string][] = [
  ["src/adapters/processes.ts", spawns],
  ["src/ansible/process/start.ts", spawns],
  ["src/compose/start.ts", spawns],
  ["src/cli/p.test.ts", spawns],
  ["src/adapters/database/pool.ts", drives],
  ["src/engine/audit/record-sql.ts", queries],
  ["src/engine/audit/tables.ts", queries],
  ["src/engine/schema.ts", queries],
  ["src/engine/migrations/migrate.ts", queries],
  ["src/config.ts", reads],
  ["src/cli/q.test.ts", reads],
  ["src/cli/testing/lab.ts", reads],
  ["src/cli/factory.ts", factory],
  [
    "src/engine/r.test.ts",
    'import { pool } from "../adapters/database/pool.ts";\nexport const used = pool;\n',
  ],
];

test("the linter refuses what the house rules forbid, and nothing else", () => {
  const files = new Map([...refused.map(([file, text]) => [file, text] as const), ...accepted]);

  const found = lintFiles(files);

  const missed = refused.filter(
    ([file, , rule]) => !found.some((one) => one.file === file && one.rule.includes(rule)),
  );
  expect(missed.map(([file, , rule]) => `${file}: ${rule}`)).toEqual([]);
  expect(found.filter(({ file }) => accepted.some(([name]) => name === file))).toEqual([]);
});
