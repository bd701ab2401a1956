import { expect, test } from "vitest";
import type { AnsibleEvent } from "../process/events.ts";
import { createProgress } from "./progress.ts";

const head = { v: 1, seq: 1, t: 0 } as const;
const begins = (task: string, line: number): AnsibleEvent => ({
  ...head,
  ev: "task_start",
  task,
  task_id: task,
  action: "copy",
  path: `/snapshot/site.yml:${line}`,
  role: null,
  handler: false,
  no_log: false,
});
const on = (host: string): AnsibleEvent => ({ ...head, ev: "host_start", host, task_id: "x" });
const how = {
  shown: (path: string) => path.replace("/snapshot/", ""),
  redact: (text: string) => text.replace("hunter2", "«secret»"),
};
const listed = (...lines: number[]): { source: string; dynamic: boolean }[] =>
  lines.map((line) => ({ source: `site.yml:${line}`, dynamic: false }));

test("the number is the task's place in the list, also of a role that is used twice; other tasks keep the last one", () => {
  const see = createProgress(listed(3, 5, 3), how);
  expect(see({ ...head, ev: "no_hosts_matched" })).toBeUndefined();
  expect(see(begins("Gathering Facts", 1))).toEqual({
    task: null,
    of: 3,
    name: "Gathering Facts",
    host: null,
  });
  expect(see(begins("one", 3))).toMatchObject({ task: 1, name: "one" });
  expect(see(on("a"))).toMatchObject({ task: 1, host: "a" });
  expect(see(begins("two with hunter2", 5))).toMatchObject({
    task: 2,
    name: "two with «secret»",
    host: null,
  });
  expect(see(begins("a handler", 9))).toMatchObject({ task: 2, of: 3, name: "a handler" });
  expect(see(begins("one", 3))).toMatchObject({ task: 3 });
});

test("where only the run decides which tasks there are, it tells how many have begun", () => {
  const see = createProgress([...listed(3), { source: "site.yml:5", dynamic: true }], how);
  expect(see(begins("one", 3))).toMatchObject({ task: 1, of: null });
  expect(see(begins("bring", 5))).toMatchObject({ task: 2, of: null });
  expect(see(begins("brought", 20))).toMatchObject({ task: 3, of: null });
});
