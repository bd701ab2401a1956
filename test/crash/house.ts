import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { scaleWaits } from "../../src/domain/waits.ts";
import { playbook, writeRepository } from "../support/jobs.ts";
import {
  createWorld,
  signIn,
  signUp,
  startServer,
  type Api,
  type Server,
  type World,
} from "../support/server.ts";

/** All waits of the execution core are so much shorter. */
export const waitScale = 0.05;
/** Longer than a lease, so that everything that waits for it has noticed. Milliseconds. */
const pauseFor = scaleWaits(waitScale).silence * 1.5;

/** A server that may be killed or stopped at any time: somebody starts it again, or lets it go on. */
export interface House extends AsyncDisposable {
  readonly world: World;
  /** The server of the moment. */
  server(): Server;
  /** Starts the server anew with this in its environment; what ran before has ended. */
  restart(env?: Record<string, string>): Promise<void>;
  /** Does it until it works, whatever happens to the server meanwhile. */
  insist<T>(what: (api: Api) => Promise<T>): Promise<T>;
  /** Lines that playbooks have written. */
  marks(): Promise<string[]>;
  /** How often the server had to be started again or woken. */
  readonly repairs: { started: number; woken: number };
}

export async function openHouse(): Promise<House> {
  const world = await createWorld();
  const file = path.join(world.dir, "marks");
  const repository = await writeRepository(world, {
    "mark.yml": playbook("mark", markTask(file)),
    "slow.yml": playbook(
      "slow",
      `${markTask(file)}    - name: Take a while\n      ansible.builtin.command: sleep 30\n`,
    ),
  });
  const repairs = { started: 0, woken: 0 };
  const begin = (env: Record<string, string> = {}) =>
    startServer(world, {
      args: ["--repo", repository],
      env: { CHIFFON_WAIT_SCALE: String(waitScale), ...env },
    });
  let server = await begin();
  let api = await signUp(server);
  let repair: Promise<void> = Promise.resolve();

  const mend = async (): Promise<void> => {
    const { child } = server;
    if (child.exitCode !== null || child.signalCode !== null) {
      repairs.started += 1;
      server = await begin();
      api = await signIn(server);
    } else if (await isStopped(child.pid)) {
      await delay(pauseFor);
      repairs.woken += 1;
      child.kill("SIGCONT");
    }
  };
  /* One at a time: two that find the server gone must not start two. */
  const mended = (): Promise<void> => (repair = repair.then(mend, mend));

  const house: House = {
    world,
    repairs,
    server: () => server,
    marks: async () =>
      (await readFile(file, "utf8").catch(() => "")).split("\n").filter((line) => line !== ""),
    async restart(env) {
      await mended();
      await server[Symbol.asyncDispose]();
      server = await begin(env);
      // A failpoint may strike while somebody signs in.
      await house.insist(async () => {
        api = await signIn(server);
      });
    },
    async insist(what) {
      for (const until = Date.now() + 120_000; ;) {
        const done = what(api).then(
          (value) => ({ value }),
          (error: unknown) => ({ error }),
        );
        const said = await Promise.race([done, watchStopped(server, done)]);
        if ("value" in said) return said.value;
        if (Date.now() > until) throw said.error;
        await mended();
        await delay(100);
      }
    },
    async [Symbol.asyncDispose]() {
      await mended();
      await server[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
  return house;
}

const markTask = (file: string): string =>
  `    - name: Leave a mark\n      ansible.builtin.shell: echo mark >> ${file}\n      changed_when: true\n`;

async function isStopped(pid: number | undefined): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return /^\d+ \(.*\) T /.test(stat);
}

/** A stopped server answers nothing: tells so, as an error, when it is found stopped before `done`. */
async function watchStopped(server: Server, done: Promise<unknown>): Promise<{ error: unknown }> {
  let over = false;
  void done.finally(() => (over = true));
  while (!over && !(await isStopped(server.child.pid))) await delay(50);
  return { error: new Error(over ? "it is over" : "the server is stopped") };
}
