import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { mayMount, mountSmallDisk } from "../../test/support/small-disk.ts";
import { createOrderStore, HeldOrder } from "./order-store.ts";

const digest = "0".repeat(64);

function orderOf(): HeldOrder {
  const at = "2026-11-22T12:00:00.000Z";
  const id = randomUUID();
  return HeldOrder.parse({
    marker: id,
    redacted: [],
    order: {
      task_id: id,
      attempt: 1,
      fence: 1,
      work_type: "ansible",
      run_id: id,
      parameters: {
        plan: { format: "chiffon-plan-1", planId: id, requestId: id, revision: 1, steps: [digest] },
        step: {
          step: 0,
          unit: "demo:site.yml",
          project: ".",
          playbook: "site.yml",
          inventory: "hosts.yml",
          snapshot: digest,
          hosts: ["web1"],
          tags: [],
          startAt: null,
          vars: {},
          secrets: [],
          knownHosts: [],
          become: false,
          check: false,
          timeoutSeconds: 60,
          after: [],
          condition: null,
          environment: digest,
          ansibleCore: "2.14.18",
        },
      },
      hints: { max_duration_seconds: 60, max_memory_mb: null, gpu_vram_mb: null, cpu_cores: null },
      lease: { expires_at: at, fence: 1 },
      orphan_limit_seconds: 60,
      plan_hash: digest,
      approval: {
        plan_id: id,
        plan_hash: digest,
        run_id: id,
        approved_by: "ada",
        approved_at: at,
        expires_at: at,
        signature: "",
      },
      inputs: null,
    },
  });
}

test.runIf(mayMount)(
  "[P6] on a full disk what is held can be refused and forgotten, and what cannot be held leaves nothing",
  async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "chiffon-orders-"));
    const disk = await mountSmallDisk(path.join(folder, "disk"), "1m");
    const orders = createOrderStore(path.join(disk.outside, "runs"));
    const [held, late] = [orderOf(), orderOf()];
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
