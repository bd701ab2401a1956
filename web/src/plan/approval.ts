import type { ApprovePlan, Plan } from "../../../src/contracts/plan.ts";
import { plainText } from "../run/log-text.ts";

/** What a person has put into the approval dialog so far. */
export interface ApprovalInput {
  readonly reviewed: boolean;
  readonly typed: string;
  readonly comment: string;
  /** Indexes of the steps before which the run waits for a second approval. */
  readonly stopBefore: readonly number[];
}

export const emptyApproval: ApprovalInput = { reviewed: false, typed: "", comment: "", stopBefore: [] };

/** The body of the approval, or what is still missing, in words. */
export type ApprovalDecision =
  | { readonly kind: "ready"; readonly body: ApprovePlan }
  | { readonly kind: "missing"; readonly what: string };

type Approvable = Pick<Plan, "hash" | "approvalForm" | "steps">;

/** Whether what was entered is enough for this plan's form of approval. The server decides again. */
export function decideApproval(plan: Approvable, input: ApprovalInput): ApprovalDecision {
  const { kind, typed } = plan.approvalForm;
  switch (kind) {
    case "click":
      break;
    case "review":
      if (!input.reviewed) return { kind: "missing", what: "Confirm that you have read the plan." };
      break;
    case "type":
    case "type-and-second-person":
      // Exactly, with case: the name is typed to make a person look at it.
      if (typed !== null && input.typed !== typed)
        return { kind: "missing", what: askForName(typed, input.typed) };
      break;
    default:
      return kind satisfies never;
  }
  return { kind: "ready", body: bodyOf(plan, input) };
}

function askForName(wanted: string, typed: string): string {
  if (typed === "") return `Type ${plainText(wanted)} exactly as it is written here.`;
  return `This is not exactly ${plainText(wanted)}; capital letters and blanks count.`;
}

/** How long a user who is alone has to sleep over a plan that asks for a second person. The server holds it. */
const reflection = 10 * 60_000;

/** What a name to type needs to be told beside it; undefined when nothing. */
export function nameHint(
  plan: Pick<Plan, "approvalForm" | "createdBy" | "createdAt">,
  now: Date,
): string | undefined {
  const { kind, typed } = plan.approvalForm;
  const hidden =
    typed === null || plainText(typed) === typed
      ? undefined
      : "This name holds characters that cannot be seen or typed. Rename its file, then ask again.";
  if (kind !== "type-and-second-person") return hidden;
  const due = Date.parse(plan.createdAt) + reflection;
  const minutes = Math.ceil((due - now.getTime()) / 60_000);
  const when =
    minutes > 0 ? `in ${minutes} ${minutes === 1 ? "minute" : "minutes"}` : "now: 10 minutes have passed";
  const rule = `It may lose data, so somebody else than ${plan.createdBy} has to approve it. Where there is only one user, that user can approve it ${when}.`;
  return hidden === undefined ? rule : `${rule} ${hidden}`;
}

function bodyOf(plan: Approvable, input: ApprovalInput): ApprovePlan {
  const comment = input.comment.trim();
  const possible = new Set(stopChoices(plan).map((choice) => choice.step));
  const stops = input.stopBefore.filter((step) => possible.has(step)).toSorted((a, b) => a - b);
  return {
    hash: plan.hash,
    ...(plan.approvalForm.typed === null ? {} : { typed: input.typed }),
    ...(comment === "" ? {} : { comment }),
    ...(stops.length === 0 ? {} : { stopBefore: stops }),
  };
}

/** The steps before which a run can wait: every one but the first. */
export function stopChoices(plan: Pick<Plan, "steps">): readonly { step: number; label: string }[] {
  return plan.steps.slice(1).map((step) => ({
    step: step.index,
    label: `Stop before step ${step.index + 1} (${step.unit.name}) and show its preview`,
  }));
}

/** What the dialog says when the plan that it shows can no longer be approved; undefined while it can. */
export function closedReason(plan: Pick<Plan, "state" | "reason" | "approval">): string | undefined {
  const why = plan.reason === null || plan.reason === "" ? "" : ` ${sentence(plan.reason)}`;
  const by = plan.approval === null ? "" : ` by ${plan.approval.by}`;
  switch (plan.state) {
    case "proposed":
      return undefined;
    case "draft":
      return "This plan is not complete yet.";
    case "approved":
      return `This plan has been approved already${by}. It runs once; a second approval changes nothing.`;
    case "rejected":
      return `This plan has been rejected${by}.${why}`;
    case "superseded":
      return `A newer plan has taken the place of this one.${why}`;
    case "expired":
      return `This plan has expired.${why}`;
    case "stale":
      return `This plan is stale: it does not describe how things are now.${why}`;
    default:
      return plan.state satisfies never;
  }
}

function sentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}
