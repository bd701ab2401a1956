import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef, useState, type ReactNode, type Ref } from "react";
import type { Plan } from "../../../src/contracts/plan.ts";
import type { Request } from "../../../src/contracts/request.ts";
import { ApiError, api } from "../api/client.ts";
import { mayDo, meQuery } from "../api/queries.ts";
import { useMay } from "../api/use-may.ts";
import { Button, buttonClass } from "../ui/button.tsx";
import { ApproveDialog } from "./approve-dialog.tsx";
import { EditDialog } from "./edit-dialog.tsx";
import { approvalSentence } from "./plan-words.ts";
import { RunLine } from "./run-line.tsx";
import { approveMark } from "./use-approve-key.ts";
import { useFollow } from "./use-follow.ts";
import { planKey, requestKey } from "./use-plan.ts";
import { useSayElsewhere } from "./use-say-elsewhere.ts";
import { WordsDialog } from "./words-dialog.tsx";

interface PlanActionsProps {
  readonly plan: Plan;
  /** Says something in the conversation that the plan belongs to; without one, words go into a new conversation. */
  readonly onSay?: ((text: string) => Promise<void>) | undefined;
}

type Open = "none" | "approve" | "reject" | "change" | "edit";

/** What a person can do with the plan as it is now. */
export function PlanActions({ plan, onSay }: PlanActionsProps): ReactNode {
  const [open, setOpen] = useState<Open>("none");
  const [justApproved, setJustApproved] = useState(false);
  const runLink = useRef<HTMLAnchorElement>(null);
  // The button that had the focus is gone with the approval: what comes next takes it.
  useEffect(() => {
    if (!justApproved || plan.state !== "approved") return;
    // After the window that closes, which gives the focus back to where it came from.
    const timer = setTimeout(() => runLink.current?.focus());
    return () => clearTimeout(timer);
  }, [justApproved, plan.state]);
  const show = (which: Open) => (next: boolean) => setOpen(next ? which : "none");
  // The windows stay when the plan changes below them: they say what has happened, and lose nothing that was entered.
  return (
    <>
      <StateActions plan={plan} onSay={onSay} runLink={runLink} onOpen={setOpen} />
      <ApproveDialog
        plan={plan}
        open={open === "approve"}
        onOpenChange={show("approve")}
        onApproved={() => setJustApproved(true)}
      />
      <RejectDialog plan={plan} open={open === "reject"} onOpenChange={show("reject")} />
      <ChangeDialog plan={plan} onSay={onSay} open={open === "change"} onOpenChange={show("change")} />
      <EditDialog
        plan={plan}
        stays={onSay !== undefined}
        open={open === "edit"}
        onOpenChange={show("edit")}
      />
    </>
  );
}

interface StateActionsProps extends PlanActionsProps {
  readonly runLink: Ref<HTMLAnchorElement>;
  readonly onOpen: (open: Open) => void;
}

function StateActions({ plan, onSay, runLink, onOpen }: StateActionsProps): ReactNode {
  switch (plan.state) {
    case "draft":
      return null;
    case "proposed":
      return <Decide plan={plan} onOpen={onOpen} />;
    case "approved":
      return <RunLine plan={plan} linkRef={runLink} />;
    case "superseded":
    case "rejected":
    case "stale":
      return <AskAgain plan={plan} onSay={onSay} onOpen={onOpen} />;
    case "expired":
      // It was approved once: its run tells that it never began.
      return (
        <div className="flex flex-col gap-2">
          <RunLine plan={plan} linkRef={runLink} />
          <AskAgain plan={plan} onSay={onSay} onOpen={onOpen} />
        </div>
      );
    default:
      return plan.state satisfies never;
  }
}

