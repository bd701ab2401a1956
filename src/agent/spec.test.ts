import { expect, test } from "vitest";
import type { WorkRequest } from "../contracts/agent-protocol.ts";
import { HeldOrder } from "./order-store.ts";
import { specOf } from "./spec.ts";

const digest = "0".repeat(64);
const id = "15c4a236-0000-4000-8000-000000000001";
const at = "2026-11-22T12:00:00.000Z";

function heldOf(purpose: WorkRequest["purpose"] | undefined, check: boolean): HeldOrder {
  return HeldOrder.parse({
    marker: id,
    redacted: [],
    order: {
      task_id: id,
      attempt: 1,
      fence: 1,
      work_type: "ansible",
      run_id: id,
      ...(purpose === undefined ? {} : { purpose }),
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
          check,
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
