import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { failpointNames } from "../../src/ports/failpoint.ts";

const source = path.join(import.meta.dirname, "../../src");

test("at least forty failpoints are named, and each stands at a place in the code", () => {
  const texts = readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && name !== "ports/failpoint.ts")
    .map((name) => readFileSync(path.join(source, name), "utf8"));
  const missing = failpointNames.filter((name) => !texts.some((text) => text.includes(`"${name}"`)));
  expect(missing).toEqual([]);
  expect(failpointNames.length).toBeGreaterThanOrEqual(40);
  expect(new Set(failpointNames).size).toBe(failpointNames.length);
});
