import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { toast } from "sonner";
import type { Agent } from "../../../src/contracts/agent.ts";
import { describeFailure } from "../api/api-error.ts";
import { api } from "../api/client.ts";
import { useMay } from "../api/use-may.ts";
import { Button } from "../ui/button.tsx";

/** Lets an agent take no new work, or take it again. What it runs goes on, so nobody is asked first. */
export function DrainAgent({ agent }: { readonly agent: Agent }): ReactNode {
  const client = useQueryClient();
  const draining = agent.drainingSince === null;
  const drain = useMutation({
    mutationFn: () => api.post<Agent>(`/agents/${agent.id}/drain`, { draining }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["agents"] }),
    onError: (error) => toast.error(describeFailure(error).message),
  });
  if (!useMay("operate")) return null;
  return (
    <Button size="small" busy={drain.isPending} onClick={() => drain.mutate()}>
      {draining ? "Drain" : "Give it work again"}
    </Button>
  );
}
