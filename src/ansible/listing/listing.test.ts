import { expect, test } from "vitest";
import type { Inventory, ListedPlay } from "../../contracts/catalogue.ts";
import { listRun } from "./listing.ts";

const names = ["web1", "web2", "db1"];
const inventory: Inventory = {
  path: "hosts",
  dynamic: false,
  hosts: names.map((name) => ({ name, groups: [], connection: "ssh", address: name, port: 22, user: null })),
  groups: [{ name: "web", hosts: ["web1", "web2"] }],
};

function play(hosts: string, tasks: { name: string; dynamic?: boolean }[] = []): ListedPlay {
  const ansibleTasks = tasks.map(({ name, dynamic = false }) => ({
    name,
    module: "debug",
    source: "site.yml:1",
    tags: [],
    become: false,
    dynamic,
    previewable: !dynamic,
  }));
  return { name: `on ${hosts}`, hosts, become: false, ansibleTasks };
}

test("[INFRA-01] counts hosts once, in the inventory's order, and tasks of every play", () => {
  const unit = {
    plays: [
      play("db1:web2", [{ name: "a" }]),
      play("web", [{ name: "b" }, { name: "c" }]),
      play("localhost"),
    ],
  };
  expect(listRun({ unit, inventory })).toEqual({
    hosts: ["web1", "web2", "db1", "localhost"],
    perPlay: [
      { name: "on db1:web2", pattern: "db1:web2", hosts: ["web2", "db1"], ansibleTasks: 1 },
      { name: "on web", pattern: "web", hosts: ["web1", "web2"], ansibleTasks: 2 },
      { name: "on localhost", pattern: "localhost", hosts: ["localhost"], ansibleTasks: 0 },
    ],
    ansibleTasks: 3,
    dynamic: [],
  });
});

test("a limit narrows and never widens, as names or as a pattern", () => {
  const unit = { plays: [play("web")] };
  expect(listRun({ unit, inventory, limit: ["web2", "db1", "other"] }).hosts).toEqual(["web2"]);
  expect(listRun({ unit, inventory, limit: "all:!web1" }).hosts).toEqual(["web2"]);
  expect(listRun({ unit, inventory, limit: [] }).hosts).toEqual([]);
  expect(listRun({ unit, inventory, limit: "{{ x }}" })).toMatchObject({
    hosts: ["web1", "web2"],
    dynamic: [expect.stringMatching(/limit.*template/)],
  });
});

test("what only the run decides is said in sentences", () => {
  const unit = { plays: [play("{{ where }}", [{ name: "include", dynamic: true }])] };
  expect(listRun({ unit, inventory })).toMatchObject({
    hosts: [],
    dynamic: [
      expect.stringMatching(/hosts of "on {{ where }}".*template/),
      expect.stringMatching(/"include".*run time/),
    ],
  });
});
