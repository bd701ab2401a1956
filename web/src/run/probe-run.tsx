import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Request } from "../../../src/contracts/request.ts";
import type { Run } from "../../../src/contracts/run.ts";
import { api } from "../api/client.ts";
import { useMay } from "../api/use-may.ts";
import { RefusalNotice } from "../plan/refusal-notice.tsx";
import { useFollow } from "../plan/use-follow.ts";
import { Button } from "../ui/button.tsx";

/** Asks for a plan that looks at what the lost steps have left; it changes nothing, and is read and approved like any other. */
export function ProbeRun({ run }: { readonly run: Run }): ReactNode {
  const follow = useFollow();
  const ask = useMutation({
    mutationFn: () => api.post<Request>(`/runs/${run.id}/probe`, {}),
    onSuccess: follow,
  });
  if (!useMay("propose") || run.purpose !== "change") return null;
  return (
    <>
      <Button variant="primary" busy={ask.isPending} onClick={() => ask.mutate()}>
        Look at the hosts
      </Button>
      <RefusalNotice error={ask.error} />
    </>
  );
}
