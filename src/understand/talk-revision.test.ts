import { describe, expect, test } from "vitest";
import { readChange, type Change } from "./change.ts";
import { splitRequest } from "./split.ts";
import { partsOfChange, readRevision } from "./talk-revision.ts";

const names = ["grafana", "status-page", "backup-folder", "nginx", "uptime-kuma"];
const hosts = ["web1", "web2", "db1", "this-machine", "web"];
const planned = (text: string, variables: string[][]) => ({
  intents: splitRequest(text, { names, hosts }),
  names,
  hosts,
  variables,
  local: "this-machine",
});
const one = planned("Deploy grafana", [
  ["grafana_port", "grafana_version", "grafana_data_dir", "grafana_user"],
]);
const two = planned("Deploy the status page and then back up its folder", [
  ["status_page_port", "status_page_title"],
  ["backup_source", "backup_keep"],
]);
const onPort = planned("Deploy grafana on port 3000", one.variables);

const alter = (change: Partial<Extract<Change, { kind: "alter" }>>) => ({
  kind: "alter",
  intents: [0],
  hosts: [],
  params: {},
  ...change,
});
const port = (value: string) => alter({ params: { port: value } });
const leaveOut = (...intents: number[]) => ({ kind: "leave-out", intents });

describe("[UI-01] words that change the plan that waits", () => {
  test.each([
    ["change the port to 8080", port("8080")],
    ["Change the port to 8080.", port("8080")],
    ["use port 3002", port("3002")],
    ["use port 3002 instead please", port("3002")],
    ["no, port 3002", port("3002")],
    ["and use port 3002", port("3002")],
    ["yes, but with port 3002", port("3002")],
    ["can you use port 3002 instead?", port("3002")],
    ["how about port 3002?", port("3002")],
    ["make it port 3002", port("3002")],
    ["set the port = 3002", port("3002")],
    ["port: 3002", port("3002")],
    ["grafana_port = 3002", alter({ params: { grafana_port: "3002" } })],
    ["set the data dir to /srv/grafana", alter({ params: { grafana_data_dir: "/srv/grafana" } })],
    ["change the grafana port to 8080", alter({ params: { grafana_port: "8080" } })],
    ["port 3002 for grafana", port("3002")],
    ["make it 9.1", alter({ params: { version: "9.1" } })],
    ["version v9.1.2", alter({ params: { version: "9.1.2" } })],
    ["9.1 instead", alter({ params: { version: "9.1" } })],
    ["only on web1", alter({ hosts: ["web1"] })],
    ["on web1 only", alter({ hosts: ["web1"] })],
    ["just on web1 please", alter({ hosts: ["web1"] })],
    ["on WEB2 instead", alter({ hosts: ["web2"] })],
    ["run it on web1 and web2", alter({ hosts: ["web1", "web2"] })],
    ["use web2 instead", alter({ hosts: ["web2"] })],
    ["web2 only", alter({ hosts: ["web2"] })],
    ["change the host to web2", alter({ hosts: ["web2"] })],
    ["on localhost only", alter({ hosts: ["this-machine"] })],
    ["only on this machine", alter({ hosts: ["this-machine"] })],
    ["on web1 with port 3002", alter({ hosts: ["web1"], params: { port: "3002" } })],
    ["not on web2", alter({ params: { not: "except web2" } })],
    ["everywhere but db1", alter({ params: { not: "except db1" } })],
    ["set the user to Ada Lovelace", alter({ params: { grafana_user: "Ada Lovelace" } })],
    ["change the plan: on web1", alter({ hosts: ["web1"] })],
  ])("%s", (message, change) => {
    const reading = readRevision(message, one);
    expect(reading.kind).toBe("revise");
    expect(readChange("instruction" in reading ? reading.instruction : "", one)).toEqual(change);
  });

  test.each([
    ["skip the backup", leaveOut(1)],
    ["without step 2", leaveOut(1)],
    ["without the backup please", leaveOut(1)],
    ["leave out the second step", leaveOut(1)],
    ["don't back up the folder", leaveOut(1)],
    ["remove step 2", leaveOut(1)],
    ["remove the backup from the plan", leaveOut(1)],
    ["cancel the backup", leaveOut(1)],
    ["without the status page", leaveOut(0)],
    ["use port 3002", port("3002")],
    ["backup keep = 5", alter({ intents: [1], params: { backup_keep: "5" } })],
    ["on web1", alter({ intents: [0, 1], hosts: ["web1"] })],
    ["on web1 for step 2", alter({ intents: [1], hosts: ["web1"] })],
  ])("%s, of two steps", (message, change) => {
    const reading = readRevision(message, two);
    expect(reading.kind).toBe("revise");
    expect(readChange("instruction" in reading ? reading.instruction : "", two)).toEqual(change);
  });

  test("a bare number stands for the number that was said before", () => {
    expect(readRevision("make it 3001", onPort).kind).toBe("revise");
    expect(readChange("make it 3001", onPort)).toEqual(port("3001"));
    expect(readChange("make it 3001", one)).toMatchObject({
      kind: "unclear",
      why: expect.stringContaining("port 3001"),
    });
  });

  test.each([
    ["use port 3002 and skip the backup", ["use port 3002", "skip the backup"]],
    ["on web1, but with port 3002", ["on web1", "with port 3002"]],
    ["change the port to 3002 on web1", ["change the port to 3002", "on web1"]],
    ["without step 2, on web1 and with port 3002", ["without step 2", "on web1", "with port 3002"]],
    ["on web1 and web2", ["on web1 and web2"]],
    ["on web1 and on web2", ["on web1 and on web2"]],
    ["not on web1 but on web2", ["not on web1", "on web2"]],
    ["on web2, not on web1", ["on web2", "not on web1"]],
    ["also use port 3002", ["use port 3002"]],
    ["on web1 and restart nginx", []],
    ["use port 3002 and deploy nginx", []],
  ])("%s is taken apart", (message, parts) => {
    expect(partsOfChange(message, two)).toEqual(parts);
    expect(readRevision(message, two).kind).toBe(parts.length > 0 ? "revise" : "none");
  });

  test("a step is also named by its unit, and numbers are those that the plan shows", () => {
    const plan = { ...two, units: ["status-page", "folder-keeper"], shown: [1] };
    expect(readChange("port 3002 for step 1", plan)).toMatchObject({ intents: [1] });
    expect(readChange("port 3002 for step 2", plan)).toMatchObject({ why: "the plan has no step 2" });
    expect(readChange("without step 1", plan)).toMatchObject({ why: expect.stringContaining("reject it") });
    expect(readChange("skip the folder keeper", { ...plan, shown: [0, 1] })).toEqual(leaveOut(1));
  });

  test.each(["port 80000", "port 0", "use port 3002x", "change the port to eighty"])(
    "%s is no port",
    (message) => {
      expect(readRevision(message, one).kind).toBe("revise");
      expect(readChange(message, one)).toMatchObject({ why: expect.stringContaining("is no port") });
    },
  );

  test.each(["without the moon", "skip step 7", "only on mars9", "on mars9 instead"])(
    "%s speaks of the plan, though it names nothing in it",
    (message) => {
      expect(readRevision(message, two).kind).toBe("revise");
      expect(readChange(message, two).kind).toBe("unclear");
    },
  );
});

