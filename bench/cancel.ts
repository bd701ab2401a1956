import { createLab, finish, listMarked, playbook, until } from "../src/ansible/process/testing/lab.ts";
import type { Verdict } from "./verdict.ts";

/** Milliseconds from the cancel until nothing of the attempt lives. */
const target = 6_000;
/** At once: what is measured is waiting, and a machine has more than one thing to do. */
const sideBySide = 4;
const stubbornLoop = `trap "" INT TERM HUP; while true; do sleep 1; done`;

interface Shape {
  readonly name: string;
  readonly tasks: readonly string[];
  /** So many marked processes there are when all of it runs. */
  readonly processes: number;
}

const shell = (script: string): string => `shell: ${JSON.stringify(script)}`;
const shapes: readonly Shape[] = [
  { name: "plain", tasks: ["command: sleep 300"], processes: 3 },
  { name: "ignores signals", tasks: [shell(stubbornLoop)], processes: 4 },
  { name: "own session", tasks: [shell(`setsid sh -c '${stubbornLoop}' & sleep 300`)], processes: 5 },
  {
    name: "fifty children",
    tasks: [shell("for i in $(seq 50); do (setsid sleep 300 >/dev/null 2>&1 &) ; done; sleep 300")],
    processes: 52,
  },
  {
    name: "asynchronous",
    tasks: ["{command: sleep 300, async: 600, poll: 0}", "command: sleep 300"],
    processes: 5,
  },
];

/** Cancels playbooks whose processes end in five different ways, or do not want to; `--each N` of every shape (default 50). */
export async function benchCancel(options: Map<string, string>): Promise<Verdict[]> {
  const each = Number(options.get("--each") ?? 50);
  const jobs = shapes.flatMap((shape) => Array.from({ length: each }, () => shape));
  const times: number[] = [];
  let survivors = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    for (let shape = jobs.shift(); shape !== undefined; shape = jobs.shift()) {
      const { took, left } = await cancelOne(shape);
      times.push(took);
      survivors += left;
      process.stderr.write(
        `${(done += 1)} of ${each * shapes.length}: ${shape.name} ${took.toFixed(0)} ms, ${left} left\n`,
      );
    }
  };
  await Promise.all(Array.from({ length: sideBySide }, work));
  times.sort((a, b) => a - b);
  const p99 = times[Math.min(times.length - 1, Math.floor(times.length * 0.99))] ?? 0;
  return [
    {
      name: "cancel",
      figure: `p99 ${p99.toFixed(0)} ms of ${times.length} cancels`,
      target: `<=${target} ms`,
      met: p99 <= target,
    },
    {
      name: "cancel-survivors",
      figure: `${survivors} processes`,
      target: "0",
      met: survivors === 0,
    },
  ];
}

async function cancelOne(shape: Shape): Promise<{ took: number; left: number }> {
  await using lab = await createLab();
  const spec = await lab.spec(playbook(...shape.tasks));
  const supervised = await lab.start(spec);
  await until(async () => (await listMarked(spec.attemptId)).length >= shape.processes);
  const before = performance.now();
  await supervised.cancel("bench");
  await finish(spec, supervised);
  const took = performance.now() - before;
  return { took, left: (await listMarked(spec.attemptId)).length };
}
