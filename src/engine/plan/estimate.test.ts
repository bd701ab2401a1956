import { expect, test } from "vitest";
import { estimateStep } from "./estimate.ts";

const local = { connection: "local" };
const remote = { connection: "ssh" };

test("a step without history has an estimate that says how it was made", () => {
  expect(estimateStep(4, [local])).toEqual({
    ms: 5_000,
    text: "estimate, no history: 1 s + 4 Ansible tasks x 1 here x 1 s",
  });
  expect(estimateStep(4, [local, remote, remote])).toEqual({
    ms: 17_000,
    text: "estimate, no history: 1 s + 4 Ansible tasks x 1 here x 1 s + 4 Ansible tasks x 2 by SSH x 1.5 s",
  });
  expect(estimateStep(0, []).ms).toBe(1_000);
});
