import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Run } from "../../../src/contracts/run.ts";
import { api } from "../api/client.ts";
import { useMay } from "../api/use-may.ts";
import { RefusalNotice } from "../plan/refusal-notice.tsx";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { canBePaused, isPaused } from "./run-facts.ts";
import { runKey } from "./use-run.ts";

/** Holds a run between its steps, or lets it go on. */
export function PauseRun({ run }: { readonly run: Run }): ReactNode {
  const client = useQueryClient();
  const paused = isPaused(run);
  const toggle = useMutation({
    mutationFn: () => api.post<Run>(`/runs/${run.id}/${paused ? "resume" : "pause"}`),
    onSuccess: (changed) => client.setQueryData(runKey(run.id), changed),
    // Its last step may have begun meanwhile: then there is nothing to pause, and the page says how it stands.
    onError: () => void client.invalidateQueries({ queryKey: runKey(run.id) }),
  });
  const may = useMay("operate");
  if (!may || (!paused && !canBePaused(run))) return null;
  return (
    <>
      <RefusalNotice error={toggle.error} />
      <Button
        variant={paused ? "primary" : "plain"}
        busy={toggle.isPending}
        title={
          paused
            ? "The steps that are left go on."
            : "What runs goes on to its end, and no further step begins until somebody resumes the run."
        }
        onClick={() => toggle.mutate()}
      >
        <Icon name={paused ? "play" : "pause"} />
        {paused ? "Resume" : "Pause"}
      </Button>
    </>
  );
}
