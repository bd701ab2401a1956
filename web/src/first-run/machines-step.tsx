import { useMutation, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Machine, MachineCheck } from "../../../src/contracts/first-run.ts";
import { api } from "../api/client.ts";
import { count } from "../plan/plan-words.ts";
import { RefusalNotice } from "../plan/refusal-notice.tsx";
import { plainText } from "../run/log-text.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { Empty, Failed, Loading } from "../ui/states.tsx";
import { findingLook, machineLook, sortChecks, summariseChecks } from "./machines.ts";
import { useChecks } from "./use-checks.ts";

/** As many as the server checks at once. */
const mostAtOnce = 50;

/** Whether each machine can be reached, and what it lacks. */
export function MachinesStep({ onNext }: { readonly onNext: () => void }): ReactNode {
  const machines = useQuery({
    queryKey: ["machines"],
    queryFn: ({ signal }) => api.get<Machine[]>("/machines", { signal }),
  });
  const [checks, setChecks] = useChecks();
  const check = useMutation({
    mutationFn: (hosts: readonly string[]) => api.post<MachineCheck[]>("/machines/check", { hosts }),
    onSuccess: setChecks,
  });
  if (machines.data === undefined) {
    return machines.error === null ? (
      <Loading label="Reading the inventories" />
    ) : (
      <Failed error={machines.error} onRetry={() => void machines.refetch()} />
    );
  }
  const names = [...new Set(machines.data.map((machine) => machine.host))];
  const first = names.slice(0, mostAtOnce);
  const busyWith = check.isPending ? check.variables : [];
  if (names.length === 0)
    return (
      <Empty title="No inventory names a machine.">
        Add hosts to the inventory of your repository, or go back and take the example.
      </Empty>
    );
  return (
    <div className="flex flex-col gap-4">
      <p className="text-muted">
        Chiffon looks whether it can log in, and whether Python and sudo are there. It changes nothing.
        {names.length > mostAtOnce
          ? ` Of ${names.length} machines the first ${mostAtOnce} are looked at.`
          : ""}
      </p>
      <div className="flex flex-wrap gap-2">
        <Button
          variant={checks.length === 0 ? "primary" : "plain"}
          busy={busyWith.length > 1 || (check.isPending && first.length === 1)}
          disabled={check.isPending}
          onClick={() => check.mutate(first)}
        >
          {checks.length === 0 ? `Check ${count(first.length, "machine")}` : "Check all again"}
        </Button>
        {checks.length === 0 ? null : (
          <Button variant="primary" onClick={onNext}>
            Go on
          </Button>
        )}
      </div>
      <RefusalNotice error={check.error} />
      <p role="status">{checks.length === 0 ? "" : summariseChecks(checks)}</p>
      <ul className="flex flex-col gap-2">
        {sortChecks(checks).map((each) => (
          <CheckView
            key={`${each.repository}:${each.host}`}
            check={each}
            busy={busyWith.includes(each.host)}
            onRetry={() => check.mutate([each.host])}
          />
        ))}
      </ul>
    </div>
  );
}

interface CheckViewProps {
  readonly check: MachineCheck;
  readonly busy: boolean;
  readonly onRetry: () => void;
}

function CheckView({ check, busy, onRetry }: CheckViewProps): ReactNode {
  const { tone, icon, words } = machineLook(check.state);
  const where = check.connection === "local" ? "this machine" : `${check.address}, port ${check.port}`;
  return (
    <li className="rounded-md border border-line p-3">
      <div className="flex flex-wrap items-center gap-2">
        <span className="font-medium wrap-anywhere">{plainText(check.host)}</span>
        <Badge tone={tone} icon={icon}>
          {words}
        </Badge>
        <span className="text-sm text-muted wrap-anywhere">{plainText(where)}</span>
        {check.state === "ok" ? null : (
          <Button
            size="small"
            className="ml-auto"
            busy={busy}
            onClick={onRetry}
            aria-label={`Check again: ${plainText(check.host)}`}
          >
            Check again
          </Button>
        )}
      </div>
      <ul className="mt-1 flex flex-col gap-1 text-sm">
        {check.checks.map((finding) => {
          const look = findingLook(finding);
          return (
            <li key={finding.name} className="flex items-start gap-2">
              <Icon name={look.icon} label={look.words} className={`mt-1 ${look.colour}`} />
              <span className="min-w-0 wrap-anywhere">
                {finding.name}: {plainText(finding.message)}
                {finding.hint === null ? null : (
                  <span className="block text-muted">What to do: {plainText(finding.hint)}</span>
                )}
              </span>
            </li>
          );
        })}
      </ul>
    </li>
  );
}
