import type { Progress } from "../contracts/agent-protocol.ts";
import type { HostRecap, HostStatus } from "../contracts/run.ts";
import type { AnsibleEvent } from "../ansible/process/events.ts";

const longestMessage = 4_000;

/** What one event of Ansible means for a viewer; empty for events that only Ansible needs. `redact` cleans every text. */
export function toProgress(event: AnsibleEvent, redact: (text: string) => string): Progress[] {
  const at = new Date(event.t * 1_000).toISOString();
  switch (event.ev) {
    case "play_start":
      return [{ kind: "play", name: redact(event.play) }];
    case "task_start":
      return [
        {
          kind: "ansible-task",
          key: event.task_id,
          name: redact(event.task),
          module: event.action,
          source: event.path ?? "",
          handler: event.handler,
        },
      ];
    case "host_start":
      return [{ kind: "host-started", key: event.task_id, host: event.host, at }];
    case "ok":
    case "failed":
    case "skipped":
    case "unreachable":
    case "item_ok":
    case "item_failed":
    case "item_skipped":
      return [resultOf(event, at, redact)];
    case "diff":
      return event.diffs === null
        ? []
        : [{ kind: "diff", key: event.task_id, host: event.host, text: textOfDiffs(event.diffs, redact) }];
    case "extra_host":
      return event.task_id === ""
        ? []
        : [
            {
              kind: "host-result",
              key: event.task_id,
              host: event.host,
              status: "failed",
              duration_ms: null,
              item: null,
              message: redact(event.message),
              at,
            },
          ];
    case "playbook_start":
    case "no_hosts_matched":
    case "no_hosts_remaining":
    case "retry":
    case "notify":
    case "include":
    case "stats":
      return [];
  }
}

type ResultEvent = Extract<
  AnsibleEvent,
  { ev: "ok" | "failed" | "skipped" | "unreachable" | "item_ok" | "item_failed" | "item_skipped" }
>;

function resultOf(event: ResultEvent, at: string, redact: (text: string) => string): Progress {
  const message = messageOf(event, redact);
  return {
    kind: "host-result",
    key: event.task_id,
    host: event.host,
    status: statusOf(event),
    duration_ms: event.ms,
    item: "item" in event ? redact(event.item ?? "") : null,
    message,
    at,
  };
}

function statusOf(event: ResultEvent): HostStatus {
  switch (event.ev) {
    case "ok":
    case "item_ok":
      return event.changed ? "changed" : "ok";
    case "failed":
      return event.ignored ? "ignored" : "failed";
    case "item_failed":
      return "failed";
    case "skipped":
    case "item_skipped":
      return "skipped";
    case "unreachable":
      return "unreachable";
  }
}

/** The one sentence of a result that tells most: why it failed or was skipped, or what it printed. */
function messageOf(event: ResultEvent, redact: (text: string) => string): string | null {
  const details = event.res;
  if (!details) return null;
  const wanted =
    event.ev === "skipped" || event.ev === "item_skipped"
      ? ["skip_reason", "skipped_reason", "msg"]
      : ["msg", "stderr", "stdout", "reason", "censored"];
  for (const key of wanted) {
    const value = details[key];
    if (value === undefined || value === null || value === "") continue;
    const told = typeof value === "string" ? value : JSON.stringify(value);
    const text = saysNothing.test(told) ? `${told}: ${lastLineOf(details)}`.replace(/: $/, "") : told;
    // Cut last: half of a secret at the cut would not be recognised.
    return redact(text).slice(0, longestMessage);
  }
  return null;
}

/** What Ansible says of every program that fails; why is in what the program wrote. */
const saysNothing = /^(?:non-zero return code|MODULE FAILURE)/;

function lastLineOf(details: NonNullable<ResultEvent["res"]>): string {
  const written = [details["stderr"], details["module_stderr"], details["stdout"], details["module_stdout"]];
  const lines = written.flatMap((text) =>
    typeof text === "string" ? text.trim().split("\n").slice(-1) : [],
  );
  return lines.find((line) => line.trim() !== "") ?? "";
}

/** Why a playbook failed, as far as one host's last failure tells. */
export interface Failure {
  readonly host: string;
  readonly status: "failed" | "unreachable";
  /** Of the Ansible task; empty when it is not known. */
  readonly name: string;
  readonly message: string;
}

/** Keeps the last failure of a host that a playbook tells of. */
export function createFailureWatch(): { see(progress: Progress): void; last(): Failure | null } {
  const names = new Map<string, string>();
  let last: Failure | null = null;
  return {
    see(progress) {
      if (progress.kind === "ansible-task") names.set(progress.key, progress.name);
      if (progress.kind !== "host-result" || progress.item !== null) return;
      const { host, status, key, message } = progress;
      if (status === "failed" || status === "unreachable")
        last = { host, status, name: names.get(key) ?? "", message: message ?? "" };
    },
    last: () => last,
  };
}

type Diffs = NonNullable<Extract<AnsibleEvent, { ev: "diff" }>["diffs"]>;

/** Redacted before it is compared: the signs that a comparison puts before each line would hide a secret of several lines. */
function textOfDiffs(diffs: Diffs, redact: (text: string) => string): string {
  return diffs
    .map((diff) => {
      if (diff.prepared !== undefined) return redact(diff.prepared);
      const { before = "", after = "" } = diff;
      return redact(compareLines({ ...diff, before: redact(before), after: redact(after) }));
    })
    .join("\n");
}

/** Old and new text without the lines that they share at both ends. */
function compareLines(diff: Diffs[number]): string {
  const before = (diff.before ?? "").split("\n");
  const after = (diff.after ?? "").split("\n");
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  )
    end += 1;
  return [
    `--- ${diff.before_header ?? "before"}`,
    `+++ ${diff.after_header ?? "after"}`,
    ...before.slice(start, before.length - end).map((line) => `-${line}`),
    ...after.slice(start, after.length - end).map((line) => `+${line}`),
  ].join("\n");
}

/** Ansible's final counts, when this event brings them. */
export function recapOf(event: AnsibleEvent): Record<string, HostRecap> | undefined {
  return event.ev === "stats" ? event.hosts : undefined;
}
