import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import type { AuditRecord } from "../../../src/contracts/audit.ts";
import { plainText } from "../run/log-text.ts";
import { Badge } from "../ui/badge.tsx";
import { Icon } from "../ui/icon.tsx";
import { Time } from "../ui/time.tsx";
import { lookOfRecord } from "./record-words.ts";

/** One record; opened, everything that was written. */
export function RecordRow({ record }: { readonly record: AuditRecord }): ReactNode {
  const [open, setOpen] = useState(false);
  const { tone, icon } = lookOfRecord(record.status);
  const panel = `record-${record.id}`;
  return (
    <li className="px-4 py-2.5">
      <div className="flex flex-col gap-x-4 gap-y-1 sm:flex-row sm:items-center">
        <button
          type="button"
          data-row
          aria-expanded={open}
          aria-controls={panel}
          onClick={() => setOpen(!open)}
          className="flex min-h-7 min-w-0 flex-1 items-center gap-2 rounded-md text-left"
        >
          <Icon name={open ? "down" : "right"} className="text-muted" />
          <span className="font-mono text-sm wrap-anywhere">{record.kind}</span>
          {record.status === null ? null : (
            <Badge tone={tone} icon={icon}>
              {record.status}
            </Badge>
          )}
        </button>
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 pl-6 text-sm text-muted sm:pl-0">
          {record.services === null || record.services.length === 0 ? null : (
            <span className="wrap-anywhere">{plainText(record.services.join(", "))}</span>
          )}
          <span className="wrap-anywhere">{plainText(record.actor.name)}</span>
          <Links record={record} />
          <span className="font-mono">{record.index === null ? "not numbered yet" : `#${record.index}`}</span>
          <Time at={record.at} />
        </p>
      </div>
      {open ? <Details id={panel} record={record} /> : null}
    </li>
  );
}

/** Large enough for a finger, also where nothing else makes the line higher. */
const target = "inline-flex min-h-6 items-center";

function Links({ record }: { readonly record: AuditRecord }): ReactNode {
  return (
    <>
      {record.plan_id === null ? null : (
        <Link to="/plans/$planId" params={{ planId: record.plan_id }} className={target}>
          plan {record.plan_id.slice(0, 8)}
        </Link>
      )}
      {record.run_id === null ? null : (
        <Link to="/runs/$runId" params={{ runId: record.run_id }} className={target}>
          run {record.run_id.slice(0, 8)}
        </Link>
      )}
    </>
  );
}

function Details({ id, record }: { readonly id: string; readonly record: AuditRecord }): ReactNode {
  const { data, ...rest } = record;
  const facts: readonly (readonly [name: string, value: string | null])[] = [
    ["Time", rest.at],
    ["Who", `${rest.actor.kind} ${rest.actor.name}${rest.actor.id === null ? "" : ` (${rest.actor.id})`}`],
    ["Record", rest.id],
    ["Request", rest.request_id],
    ["Plan", rest.plan_id],
    ["Run", rest.run_id],
    ["Task", rest.task_id],
  ];
  return (
    <div id={id} className="mt-2 ml-6 flex flex-col gap-2 border-l-2 border-line pl-4 text-sm">
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-0.5">
        {facts.map(([name, value]) =>
          value === null ? null : (
            <div key={name} className="contents">
              <dt className="text-muted">{name}</dt>
              <dd className="font-mono wrap-anywhere">{plainText(value)}</dd>
            </div>
          ),
        )}
      </dl>
      {Object.keys(data).length === 0 ? null : (
        <pre
          tabIndex={0}
          role="region"
          aria-label="Data of the record"
          className="max-h-80 overflow-auto rounded-md bg-raised p-3 font-mono text-xs whitespace-pre-wrap wrap-anywhere"
        >
          {plainText(JSON.stringify(data, null, 2))}
        </pre>
      )}
    </div>
  );
}
