import { expect, test } from "vitest";
import type { MachineCheck, MachineState } from "../../../src/contracts/first-run.ts";
import { chooseReachable, mergeChecks, sortChecks, summariseChecks } from "./machines.ts";

const check = (host: string, state: MachineState): MachineCheck => ({
  host,
  repository: "homelab",
  address: host,
  port: 22,
  connection: "ssh",
  state,
  fingerprints: [],
  checks: [],
});

test("What needs a person comes first", () => {
  const sorted = sortChecks([
    check("b", "ok"),
    check("a", "ok"),
    check("z", "unreachable"),
    check("k", "incomplete"),
    check("m", "changed-key"),
  ]);
  expect(sorted.map((each) => each.host)).toEqual(["m", "z", "k", "a", "b"]);
});

test("The line over the list counts honestly", () => {
  expect(summariseChecks([])).toBe("There is no machine in the inventory.");
  expect(summariseChecks([check("a", "ok")])).toBe("The machine is ready.");
  expect(summariseChecks([check("a", "ok"), check("b", "ok")])).toBe("All 2 machines are ready.");
  expect(summariseChecks([check("a", "ok"), check("b", "unknown-key")])).toBe(
    "1 of 2 machines are ready. For one that is new, Chiffon asks you to accept the key when you first use it.",
  );
  expect(summariseChecks([check("a", "changed-key")])).toBe(
    "0 of 1 machine is ready. One shows another key than before: look at that first.",
  );
});

test("Machines that cannot be reached are left out of the first run, and only they", () => {
  const reached = [check("a", "ok"), check("b", "incomplete"), check("c", "unknown-key")];
  expect(chooseReachable([])).toBeUndefined();
  expect(chooseReachable(reached)).toBeUndefined();
  expect(chooseReachable([...reached, check("d", "unreachable"), check("e", "changed-key")])).toEqual([
    "a",
    "b",
    "c",
  ]);
});

test("Trying one machine again replaces only its own result", () => {
  const merged = mergeChecks([check("a", "ok"), check("b", "unreachable")], [check("b", "ok")]);
  expect(merged.map((each) => [each.host, each.state])).toEqual([
    ["a", "ok"],
    ["b", "ok"],
  ]);
});
