import { ChiffonError } from "../../domain/errors.ts";
import { isAtMost } from "../../domain/risk.ts";
import type { Caller } from "../engine.ts";
import { isOneClick, isSameActor } from "../plan/one-click.ts";
import type { PlanRow } from "../plan/sql.ts";

interface Question {
  readonly caller: Caller;
  readonly plan: Pick<PlanRow, "risk" | "created_by" | "created_at"> & {
    readonly document: Pick<PlanRow["document"], "retry">;
  };
  readonly typed: string | undefined;
  readonly nameToType: string;
  readonly users: number;
  readonly now: Date;
}

/** How long a single user has to sleep over a plan of tier R4. */
const reflection = 10 * 60_000;

/** Throws when this caller may not approve this plan, or not yet, or not in this form. */
export function checkMayApprove(question: Question): void {
  const { caller, plan } = question;
  if (!caller.strong && !isAtMost(plan.risk, "R1"))
    throw new ChiffonError("not-allowed", `a plan of risk ${plan.risk} needs your password`, {
      hint: "approve it on a terminal, which asks for the password, or with a token that may approve (CHIFFON_TOKEN_FILE)",
    });
  if (isAtMost(plan.risk, "R2")) return;
  if (isOneClick(plan.document.retry, { actor: caller.actor, now: question.now })) return;
  if (question.typed !== question.nameToType)
    throw new ChiffonError("needs-answer", `a plan of risk ${plan.risk} is approved by typing a name`, {
      hint: `type ${question.nameToType} (--type ${question.nameToType})`,
    });
  if (plan.risk !== "R4") return;
  if (question.users > 1 && isSameActor(plan.created_by, caller.actor))
    throw new ChiffonError("not-allowed", "a plan of risk R4 needs a second person", {
      hint: "somebody else than the person who asked for it has to approve it",
    });
  // Behind a token or the command line may be the same person who asked: then, too, some time has to pass.
  if (question.users > 1 && plan.created_by.kind === "user" && caller.actor.kind === "user") return;
  const left = plan.created_at.getTime() + reflection - question.now.getTime();
  if (left > 0) {
    const minutes = Math.ceil(left / 60_000);
    throw new ChiffonError("not-allowed", "a plan of risk R4 can be approved 10 minutes after it was made", {
      hint: `approve it in ${minutes} ${minutes === 1 ? "minute" : "minutes"}; when one user asks and another approves, no wait is needed`,
    });
  }
}
