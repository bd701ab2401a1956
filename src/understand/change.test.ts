import { describe, expect, test } from "vitest";
import { readChange } from "./change.ts";
import { splitRequest } from "./split.ts";

const names = ["status-page", "backup-folder", "nginx", "grafana", "uptime-kuma"];
const hosts = ["web1", "web2", "db1"];
const intents = splitRequest("Deploy the status page and then back up its folder", { names, hosts });
const one = splitRequest("Deploy grafana on web1", { names, hosts });
const change = (text: string, of = intents) => readChange(text, { intents: of, names, hosts });

describe("a change of a plan in plain words", () => {
  test("leaves steps out by number, by place and by what they are about", () => {
    expect(intents).toHaveLength(2);
    for (const text of [
      "without step 2",
      "please skip the second step",
      "leave out the backup",
      "drop the last one",
    ])
      expect([text, change(text)]).toEqual([text, { kind: "leave-out", intents: [1] }]);
    expect(change("without the status page")).toMatchObject({ kind: "leave-out" });
  });

  test("puts a step on other hosts, or gives it a value", () => {
    for (const text of ["on web2", "on web2 instead", "run it on web2", "please do that on web2"])
      expect([text, change(text, one)]).toEqual([
        text,
        { kind: "alter", intents: [0], hosts: ["web2"], params: {} },
      ]);
    for (const text of [
      "port 3002",
      "use port 3002",
      "with port 3002",
      "change the port to 3002",
      "port = 3002",
    ])
      expect([text, change(text, one)]).toEqual([
        text,
        { kind: "alter", intents: [0], hosts: [], params: { port: "3002" } },
      ]);
    expect(change("port 3002 for step 1")).toMatchObject({ kind: "alter", intents: [0] });
    expect(change("on web2")).toMatchObject({ kind: "alter", intents: [0, 1] });
  });

  test("adds a wish", () => {
    const added = change("and then restart nginx", one);
    expect(added).toMatchObject({ kind: "add", intents: [{ verb: "restart", target: "nginx" }] });
    expect(change("restart nginx too", one)).toEqual(added);
    expect(change("also deploy uptime kuma", one)).toMatchObject({
      kind: "add",
      intents: [{ verb: "deploy" }],
    });
  });

  test("is unclear rather than guessed", () => {
    for (const text of ["", "hm", "make it nicer", "without the moon", "on mars9", "without step 7", "???"])
      expect([text, change(text).kind]).toEqual([text, "unclear"]);
    expect(change("without grafana", one)).toMatchObject({
      kind: "unclear",
      why: expect.stringContaining("reject it instead"),
    });
  });
});
