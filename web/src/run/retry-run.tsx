import { useMutation } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { Request } from "../../../src/contracts/request.ts";
import type { RetryFrom } from "../../../src/contracts/retry.ts";
import type { Run } from "../../../src/contracts/run.ts";
import { api } from "../api/client.ts";
import { useMay } from "../api/use-may.ts";
import { RefusalNotice } from "../plan/refusal-notice.tsx";
import { useFollow } from "../plan/use-follow.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field, Input, Select } from "../ui/field.tsx";
import { plainText } from "./log-text.ts";
import { hasFailedPart } from "./run-facts.ts";

/** Asks for the plan that tries a part of a run again. It runs nothing: that plan is read and approved like any other. */
export function RetryRun({ run }: { readonly run: Run }): ReactNode {
  const [open, setOpen] = useState(false);
  const may = useMay("propose");
  if (!may || !hasFailedPart(run)) return null;
  return (
    <>
      <Button onClick={() => setOpen(true)}>Retry…</Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title="Try this run again?"
        description="You get a plan to read, with the files as they are now. Nothing runs before that plan is approved. A part of what you approved yourself within a day is approved with one click."
      >
        <RetryForm run={run} onClose={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

/** What is left; the number of a step stands for that step and all after it. */
const whatIsLeft = "left";

function RetryForm({ run, onClose }: { readonly run: Run; readonly onClose: () => void }): ReactNode {
  const [from, setFrom] = useState<string>(whatIsLeft);
  const [ansibleTask, setAnsibleTask] = useState("");
  const follow = useFollow();
  const ask = useMutation({
    mutationFn: () => api.post<Request>(`/runs/${run.id}/retry`, { from: fromOf(from, ansibleTask.trim()) }),
    onSuccess: async (request) => {
      onClose();
      await follow(request);
    },
  });
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        ask.mutate();
      }}
    >
      {run.state === "unknown" ? (
        <p>Look at the hosts first: nobody knows how far the lost step has come.</p>
      ) : null}
      <Field label="What">
        {(ids) => (
          <Select {...ids} value={from} onChange={(event) => setFrom(event.target.value)}>
            <option value={whatIsLeft}>What failed, on the hosts that are left, and what never ran</option>
            {run.tasks.map((task) => (
              <option key={task.id} value={task.step}>
                From step {task.step + 1} on, on all hosts: {plainText(task.name)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {from === whatIsLeft ? null : (
        <Field
          label="Begin at the Ansible task"
          hint="Its name as the playbook has it. Empty: at the first one."
        >
          {(ids) => (
            <Input
              {...ids}
              value={ansibleTask}
              maxLength={300}
              onChange={(event) => setAnsibleTask(event.target.value)}
            />
          )}
        </Field>
      )}
      <RefusalNotice error={ask.error} />
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>Leave it</Button>
        <Button type="submit" variant="primary" busy={ask.isPending}>
          Make the plan
        </Button>
      </div>
    </form>
  );
}

function fromOf(from: string, ansibleTask: string): RetryFrom {
  if (from === whatIsLeft) return "failed-hosts";
  const step = Number(from);
  return ansibleTask === "" ? { step } : { ansibleTask, step };
}
