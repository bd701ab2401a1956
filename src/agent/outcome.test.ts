import { expect, test } from "vitest";
import type { AttemptResult } from "../ansible/process/attempt-result.ts";
import { endingOf, lostEnding } from "./outcome.ts";

const exited: AttemptResult = {
  version: 1,
  attemptId: "00000000-0000-4000-8000-000000000000",
  reason: "exited",
  exitCode: 0,
  signal: null,
  cancelReason: null,
  refused: null,
  extraHost: null,
  startedAt: "2026-11-22T12:00:00.000Z",
  endedAt: "2026-11-22T12:00:01.000Z",
  wallMs: 1_000.4,
  cpuMs: 200.6,
  supervisorCpuMs: 5,
  memoryPeakKb: 51_200,
  outputBytes: 300,
  droppedBytes: 0,
  outputRest: "",
  eventBytes: 10,
  leftoversKilled: 0,
  leftoversAlive: 0,
  remote: null,
  daemonsLeft: 0,
};

test("only Ansible's own end with code 0 is a success", () => {
  const reasons: AttemptResult["reason"][] = ["cancelled", "timeout", "orphaned", "refused", "spawn-failed"];
  expect(endingOf(exited)).toMatchObject({ outcome: "succeeded", error: null, exit_code: 0 });
  for (const reason of reasons) expect(endingOf({ ...exited, reason }).outcome).not.toBe("succeeded");
  for (const exitCode of [1, 2, 3, 4, 5, 99, 250, null])
    expect(endingOf({ ...exited, exitCode })).toMatchObject({ outcome: "failed", error: { code: 5100 } });
});

test("the error says what happened in words: unreachable, killed, cancelled, refused", () => {
  const messageOf = (more: Partial<AttemptResult>) => endingOf({ ...exited, ...more }).error?.message;

  expect(messageOf({ exitCode: 4 })).toContain("unreachable");
  const failure = {
    host: "web1",
    status: "failed",
    name: "Start it",
    message: "port 8087 is taken\nmore",
  } as const;
  const told = (exitCode: number, status: "failed" | "unreachable") =>
    endingOf({ ...exited, exitCode }, { ...failure, status }).error?.message;
  expect(told(2, "failed")).toBe('"Start it" failed on web1: port 8087 is taken');
  expect(told(4, "unreachable")).toBe("web1 was unreachable: port 8087 is taken");
  expect(told(4, "failed")).toBe("at least one host was unreachable");
  expect(messageOf({ exitCode: 2 })).toBe("a task failed on at least one host");
  expect(messageOf({ exitCode: null, signal: 9 })).toContain("signal 9");
  expect(messageOf({ reason: "cancelled", cancelReason: "enough" })).toBe("stopped: enough");
  expect(messageOf({ reason: "refused", refused: { code: 5007, message: "site.yml differs" } })).toBe(
    "site.yml differs",
  );
});

test("processes that could not be stopped are told even after a success", () => {
  expect(endingOf({ ...exited, leftoversAlive: 2 }).error).toMatchObject({
    code: 5105,
    message: expect.stringContaining("2 of its processes"),
  });
});

test("[P9] what was stopped on other hosts and what may still run there is told, with the reason, for people", () => {
  const stopped = [
    { host: "web1", count: 3 },
    { host: "web2", count: 1 },
  ];
  const unsure = [{ host: "db1", why: "it did not answer in time" }];
  const messageOf = (remote: AttemptResult["remote"]) =>
    endingOf({ ...exited, reason: "cancelled", cancelReason: "enough", remote }).error?.message;

  expect(messageOf({ stopped: [], unsure: [], more: 0 })).toBe("stopped: enough");
  expect(messageOf({ stopped, unsure, more: 0 })).toBe(
    "stopped: enough; processes of it still ran on other hosts and were stopped: 3 on web1, 1 on web2; " +
      "it may still run on db1 (it did not answer in time)",
  );
  const many = Array.from({ length: 12 }, (_, index) => ({ host: `h${index}`, why: "gone" }));
  expect(messageOf({ stopped: [], unsure: many, more: 5 })).toMatch(/ h9 \(gone\), 7 more$/);
  expect(lostEnding(0, { stopped: [], unsure, more: 0 }).error?.message).toContain(
    " It may still run on db1 (it did not answer in time). Look at the hosts",
  );
});

test("resources are told in whole milliseconds and megabytes, and are unknown when the supervisor is gone", () => {
  expect(endingOf(exited).resources_used).toEqual({
    cpu_time_ms: 201,
    wall_ms: 1_000,
    memory_peak_mb: 50,
    gpu_vram_mb: null,
    bytes_out: 300,
  });
  expect(lostEnding(3)).toMatchObject({
    outcome: "unknown",
    exit_code: null,
    resources_used: { wall_ms: null },
  });
  expect(lostEnding(3).error?.message).toContain("3 of its processes");
});
