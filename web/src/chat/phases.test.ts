import { expect, test } from "vitest";
import type { MatchedIntent } from "../../../src/contracts/intent.ts";
import { phasesOf } from "./phases.ts";

const intent: MatchedIntent = {
  text: "deploy uptime kuma",
  verb: "deploy",
  target: "uptime kuma",
  hosts: [],
  params: {},
  after: [],
  condition: null,
  decision: "auto",
  confidence: 0.97,
  method: "exact",
  candidates: [{ id: "a", name: "uptime-kuma", path: "a.yml", confidence: 0.97, evidence: "name" }],
};
const states = (...given: Parameters<typeof phasesOf>): string[] =>
  phasesOf(...given).map((phase) => phase.state);

test("The phases stream in one after the other", () => {
  expect(states(undefined, undefined)).toEqual(["now", "open", "open"]);
  expect(states(undefined, "read")).toEqual(["done", "now", "open"]);
  expect(states(undefined, "matched")).toEqual(["done", "done", "now"]);
  expect(states(undefined, "planned")).toEqual(["done", "done", "done"]);
});

test("A request that was read knows better than the stream, also after a reload", () => {
  const request = { status: "planned", intents: [intent], planId: "p" } satisfies Parameters<
    typeof phasesOf
  >[0];
  expect(states(request, "read")).toEqual(["done", "done", "done"]);
  expect(states({ ...request, status: "needs_clarification" }, undefined)).toEqual(["done", "done", "asks"]);
  expect(states({ ...request, status: "failed", intents: [] }, "read")).toEqual(["failed", "open", "open"]);
});

test("Each phase says what came of it", () => {
  const phases = phasesOf({ status: "planned", intents: [intent], planId: "p" }, undefined);
  expect(phases.map((phase) => phase.detail)).toEqual(["deploy uptime kuma", "uptime-kuma", undefined]);
});
