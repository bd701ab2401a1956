import { describe, expect, test } from "vitest";
import { matchIntents } from "./match.ts";
import { splitRequest } from "./split.ts";
import { readTalk } from "./talk.ts";
import { makeUnit, operations } from "./testing-units.ts";

const hosts = ["web1", "web2", "db1"];
const looking = makeUnit("facts", { aliases: ["machine facts", "hardware"], verbs: ["status", "check"] });
const others = [makeUnit("nginx"), makeUnit("grafana", { verbs: ["deploy"] })];
const pick = (text: string, units = [looking, ...others]) => {
  const names = units.map((unit) => unit.name);
  return matchIntents(splitRequest(text, { names, hosts }), { units, operations, hosts }).map((intent) => ({
    decision: intent.decision,
    unit: intent.candidates[0]?.id,
    hosts: intent.hosts,
  }));
};

describe("a wish to see the facts of machines", () => {
  test.each([
    ["Show the facts of all machines", ["all"]],
    ["facts of every host", ["all"]],
    ["Collect facts from all hosts.", ["all"]],
    ["show me the facts about our servers", ["all"]],
    ["gather facts", []],
    ["show facts of web1", ["web1"]],
    ["get the system facts for web1 and DB1", ["web1", "db1"]],
    ["Please gather ansible facts on web2", ["web2"]],
  ])("%s", (text, where) => {
    expect(pick(text)).toEqual([{ decision: "auto", unit: looking.id, hosts: where }]);
    expect(pick(text, others)).toEqual([{ decision: "operation", unit: "operation:facts", hosts: where }]);
    expect(readTalk(text, { names: ["facts"], hosts }).kind).toBe("change");
  });

  test("is asked about where the playbook of that name may do more, or where there are two", () => {
    const silent = makeUnit("facts");
    const doing = makeUnit("facts", { verbs: ["deploy", "status"] });
    const second = makeUnit("gather-facts", { verbs: ["status"] });
    for (const units of [[silent], [doing], [looking, second]])
      expect(pick("Show the facts of all machines", units)).toMatchObject([{ decision: "ask" }]);
  });

  test.each([
    "remove the facts of all machines",
    "delete all facts",
    "restart all machines",
    "show the status of all machines",
    "interesting facts about nginx",
    "check the facts and delete all volumes",
  ])("%s is nothing of the kind: no pick is automatic", (text) => {
    for (const { decision } of pick(text)) expect(["ask", "none"]).toContain(decision);
  });
});
