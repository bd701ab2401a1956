import { constants } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { removeRunDirectory } from "../ansible/process/prepare.ts";
import { WorkRequest } from "../contracts/agent-protocol.ts";
import { AgentError } from "../contracts/run.ts";
import { Id } from "../contracts/vocabulary.ts";
import { failpoint } from "../ports/failpoint.ts";

/** An order that this agent has taken over, as it is kept beside its run directory. */
export const HeldOrder = z.object({
  order: WorkRequest,
  /** Marker of the attempt's processes. */
  marker: Id,
  /** Secrets that are taken out of the output: fixed here, so that output read again after a restart comes out the same. */
  redacted: z.array(z.object({ name: z.string(), version: z.int() })),
});
export type HeldOrder = z.infer<typeof HeldOrder>;

/** Nothing of the order ran, and nothing of it will. */
export const Refusal = z.object({ outcome: z.enum(["failed", "cancelled"]), error: AgentError });
export type Refusal = z.infer<typeof Refusal>;

type OrderKey = Pick<WorkRequest, "task_id" | "attempt" | "fence">;

export interface OrderStore {
  /** Where all of it lies. */
  readonly root: string;
  /** Keeps an order durably; the order survives kill -9 from here on. Nothing is left of one for which there is no room. */
  hold(held: HeldOrder): Promise<void>;
  /** Whether this agent was done with the order before: a copy that comes later must not begin it again. */
  isDone(order: OrderKey): Promise<boolean>;
  /** Keeps durably that the order is refused: what was once said to the server is said again after a restart. */
  refuse(held: HeldOrder, refusal: Refusal): Promise<void>;
  findRefusal(held: HeldOrder): Promise<Refusal | undefined>;
  list(): Promise<HeldOrder[]>;
  runDir(held: HeldOrder): string;
  /** Removes the run directory only, to begin anew. */
  clear(held: HeldOrder): Promise<void>;
  /** Removes everything of the attempt but that it is done with. */
  remove(held: HeldOrder): Promise<void>;
}

const fileName = "order.json";
const refusalName = "refusal.json";
/** Bytes that a refusal finds reserved: an agent whose disk gets full has to be able to say so, and to remember it. */
const refusalRoom = 8_192;
/** Holds an empty file for each order that this agent was done with. */
const doneFolder = ".done";
const dayMs = 24 * 3_600_000;
/** A copy of an order is never on its way for longer. Milliseconds. */
const doneKept = 30 * dayMs;

/**
 * @param root a private directory of the agent, made when missing.
 * @param onUnreadable is told of an order that this version does not understand; it is left alone, a playbook may run there.
 */
export function createOrderStore(
  root: string,
  onUnreadable: (folder: string) => void = () => {},
): OrderStore {
  let swept = 0;
  const sweepDone = async (): Promise<void> => {
    if (Date.now() - swept < dayMs) return;
    swept = Date.now();
    await removeOld(done);
  };
  const folder = (held: HeldOrder) => path.join(root, `${held.order.task_id}.${held.order.attempt}`);
  const done = path.join(root, doneFolder);
  const doneFile = ({ task_id, attempt, fence }: OrderKey) =>
    path.join(done, `${task_id}.${attempt}.${fence}`);
  return {
    root,
    async hold(held) {
      try {
        await mkdir(folder(held), { recursive: true, mode: 0o700 });
        const room = path.join(folder(held), `${refusalName}.new`);
        await writeFile(room, " ".repeat(refusalRoom), { mode: 0o600 });
        await writeDurably(path.join(folder(held), fileName), JSON.stringify(held));
      } catch (error) {
        await rm(folder(held), { recursive: true, force: true });
        throw error;
      }
    },
    isDone: (order) => stat(doneFile(order)).then(() => true, refuseUnlessMissing),
    refuse: (held, refusal) => writeDurably(path.join(folder(held), refusalName), JSON.stringify(refusal)),
    async findRefusal(held) {
      const found = await readJson(path.join(folder(held), refusalName), Refusal);
      return found === "unreadable" ? undefined : found;
    },
    async list() {
      await mkdir(done, { recursive: true, mode: 0o700 });
      await sweepDone();
      const found: HeldOrder[] = [];
      for (const name of await readdir(root)) {
        if (name === doneFolder) continue;
        const held = await readJson(path.join(root, name, fileName), HeldOrder);
        if (held === "unreadable") onUnreadable(path.join(root, name));
        else if (held) found.push(held);
        // Killed before the order was kept, or while it was forgotten: nothing runs there.
        else await rm(path.join(root, name), { recursive: true, force: true });
      }
      return found;
    },
    runDir: (held) => path.join(folder(held), "run"),
    clear: (held) => removeRunDirectory(path.join(folder(held), "run"), held.marker),
    async remove(held) {
      await writeDurably(doneFile(held.order), "");
      failpoint("attempt.done-kept");
      // The order goes first: a kill in the middle must not leave one whose run directory says that nothing ever began.
      await rm(path.join(folder(held), fileName), { force: true });
      await removeRunDirectory(path.join(folder(held), "run"), held.marker);
      await rm(folder(held), { recursive: true, force: true });
      await sweepDone();
    },
  };
}

/** Whole or not at all, also after a power cut. What lies there as `.new` is written over in place, which needs no room. */
export async function writeDurably(target: string, text: string): Promise<void> {
  await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
  const file = await open(`${target}.new`, constants.O_WRONLY | constants.O_CREAT, 0o600);
  try {
    await file.writeFile(text);
    await file.truncate(Buffer.byteLength(text));
    await file.sync();
  } finally {
    await file.close();
  }
  failpoint("order.written");
  await rename(`${target}.new`, target);
}

async function removeOld(folder: string): Promise<void> {
  const before = Date.now() - doneKept;
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name);
    if ((await stat(file)).mtimeMs < before) await rm(file, { force: true });
  }
}

/** Undefined when there is none. */
async function readJson<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
): Promise<z.infer<Schema> | "unreadable" | undefined> {
  try {
    const parsed = schema.safeParse(JSON.parse(await readFile(file, "utf8")));
    return parsed.success ? parsed.data : "unreadable";
  } catch (error) {
    return isMissing(error) ? undefined : "unreadable";
  }
}

function refuseUnlessMissing(error: unknown): false {
  if (isMissing(error)) return false;
  throw error;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