function Decide({ plan, onOpen }: Pick<StateActionsProps, "plan" | "onOpen">): ReactNode {
  const me = useQuery(meQuery).data;
  const mayApprove = me === undefined || mayDo(me, "approve");
  return (
    <div className="flex flex-col gap-2">
      <p className="text-sm text-muted">
        {mayApprove
          ? approvalSentence(plan.approvalForm)
          : "You may not approve or reject plans: ask somebody who may."}
      </p>
      <div className="flex flex-wrap gap-2">
        {mayApprove ? (
          <>
            <Button {...approveMark} variant="primary" onClick={() => onOpen("approve")}>
              Approve…
            </Button>
            <Button onClick={() => onOpen("reject")}>Reject…</Button>
          </>
        ) : null}
        {mayDo(me, "propose") ? <ChangeButtons onOpen={onOpen} /> : null}
      </div>
    </div>
  );
}

/** In words or as values: either makes the next revision. */
function ChangeButtons({ onOpen }: Pick<StateActionsProps, "onOpen">): ReactNode {
  return (
    <>
      <Button onClick={() => onOpen("change")}>Change…</Button>
      <Button onClick={() => onOpen("edit")}>Edit values…</Button>
    </>
  );
}

interface OpenProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

function RejectDialog({ plan, ...open }: OpenProps & { readonly plan: Plan }): ReactNode {
  const client = useQueryClient();
  return (
    <WordsDialog
      {...open}
      title="Reject this plan?"
      description="It never runs. The reason is kept in the record."
      label="Why"
      action={{ text: "Reject", variant: "danger" }}
      onSubmit={async (reason) => {
        try {
          client.setQueryData(planKey(plan.id), await api.post<Plan>(`/plans/${plan.id}/reject`, { reason }));
        } catch (error) {
          await client.invalidateQueries({ queryKey: planKey(plan.id) });
          throw error;
        }
      }}
    />
  );
}

function ChangeDialog({ plan, onSay, ...open }: OpenProps & PlanActionsProps): ReactNode {
  const client = useQueryClient();
  const sayElsewhere = useSayElsewhere();
  const follow = useFollow();
  const revise = async (instruction: string): Promise<void> => {
    try {
      const request = await api.post<Request>(`/plans/${plan.id}/revise`, { instruction });
      client.setQueryData(requestKey(request.id), request);
      // In a conversation the next revision, or the questions that it raises, stand below.
      if (onSay === undefined) await follow(request);
    } catch (error) {
      // A server that cannot revise plans still reads sentences.
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      await (onSay ?? sayElsewhere)(instruction);
    }
    await client.invalidateQueries({ queryKey: requestKey(plan.requestId) });
    await client.invalidateQueries({ queryKey: planKey(plan.id) });
  };
  return (
    <WordsDialog
      {...open}
      title="Change this plan"
      description="Say what should be different. You get a new plan to read; this one is replaced by it and never runs."
      label="What should be different"
      placeholder="only on web1, and with port 3002"
      action={{ text: "Make a new plan", variant: "primary" }}
      onSubmit={revise}
    />
  );
}

function AskAgain({ plan, onSay, onOpen }: Omit<StateActionsProps, "runLink">): ReactNode {
  const sayElsewhere = useSayElsewhere();
  const [busy, setBusy] = useState(false);
  const mayAsk = useMay("propose");
  const ask = async (): Promise<void> => {
    setBusy(true);
    await (onSay ?? sayElsewhere)(plan.requestText).finally(() => setBusy(false));
  };
  return (
    <div className="flex flex-wrap gap-2">
      {plan.state === "superseded" ? <NewestPlan plan={plan} /> : null}
      {plan.state === "superseded" || !mayAsk ? null : (
        <>
          {/* What goes wrong with it is told where the words are: in the conversation's box. */}
          <Button busy={busy} onClick={() => void ask().catch(() => undefined)}>
            Ask again
          </Button>
          <ChangeButtons onOpen={onOpen} />
        </>
      )}
    </div>
  );
}

function NewestPlan({ plan }: { readonly plan: Plan }): ReactNode {
  const request = useQuery({
    queryKey: requestKey(plan.requestId),
    queryFn: ({ signal }) => api.get<{ planId: string | null }>(`/requests/${plan.requestId}`, { signal }),
  }).data;
  if (request?.planId == null || request.planId === plan.id) return null;
  return (
    <Link to="/plans/$planId" params={{ planId: request.planId }} className={buttonClass("plain", "medium")}>
      Open the newest plan
    </Link>
  );
}
