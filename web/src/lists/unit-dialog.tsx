import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Unit } from "../../../src/contracts/catalogue.ts";
import { api } from "../api/client.ts";
import { plainText } from "../run/log-text.ts";
import { Badge } from "../ui/badge.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Failed, Loading } from "../ui/states.tsx";

/** What one entry of the catalogue does, reads and needs, as far as parsing shows it. */
export function UnitDialog({
  id,
  onClose,
}: {
  readonly id: string | undefined;
  readonly onClose: () => void;
}): ReactNode {
  const query = useQuery({
    queryKey: ["playbook", id],
    queryFn: ({ signal }) => api.get<Unit>(`/playbooks/${encodeURIComponent(id ?? "")}`, { signal }),
    enabled: id !== undefined,
  });
  return (
    <Dialog
      open={id !== undefined}
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={plainText(query.data?.name ?? "Playbook")}
      wide
    >
      {query.error === null ? null : <Failed error={query.error} onRetry={() => void query.refetch()} />}
      {query.data === undefined ? query.error === null && <Loading /> : <UnitFacts unit={query.data} />}
    </Dialog>
  );
}

function UnitFacts({ unit }: { readonly unit: Unit }): ReactNode {
  return (
    <div className="flex flex-col gap-4">
      {unit.description === "" ? null : <p className="wrap-anywhere">{plainText(unit.description)}</p>}
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
        <dt className="text-muted">File</dt>
        <dd className="font-mono wrap-anywhere">{plainText(`${unit.repository} · ${unit.path}`)}</dd>
        <dt className="text-muted">Ask for it as</dt>
        <dd className="wrap-anywhere">{plainText([unit.name, ...unit.aliases].join(", "))}</dd>
        <dt className="text-muted">To</dt>
        <dd>{unit.verbs.join(", ") || "run"}</dd>
        {unit.secrets.length === 0 ? null : (
          <>
            <dt className="text-muted">Secrets</dt>
            <dd className="font-mono">{unit.secrets.map(({ name }) => name).join(", ")}</dd>
          </>
        )}
      </dl>
      <Plays unit={unit} />
      <Variables unit={unit} />
    </div>
  );
}

function Plays({ unit }: { readonly unit: Unit }): ReactNode {
  return unit.plays.map((play, index) => (
    <section key={`${index}:${play.name}`}>
      <h3 className="font-semibold wrap-anywhere">
        {plainText(play.name)} <span className="font-normal text-muted">on {plainText(play.hosts)}</span>
      </h3>
      <ol className="mt-1 list-decimal pl-6 text-sm">
        {play.ansibleTasks.map((task) => (
          <li key={`${task.source}:${task.name}`} className="wrap-anywhere">
            {plainText(task.name)} <span className="font-mono text-muted">{plainText(task.module)}</span>{" "}
            {task.dynamic ? <Badge icon="question">decided at run time</Badge> : null}
          </li>
        ))}
      </ol>
    </section>
  ));
}

function Variables({ unit }: { readonly unit: Unit }): ReactNode {
  if (unit.vars.length === 0) return null;
  return (
    <section>
      <h3 className="font-semibold">Variables</h3>
      <ul className="mt-1 flex flex-col gap-1 text-sm">
        {unit.vars.map((variable) => (
          <li key={`${variable.name}:${variable.source}`} className="wrap-anywhere">
            <span className="font-mono">{plainText(variable.name)}</span>{" "}
            {variable.required ? (
              <Badge tone="warn" icon="warning">
                has to be given
              </Badge>
            ) : null}
            {variable.default === undefined ? null : (
              <span className="font-mono text-muted"> = {plainText(JSON.stringify(variable.default))}</span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
