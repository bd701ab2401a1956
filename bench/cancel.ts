import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createLab, finish, listMarked, playbook, until } from "../src/ansible/process/testing/lab.ts";
import { listRemote, runThere, sshdPath, startSshd, type Sshd } from "../src/ansible/process/testing/sshd.ts";
import type { Verdict } from "./verdict.ts";

/** Milliseconds from the cancel until nothing of the attempt lives. */
const target = 6_000;
/** The same, with what it left on a host behind ssh. */
const remoteTarget = 10_000;
/** At once: what is measured is waiting, and a machine has more than one thing to do. */
const sideBySide = 4;
/** Logins take processor time. */
const remoteSideBySide = 2;
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

interface Cancelled {
  readonly took: number;
  readonly left: number;
}

/**
 * Cancels playbooks whose processes end in five different ways, or do not want to, and one on a host behind ssh; `--each N` of
 * every shape (default 50).
 */
export async function benchCancel(options: Map<string, string>): Promise<Verdict[]> {
  const each = Number(options.get("--each") ?? 50);
  const local = shapes.map(({ name, ...shape }) => ({ name, cancel: () => cancelOne({ name, ...shape }) }));
  const own = await measure(local, { each, sideBySide });
  const verdicts = [verdictOn("cancel", own, target)];
  let survivors = own.survivors;
  if (existsSync(sshdPath)) {
    await using lab = await createLab();
    await using server = await startSshd(lab.folder);
    const remote = { name: "remote", cancel: () => cancelRemote(server) };
    const far = await measure([remote], { each, sideBySide: remoteSideBySide });
    verdicts.push(verdictOn("cancel-remote", far, remoteTarget));
    survivors += far.survivors;
  }
  return [
    ...verdicts,
    {
      name: "cancel-survivors",
      figure: `${survivors} processes`,
      target: "0",
      met: survivors === 0,
    },
  ];
}

async function measure(
  kinds: readonly { name: string; cancel: () => Promise<Cancelled> }[],
  { each, sideBySide }: { each: number; sideBySide: number },
): Promise<{ times: number[]; survivors: number }> {
  const jobs = kinds.flatMap((kind) => Array.from({ length: each }, () => kind));
  const all = jobs.length;
  const times: number[] = [];
  let survivors = 0;
  const work = async (): Promise<void> => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      const { took, left } = await job.cancel();
      times.push(took);
      survivors += left;
      process.stderr.write(`${times.length} of ${all}: ${job.name} ${took.toFixed(0)} ms, ${left} left\n`);
    }
  };
  await Promise.all(Array.from({ length: sideBySide }, work));
  return { times, survivors };
}

function verdictOn(name: string, { times }: { times: readonly number[] }, limit: number): Verdict {
  const sorted = times.toSorted((a, b) => a - b);
  const p99 = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? 0;
  return {
    name,
    figure: `p99 ${p99.toFixed(0)} ms of ${sorted.length} cancels`,
    target: `<=${limit} ms`,
    met: p99 <= limit,
  };
}

/** One process that ends when told, one in a session of its own that does not, and an asynchronous one. */
async function cancelRemote(server: Sshd): Promise<Cancelled> {
  await using lab = await createLab();
  await writeFile(join(lab.project, "hosts.ini"), `${server.inventory}\n`);
  const tasks = [
    "{command: sleep 300, async: 600, poll: 0}",
    shell(`setsid sh -c '${stubbornLoop}' & sleep 301`),
  ];
  const spec = await lab.spec(playbook(...tasks).replace("hosts: localhost", "hosts: box"), {
    limit: ["box"],
    knownHosts: server.knownHosts,
  });
  const supervised = await lab.start(spec);
  await runThere(spec.attemptId, ["sleep 300", "sleep 301", "sh -c trap"]);
  const before = performance.now();
  await supervised.cancel("bench");
  await finish(spec, supervised);
  const took = performance.now() - before;
  return {
    took,
    left: (await listMarked(spec.attemptId)).length + (await listRemote(spec.attemptId)).length,
  };
}

async function cancelOne(shape: Shape): Promise<Cancelled> {
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
