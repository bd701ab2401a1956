import type { Actor } from "../../contracts/actor.ts";
import type { ApprovalForm } from "../../contracts/plan.ts";
import { approvalFormFor } from "../../domain/risk.ts";
import type { PlanRetry } from "../core-tables.ts";

/** Who looks at a plan, and when. */
export interface Seen {
  readonly actor: Actor;
  readonly now: Date;
}

export function isSameActor(a: Actor, b: Actor): boolean {
  return a.kind === b.kind && (a.id === null || b.id === null ? a.name === b.name : a.id === b.id);
}

/** Whether this person has approved all of this plan, and more, so lately that one click is enough. */
export function isOneClick(retry: PlanRetry | undefined, { actor, now }: Seen): boolean {
  const click = retry?.click ?? null;
  if (click === null || now >= new Date(click.until)) return false;
  // Whoever types no password at the server is nobody in particular: then a later password makes another person.
  const { kind, id } = click.actor;
  return kind === actor.kind && id === actor.id && isSameActor(click.actor, actor);
}

/** How a plan has to be approved by whoever looks at it. */
export function formFor(
  plan: { readonly risk: Parameters<typeof approvalFormFor>[0]; readonly retry: PlanRetry | undefined },
  typed: string,
  seen: Seen | undefined,
): ApprovalForm {
  return seen !== undefined && isOneClick(plan.retry, seen)
    ? { kind: "click", typed: null }
    : approvalFormFor(plan.risk, typed);
}
