import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { MarkRun as MarkRunBody } from "../../../src/contracts/api.ts";
import type { Run, Task } from "../../../src/contracts/run.ts";
import { api } from "../api/client.ts";
import { useMay } from "../api/use-may.ts";
import { RefusalNotice } from "../plan/refusal-notice.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field, Input, Select } from "../ui/field.tsx";
import { runKey } from "./use-run.ts";

/** The word of a person who has looked at the hosts of a step of unknown end. */
export function MarkRun({ run, task }: { readonly run: Run; readonly task: Task }): ReactNode {
  const [open, setOpen] = useState(false);
  const may = useMay("approve");
  if (!may) return null;
  return (
    <>
      <Button onClick={() => setOpen(true)}>Say how step {task.step + 1} ended…</Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={`How did step ${task.step + 1} end?`}
        description="Look at its hosts first. Your word goes into the record; what waits for the step goes on by it, and nothing that its agent says later counts."
      >
        <MarkForm run={run} task={task} onClose={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

interface MarkFormProps {
  readonly run: Run;
  readonly task: Task;
  readonly onClose: () => void;
}

function MarkForm({ run, task, onClose }: MarkFormProps): ReactNode {
  const [outcome, setOutcome] = useState<MarkRunBody["outcome"]>("succeeded");
  const [reason, setReason] = useState("");
  const client = useQueryClient();
  const mark = useMutation({
    mutationFn: () =>
      api.post<Run>(`/runs/${run.id}/mark`, { step: task.step, outcome, reason: reason.trim() }),
    onSuccess: (marked) => {
      client.setQueryData(runKey(run.id), marked);
      onClose();
    },
  });
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        mark.mutate();
      }}
    >
      <Field label="It has">
        {(ids) => (
          <Select
            {...ids}
            value={outcome}
            onChange={(event) => setOutcome(event.target.value === "failed" ? "failed" : "succeeded")}
          >
            <option value="succeeded">succeeded: what waits for it goes on</option>
            <option value="failed">failed: what waits for it is skipped</option>
          </Select>
        )}
      </Field>
      <Field label="What you have seen" hint="Goes into the record.">
        {(ids) => (
          <Input
            {...ids}
            value={reason}
            required
            maxLength={2_000}
            onChange={(event) => setReason(event.target.value)}
          />
        )}
      </Field>
      <RefusalNotice error={mark.error} />
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>Leave it</Button>
        <Button type="submit" variant="primary" busy={mark.isPending} disabled={reason.trim() === ""}>
          Record it
        </Button>
      </div>
    </form>
  );
}
