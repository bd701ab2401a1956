import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { root } from "./linter.ts";

interface Source {
  file: string;
  text: string;
}

/** What the linter cannot hold. A pattern is matched against each line. */
const rules: { says: string; pattern: RegExp; within: (file: string) => boolean }[] = [
  {
    says: "no process is started through a shell",
    pattern:
      /\bshell: (true|")|\bexec(Sync)?\(\s*[`"']|import \{[^}]*\bexec(Sync)?\b[^}]*\} from "node:child_process"/,
    within: isOurs,
  },
  {
    says: "pure layers read no clock, not even by an empty new Date()",
    pattern: /new Date\(\)|Date\(\)/,
    within: (file) => /^src\/(contracts|domain|understand)\//.test(file) && !file.endsWith(".test.ts"),
  },
  {
    says: "only compose/ and main.ts take the configuration as a whole",
    pattern: /from "(\.\.\/)+config\.ts"/,
    within: (file) =>
      /^src\/[a-z]+\/[^/]+$/.test(file) && !file.startsWith("src/compose/") && !file.endsWith(".test.ts"),
  },
  {
    says: "no test is left out or singled out",
    pattern: /\b(test|it|describe)\.(only|skip|todo)\(/,
    within: isOurs,
  },
  {
    says: "no rule is switched off in place",
    pattern: /(oxlint|eslint)-disable|@ts-(ignore|nocheck)/,
    within: isOurs,
  },
  {
    says: "no path of one machine is written down",
    pattern: /["'`](\/root\/|\/home\/[a-z])/,
    within: (file) => isOurs(file) && !file.endsWith(".test.ts"),
  },
];

function isOurs(file: string): boolean {
  return file !== "test/house/texts.test.ts";
}

function readSources(): Source[] {
  return ["src", "test", "bench", "tools"].flatMap((folder) =>
    readdirSync(path.join(root, folder), { withFileTypes: true, recursive: true })
      .filter(
        (entry) =>
          entry.isFile() && /\.(ts|mjs)$/.test(entry.name) && !entry.parentPath.includes("node_modules"),
      )
      .map((entry) => path.join(entry.parentPath, entry.name))
      .map((at) => ({
        file: path.relative(root, at).replaceAll(path.sep, "/"),
        text: readFileSync(at, "utf8"),
      })),
  );
}

function find(sources: Source[], { pattern, within }: (typeof rules)[number]): string[] {
  return sources
    .filter(({ file }) => within(file))
    .flatMap(({ file, text }) =>
      text
        .split("\n")
        .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
    );
}

const sources = readSources();

for (const rule of rules) test(rule.says, () => expect(find(sources, rule)).toEqual([]));

/** A pattern among the fields of an object that has to match: it has no fields of its own, so any text passes. */
const vacuous = /toMatchObject\([^;]*?[\w"\]]: \/(?![/*])/;

test("no assertion compares a text with a bare pattern, which every text passes", () => {
  expect(vacuous.test('.rejects.toMatchObject({ code: "conflict", message: /is over/ });')).toBe(true);
  expect(vacuous.test("toMatchObject({ message: expect.stringMatching(/is over/) });")).toBe(false);
  const found = sources.filter(({ file, text }) => isOurs(file) && vacuous.test(text));
  expect(found.map(({ file }) => file)).toEqual([]);
});

test("each of these rules finds what it forbids", () => {
  const samples = [
    ['spawn("ls", { shell: true })', "test/a.ts"],
    ["const at = new Date();", "src/domain/a.ts"],
    ['import type { Config } from "../config.ts";', "src/http/a.ts"],
    ["test.only(", "test/a.test.ts"],
    ["// oxlint-disable-next-line", "src/http/a.ts"],
    ['const home = "/root/x";', "src/http/a.ts"],
  ] as const;

  for (const [index, [text, file]] of samples.entries()) {
    const rule = rules[index];
    expect(rule && find([{ file, text }], rule), text).toHaveLength(1);
  }
});
