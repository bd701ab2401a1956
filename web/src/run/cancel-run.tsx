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

interface CancelRunProps {
  readonly run: Run;
  readonly label?: string;
  /** What it does, where that is not what cancelling a run does otherwise. */
  readonly description?: string;
}

/** Stops a run, with the reason that goes into the record. */
export function CancelRun({
  run,
  label = "Cancel run",
  description = whatItDoes(run),
}: CancelRunProps): ReactNode {
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
      <Dialog open={open} onOpenChange={setOpen} title="Cancel this run?" description={description}>
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
            <Button onClick={() => setOpen(false)}>Leave it</Button>
            <Button type="submit" variant="danger" busy={cancel.isPending}>
              Cancel run
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  );
}

function whatItDoes({ state }: Run): string {
  if (state === "queued") return "It has not begun: nothing runs, and nothing is changed.";
  const stays = "What has been changed already stays changed.";
  return state === "paused"
    ? `The steps that are left do not run. ${stays}`
    : `What Ansible does right now is stopped, and later steps do not run. ${stays}`;
}
