import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { findTable, readFigures, reliabilityFile, renderTable } from "../../bench/figures.ts";
import { root } from "./linter.ts";

const figures = readFigures();

test("the table of figures is what the commands wrote last, to the letter", () => {
  expect(figures.length).toBeGreaterThan(0);
  expect(findTable(readFileSync(reliabilityFile, "utf8"))).toBe(renderTable(figures));
});

test("each figure comes from a command that there is, and each name stands once", () => {
  const { scripts } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const names = figures.map((each) => each.name);
  expect(new Set(names).size).toBe(names.length);
  for (const { command } of figures) {
    const script = /^npm run (\S+)/.exec(command)?.[1] ?? "";
    expect(Object.keys(scripts)).toContain(script);
  }
});
