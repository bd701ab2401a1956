import { expect, test } from "vitest";
import { listOperations } from "../../ansible/operations/operations.ts";
import type { Inventory } from "../../contracts/catalogue.ts";
import { matchIntents } from "../../understand/match.ts";
import { splitRequest } from "../../understand/split.ts";
import { makeUnit } from "../../understand/testing-units.ts";
import { draftSteps, type Draft } from "./draft.ts";
import { addFactSteps } from "./fact-steps.ts";
import { createWorld } from "./world.ts";

const inventory: Inventory = {
  path: "hosts.yml",
  hosts: ["web1", "web2", "NAS"].map((name) => ({
    name,
    groups: ["web"],
    connection: "ssh",
    address: name,
    port: 22,
    user: null,
  })),
  groups: [{ name: "web", hosts: ["web1", "web2", "NAS"] }],
  dynamic: false,
};
const plays = [{ name: "all", hosts: "web", become: false, ansibleTasks: [] }];
const units = ["grafana", "loki", "ufw", "firewalld"].map((name) =>
  makeUnit(name, { verbs: ["deploy", "update"], plays }),
);
const operations = listOperations();
const world = createWorld(
  [
    {
      repository: { name: "home", root: "/home/me/site", inventory: null },
      catalogue: { repository: "home", root: "/home/me/site", units, inventories: [inventory], findings: [] },
    },
  ],
  operations,
);
const hosts = inventory.hosts.map((each) => each.name);

function draft(text: string, answers: Record<string, string> = {}): Draft {
  const names = [...units, ...operations].map((unit) => unit.name);
  const intents = matchIntents(splitRequest(text, { names, hosts }), { units, operations, hosts });
  return draftSteps(addFactSteps(intents, { world }), new Map(Object.entries(answers)), world);
}

/** `deploy grafana @web1 <0 ?memory of …`. */
const brief = ({ steps }: Draft): string[] =>
  steps.map(({ unit, hosts: on, after, condition }) =>
    [
      unit.name,
      `@${on.map((each) => each.name).join(",")}`,
      ...(after.length === 0 ? [] : [`<${after.join(",")}`]),
      ...(condition === null ? [] : [`${condition.step}?${"text" in condition ? condition.text : ""}`]),
    ].join(" "),
  );

test.each([
  [
    "If web1 has less than 2 GB of memory, deploy grafana on web1",
    ["facts @web1", "grafana @web1 <0 0?memory of web1 is less than 2 GB"],
  ],
  [
    "deploy loki on web2 if the disk of nas has more than 10 GB free",
    ["facts @NAS", "loki @web2 <0 0?free space of the disk (/) of NAS is more than 10 GB"],
  ],
  [
    "deploy grafana on web1 unless it has less than 4 cores",
    ["facts @web1", "grafana @web1 <0 0?number of cores of web1 is at least 4"],
  ],
  [
    "if web1 runs Debian 12, deploy ufw on web1, otherwise deploy firewalld on web1",
    [
      "facts @web1",
      "ufw @web1 <0 0?system of web1 is debian 12",
      "firewalld @web1 <0 0?system of web1 is not debian 12",
    ],
  ],
  [
    "deploy grafana on web1, then if web1 has more than 1 GB of free memory deploy loki on web1",
    ["grafana @web1", "facts @web1 <0", "loki @web1 <0,1 1?free memory of web1 is more than 1 GB"],
  ],
  [
    "show the facts of web1, then if web1 runs Debian, deploy ufw on web1",
    ["facts @web1", "ufw @web1 <0 0?system of web1 is debian"],
  ],
])("%s", (text, wanted) => {
  const made = draft(text);
  expect(made.questions).toEqual([]);
  expect(brief(made)).toEqual(wanted);
});

test.each([
  ["a machine that is not in the inventory", "if web9 has less than 2 GB of memory, deploy grafana on web1"],
  ["several machines", "deploy grafana on web1 and web2 if it has less than 2 GB of memory"],
  ["nobody knows which machine", "if the memory is below 2 GB, deploy grafana"],
  ["more than one fact", "deploy grafana on web1 if it has more than 2 cores and more than 2 GB of memory"],
  ["no fact", "deploy grafana on web1 if it is a good day"],
])("%s: the condition is asked about, and nothing is read", (_what, text) => {
  const made = draft(text);
  expect(made.questions).toMatchObject([{ id: "condition:0", kind: "condition" }]);
  expect(brief(draft(text, { "condition:0": "always" }))).toEqual([expect.stringMatching(/^grafana @\S+$/)]);
});

test("without the step that reads the facts its condition becomes a question", () => {
  const text = "If web1 has less than 2 GB of memory, deploy grafana on web1";
  expect(draft(text, { "unit:0": "leave out" }).questions).toMatchObject([{ id: "condition:1" }]);
});

test("wishes that were there before keep their numbers", () => {
  const intents = matchIntents(
    splitRequest("deploy loki on web1, deploy grafana on web1 if it has less than 4 cores", { hosts }),
    { units, operations, hosts },
  );
  expect(addFactSteps(intents, { world, from: 2 })).toEqual(intents);
  expect(addFactSteps(intents, { world, from: 1 }).map((each) => each.target)).toEqual([
    "loki",
    "facts",
    "grafana",
  ]);
});
