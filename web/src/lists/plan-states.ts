import type { PlanState } from "../../../src/contracts/plan.ts";

/** In the order of the filter. */
export const planStates = [
  "proposed",
  "approved",
  "rejected",
  "stale",
  "expired",
  "superseded",
] as const satisfies readonly PlanState[];
