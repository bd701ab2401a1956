import { useNavigate } from "@tanstack/react-router";
import type { Request } from "../../../src/contracts/request.ts";

/** Leads to what a request has led to: its plan, or the questions that stand in its way. */
export function useFollow(): (request: Request) => Promise<void> {
  const navigate = useNavigate();
  return async ({ status, planId }) => {
    if (status === "needs_clarification") await navigate({ to: "/inbox" });
    else if (planId !== null) await navigate({ to: "/plans/$planId", params: { planId } });
  };
}
