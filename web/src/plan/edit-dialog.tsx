import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { Unit } from "../../../src/contracts/catalogue.ts";
import type { Plan, PlanStep } from "../../../src/contracts/plan.ts";
import type { Request } from "../../../src/contracts/request.ts";
import { api } from "../api/client.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field, Input } from "../ui/field.tsx";
import { editsOf, untouched, variablesOf, type EditableVariable, type StepDraft } from "./edits.ts";
import { titleOf } from "./plan-words.ts";
import { RefusalNotice } from "./refusal-notice.tsx";
import { useFollow } from "./use-follow.ts";
import { planKey, requestKey } from "./use-plan.ts";

interface EditDialogProps {
  readonly plan: Plan;
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  /** The next revision stands where the plan stands; nobody has to be led to it. */
  readonly stays: boolean;
}

/** Variables, hosts and steps of a plan as a form: its next revision, to be read and approved like this one. */
export function EditDialog({ plan, open, onOpenChange, stays }: EditDialogProps): ReactNode {
  const [drafts, setDrafts] = useState<ReadonlyMap<number, StepDraft>>(new Map());
  const [work, setWork] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null });
  const client = useQueryClient();
  const follow = useFollow();
  const edits = editsOf(plan.steps, drafts);
  const submit = async (): Promise<void> => {
    setWork({ busy: true, error: null });
    try {
      const request = await api.post<Request>(`/plans/${plan.id}/revise`, { edits });
      client.setQueryData(requestKey(request.id), request);
      await client.invalidateQueries({ queryKey: planKey(plan.id) });
      setWork({ busy: false, error: null });
      setDrafts(new Map());
      onOpenChange(false);
      if (!stays) await follow(request);
    } catch (error) {
      setWork({ busy: false, error });
    }
  };
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Edit values"
      description="You get a new plan to read; this one is replaced by it and never runs. An empty value is the playbook's own."
      wide
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (edits.length > 0 && !work.busy) void submit();
        }}
      >
        <div className="flex flex-col gap-5">
          {plan.steps.map((step) => (
            <StepForm
              key={step.index}
              step={step}
              only={plan.steps.length === 1}
              draft={drafts.get(step.index) ?? untouched}
              onChange={(draft) => setDrafts(new Map([...drafts, [step.index, draft]]))}
            />
          ))}
        </div>
        <RefusalNotice error={work.error} />
        <div className="mt-4 flex justify-end gap-2">
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button type="submit" variant="primary" busy={work.busy} disabled={edits.length === 0}>
            Make a new plan
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface StepFormProps {
  readonly step: PlanStep;
  readonly only: boolean;
  readonly draft: StepDraft;
  readonly onChange: (draft: StepDraft) => void;
}

function StepForm({ step, only, draft, onChange }: StepFormProps): ReactNode {
  const unit = useQuery({
    queryKey: ["playbook", step.unit.id],
    queryFn: ({ signal }) => api.get<Unit>(`/playbooks/${encodeURIComponent(step.unit.id)}`, { signal }),
    staleTime: 60_000,
  }).data;
  const variables = variablesOf(step, unit);
  const passed = variables.filter((variable) => variable.isPassed);
  const others = variables.filter((variable) => !variable.isPassed);
  const input = (variable: EditableVariable): ReactNode => (
    <VariableField
      key={variable.name}
      variable={variable}
      text={draft.vars[variable.name] ?? variable.text}
      onChange={(text) => onChange({ ...draft, vars: { ...draft.vars, [variable.name]: text } })}
    />
  );
  return (
    <fieldset className="flex flex-col gap-3 border-t border-line pt-3 first:border-t-0 first:pt-0">
      <legend className="float-left mb-1 w-full font-semibold wrap-anywhere">
        {step.index + 1}. {titleOf(step)}
      </legend>
      {only ? null : (
        <label className="flex min-h-10 items-center gap-2">
          <input
            type="checkbox"
            checked={draft.skip}
            onChange={(event) => onChange({ ...draft, skip: event.target.checked })}
          />
          Leave this step out
        </label>
      )}
      {draft.skip ? null : (
        <>
          <Field label="Hosts" hint="Names of hosts and groups of the inventory, with commas between them.">
            {(ids) => (
              <Input
                {...ids}
                value={draft.hosts ?? step.hosts.join(", ")}
                maxLength={20_000}
                onChange={(event) => onChange({ ...draft, hosts: event.target.value })}
              />
            )}
          </Field>
          {passed.map(input)}
          {others.length === 0 ? null : (
            <details>
              <summary className="min-h-10 cursor-pointer py-2">
                {others.length} more {others.length === 1 ? "variable" : "variables"} of the playbook
              </summary>
              <div className="mt-2 flex flex-col gap-3">{others.map(input)}</div>
            </details>
          )}
        </>
      )}
    </fieldset>
  );
}

interface VariableFieldProps {
  readonly variable: EditableVariable;
  readonly text: string;
  readonly onChange: (text: string) => void;
}

function VariableField({ variable, text, onChange }: VariableFieldProps): ReactNode {
  const { name, own } = variable;
  return (
    <Field
      label={<code className="font-mono wrap-anywhere">{name}</code>}
      {...(own === "" ? {} : { hint: `The playbook's own value: ${own.slice(0, 200)}` })}
    >
      {(ids) => (
        <Input
          {...ids}
          value={text}
          maxLength={20_000}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
