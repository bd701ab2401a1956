import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import type { AuditVerifyResult, Checkpoint } from "../../../src/contracts/audit.ts";
import { ApiError } from "../api/api-error.ts";
import { api } from "../api/client.ts";
import { Button } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { Icon } from "../ui/icon.tsx";
import { Failed } from "../ui/states.tsx";
import { formatDuration, Time } from "../ui/time.tsx";

const every = 15_000;

/** The newest seal, and a check of every record against all seals. */
export function Verification(): ReactNode {
  const checkpoint = useQuery({
    queryKey: ["audit-checkpoint"],
    queryFn: async ({ signal }) => {
      try {
        return await api.get<Checkpoint>("/audit/checkpoint", { signal });
      } catch (error) {
        // Before the first record there is none.
        if (error instanceof ApiError && error.status === 404) return null;
        throw error;
      }
    },
    refetchInterval: every,
  });
  const verify = useMutation({ mutationFn: () => api.post<AuditVerifyResult>("/audit/verify") });
  return (
    <Card
      title="Is the record whole?"
      actions={
        <Button variant="primary" size="small" busy={verify.isPending} onClick={() => verify.mutate()}>
          Verify
        </Button>
      }
    >
      <p className="text-sm text-muted">
        {checkpoint.data == null ? (
          "Nothing is sealed yet."
        ) : (
          <>
            {checkpoint.data.size.toLocaleString("en")} records are sealed, the newest seal{" "}
            <Time at={checkpoint.data.at} />. Root{" "}
            <span className="font-mono" title={checkpoint.data.root}>
              {checkpoint.data.root.slice(0, 16)}…
            </span>
          </>
        )}
      </p>
      <div aria-live="polite" className="mt-2 empty:hidden">
        {verify.isPending ? <Progress records={checkpoint.data?.size ?? 0} /> : null}
        {verify.data === undefined || verify.isPending ? null : <Result result={verify.data} />}
      </div>
      {verify.error === null ? null : <Failed error={verify.error} onRetry={() => verify.mutate()} />}
    </Card>
  );
}

function Progress({ records }: { readonly records: number }): ReactNode {
  const [began] = useState(() => Date.now());
  const [now, setNow] = useState(began);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <p>
      Reading {records.toLocaleString("en")} records and every seal again
      <span aria-hidden> · {formatDuration(now - began)}</span>
    </p>
  );
}

function Result({ result }: { readonly result: AuditVerifyResult }): ReactNode {
  if (result.ok) {
    return (
      <div className="rounded-md bg-ok-soft px-3 py-2">
        <p className="flex items-center gap-2 font-medium text-ok">
          <Icon name="check" />
          Whole: {result.size.toLocaleString("en")} records fit {result.checkpoints.toLocaleString("en")}{" "}
          {result.checkpoints === 1 ? "seal" : "seals"}
        </p>
        <p className="mt-1 text-sm wrap-anywhere">
          Root <span className="font-mono">{result.root}</span>
          {result.pending > 0 ? `. ${result.pending} newer ones are covered by the next seal.` : "."}
          {result.gitCommit === undefined
            ? ""
            : ` The copy in git is the same up to record ${result.gitSize ?? result.size} (commit ${result.gitCommit.slice(0, 10)}).`}
        </p>
      </div>
    );
  }
  const { kind, message, index, last_index: last, record_id: record } = result.finding;
  return (
    <div role="alert" className="rounded-md bg-bad-soft px-3 py-2">
      <p className="flex items-center gap-2 font-medium text-bad">
        <Icon name="warning" />
        Not whole: {kind.replaceAll("-", " ")}
        {index === undefined ? "" : ` at record ${index}${last === undefined ? "" : ` to ${last}`}`}
      </p>
      <p className="mt-1 text-sm wrap-anywhere">{message}</p>
      {record === undefined ? null : <p className="mt-1 font-mono text-sm wrap-anywhere">{record}</p>}
      <p className="mt-1 text-sm">
        Compare with a seal that you keep elsewhere before you trust this log again.
      </p>
    </div>
  );
}
