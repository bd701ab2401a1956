import { expect, test } from "vitest";
import type { WaitingTask } from "./queue.ts";
import { explainWaits, saysTheSame } from "./reasons.ts";
import { waitingTask as task } from "./testing.ts";

const free = [{ id: "1", name: "infra-1", busy: 1, here: true, draining: false }];
const full = [{ id: "1", name: "infra-1", busy: 4, here: true, draining: false }];

function reasons(world: {
  holding?: WaitingTask[];
  waiting: WaitingTask[];
  executors?: typeof free;
}): Record<string, string> {
  const { holding = [], waiting, executors = free } = world;
  const explained = explainWaits({ holding, waiting, executors, most: 4 });
  return Object.fromEntries(explained.map((each) => [each.task.id, each.reason]));
}

test("a task says which host it waits for, who has it and its place", () => {
  expect(
    reasons({
      holding: [task("a", "web1"), task("n", "web2/nginx")],
      waiting: [task("b", "web1"), task("c", "web1"), task("d", "web2/nginx")],
    }),
  ).toEqual({
    b: "waiting for host web1: locked by run a0000000, place 1 of 2",
    c: "waiting for host web1: locked by run a0000000, place 2 of 2",
    d: "waiting for host web2 (nginx): locked by run n0000000, place 1 of 1",
  });
});

test("a task that waits behind one that waits itself says so, and names a step of its own run as that", () => {
  expect(
    reasons({
      holding: [task("a", "web1")],
      waiting: [
        task("big", "web1 web2"),
        task("c", "web2"),
        task("d", "web2", "big"),
        task("e", "web1", "a"),
      ],
    }),
  ).toEqual({
    big: "waiting for host web1: locked by run a0000000, place 1 of 2",
    c: "waiting for host web2: run big00000 comes first, place 2 of 3",
    d: "waiting for host web2: step 1 of this run comes first, place 3 of 3",
    e: "waiting for host web1: step 1 of this run works there, place 2 of 2",
  });
});

test("a task that waits for an agent says how busy agents are and its place; with a free one it waits no more", () => {
  const waiting = [task("a", "web1"), task("b", "web2")];
  expect(reasons({ waiting, executors: full })).toEqual({
    a: "waiting for an agent: infra-1 runs 4 of 4, place 1 of 2",
    b: "waiting for an agent: infra-1 runs 4 of 4, place 2 of 2",
  });
  expect(reasons({ waiting, executors: [] })["a"]).toBe(
    "waiting for an agent that executes Ansible: none is online, place 1 of 2",
  );
  expect(reasons({ waiting, executors: [...full, ...full] })["b"]).toBe(
    "waiting for an agent: 2 agents run 8 of 8, place 2 of 2",
  );
  expect(reasons({ waiting })).toEqual({});
});

test("a step on this machine waits for the agent there, and says so, while another agent is free", () => {
  const waiting = [{ ...task("a", "web1"), here: true }];
  const elsewhere = [{ id: "2", name: "infra-2", busy: 0, here: false, draining: false }];
  expect(reasons({ waiting, executors: elsewhere })["a"]).toBe(
    "waiting for the agent of the server's own machine, where this step runs: it is not online, place 1 of 1",
  );
  expect(reasons({ waiting, executors: [...full, ...elsewhere] })["a"]).toBe(
    "waiting for an agent: infra-1 runs 4 of 4, place 1 of 1",
  );
});

test("far behind in the queue only the order of magnitude is told", () => {
  const waiting = Array.from({ length: 1_200 }, (_, at) => task(`t${at}`, "web1"));
  const told = reasons({ holding: [task("a", "web1")], waiting });
  expect(told["t9"]).toBe("waiting for host web1: locked by run a0000000, place 10 of 1200");
  expect(told["t10"]).toBe("waiting for host web1: more than 10 come before it");
  expect(told["t999"]).toBe("waiting for host web1: more than 100 come before it");
  expect(told["t1100"]).toBe("waiting for host web1: more than 1,000 come before it");
});

test("only a new place or another holder is worth telling, not how many wait behind", () => {
  const told = "waiting for host web1: locked by run a, place 1 of 2";
  expect(saysTheSame(told, told.replace("of 2", "of 9"))).toBe(true);
  expect(saysTheSame(told, told.replace("place 1", "place 2"))).toBe(false);
  expect(saysTheSame(told, told.replace("run a", "run b"))).toBe(false);
  expect(saysTheSame(null, told)).toBe(false);
});

test("a task that waits for agents that take no new work is told so", () => {
  const drained = { id: "3", name: "infra-3", busy: 0, here: true, draining: true };
  const tell = (executors: typeof free) => reasons({ waiting: [task("a", "web1")], executors })["a"];

  expect(tell([drained])).toBe("waiting for an agent: infra-3 takes no new work now, place 1 of 1");
  expect(tell([drained, { ...drained, id: "4" }])).toBe(
    "waiting for an agent: all 2 take no new work now, place 1 of 1",
  );
  expect(tell([drained, ...full])).toBe("waiting for an agent: infra-1 runs 4 of 4, place 1 of 1");
  expect(tell([drained, ...free])).toBeUndefined();
});
