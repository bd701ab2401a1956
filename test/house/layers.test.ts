import { readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { lintFiles, root } from "./linter.ts";

/** The matrix of ARCHITECTURE.md, written down a second time on purpose: `.oxlintrc.json` is checked against it. */
const allowed: Record<string, string[]> = {
  contracts: [],
  domain: ["contracts"],
  understand: ["contracts"],
  ports: ["contracts", "domain"],
  ansible: ["contracts", "domain", "ports"],
  engine: ["contracts", "domain", "understand", "ports", "ansible"],
  agent: ["contracts", "domain", "ports", "ansible"],
  adapters: ["contracts", "domain", "ports"],
  http: ["contracts", "domain", "engine"],
  cli: ["contracts", "domain"],
  compose: [
    "contracts",
    "domain",
    "understand",
    "ports",
    "ansible",
    "engine",
    "agent",
    "adapters",
    "http",
    "cli",
  ],
};
const layers = Object.keys(allowed);

const forms: Record<string, (target: string) => string> = {
  import: (target) => `import { thing } from "${target}";\nexport const used = thing;\n`,
  type: (target) => `import type { Thing } from "${target}";\nexport type Used = Thing;\n`,
  dynamic: (target) => `export const load = () => import("${target}");\n`,
};

test("the linter reports exactly the imports that the matrix of layers forbids, in each of the three forms", () => {
  const files = new Map(
    layers.map((layer) => [`src/${layer}/target.ts`, "export const thing = 1;\nexport type Thing = 1;\n"]),
  );
  const forbidden: string[] = [];
  for (const from of layers)
    for (const to of layers)
      for (const [form, write] of Object.entries(forms))
        for (const depth of [0, 1]) {
          const file = `src/${from}/${depth === 0 ? "" : "inner/"}${form}-to-${to}.ts`;
          const up =
            from === to ? "./".repeat(1 - depth) + "../".repeat(depth) : `${"../".repeat(depth + 1)}${to}/`;
          files.set(file, write(`${up}target.ts`));
          if (from !== to && !allowed[from]?.includes(to)) forbidden.push(file);
        }

  const reported = lintFiles(files)
    .filter(({ rule }) => rule.includes("no-restricted-imports"))
    .map(({ file }) => file);

  expect(reported.toSorted()).toEqual(forbidden.toSorted());
  expect(forbidden.length).toBeGreaterThan(400);
});

test("every folder of src/ stands in the matrix, and no folder further down is called like a layer", () => {
  const folders = readdirSync(path.join(root, "src"), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.relative(path.join(root, "src"), path.join(entry.parentPath, entry.name)));

  const top = folders.filter((folder) => !folder.includes(path.sep));
  const below = folders.filter((folder) => folder.includes(path.sep));

  expect(top.filter((folder) => !layers.includes(folder))).toEqual([]);
  expect(below.filter((folder) => layers.includes(path.basename(folder)))).toEqual([]);
});
