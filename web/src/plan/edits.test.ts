import { expect, test } from "vitest";
import type { Unit } from "../../../src/contracts/catalogue.ts";
import { editsOf, untouched, variablesOf, type StepDraft } from "./edits.ts";
import { makeStep } from "./testing-plan.ts";

const step = makeStep({
  hosts: ["web1", "web2"],
  vars: [
    { name: "port", value: 8081, source: "" },
    { name: "title", value: "Wiki", source: "" },
    { name: "chiffon_service", value: "x", source: "" },
  ],
});
const edits = (draft: Partial<StepDraft>) => editsOf([step], new Map([[0, { ...untouched, ...draft }]]));

test("only what differs from the plan is sent", () => {
  expect(editsOf([step], new Map())).toEqual([]);
  expect(edits({ vars: { port: "8081", title: "Wiki" }, hosts: "web1, web2" })).toEqual([]);
  expect(edits({ vars: { port: "8082", title: "Wiki", bind: "0.0.0.0" }, hosts: " web1 " })).toEqual([
    { step: 0, vars: { port: "8082", bind: "0.0.0.0" }, hosts: ["web1"] },
  ]);
});

test("an emptied value is the playbook's own again, emptied hosts stay, and a step that is left out is nothing else", () => {
  expect(edits({ vars: { port: "" }, hosts: "" })).toEqual([{ step: 0, vars: { port: null } }]);
  expect(edits({ vars: { bind: "" } })).toEqual([]);
  expect(edits({ vars: { port: "1" }, skip: true })).toEqual([{ step: 0, skip: true }]);
});

test("what is passed stands first, then what the playbook reads with its own value; nothing of Chiffon's own", () => {
  const variable = (name: string, value?: unknown) => ({
    name,
    required: false,
    source: "x:1",
    ...(value === undefined ? {} : { default: value }),
  });
  const unit = {
    vars: [variable("port", 8080), variable("users", ["ada"]), variable("secret")],
  } as unknown as Unit;
  expect(variablesOf(step, unit)).toEqual([
    { name: "port", text: "8081", isPassed: true, own: "8080" },
    { name: "title", text: "Wiki", isPassed: true, own: "" },
    { name: "users", text: "", isPassed: false, own: '[ "ada" ]' },
    { name: "secret", text: "", isPassed: false, own: "" },
  ]);
});