describe("what is no change of the plan", () => {
  test.each([
    "deploy grafana with port 8080",
    "deploy grafana on web1",
    "Deploy the status page",
    "update grafana to 9.1",
    "restart nginx on web1",
    "restart it",
    "and then restart nginx",
    "and grafana too",
    "also on web2",
    "and on web2",
    "cancel that",
    "back up the folder",
    "remove nginx",
    "stop grafana",
    "set up wireguard on web2",
    "set the hostname to box7",
    "change the timezone to Europe/Berlin",
    "open port 22 on web1",
    "what runs on web1?",
    "on web1?",
    "which port does it use?",
    "is it on web1?",
    "on mars9",
    "9.1",
    "8080",
    "skip it",
    "don't restart nginx",
    "show facts of web1",
    "use port 3002\nand deploy nginx",
    "",
    "hm",
  ])("%s", (message) => {
    expect(readRevision(message, two)).toEqual({ kind: "none" });
  });

  test("a new request can be said to be one", () => {
    expect(readRevision("new request: on web1, restart nginx", one)).toEqual({
      kind: "request",
      text: "on web1, restart nginx",
    });
  });
});

describe("what may be a change of the plan or a request of its own", () => {
  test.each([
    ["change the port of grafana to 8080", one, port("8080")],
    ["change the port of the status page to 8080", { ...two, shown: [0] }, port("8080")],
    ["deploy it on web2", one, alter({ hosts: ["web2"] })],
    ["update it to 9.1", one, alter({ params: { version: "9.1" } })],
    ["upgrade to 9.1.0", one, alter({ params: { version: "9.1.0" } })],
    ["remove the backup", two, leaveOut(1)],
    ["drop the status page", two, leaveOut(0)],
    ["set the title of the status page to Home", two, alter({ params: { status_page_title: "Home" } })],
  ])("%s", (message, plan, change) => {
    const reading = readRevision(message, plan);
    expect(reading.kind).toBe("doubt");
    expect(readChange("instruction" in reading ? reading.instruction : "", plan)).toEqual(change);
  });
});
