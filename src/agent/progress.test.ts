import { expect, test } from "vitest";
import type { AnsibleEvent } from "../ansible/process/events.ts";
import { compileSecrets, createRedactor } from "../domain/redaction/redactor.ts";
import { createFailureWatch, recapOf, toProgress } from "./progress.ts";

const same = (text: string) => text;
const head = { v: 1, seq: 1, t: 1_795_000_000.5 } as const;
const at = new Date(1_795_000_000_500).toISOString();
const result = { ...head, host: "web1", task_id: "k", changed: false, ms: 12 } as const;
const secret = "correct-horse-battery-staple";

function redactor(value: string): (text: string) => string {
  const patterns = compileSecrets([{ name: "db", value }]);
  return (text) => {
    const made = createRedactor(patterns);
    return made.push(text) + made.end();
  };
}

test("every kind of result becomes the status that a viewer sees", () => {
  const statusOf = (event: AnsibleEvent) =>
    toProgress(event, same).map((each) => "status" in each && each.status);

  expect(statusOf({ ...result, ev: "ok" })).toEqual(["ok"]);
  expect(statusOf({ ...result, ev: "ok", changed: true })).toEqual(["changed"]);
  expect(statusOf({ ...result, ev: "failed", ignored: false })).toEqual(["failed"]);
  expect(statusOf({ ...result, ev: "failed", ignored: true })).toEqual(["ignored"]);
  expect(statusOf({ ...result, ev: "skipped" })).toEqual(["skipped"]);
  expect(statusOf({ ...result, ev: "unreachable" })).toEqual(["unreachable"]);
  expect(statusOf({ ...result, ev: "item_failed", item: "a" })).toEqual(["failed"]);
});

test("a result carries the sentence that tells most, and a loop item its name", () => {
  const failed: AnsibleEvent = {
    ...result,
    ev: "item_failed",
    item: "nginx",
    res: { stdout: "less", msg: "no such package", stderr: "" },
  };
  const skipped: AnsibleEvent = { ...result, ev: "skipped", res: { skip_reason: "condition", stdout: "x" } };

  expect(toProgress(failed, same)).toEqual([
    {
      kind: "host-result",
      key: "k",
      host: "web1",
      status: "failed",
      duration_ms: 12,
      item: "nginx",
      message: "no such package",
      at,
    },
  ]);
  expect(toProgress(skipped, same)).toMatchObject([{ message: "condition", item: null }]);
});

test("of a program that failed the last line that it wrote is told, not only that it failed", () => {
  const res = {
    msg: "non-zero return code",
    rc: 1,
    stderr: "starting\ncannot listen on port 8087\n",
    stdout: "x",
  };
  const failed: AnsibleEvent = { ...result, ev: "failed", ignored: false, res };
  expect(toProgress(failed, same)).toMatchObject([
    { message: "non-zero return code: cannot listen on port 8087" },
  ]);
  const silent: AnsibleEvent = { ...failed, res: { msg: "non-zero return code", stderr: "" } };
  expect(toProgress(silent, same)).toMatchObject([{ message: "non-zero return code" }]);
});

test("the last failure of a host is kept with the name of its task, items apart", () => {
  const watch = createFailureWatch();
  expect(watch.last()).toBeNull();
  const ended = { kind: "host-result", key: "k", host: "web1", duration_ms: 1, item: null, at } as const;
  watch.see({
    kind: "ansible-task",
    key: "k",
    name: "Start it",
    module: "command",
    source: "",
    handler: false,
  });
  watch.see({ ...ended, status: "failed", message: "first" });
  watch.see({ ...ended, status: "failed", message: "an item", item: "x" });
  watch.see({ ...ended, status: "ok", message: "fine" });
  expect(watch.last()).toEqual({ host: "web1", status: "failed", name: "Start it", message: "first" });
  watch.see({ ...ended, host: "web2", status: "unreachable", message: "no route" });
  expect(watch.last()).toMatchObject({ host: "web2", status: "unreachable" });
});

test("a secret at the place where a long message is cut is not shown in half", () => {
  const msg = "x".repeat(3_990) + secret;
  const [progress] = toProgress({ ...result, ev: "ok", res: { msg } }, redactor(secret));

  expect(JSON.stringify(progress)).not.toContain("correct");
  expect(progress).toMatchObject({ message: expect.stringMatching(/^x+«/) });
});

test("a secret of several lines does not pass in a diff, where each line has a sign before it", () => {
  const key = "-----BEGIN KEY-----\nqk8Zp1mXw0vT\nhs7Rt5nLd2cB\n-----END KEY-----";
  const event: AnsibleEvent = {
    ...head,
    ev: "diff",
    host: "web1",
    task_id: "k",
    diffs: [{ before: "a\n", after: `a\n${key}\nb\n` }, { prepared: `+${secret}` }],
  };

  const [diff] = toProgress(event, redactor(key));
  const text = diff?.kind === "diff" ? diff.text : "";

  expect(text).not.toContain("qk8Zp1mXw0vT");
  expect(text).toContain("«secret:db»");
  expect(toProgress({ ...event, diffs: null }, same)).toEqual([]);
});

test("a diff shows the lines that differ, without those that both have", () => {
  const diffs = [
    { before: "one\ntwo\nthree\n", after: "one\n2\nthree\n", before_header: "a", after_header: "b" },
  ];
  const event: AnsibleEvent = { ...head, ev: "diff", host: "web1", task_id: "k", diffs };

  expect(toProgress(event, same)).toMatchObject([{ text: "--- a\n+++ b\n-two\n+2" }]);
});

test("events that only Ansible needs are no progress, and the final counts are the recap", () => {
  const counts = { ok: 1, changed: 0, failed: 0, unreachable: 0, skipped: 0, rescued: 0, ignored: 0 };
  const stats: AnsibleEvent = { ...head, ev: "stats", hosts: { web1: counts } };

  expect(toProgress(stats, same)).toEqual([]);
  expect(recapOf(stats)).toEqual({ web1: counts });
  expect(recapOf({ ...head, ev: "no_hosts_matched" })).toBeUndefined();
});
