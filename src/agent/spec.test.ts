import { expect, test } from "vitest";
import type { WorkRequest } from "../contracts/agent-protocol.ts";
import { HeldOrder } from "./order-store.ts";
import { specOf } from "./spec.ts";
import { orderOf } from "./testing/orders.ts";

/** @param purpose undefined: as orders were kept before there were previews */
function heldOf(purpose: WorkRequest["purpose"] | undefined, check: boolean): HeldOrder {
  const { purpose: _purpose, approval, ...order } = orderOf({ check });
  const { stop_before: _stops, ...before } = approval;
  const kept = purpose === undefined ? { ...order, approval: before } : { ...order, approval, purpose };
  return HeldOrder.parse({ marker: order.task_id, redacted: [], order: kept });
}

test("a preview starts in check mode, whatever the approved step says; an order from before there were previews does not", () => {
  const tools = { playbook: "/a/ansible-playbook", python: "/a/python3", version: "2.14.18" };
  const world = {
    runDir: "/r",
    treeDir: "/t",
    files: [],
    tools: tools as Parameters<typeof specOf>[1]["tools"],
    secrets: [],
    outputCapBytes: 1_000,
    waitScale: 1,
    offeredAt: 0,
  };
  expect(specOf(heldOf("preview", false), world).check).toBe(true);
  expect(specOf(heldOf("change", false), world).check).toBe(false);
  expect(specOf(heldOf("change", true), world).check).toBe(true);
  expect(heldOf(undefined, false).order).toMatchObject({ purpose: "change", approval: { stop_before: [] } });
});
