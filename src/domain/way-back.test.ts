import { expect, test } from "vitest";
import type { Unit } from "../contracts/catalogue.ts";
import { findWayBack, type StepBefore, type StepFacts } from "./way-back.ts";

function unit(name: string, given: Partial<Unit> = {}): Unit {
  return {
    id: `home:${name}.yml`,
    kind: "playbook",
    name,
    path: `${name}.yml`,
    playbook: `${name}.yml`,
    project: ".",
    repository: "home",
    tags: [],
    enableVar: null,
    description: "",
    services: ["wiki"],
    aliases: [],
    verbs: [],
    vars: [],
    secrets: [],
    portals: null,
    choices: [],
    problem: null,
    plays: [],
    sha256: "0".repeat(64),
    minor: false,
    ...given,
  };
}

const port = { name: "wiki_port", required: false, source: "wiki.yml:4", default: 8080 };
const wiki = unit("wiki", { verbs: ["deploy", "update", "configure"], vars: [port] });
const remove = unit("remove-wiki", { verbs: ["remove"], vars: [port] });
const stop = unit("stop-wiki", { verbs: ["stop"] });
const restore = unit("restore-wiki", { verbs: ["restore"] });
const operation = (name: "stop" | "start" | "restart"): Unit =>
  unit(name, { id: `operation:${name}`, kind: "operation", repository: "operation", verbs: [name] });

const step = (given: Partial<StepFacts> = {}): StepFacts => ({
  unit: wiki,
  verb: "deploy",
  services: ["wiki"],
  hosts: ["web1"],
  vars: {},
  reads: false,
  ...given,
});
const before = (given: Partial<StepBefore> = {}): StepBefore => ({
  unit: wiki.id,
  verb: "deploy",
  hosts: ["web1"],
  vars: {},
  said: "run 1a2b3c4d of 2026-11-22 12:00 UTC",
  ...given,
});
const find = (facts: StepFacts, units: Unit[], earlier: StepBefore[] = []) =>
  findWayBack(facts, { units: [wiki, ...units], before: earlier });

test("what was deployed for the first time is removed by the unit of the same service that removes, where it was put", () => {
  expect(find(step({ vars: { wiki_port: 8081, other: 1 } }), [remove, stop])).toEqual({
    kind: "unit",
    text: "remove-wiki removes it",
    deed: { unit: remove.id, verb: "remove", vars: { wiki_port: 8081 } },
  });
  expect(find(step(), [unit("remove-forum", { verbs: ["remove"], services: ["forum"] })])).toMatchObject({
    kind: "none",
    deed: null,
    text: "no playbook of home is known to take it back",
  });
  // Of two nobody knows which; one that is broken or only an example is none.
  expect(find(step(), [remove, unit("drop-wiki", { verbs: ["remove"] })]).kind).toBe("none");
  expect(find(step(), [remove, unit("drop-wiki", { verbs: ["remove"], minor: true })]).kind).toBe("unit");
});

test("a changed value goes back to the one of the run before, a version as a rollback", () => {
  const ported = find(step({ vars: { wiki_port: 8090 } }), [remove], [before({ vars: { wiki_port: 8081 } })]);
  expect(ported).toMatchObject({
    kind: "values",
    deed: { unit: wiki.id, verb: "deploy", vars: { wiki_port: 8081 } },
  });
  expect(ported.text).toBe(
    "wiki again with the values of run 1a2b3c4d of 2026-11-22 12:00 UTC: wiki_port back to 8081",
  );
  expect(find(step({ vars: { wiki_port: 8090 } }), [remove], [before()])).toMatchObject({
    text: expect.stringContaining("wiki_port back to its own value"),
    deed: { vars: {} },
  });
  const versions = find(
    step({ verb: "update", vars: { wiki_version: "2.1" } }),
    [remove],
    [before({ vars: { wiki_version: "2.0" } })],
  );
  expect(versions).toMatchObject({
    kind: "version",
    deed: { verb: "rollback", vars: { wiki_version: "2.0" } },
  });
});

test("deploying again what was there is never taken back by removing it", () => {
  expect(find(step(), [remove], [before()])).toMatchObject({
    kind: "none",
    text: expect.stringContaining("did the same with the same values"),
  });
  // Removed in between, it was new.
  const removed = before({ unit: remove.id, verb: "remove" });
  expect(find(step(), [remove], [removed, before()]).kind).toBe("unit");
  expect(find(step(), [remove, restore], [before()])).toMatchObject({
    kind: "restore",
    deed: { verb: "restore" },
  });
});

