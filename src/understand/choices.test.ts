import { describe, expect, test } from "vitest";
import type { HostTool, UnitChoice } from "../contracts/catalogue.ts";
import { expectChoices, type ChoiceHost, type KnownValue, type ToolState } from "./choices.ts";

const method = (value: string, needs: HostTool[], version: string): UnitChoice => ({
  variable: "kuma_method",
  value,
  needs,
  version,
});
const choices = [
  method("docker", ["docker"], "kuma_release"),
  method("git", ["git", "npm", "internet"], "kuma_release"),
  method("npm", ["node", "npm", "compiler"], "kuma_snapshot"),
];
const defaults: Record<string, KnownValue> = {
  kuma_method: { value: "auto", said: "set at defaults/main.yml:10" },
  kuma_release: { value: "2.5.3", said: "" },
  kuma_snapshot: { value: "2.4.1", said: "" },
};
const all: HostTool[] = ["docker", "git", "node", "npm", "compiler"];

/** A host that was looked at; what is not named is there. */
function seen(
  name: string,
  states: Partial<Record<HostTool, ToolState>>,
  values: Record<string, KnownValue> = {},
): ChoiceHost {
  const tools = new Map(all.map((tool) => [tool, states[tool] ?? "yes"] as const));
  return { name, tools, valueOf: (variable) => ({ ...defaults, ...values })[variable] };
}
const unseen = (name: string): ChoiceHost => ({ ...seen(name, {}), tools: null });
const decide = (...hosts: ChoiceHost[]) => expectChoices(choices, { hosts, ranBefore: false })[0];

describe("what a unit is expected to choose", () => {
  const no = (...tools: HostTool[]) => Object.fromEntries(tools.map((tool) => [tool, "no" as const]));
  const either = "by git (2.5.3) if the internet can be reached, else";
  test.each([
    [no(), "docker", "2.5.3: Docker is on pi"],
    [no("docker", "git"), "npm", "2.4.1: no Docker and no git on pi"],
    [no("docker"), null, `${either} by npm (2.4.1); no Docker on pi`],
    [no("docker", "compiler"), null, `${either} no way fits; no Docker and no compiler on pi`],
    [no("docker", "npm"), null, "no way fits on pi: docker lacks Docker; git lacks npm; npm lacks npm"],
    [
      { docker: "unknown" as const, git: "no" as const },
      null,
      "by docker (2.5.3) if Docker is there, else by npm (2.4.1); no git on pi",
    ],
  ])("%j on a host: %s, %s", (states, value, told) => {
    const found = decide(seen("pi", states));
    const version = value === null ? null : told.slice(0, 5);
    expect(found).toMatchObject({ variable: "kuma_method", value, version });
    expect(found?.text).toBe(value === null ? told : `by ${value}, version ${told}`);
  });

  test("a host that nobody looks at before the run is told with the whole rule", () => {
    expect(decide(unseen("web1"))).toMatchObject({
      value: null,
      text: "decided on web1 when the run starts: by docker (2.5.3) if Docker is there, else by git (2.5.3) if git and npm are there and the internet can be reached, else by npm (2.4.1), which needs Node.js, npm and a compiler",
    });
  });

  test("a value that somebody set is taken as it is, with what is missing for it", () => {
    const asked = { kuma_method: { value: "npm", said: "as asked for" } };
    expect(decide(seen("pi", {}, asked))).toMatchObject({ value: "npm", version: "2.4.1" });
    expect(decide(seen("pi", no("compiler"), asked))?.text).toBe(
      "by npm, version 2.4.1, as asked for; but no compiler on pi",
    );
    const strange = { kuma_method: { value: "snap", said: "set in the inventory" } };
    expect(decide(seen("pi", {}, strange))).toMatchObject({
      value: "snap",
      version: null,
      text: "by snap, set in the inventory",
    });
  });

  test("a value or version that only Ansible can work out stays open", () => {
    const worked = { value: null, said: "set at group_vars/all.yml:3" };
    expect(decide(seen("pi", {}, { kuma_method: worked }))).toMatchObject({
      value: null,
      text: expect.stringContaining("its value is worked out then (set at group_vars/all.yml:3)"),
    });
    expect(decide(seen("pi", {}, { kuma_release: worked }))).toMatchObject({
      value: "docker",
      version: null,
      text: "by docker: Docker is on pi",
    });
  });
});

test("where the unit ran before, what it chose then may hold; what was asked for does", () => {
  const asked = { kuma_method: { value: "npm", said: "as asked for" } };
  const again = (host: ChoiceHost) => expectChoices(choices, { hosts: [host], ranBefore: true })[0]?.text;
  expect(again(seen("pi", {}))).toBe(
    "by docker, version 2.5.3: Docker is on pi; an earlier run may have settled it",
  );
  expect(again(seen("pi", {}, asked))).toBe("by npm, version 2.4.1, as asked for");
});

describe("several hosts", () => {
  test("are told together when they are alike, and apart when not", () => {
    expect(decide(seen("a", {}), seen("b", {}))).toMatchObject({
      value: "docker",
      text: "by docker, version 2.5.3: Docker is on a and b",
    });
    const mixed = decide(seen("a", {}), seen("b", { docker: "no", git: "no" }), unseen("c"));
    expect(mixed).toMatchObject({ value: null, version: null });
    expect(mixed?.text).toMatch(
      /^on a: by docker, version 2\.5\.3: Docker is there; on b: by npm, version 2\.4\.1: no Docker and no git there; on c: decided when the run starts: by docker/,
    );
  });

  test("of which there are many make no endless text", () => {
    const hosts = Array.from({ length: 300 }, (_, index) => unseen(`web${index}`));
    expect(decide(...hosts)?.text).toContain("decided on web0, web1, web2, web3, web4 and 295 more when");
    const apart = hosts.map((host, index) =>
      seen(host.name, {}, { kuma_release: { value: `1.0.${index}`, said: "" } }),
    );
    expect(decide(...apart)?.text.length).toBeLessThan(1_000);
    expect(expectChoices(choices, { hosts: [], ranBefore: false })).toEqual([]);
  });
});
