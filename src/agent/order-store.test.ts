import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { mayMount, mountSmallDisk } from "../../test/support/small-disk.ts";
import { createOrderStore, type HeldOrder } from "./order-store.ts";
import { orderOf } from "./testing/orders.ts";

const heldOf = (order = orderOf()): HeldOrder => ({ order, marker: order.task_id, redacted: [] });

test.runIf(mayMount)(
  "[P6] on a full disk what is held can be refused and forgotten, and what cannot be held leaves nothing",
  async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "chiffon-orders-"));
    const disk = await mountSmallDisk(path.join(folder, "disk"), "1m");
    const orders = createOrderStore(path.join(disk.outside, "runs"));
    const [held, late] = [heldOf(), heldOf()];
    const refusal = { outcome: "failed" as const, error: { code: 5005, message: "no room" } };
    await orders.hold(held);
    await disk.fill();

    await expect(orders.hold(late)).rejects.toMatchObject({ code: "ENOSPC" });
    await orders.refuse(held, refusal);
    expect(await orders.findRefusal(held)).toEqual(refusal);
    expect(await orders.list()).toEqual([held]);
    await orders.remove(held);
    expect(await orders.isDone(held.order)).toBe(true);
    expect(await readdir(orders.root)).toEqual([".done"]);

    await disk[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  },
);