test("on several hosts the way back is one that is right for all of them", () => {
  const two = step({ hosts: ["web1", "web2"] });
  expect(find(two, [remove], [before({ hosts: ["web1"] })])).toMatchObject({
    kind: "none",
    text: expect.stringContaining("on web1 before and not on the other hosts"),
  });
  const mixed = [before({ vars: { a: 1 } }), before({ hosts: ["web2"], vars: { a: 2 } })];
  expect(find(two, [remove], mixed)).toMatchObject({
    kind: "none",
    text: expect.stringContaining("other values"),
  });
  expect(find(two, [remove], [before({ hosts: ["web3"] })]).kind).toBe("unit");
});

test("stop and start are each other's way back, a removed service is deployed with its former values, a copy stays", () => {
  const starting = unit("wiki", { verbs: ["deploy", "start"] });
  const known = { units: [starting, remove, stop, operation("start"), operation("stop")], before: [] };
  expect(findWayBack(step({ unit: stop, verb: "stop" }), known)).toMatchObject({
    text: "wiki starts it",
    deed: { unit: starting.id, verb: "start" },
  });
  expect(findWayBack(step({ unit: starting, verb: "start" }), known)).toMatchObject({
    deed: { unit: stop.id },
  });
  expect(findWayBack(step({ unit: operation("stop"), verb: "stop" }), known)).toMatchObject({
    text: "Chiffon's operation start starts it",
  });
  expect(
    find(step({ unit: remove, verb: "remove" }), [remove], [before({ vars: { wiki_port: 8081 } })]),
  ).toMatchObject({
    deed: { unit: wiki.id, verb: "deploy", vars: { wiki_port: 8081 } },
    text: expect.stringContaining("data that was removed does not come back"),
  });
  const backup = unit("backup-wiki", { verbs: ["backup"] });
  expect(find(step({ unit: backup, verb: "backup" }), [backup])).toMatchObject({ kind: "none" });
  expect(find(step({ unit: backup, verb: "backup" }), [backup, restore])).toMatchObject({
    kind: "restore",
    text: expect.stringContaining("restore-wiki brings back what it saves"),
  });
  expect(find(step({ verb: "restart" }), [remove]).kind).toBe("none");
  expect(find(step({ reads: true }), [remove]).text).toContain("only reads");
});

test("a unit says its way back itself: another unit, a value, a state, or that there is none", () => {
  const says = (wayBack: Unit["wayBack"], vars: Unit["vars"] = []): Unit =>
    unit("wiki", { verbs: ["deploy"], vars, ...(wayBack === undefined ? {} : { wayBack }) });
  const undo = unit("undo", { verbs: ["rollback"], services: ["all"] });
  expect(find(step({ unit: says({ kind: "unit", unit: "undo" }) }), [undo])).toMatchObject({
    deed: { unit: undo.id, verb: "rollback" },
  });
  expect(find(step({ unit: says({ kind: "unit", unit: "gone" }) }), [undo, remove])).toMatchObject({
    kind: "none",
    text: expect.stringContaining('names "gone" as its way back'),
  });
  expect(find(step({ unit: says({ kind: "none", text: "the disk is wiped" }) }), [remove])).toMatchObject({
    kind: "none",
    text: "the disk is wiped",
  });
  const state = { name: "wiki_state", required: false, source: "wiki.yml:5", default: "present" };
  const found = says({ kind: "state", variable: "wiki_state" }, [state]);
  expect(find(step({ unit: found, vars: { wiki_port: 1 } }), [])).toMatchObject({
    kind: "state",
    deed: { verb: "remove", vars: { wiki_port: 1, wiki_state: "absent" } },
  });
  const odd = { ...state, default: "frozen" };
  expect(find(step({ unit: { ...found, vars: [odd] } }), []).kind).toBe("none");
  expect(
    find(step({ unit: says({ kind: "value", variable: "wiki_mode", value: "off" }) }), []),
  ).toMatchObject({
    kind: "state",
    deed: { verb: "deploy", vars: { wiki_mode: "off" } },
  });
  // It may have been there before Chiffon came: an update is not taken back by removing.
  expect(find(step({ unit: found, verb: "update" }), []).kind).toBe("none");
});
