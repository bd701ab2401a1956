import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { Run } from "../../../src/contracts/run.ts";
import { api } from "../api/client.ts";
import { mayDo, meQuery } from "../api/queries.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field, Input } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { Failed } from "../ui/states.tsx";
import { runKey } from "./use-run.ts";

/** Stops a run, with the reason that goes into the record. */
export function CancelRun({
  run,
  label = "Cancel run",
}: {
  readonly run: Run;
  readonly label?: string;
}): ReactNode {
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const client = useQueryClient();
  const me = useQuery(meQuery);
  const cancel = useMutation({
    mutationFn: () =>
      api.post<Run>(`/runs/${run.id}/cancel`, reason.trim() === "" ? {} : { reason: reason.trim() }),
    onSuccess: (stopped) => {
      client.setQueryData(runKey(run.id), stopped);
      setOpen(false);
    },
  });
  if (me.data !== undefined && !mayDo(me.data, "operate")) return null;
  return (
    <>
      <Button variant="danger" onClick={() => setOpen(true)}>
        <Icon name="stop" />
        {label}
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title="Cancel this run?"
        description="What Ansible does right now is stopped, and later steps do not run. What has been changed already stays changed."
      >
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            cancel.mutate();
          }}
        >
          <Field label="Reason" hint="Goes into the record. You may leave it empty.">
            {(ids) => (
              <Input
                {...ids}
                value={reason}
                maxLength={2_000}
                onChange={(event) => setReason(event.target.value)}
              />
            )}
          </Field>
          {cancel.error === null ? null : <Failed error={cancel.error} />}
          <div className="flex flex-wrap justify-end gap-2">
            <Button onClick={() => setOpen(false)}>Let it run</Button>
            <Button type="submit" variant="danger" busy={cancel.isPending}>
              Cancel run
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  );
}
