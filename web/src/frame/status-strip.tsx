import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { readinessQuery } from "../api/queries.ts";
import type { ConnectionState } from "../live/create-live.ts";
import { useConnection } from "../live/live.ts";
import { Icon, type IconName } from "../ui/icon.tsx";

interface Fact {
  readonly icon: IconName;
  readonly text: string;
  readonly tone: string;
  readonly title: string;
}

const connections: Readonly<Record<ConnectionState, Fact>> = {
  live: { icon: "check", text: "Live", tone: "text-ok", title: "What happens is shown as it happens." },
  "catching-up": {
    icon: "refresh",
    text: "Catching up",
    tone: "text-muted",
    title: "Connecting; what was missed is on its way.",
  },
  polling: {
    icon: "clock",
    text: "Polling",
    tone: "text-warn",
    title: "The live connection cannot be made: this page asks every few seconds instead.",
  },
  offline: {
    icon: "warning",
    text: "Offline",
    tone: "text-bad",
    title: "The server does not answer. This page shows what it knew last and tries again.",
  },
};

/** On narrow windows the strip is out of sight: what is wrong with the connection stands above the bar. */
export function ConnectionNotice(): ReactNode {
  const state = useConnection();
  const wrong = state === "polling" || state === "offline";
  return (
    <div
      role="status"
      className="fixed inset-x-0 bottom-14 z-30 flex justify-center border-t border-line bg-surface py-1 text-sm empty:hidden md:hidden"
    >
      {wrong ? <FactLine {...connections[state]} /> : null}
    </div>
  );
}

/** Connection, database and record: what this page's words rest on. */
export function StatusStrip(): ReactNode {
  const { data, isError } = useQuery(readinessQuery);
  const database: Fact =
    isError || data === undefined
      ? { icon: "question", text: "Database not known", tone: "text-muted", title: "No answer yet." }
      : data.database
        ? { icon: "database", text: "Database works", tone: "text-muted", title: "Asked in the last 15 s." }
        : {
            icon: "warning",
            text: "Database down",
            tone: "text-bad",
            title: "The server cannot reach its database: nothing can be changed.",
          };
  return (
    <div role="group" aria-label="State of this page" className="flex flex-col gap-1 text-sm">
      <div role="status">
        <FactLine {...connections[useConnection()]} />
      </div>
      <FactLine {...database} />
      {data === undefined ? null : (
        <FactLine
          icon="record"
          text={`${data.checkpointSize.toLocaleString("en")} records sealed`}
          tone="text-muted"
          title="Records that the newest signed checkpoint of the audit log covers."
        />
      )}
    </div>
  );
}

function FactLine({ icon, text, tone, title }: Fact): ReactNode {
  return (
    <span title={title} className={`flex items-center gap-2 ${tone}`}>
      <Icon name={icon} />
      {text}
    </span>
  );
}
