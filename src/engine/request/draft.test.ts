import { expect, test } from "vitest";
import type { Inventory } from "../../contracts/catalogue.ts";
import type { MatchedIntent } from "../../contracts/intent.ts";
import { matchIntents } from "../../understand/match.ts";
import { splitRequest } from "../../understand/split.ts";
import { makeUnit } from "../../understand/testing-units.ts";
import { draftSteps } from "./draft.ts";
import { createWorld } from "./world.ts";

const host = (name: string, groups: string[] = []) => ({
  name,
  groups,
  connection: "ssh",
  address: name,
  port: 22,
  user: null,
});
const inventory: Inventory = {
  path: "hosts.yml",
  hosts: [host("web1", ["web"]), host("web2", ["web"]), host("db1")],
  groups: [{ name: "web", hosts: ["web1", "web2"] }],
  dynamic: false,
};
const play = (hosts: string) => ({ name: hosts, hosts, become: false, ansibleTasks: [] });
const units = [
  makeUnit("grafana", { verbs: ["deploy", "update"], plays: [play("web")] }),
  makeUnit("jellyfin", { verbs: ["deploy", "update"], plays: [play("web")] }),
  makeUnit("immich", {
    verbs: ["deploy", "update"],
    plays: [play("web")],
    vars: [{ name: "immich_domain", required: true, source: "immich.yml:3" }],
  }),
];
const world = createWorld(
  [
    {
      repository: { name: "home", root: "/home/me/site", inventory: null },
      catalogue: { repository: "home", root: "/home/me/site", units, inventories: [inventory], findings: [] },
    },
  ],
  [],
);

const hosts = inventory.hosts.map((each) => each.name);
const match = (text: string): MatchedIntent[] =>
  matchIntents(splitRequest(text), { units, operations: [], hosts });
const draft = (text: string, answers: Record<string, string> = {}) =>
  draftSteps(match(text), new Map(Object.entries(answers)), world);

test("hosts of the sentence narrow those of the plays, and never widen them", () => {
  expect(draft("Deploy grafana").steps[0]?.hosts.map((each) => each.name)).toEqual(["web1", "web2"]);
  expect(draft("Deploy grafana on web2").steps[0]?.hosts.map((each) => each.name)).toEqual(["web2"]);
  expect(draft("Deploy grafana on db1")).toMatchObject({
    steps: [],
    questions: [{ id: "hosts:0", kind: "hosts" }],
  });
});

test("an hour in the sentence is no schedule, and the plan says so", () => {
  expect(draft("Update grafana tonight at 22:00").notes).toEqual([
    'not at a time: "tonight at 22:00" schedules nothing, the plan runs as soon as it is approved',
  ]);
  expect(draft("Update grafana now").notes).toEqual([]);
});

test.each(["Every night update grafana", "Update grafana every night", "every night, please update grafana"])(
  "a time that comes again keeps the wish as it is, and the plan says that it runs once: %s",
  (text) => {
    const { steps, notes, questions } = draft(text);
    expect(questions).toEqual([]);
    expect(steps.map((step) => [step.unit.name, step.intent.verb])).toEqual([["grafana", "update"]]);
    expect(notes).toEqual([
      expect.stringMatching(
        /^not again and again: "every night" is no schedule yet, the plan runs once, as soon as it is approved$/i,
      ),
    ]);
  },
);

test("an order between hosts makes one step for each, and the next waits for the one before", () => {
  const { steps, questions } = draft("Deploy grafana to web1 and web2, web2 first");
  expect(questions).toEqual([]);
  expect(steps.map((step) => [step.unit.name, step.hosts.map((each) => each.name), step.after])).toEqual([
    ["grafana", ["web2"], []],
    ["grafana", ["web1"], [0]],
  ]);
});

test("a variable that must have a value is asked for once, and its answer stays text", () => {
  expect(draft("Deploy immich").questions.map((question) => question.id)).toEqual(["var:0:immich_domain"]);
  const { steps } = draft("Deploy immich", { "var:0:immich_domain": "{{ 7 * 7 }}" });
  expect(steps[0]?.vars).toEqual([
    { name: "immich_domain", value: "{{ 7 * 7 }}", source: "your answer", origin: "person" },
  ]);
});

