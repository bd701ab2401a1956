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

/** @param root a private directory of the agent, made when missing. */
export function createOrderStore(root: string): OrderStore {
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
        if (held) found.push(held);
        // Killed before the order was kept: nothing was accepted, so nothing can have begun.
        else await rm(path.join(root, name), { recursive: true, force: true });
      }
      return found;
    },
    runDir: (held) => path.join(folder(held), "run"),
    clear: (held) => rm(path.join(folder(held), "run"), { recursive: true, force: true }),
    remove: (held) => rm(folder(held), { recursive: true, force: true }),
  };
}

async function readOrder(file: string): Promise<HeldOrder | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = HeldOrder.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : undefined;
}
