import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { WorkRequest } from "../contracts/agent-protocol.ts";
import { Id } from "../contracts/vocabulary.ts";

/** An order that this agent has taken over, as it is kept beside its run directory. */
export const HeldOrder = z.object({
  order: WorkRequest,
  /** Marker of the attempt's processes. */
  marker: Id,
  /** Secrets that are taken out of the output: fixed here, so that output read again after a restart comes out the same. */
  redacted: z.array(z.object({ name: z.string(), version: z.int() })),
});
export type HeldOrder = z.infer<typeof HeldOrder>;

export interface OrderStore {
  /** Keeps an order durably; the order survives kill -9 from here on. */
  hold(held: HeldOrder): Promise<void>;
  list(): Promise<HeldOrder[]>;
  runDir(held: HeldOrder): string;
  /** Removes the run directory only, to begin anew. */
  clear(held: HeldOrder): Promise<void>;
  /** Removes everything of the attempt. */
  remove(held: HeldOrder): Promise<void>;
}

const fileName = "order.json";

/**
 * @param root a private directory of the agent, made when missing.
 * @param onUnreadable is told of an order that this version does not understand; it is left alone, a playbook may run there.
 */
export function createOrderStore(
  root: string,
  onUnreadable: (folder: string) => void = () => {},
): OrderStore {
  const folder = (held: HeldOrder) => path.join(root, `${held.order.task_id}.${held.order.attempt}`);
  return {
    async hold(held) {
      await mkdir(folder(held), { recursive: true, mode: 0o700 });
      const target = path.join(folder(held), fileName);
      const file = await open(`${target}.new`, "w", 0o600);
      try {
        await file.writeFile(JSON.stringify(held));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(`${target}.new`, target);
    },
    async list() {
      await mkdir(root, { recursive: true, mode: 0o700 });
      const found: HeldOrder[] = [];
      for (const name of await readdir(root)) {
        const held = await readOrder(path.join(root, name, fileName));
        if (held === "unreadable") onUnreadable(path.join(root, name));
        else if (held) found.push(held);
        // Killed before the order was kept, or while it was forgotten: nothing runs there.
        else await rm(path.join(root, name), { recursive: true, force: true });
      }
      return found;
    },
    runDir: (held) => path.join(folder(held), "run"),
    clear: (held) => rm(path.join(folder(held), "run"), { recursive: true, force: true }),
    async remove(held) {
      // The order goes first: a kill in the middle must not leave one whose run directory says that nothing ever began.
      await rm(path.join(folder(held), fileName), { force: true });
      await rm(folder(held), { recursive: true, force: true });
    },
  };
}

/** Undefined when there is none. */
async function readOrder(file: string): Promise<HeldOrder | "unreadable" | undefined> {
  try {
    const parsed = HeldOrder.safeParse(JSON.parse(await readFile(file, "utf8")));
    return parsed.success ? parsed.data : "unreadable";
  } catch (error) {
    return isMissing(error) ? undefined : "unreadable";
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