test("Ansible's own variables are never set from words or answers, and never asked for", () => {
  const own = makeUnit("wiki", {
    verbs: ["deploy"],
    plays: [play("web")],
    vars: [
      { name: "ansible_connection", required: true, source: "wiki.yml:3" },
      { name: "ansible_user", required: false, default: "root", source: "wiki.yml:4" },
      { name: "wiki_port", required: false, default: 80, source: "wiki.yml:5" },
    ],
  });
  const catalogue = {
    repository: "home",
    root: "/home/me/site",
    units: [own],
    inventories: [inventory],
    findings: [],
  };
  const repository = { name: "home", root: "/home/me/site", inventory: null };
  const here = createWorld([{ repository, catalogue }], []);
  const text = "Deploy wiki with user root and port 8080 and ansible_connection=local on web1";
  const matched = matchIntents(splitRequest(text), { units: [own], operations: [], hosts });
  const answers = new Map([["var:0:ansible_connection", "local"]]);
  const { steps, questions } = draftSteps(matched, answers, here);
  expect(questions).toEqual([]);
  expect(steps[0]?.vars.map((each) => each.name)).toEqual(["wiki_port"]);
});

test.each([
  "web1:&web",
  "web1,&web2",
  "!web1",
  "~web.*",
  "@/etc/hosts",
  "web*",
  "web1:db1",
  "web[1:2]",
  "/etc/passwd",
  "-e x=1",
])("as the answer about hosts %s is a name that the inventory does not have, never a pattern", (trick) => {
  const { steps, questions } = draft("Deploy grafana on db1", { "hosts:0": trick });
  expect(steps).toEqual([]);
  expect(questions).toMatchObject([{ id: "hosts:0", text: expect.stringContaining("not in the inventory") }]);
});

test("a condition speaks of the wish before it; when that one is left out it becomes a question", () => {
  const text = "deploy grafana, then update jellyfin, and if that fails, deploy immich";
  const vars = { "var:2:immich_domain": "x" };
  expect(draft(text, vars).steps.map((step) => step.condition)).toEqual([
    null,
    null,
    { kind: "failed", step: 1 },
  ]);

  const without = draft(text, { ...vars, "unit:1": "leave out" });

  expect(without.questions.map((question) => question.id)).toEqual(["condition:2"]);
  expect(draft(text, { ...vars, "unit:1": "leave out", "condition:2": "always" }).steps).toHaveLength(2);
});

test.each([
  "update grafana; if that fails deploy jellyfin, otherwise deploy immich",
  "update grafana, and if it fails, deploy jellyfin. Otherwise, deploy immich",
  "update grafana. If that does not work deploy jellyfin, or else deploy immich",
])("both cases of a condition look at the step before, not at each other: %s", (text) => {
  const { steps, questions } = draft(text, { "var:2:immich_domain": "x" });
  expect(questions).toEqual([]);
  expect(steps.map(({ unit, after, condition }) => [unit.name, after, condition])).toEqual([
    ["grafana", [], null],
    ["jellyfin", [0], { kind: "failed", step: 0 }],
    ["immich", [0], { kind: "succeeded", step: 0 }],
  ]);
});

test("what was not changed is counted by nobody: the other case of a change is asked about", () => {
  const text = "update grafana; if it changed deploy jellyfin, otherwise update jellyfin";
  expect(draft(text).questions.map((question) => question.id)).toEqual(["condition:2"]);
  const { steps } = draft(text, { "condition:2": "leave out" });
  expect(steps.map((step) => step.condition)).toEqual([null, { kind: "changed", step: 0 }]);
});

test("an answer that names a unit which is gone is asked for again, and leaving everything out is no plan", () => {
  expect(draft("Deploy grafana", { "unit:0": "home:gone.yml" }).questions).toMatchObject([{ id: "unit:0" }]);
  expect(draft("Deploy grafana", { "unit:0": "leave out" }).problem?.message).toContain("left out");
});
