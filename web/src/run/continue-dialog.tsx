import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { Plan } from "../../../src/contracts/plan.ts";
import type { ContinueRun, Run } from "../../../src/contracts/run.ts";
import { api } from "../api/client.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field, Input } from "../ui/field.tsx";
import { Failed, Loading } from "../ui/states.tsx";
import { runKey } from "./use-run.ts";

interface ContinueDialogProps {
  readonly run: Run;
  /** Index of the step. */
  readonly step: number;
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

/** The second approval of one step, bound to the preview that was shown when the dialog was opened. */
export function ContinueDialog({ run, step, open, onOpenChange }: ContinueDialogProps): ReactNode {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Approve step ${step + 1}`}
      description="The step then runs as previewed, unless something on the hosts changes meanwhile."
    >
      <ContinueForm run={run} step={step} onClose={() => onOpenChange(false)} />
    </Dialog>
  );
}

function ContinueForm({ run, step, onClose }: { run: Run; step: number; onClose: () => void }): ReactNode {
  // The hash as the person saw it: a newer preview must not be approved by an older look.
  const [hash] = useState(() => run.stops.find((stop) => stop.step === step)?.hash ?? "");
  const [typed, setTyped] = useState("");
  const [comment, setComment] = useState("");
  const client = useQueryClient();
  const plan = useQuery({
    queryKey: ["plan", run.planId],
    queryFn: ({ signal }) => api.get<Plan>(`/plans/${run.planId}`, { signal }),
  });
  const go = useMutation({
    mutationFn: (body: ContinueRun) => api.post<Run>(`/runs/${run.id}/continue`, body),
    onSuccess: (next) => {
      client.setQueryData(runKey(run.id), next);
      onClose();
    },
    onError: () => void client.invalidateQueries({ queryKey: runKey(run.id) }),
  });
  if (plan.error !== null) return <Failed error={plan.error} onRetry={() => void plan.refetch()} />;
  if (plan.data === undefined) return <Loading />;
  const wanted = plan.data.approvalForm.typed;
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        const said = comment.trim();
        go.mutate({
          step,
          hash,
          ...(wanted === null ? {} : { typed }),
          ...(said === "" ? {} : { comment: said }),
        });
      }}
    >
      {wanted === null ? null : (
        <Field label={`Type ${wanted} to approve`}>
          {(ids) => (
            <Input
              {...ids}
              autoComplete="off"
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          )}
        </Field>
      )}
      <Field label="Comment" hint="Goes into the record. You may leave it empty.">
        {(ids) => (
          <Input
            {...ids}
            value={comment}
            maxLength={2_000}
            onChange={(event) => setComment(event.target.value)}
          />
        )}
      </Field>
      {go.error === null ? null : <Failed error={go.error} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>Not now</Button>
        <Button
          type="submit"
          variant="primary"
          busy={go.isPending}
          disabled={wanted !== null && typed !== wanted}
        >
          Approve step {step + 1}
        </Button>
      </div>
    </form>
  );
}
