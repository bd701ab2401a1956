import { useMutation } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { Invited } from "../../../src/contracts/agent.ts";
import { api } from "../api/client.ts";
import { useMay } from "../api/use-may.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field, Input, Select } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { Failed } from "../ui/states.tsx";
import { Time } from "../ui/time.tsx";
import { agentKinds, joinCommand, readLabels } from "./agent-words.ts";

/** Lets one agent join from another machine. */
export function InviteAgent(): ReactNode {
  const [open, setOpen] = useState(false);
  if (!useMay("admin")) return null;
  return (
    <>
      <Button onClick={() => setOpen(true)}>
        <Icon name="plus" />
        Invite an agent
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        wide
        title="Invite an agent"
        description="An agent makes another machine work for this server. It connects from there; nothing has to be opened on that machine."
      >
        <Invitation onDone={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

/* What was shown is gone when the window is closed: it is a secret. */
function Invitation({ onDone }: { readonly onDone: () => void }): ReactNode {
  const [type, setType] = useState("infra");
  const [labels, setLabels] = useState("");
  const invite = useMutation({
    mutationFn: () => api.post<Invited>("/agents/invite", { type, labels: readLabels(labels) }),
  });
  if (invite.data !== undefined) return <Shown invited={invite.data} onDone={onDone} />;
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        invite.mutate();
      }}
    >
      <Field label="What it does">
        {(ids) => (
          <Select {...ids} value={type} onChange={(event) => setType(event.target.value)}>
            {[...agentKinds].map(([kind, says]) => (
              <option key={kind} value={kind}>
                {says}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label="Labels" hint="Words apart by spaces, for example gpu cellar. You may leave it empty.">
        {(ids) => (
          <Input
            {...ids}
            value={labels}
            maxLength={1_000}
            onChange={(event) => setLabels(event.target.value)}
          />
        )}
      </Field>
      {invite.error === null ? null : <Failed error={invite.error} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" variant="primary" busy={invite.isPending}>
          Make the invitation
        </Button>
      </div>
    </form>
  );
}

function Shown({ invited, onDone }: { readonly invited: Invited; readonly onDone: () => void }): ReactNode {
  const { origin, protocol } = window.location;
  return (
    <div className="flex flex-col gap-4">
      <p>Run this on the other machine, and type the code when it asks for it:</p>
      <pre
        aria-label="Command"
        className="overflow-x-auto rounded-md border border-line bg-raised p-3 font-mono text-sm whitespace-pre-wrap wrap-anywhere"
      >
        {joinCommand(origin, invited)}
      </pre>
      <p>
        Code: <code className="font-mono text-lg select-all">{invited.code}</code>
      </p>
      <p className="text-sm text-muted">
        It is for one agent, ends <Time at={invited.expiresAt} />, and is shown only now.
      </p>
      {protocol === "http:" ? (
        <p className="text-sm text-warn">
          This address reaches the server from its own machine only. For agents on other machines start it
          with --host ADDRESS, open it there, and invite again.
        </p>
      ) : null}
      <div className="flex justify-end">
        <Button onClick={onDone}>Done</Button>
      </div>
    </div>
  );
}
