import { setTimeout as delay } from "node:timers/promises";
import { ChiffonError } from "../../domain/errors.ts";
import {
  findResult,
  type FinishedAttempt,
  type LostAttempt,
  type SupervisorIdentity,
} from "./attempt-result.ts";
import { type AttemptStatus, type ControlConnection, openControl } from "./control-connection.ts";
import { isRunning, readBootId } from "./processes.ts";

/** How the supervision of an attempt ended for us. `detached`: we looked away; the attempt goes on. */
export type AttemptEnd = FinishedAttempt | LostAttempt | { kind: "detached" };

/** A supervisor that runs, and our connection to it. After the end renew and cancel do nothing. */
export type Supervised = {
  kind: "running";
  /** Process number of the supervisor. */
  pid: number;
  /** Sign of life of the agent. Throws ChiffonError `server-unreachable` when the supervisor does not answer. */
  renew(): Promise<void>;
  /** Begins to stop the playbook, and asks until it is heard; `ended` tells when nothing of it is left. */
  cancel(reason: string): Promise<void>;
  /** Undefined when the attempt has ended. */
  status(): Promise<AttemptStatus | undefined>;
  /** Never rejects. */
  ended: Promise<AttemptEnd>;
  /** Lets the attempt go on without us; `ended` resolves with `detached` unless it has resolved before. */
  detach(): void;
};

export type Claimed = Extract<SupervisorIdentity, { attemptId: string }>;

/** After so many connections in a row on which it answered nothing, a supervisor is taken for stopped, and killed. */
const mostUnanswered = 3;
const cancelAgainMs = 1_000;
/** How long a first connection is tried for; later ones are tried as long as the supervisor lives. */
const firstConnectionMs = 2_000;
const retryMs = 50;
const longestRetryMs = 1_000;

/** True when the process that wrote the identity still runs, on this boot of the machine. */
export async function isAlive(identity: Claimed): Promise<boolean> {
  return identity.bootId === (await readBootId()) && (await isRunning(identity.pid, identity.startTime));
}

/** The state of an attempt that a supervisor has claimed. */
export async function superviseClaimed(
  runDir: string,
  identity: Claimed,
  options: { answerLimitMs?: number | undefined } = {},
): Promise<Supervised | FinishedAttempt | LostAttempt> {
  const deadline = performance.now() + firstConnectionMs;
  for (;;) {
    const over = await findEnd(runDir, identity);
    if (over !== undefined) return over;
    const open = () => openControl(runDir, options.answerLimitMs);
    const connection = await open();
    if (connection !== undefined || performance.now() > deadline) {
      return createSupervised({ runDir, identity, open }, connection);
    }
    await delay(retryMs);
  }
}

/** How the attempt ended, undefined while its supervisor lives and has left no result. */
async function findEnd(
  runDir: string,
  identity: Claimed,
): Promise<FinishedAttempt | LostAttempt | undefined> {
  // In this order: a supervisor that ends between the two looks has left its result before.
  const alive = await isAlive(identity);
  const result = await findResult(runDir);
  if (result !== undefined) return { kind: "finished", result };
  return alive ? undefined : { kind: "lost", reason: "died" };
}

/** A handle for an attempt that had ended before it could be watched. */
export function createEnded(pid: number, end: FinishedAttempt | LostAttempt): Supervised {
  return {
    kind: "running",
    pid,
    renew: async () => {},
    cancel: async () => {},
    status: async () => undefined,
    ended: Promise.resolve(end),
    detach: () => {},
  };
}

/** Its playbook goes with it, and what is left can be swept: better than a run that never ends. */
async function killSilent(identity: Claimed): Promise<void> {
  if (!(await isAlive(identity))) return;
  try {
    process.kill(identity.pid, "SIGKILL");
  } catch {
    // Gone in this moment, which is as good; or not ours to kill, and then it stays as it was.
  }
}

function createSupervised(
  of: { runDir: string; identity: Claimed; open: () => Promise<ControlConnection | undefined> },
  first: ControlConnection | undefined,
): Supervised {
  const { runDir, identity } = of;
  let connection = first;
  let end: AttemptEnd | undefined;
  let unanswered = 0;
  const detached = new AbortController();

  async function follow(): Promise<AttemptEnd> {
    for (let pauseMs = retryMs; ; pauseMs = Math.min(2 * pauseMs, longestRetryMs)) {
      await connection?.closed;
      if (connection?.unanswered() === true) unanswered += 1;
      if (unanswered >= mostUnanswered) await killSilent(identity);
      if (detached.signal.aborted) return { kind: "detached" };
      const over = await findEnd(runDir, identity);
      if (over !== undefined) return over;
      // Rarer and rarer: a supervisor that is stopped, or refuses us, must not keep us busy.
      await delay(pauseMs);
      connection = await of.open();
      if (detached.signal.aborted) connection?.close();
    }
  }

  async function request<R>(send: (connection: ControlConnection) => Promise<R>): Promise<R | undefined> {
    if (end !== undefined || detached.signal.aborted) return undefined;
    try {
      if (connection === undefined)
        throw new ChiffonError("server-unreachable", "The supervisor does not listen.");
      const reply = await send(connection);
      unanswered = 0;
      return reply;
    } catch (error) {
      // The connection also breaks when the attempt ends just now; that is not a failure of the request.
      if ((await findEnd(runDir, identity)) !== undefined) return undefined;
      throw error;
    }
  }

  const ended = follow()
    .catch((): AttemptEnd => ({ kind: "lost", reason: "died" }))
    .then((found) => {
      connection?.close();
      end = found;
      return found;
    });
  return {
    kind: "running",
    pid: identity.pid,
    ended,
    renew: async () => void (await request((to) => to.request({ cmd: "renew" }))),
    async cancel(reason) {
      for (;;) {
        try {
          return void (await request((to) => to.request({ cmd: "cancel", reason })));
        } catch {
          await delay(cancelAgainMs);
        }
      }
    },
    async status() {
      const reply = await request((to) => to.request({ cmd: "status" }));
      return reply?.reply === "status" ? reply : undefined;
    },
    detach() {
      detached.abort();
      connection?.close();
    },
  };
}
