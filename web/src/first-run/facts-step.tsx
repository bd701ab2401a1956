import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import type { Conversation, SentMessages } from "../../../src/contracts/conversation.ts";
import type { Request } from "../../../src/contracts/request.ts";
import { api } from "../api/client.ts";
import { sendMessage } from "../chat/use-conversation.ts";
import { RequestView } from "../chat/request-view.tsx";
import { count } from "../plan/plan-words.ts";
import { RefusalNotice } from "../plan/refusal-notice.tsx";
import { useApproveKey } from "../plan/use-approve-key.ts";
import { requestKey, usePlan } from "../plan/use-plan.ts";
import { plainText } from "../run/log-text.ts";
import { Button } from "../ui/button.tsx";
import { findFacts, keepFacts, type FactsRequest } from "./facts.ts";
import { chooseReachable } from "./machines.ts";
import { useChecks } from "./use-checks.ts";

const aboutAll = "Show the facts of all machines";

/** The way of every change, with one that changes nothing: ask, read the plan, approve, watch. */
export function FactsStep({ onNext }: { readonly onNext: () => void }): ReactNode {
  const [asked, setAsked] = useState(() => findFacts(sessionStorage));
  const [checks] = useChecks();
  const hosts = chooseReachable(checks);
  const sentence = hosts === undefined ? aboutAll : `Show the facts of ${hosts.join(", ")}`;
  useApproveKey();
  const ask = useMutation({
    mutationFn: () => (hosts === undefined ? sayIt() : askDirectly(hosts)),
    onSuccess: (facts) => {
      keepFacts(sessionStorage, facts);
      setAsked(facts);
    },
  });
  return (
    <div className="flex flex-col gap-4">
      <p className="text-muted">
        This is the way of every change: you say it, read the plan, approve it, and watch it run. This one
        only reads.
      </p>
      {asked === undefined ? (
        <>
          {hosts?.length === 0 ? (
            <p>No machine can be reached yet: go back and see what they lack.</p>
          ) : (
            <p className="w-fit rounded-lg bg-accent-soft px-3 py-2 wrap-anywhere">{plainText(sentence)}</p>
          )}
          {hosts === undefined || hosts.length === 0 ? null : (
            <p className="text-sm text-muted">
              {count(checks.length - hosts.length, "machine")} that cannot be reached{" "}
              {checks.length - hosts.length === 1 ? "is" : "are"} left out.
            </p>
          )}
          <RefusalNotice error={ask.error} />
          <div>
            <Button
              variant="primary"
              busy={ask.isPending}
              disabled={hosts?.length === 0}
              onClick={() => ask.mutate()}
            >
              Ask for it
            </Button>
          </div>
        </>
      ) : (
        <AskedFacts
          facts={asked}
          onNext={onNext}
          onAgain={() => {
            keepFacts(sessionStorage, undefined);
            setAsked(undefined);
          }}
        />
      )}
    </div>
  );
}

async function sayIt(): Promise<FactsRequest> {
  const { id } = await api.post<Conversation>("/conversations");
  const { messages } = await api.post<SentMessages>(`/conversations/${id}/messages`, { text: aboutAll });
  const requestId = messages.find((message) => message.requestId !== null)?.requestId;
  if (requestId != null) return { requestId, conversationId: id };
  // The sentence was taken for something else, as the words of a repository can make it: the same plan, asked for directly.
  await api.delete(`/conversations/${id}`);
  return await askDirectly(undefined);
}

/** Names of machines can be anything: no words are weighed. */
async function askDirectly(hosts: readonly string[] | undefined): Promise<FactsRequest> {
  const request = await api.post<Request>("/machines/facts", hosts === undefined ? {} : { hosts });
  return { requestId: request.id, conversationId: null };
}

interface AskedFactsProps {
  readonly facts: FactsRequest;
  readonly onNext: () => void;
  readonly onAgain: () => void;
}

function AskedFacts({ facts, onNext, onAgain }: AskedFactsProps): ReactNode {
  const { conversationId } = facts;
  const request = useQuery({
    queryKey: requestKey(facts.requestId),
    queryFn: ({ signal }) => api.get<Request>(`/requests/${facts.requestId}`, { signal }),
  }).data;
  return (
    <div className="flex flex-col gap-4">
      <RequestView
        requestId={facts.requestId}
        phase={undefined}
        onSay={conversationId === null ? undefined : (text) => sendMessage(conversationId, text)}
      />
      <div className="flex flex-wrap gap-2">
        {request?.planId == null ? null : <GoOn planId={request.planId} onNext={onNext} />}
        <Button variant="ghost" onClick={onAgain}>
          Ask anew
        </Button>
      </div>
    </div>
  );
}

function GoOn({ planId, onNext }: { readonly planId: string; readonly onNext: () => void }): ReactNode {
  const plan = usePlan(planId).data;
  if (plan?.state !== "approved") return null;
  return <Button onClick={onNext}>Go on</Button>;
}
