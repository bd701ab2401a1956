import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { toast } from "sonner";
import type { DeadLetter } from "../../../src/contracts/dead-letter.ts";
import { describeFailure } from "../api/api-error.ts";
import { api } from "../api/client.ts";
import { useMay } from "../api/use-may.ts";
import { plainText } from "../run/log-text.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Time } from "../ui/time.tsx";

const key = ["dead-letters"];
const every = 30_000;

/** Messages between server and agents that nobody could take; nothing is shown while there is none. */
export function DeadLetters(): ReactNode {
  const { data } = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => api.get<DeadLetter[]>("/dead-letters", { signal }),
    refetchInterval: every,
  });
  if (data === undefined || data.length === 0) return null;
  return (
    <details className="rounded-lg border border-line bg-surface px-4 py-3">
      <summary className="cursor-pointer">Messages that nobody could take ({data.length})</summary>
      <p className="mt-2 text-sm text-muted">
        Each was sent again and again, or refused by its receiver. Replaying gives it to its receiver once
        more; discarding throws it away for good. Both go into the record.
      </p>
      <ul aria-label="Messages that nobody could take" className="mt-3 flex flex-col gap-3">
        {data.map((letter) => (
          <Letter key={letter.id} letter={letter} />
        ))}
      </ul>
    </details>
  );
}

function Letter({ letter }: { readonly letter: DeadLetter }): ReactNode {
  const client = useQueryClient();
  const may = useMay("admin");
  const options = {
    onSuccess: () => client.invalidateQueries({ queryKey: key }),
    onError: (error: unknown) => toast.error(describeFailure(error).message),
  };
  const replay = useMutation({
    mutationFn: () => api.post(`/dead-letters/${letter.id}/replay`, {}),
    ...options,
  });
  const discard = useMutation({ mutationFn: () => api.delete(`/dead-letters/${letter.id}`), ...options });
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t border-line pt-3">
      <div className="min-w-0 flex-1 wrap-anywhere">
        <span className="font-mono text-sm">{plainText(letter.type ?? "no message")}</span> in{" "}
        <span className="font-mono text-sm">{plainText(letter.queue)}</span>, <Time at={letter.at} />
        <p className="text-sm text-muted">{plainText(letter.problem ?? letter.reason)}</p>
        <details className="text-sm">
          <summary className="cursor-pointer text-muted">How it begins</summary>
          <pre className="mt-1 max-h-48 overflow-auto font-mono text-xs whitespace-pre-wrap wrap-anywhere">
            {plainText(letter.excerpt)}
          </pre>
        </details>
      </div>
      {letter.replayedAt === null ? null : (
        <Badge tone="info" title={`by ${plainText(letter.replayedBy ?? "somebody")}`}>
          Replayed
        </Badge>
      )}
      {may ? (
        <>
          {letter.problem === null ? (
            <Button size="small" busy={replay.isPending} onClick={() => replay.mutate()}>
              Replay
            </Button>
          ) : null}
          <Button size="small" busy={discard.isPending} onClick={() => discard.mutate()}>
            Discard
          </Button>
        </>
      ) : null}
    </li>
  );
}
