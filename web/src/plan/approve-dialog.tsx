import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { ApprovePlan, Plan } from "../../../src/contracts/plan.ts";
import { api } from "../api/client.ts";
import { RiskBadge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field, Input } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import {
  closedReason,
  decideApproval,
  emptyApproval,
  nameHint,
  stopChoices,
  type ApprovalInput,
} from "./approval.ts";
import { plainText } from "../run/log-text.ts";
import { useNow } from "../run/use-now.ts";
import { hostsOf, riskWords, shortHash } from "./plan-words.ts";
import { RefusalNotice } from "./refusal-notice.tsx";
import { Fact, HostNames } from "./step-view.tsx";
import { planKey } from "./use-plan.ts";

interface ApproveDialogProps {
  readonly plan: Plan;
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  /** The plan as it is after this person has approved it. */
  readonly onApproved: () => void;
}

/**
 * Where a plan is approved: what it does is repeated, and the decision is bound to the hash of exactly that. What was entered
 * for one plan never counts for another.
 */
export function ApproveDialog(props: ApproveDialogProps): ReactNode {
  return <ApprovalOfOne key={props.plan.hash} {...props} />;
}

function ApprovalOfOne({ plan, open, onOpenChange, onApproved }: ApproveDialogProps): ReactNode {
  const client = useQueryClient();
  const [input, setInput] = useState<ApprovalInput>(emptyApproval);
  const approve = useMutation({
    mutationFn: (body: ApprovePlan) => api.post<Plan>(`/plans/${plan.id}/approve`, body),
    onSuccess: (approved) => {
      client.setQueryData(planKey(plan.id), approved);
      onOpenChange(false);
      onApproved();
    },
    // Whatever stood against it, the plan may be another one now.
    onError: () => client.invalidateQueries({ queryKey: planKey(plan.id) }),
  });
  const closed = closedReason(plan);
  const decision = decideApproval(plan, input);
  const close = (next: boolean): void => {
    if (!next) {
      approve.reset();
      // A name that was typed and a plan that was read count for this time only; words are not lost.
      setInput((before) => ({ ...before, reviewed: false, typed: "" }));
    }
    onOpenChange(next);
  };
  return (
    <Dialog open={open} onOpenChange={close} title="Approve this plan?" description={plan.summary} wide>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (closed === undefined && decision.kind === "ready" && !approve.isPending)
            approve.mutate(decision.body);
        }}
      >
        <WhatIsApproved plan={plan} />
        {closed === undefined ? null : <ClosedNotice text={closed} />}
        {closed === undefined ? <ApprovalFields plan={plan} input={input} onChange={setInput} /> : null}
        {closed === undefined ? <RefusalNotice error={approve.error} /> : null}
        <div className="mt-4 flex flex-wrap items-center justify-end gap-2">
          <p id="approval-missing" role="status" className="mr-auto text-sm text-muted wrap-anywhere">
            {closed === undefined && decision.kind === "missing" ? decision.what : null}
          </p>
          <Button onClick={() => close(false)}>{closed === undefined ? "Not now" : "Close"}</Button>
          {closed === undefined ? (
            <Button
              type="submit"
              variant="primary"
              busy={approve.isPending}
              disabled={decision.kind === "missing"}
              aria-describedby={decision.kind === "missing" ? "approval-missing" : undefined}
            >
              Approve and run
            </Button>
          ) : null}
        </div>
      </form>
    </Dialog>
  );
}

function ClosedNotice({ text }: { readonly text: string }): ReactNode {
  return (
    <p role="alert" className="my-3 flex items-start gap-2 rounded-md bg-warn-soft px-3 py-2 text-warn">
      <Icon name="warning" className="mt-1" />
      <span className="min-w-0 wrap-anywhere">{text}</span>
    </p>
  );
}

function WhatIsApproved({ plan }: { readonly plan: Plan }): ReactNode {
  return (
    <dl className="flex flex-col gap-1 rounded-md bg-raised p-3">
      <Fact name="Steps">
        <ol>
          {plan.steps.map((step) => (
            <li key={step.index}>
              {step.index + 1}. {plainText(step.unit.name)} on {plainText(step.hosts.join(", ")) || "no host"}
            </li>
          ))}
        </ol>
      </Fact>
      <Fact name="Hosts">
        <HostNames hosts={hostsOf(plan).map((host) => host.name)} />
      </Fact>
      <Fact name="Risk">
        <RiskBadge tier={plan.risk} />{" "}
        {plan.riskReasons.length === 0 ? riskWords[plan.risk] : plainText(plan.riskReasons.join("; "))}
      </Fact>
      <Fact name="Hash">
        <code className="font-mono text-sm" title={plan.hash}>
          {shortHash(plan.hash)}
        </code>
      </Fact>
    </dl>
  );
}

interface ApprovalFieldsProps {
  readonly plan: Plan;
  readonly input: ApprovalInput;
  readonly onChange: (input: ApprovalInput) => void;
}

function ApprovalFields({ plan, input, onChange }: ApprovalFieldsProps): ReactNode {
  const { kind, typed } = plan.approvalForm;
  const stops = stopChoices(plan);
  return (
    <div className="mt-4 flex flex-col gap-3">
      {stops.length === 0 ? null : <StopChoices {...{ plan, input, onChange }} />}
      {kind === "review" ? (
        <Check
          label="I have read what runs, on which hosts, with which variables"
          checked={input.reviewed}
          onChange={(reviewed) => onChange({ ...input, reviewed })}
        />
      ) : null}
      {typed === null ? null : <NameField {...{ plan, input, onChange }} typed={typed} />}
      <Field label="Comment (optional)" hint="It is kept in the record.">
        {(ids) => (
          <Input
            {...ids}
            value={input.comment}
            maxLength={2_000}
            onChange={(event) => onChange({ ...input, comment: event.target.value })}
          />
        )}
      </Field>
    </div>
  );
}

function NameField({
  plan,
  input,
  onChange,
  typed,
}: ApprovalFieldsProps & { readonly typed: string }): ReactNode {
  const now = useNow(plan.approvalForm.kind === "type-and-second-person");
  return (
    <Field
      label={
        <>
          Type <code className="font-mono wrap-anywhere">{plainText(typed)}</code> to approve
        </>
      }
      hint={nameHint(plan, new Date(now))}
    >
      {(ids) => (
        <Input
          {...ids}
          value={input.typed}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          maxLength={300}
          onChange={(event) => onChange({ ...input, typed: event.target.value })}
        />
      )}
    </Field>
  );
}

function StopChoices({ plan, input, onChange }: ApprovalFieldsProps): ReactNode {
  return (
    <fieldset className="flex flex-col gap-1">
      <legend className="text-sm font-medium">A second approval on the way</legend>
      {stopChoices(plan).map(({ step, label }) => (
        <Check
          key={step}
          label={label}
          checked={input.stopBefore.includes(step)}
          onChange={(checked) =>
            onChange({
              ...input,
              stopBefore: checked
                ? [...input.stopBefore, step]
                : input.stopBefore.filter((other) => other !== step),
            })
          }
        />
      ))}
    </fieldset>
  );
}

interface CheckProps {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}

function Check({ label, checked, onChange }: CheckProps): ReactNode {
  return (
    <label className="flex min-h-8 items-start gap-2">
      <input
        type="checkbox"
        className="mt-1 size-4 shrink-0 accent-(--accent)"
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span className="min-w-0 wrap-anywhere">{label}</span>
    </label>
  );
}
