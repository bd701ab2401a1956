import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { Agent } from "../../../src/contracts/agent.ts";
import { api } from "../api/client.ts";
import { useMay } from "../api/use-may.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field, Input } from "../ui/field.tsx";
import { Failed } from "../ui/states.tsx";

/** Ends the connection of an agent for good, with the reason that goes into the record. */
export function RevokeAgent({ agent }: { readonly agent: Agent }): ReactNode {
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => api.post<Agent>(`/agents/${agent.id}/revoke`, { reason: reason.trim() }),
    onSuccess: async () => {
      setOpen(false);
      await client.invalidateQueries({ queryKey: ["agents"] });
    },
  });
  if (!useMay("admin")) return null;
  return (
    <>
      <Button size="small" onClick={() => setOpen(true)}>
        Revoke
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={`Revoke ${agent.name}?`}
        description="It is disconnected at once and cannot come back with its keys: it would have to be invited anew. A playbook that runs there is stopped there by itself when its lease has ended."
      >
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            revoke.mutate();
          }}
        >
          <Field label="Reason" hint="Goes into the record. You may leave it empty.">
            {(ids) => (
              <Input
                {...ids}
                value={reason}
                maxLength={1_000}
                onChange={(event) => setReason(event.target.value)}
              />
            )}
          </Field>
          {revoke.error === null ? null : <Failed error={revoke.error} />}
          <div className="flex flex-wrap justify-end gap-2">
            <Button onClick={() => setOpen(false)}>Leave it</Button>
            <Button type="submit" variant="danger" busy={revoke.isPending}>
              Revoke
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  );
}
