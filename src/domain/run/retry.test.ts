import { expect, test } from "vitest";
import type { HostRecap } from "../../contracts/run.ts";
import { leftHosts, type SeenCell } from "./left-hosts.ts";
import { chooseRetried, type TriedStep } from "./retry.ts";

const hosts = ["web1", "web2", "web3"];
const counts: HostRecap = {
  ok: 1,
  changed: 0,
  failed: 0,
  unreachable: 0,
  skipped: 0,
  rescued: 0,
  ignored: 0,
};
const failed = { ...counts, failed: 1 };
const cell = (key: string, host: string, more: Partial<SeenCell> = {}): SeenCell => ({
  key,
  host,
  status: "ok",
  source: `site.yml:${key}`,
  startedAt: Number(key) * 10,
  endedAt: Number(key) * 10 + 5,
  ...more,
});
const step = { hosts, last: "site.yml:9" };

test("hosts that failed, were unreachable or were never reached are left, the others are done", () => {
  const cells = [cell("1", "web1", { status: "failed" }), cell("1", "web2"), cell("2", "web2")];
  const seen = { outcome: "failed" as const, recap: { web1: failed, web2: counts }, cells };
  expect(leftHosts(step, seen)).toEqual(["web1", "web3"]);
  const away = { web1: { ...counts, unreachable: 1 }, web2: counts, web3: counts };
  expect(leftHosts(step, { ...seen, recap: away })).toEqual(["web1"]);
});

test("hosts on which a failure elsewhere ended the play are left as well, unless it was the last task", () => {
  const cells = [cell("1", "web1", { status: "failed" }), cell("1", "web2"), cell("1", "web3")];
  const recap = { web1: failed, web2: counts, web3: counts };
  expect(leftHosts(step, { outcome: "failed", recap, cells })).toEqual(hosts);
  expect(leftHosts({ hosts, last: "site.yml:1" }, { outcome: "failed", recap, cells })).toEqual(["web1"]);
});

test("a host of an earlier batch is done, though a later batch ended the play", () => {
  const cells = [
    cell("1", "web1"),
    cell("2", "web1"),
    cell("1", "web2", { status: "failed", startedAt: 30, endedAt: 35 }),
    cell("1", "web3", { startedAt: 30, endedAt: 34 }),
  ];
  const recap = { web1: counts, web2: failed, web3: counts };
  expect(leftHosts(step, { outcome: "failed", recap, cells })).toEqual(["web2", "web3"]);
});

test("without a recap, after a stop, with an unknown end, or with a failure of no host, all hosts are left", () => {
  const recap = { web1: failed, web2: counts, web3: counts };
  expect(leftHosts(step, null)).toEqual(hosts);
  expect(leftHosts(step, { outcome: "failed", recap: null, cells: [] })).toEqual(hosts);
  expect(leftHosts(step, { outcome: "failed", recap: { web1: counts }, cells: [] })).toEqual(hosts);
  for (const outcome of ["cancelled", "unknown"] as const)
    expect(leftHosts(step, { outcome, recap, cells: [] })).toEqual(hosts);
});

const tried = (index: number, more: Partial<TriedStep> = {}): TriedStep => ({
  step: index,
  state: "succeeded",
  skipCause: null,
  changed: false,
  hosts,
  left: hosts,
  after: index === 0 ? [] : [index - 1],
  condition: null,
  ...more,
});
const skipped = { state: "skipped", skipCause: "dependency" } as const;

test("what failed is tried again on the hosts that are left, and what never ran on all of its hosts", () => {
  const steps = [tried(0), tried(1, { state: "failed", left: ["web2"] }), tried(2, skipped)];
  expect(chooseRetried(steps, undefined).steps).toEqual([
    { step: 1, hosts: ["web2"], after: [], condition: null },
    { step: 2, hosts, after: [1], condition: null },
  ]);
  expect(chooseRetried([tried(0), tried(1)], undefined).steps).toEqual([]);
});

test("from a step on all later steps are tried again, on all hosts", () => {
  const steps = [tried(0), tried(1, { state: "failed", left: ["web2"] }), tried(2)];
  expect(chooseRetried(steps, 1).steps.map((each) => [each.step, each.hosts])).toEqual([
    [1, hosts],
    [2, hosts],
  ]);
});

test("a condition that the run before has decided is not asked again", () => {
  const condition = { kind: "changed", step: 0 } as const;
  const after = [0];
  const skippedBy = { state: "skipped", skipCause: "condition" } as const;
  const held = [tried(0, { changed: true }), tried(1, { state: "failed", after, condition })];
  expect(chooseRetried(held, undefined)).toMatchObject({
    steps: [{ step: 1, after: [], condition: null }],
    notes: [expect.stringContaining("step 1 changed something")],
  });
  const open = [tried(0), tried(1, { ...skippedBy, after, condition }), tried(2)];
  expect(chooseRetried(open, 1)).toMatchObject({
    steps: [{ step: 2, after: [] }],
    notes: [expect.stringContaining("left out")],
  });
  const again = [tried(0, { state: "failed" }), tried(1, { ...skipped, after, condition })];
  expect(chooseRetried(again, undefined).steps[1]).toMatchObject({ condition, after: [0] });
  const half = [tried(0, { state: "failed", changed: true }), tried(1, { ...skipped, after, condition })];
  expect(chooseRetried(half, undefined).steps[1]).toMatchObject({ condition: null, after: [0] });
});

test("a step for the failure of one that is tried again waits for it again", () => {
  const condition = { kind: "failed", step: 0 } as const;
  const steps = [tried(0, { state: "failed" }), tried(1, { after: [0], condition })];
  expect(chooseRetried(steps, undefined).steps[1]).toMatchObject({ step: 1, condition, after: [0] });
});
