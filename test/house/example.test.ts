import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { readCatalogue } from "../../src/ansible/catalogue/read.ts";
import { root } from "./linter.ts";

const example = path.join(root, "examples", "homelab");

test("the example's playbooks are read without a finding, and tell the versions that they install", async () => {
  const catalogue = await readCatalogue({ repository: "homelab", root: example });
  expect(catalogue.findings).toEqual([]);
  const kuma = catalogue.units.find((unit) => unit.name === "uptime-kuma");
  expect(kuma?.choices.map(({ value, version }) => [value, version])).toEqual([
    ["docker", "kuma_release"],
    ["git", "kuma_release"],
    ["npm", "kuma_snapshot"],
  ]);
  // npm's way takes its version from the pinned packages; the default only tells it.
  const app = path.join(example, "playbooks/roles/kuma/files/app/package.json");
  const { dependencies } = JSON.parse(readFileSync(app, "utf8")) as { dependencies: Record<string, string> };
  const told = kuma?.vars.find((variable) => variable.name === "kuma_snapshot")?.default;
  expect(told).toBe(dependencies["uptime-kuma"]);
});
