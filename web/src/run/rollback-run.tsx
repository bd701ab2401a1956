import { useMutation } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { Request } from "../../../src/contracts/request.ts";
import type { Run } from "../../../src/contracts/run.ts";
import { api } from "../api/client.ts";
import { useMay } from "../api/use-may.ts";
import { RefusalNotice } from "../plan/refusal-notice.tsx";
import { useFollow } from "../plan/use-follow.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { hasBegun, isAtRest } from "./run-facts.ts";

/** Asks for the plan that takes a run back. It runs nothing: that plan is read and approved like any other. */
export function RollbackRun({ run }: { readonly run: Run }): ReactNode {
  const [open, setOpen] = useState(false);
  const follow = useFollow();
  const ask = useMutation({
    mutationFn: () => api.post<Request>(`/runs/${run.id}/rollback`),
    onSuccess: async (request) => {
      setOpen(false);
      await follow(request);
    },
  });
  const may = useMay("propose");
  if (!may || run.purpose !== "change" || !isAtRest(run.state) || !hasBegun(run)) return null;
  return (
    <>
      <Button onClick={() => setOpen(true)}>Roll back…</Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title="Take this run back?"
        description="You get a plan to read: the steps that changed something, in reverse order, each with its way back. Nothing runs before that plan is approved."
      >
        <RefusalNotice error={ask.error} />
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={() => setOpen(false)}>Leave it</Button>
          <Button variant="primary" busy={ask.isPending} onClick={() => ask.mutate()}>
            Make the plan
          </Button>
        </div>
      </Dialog>
    </>
  );
}
