import { z } from "zod";
import { HostRecap } from "../../contracts/run.ts";

/** Longest line that is looked at, in UTF-16 units; the callback plug-in writes at most this. */
export const maxEventLine = 262_144 + 64;

const host = z.string().max(300);
const taskId = z.string().max(200);
const text = z.string().max(70_000);
const head = {
  v: z.literal(1),
  /** Counts the events of one ansible-playbook process from 1. */
  seq: z.int().min(1),
  /** Seconds since 1970 by the clock of this machine. */
  t: z.number().min(0).max(1e11),
};

/** The kept fields of a module's result; null when they were too large. Censored by Ansible under no_log. */
const details = z.record(z.string().max(100), z.json()).nullable();

const outcome = {
  ...head,
  host,
  task_id: taskId,
  changed: z.boolean(),
  /** Since this host began this task. */
  ms: z.number().nullable(),
  res: details.optional(),
};

const item = { ...outcome, item: text.nullable() };

const Diff = z.object({
  before_header: text.optional(),
  after_header: text.optional(),
  before: text.optional(),
  after: text.optional(),
  /** Some modules give only a ready text. */
  prepared: text.optional(),
});

/** What Ansible reports while it runs, as written by callback_plugins/chiffon_events.py. */
export const AnsibleEvent = z.discriminatedUnion("ev", [
  z.object({ ...head, ev: z.literal("playbook_start"), file: text.nullable() }),
  z.object({ ...head, ev: z.literal("play_start"), play: text, check: z.boolean() }),
  z.object({ ...head, ev: z.literal("no_hosts_matched") }),
  z.object({ ...head, ev: z.literal("no_hosts_remaining") }),
  z.object({
    ...head,
    ev: z.literal("task_start"),
    task: text,
    /** Of this process only; `path` is what stays the same between runs. */
    task_id: taskId,
    action: z.string().max(300),
    /** `file:line`, relative to the project. */
    path: text.nullable(),
    role: text.nullable(),
    handler: z.boolean(),
    no_log: z.boolean(),
  }),
  z.object({ ...head, ev: z.literal("host_start"), host, task_id: taskId }),
  z.object({ ...outcome, ev: z.literal("ok") }),
  z.object({ ...outcome, ev: z.literal("failed"), ignored: z.boolean() }),
  z.object({ ...outcome, ev: z.literal("skipped") }),
  z.object({ ...outcome, ev: z.literal("unreachable") }),
  z.object({ ...outcome, ev: z.literal("retry") }),
  z.object({ ...item, ev: z.literal("item_ok") }),
  z.object({ ...item, ev: z.literal("item_failed") }),
  z.object({ ...item, ev: z.literal("item_skipped") }),
  z.object({
    ...head,
    ev: z.literal("diff"),
    host,
    task_id: taskId,
    /** Null when they were too large. */
    diffs: z.array(Diff).max(100).nullable(),
  }),
  /** By chiffon_hosts.py: `extra` was not approved and would have been touched; the run ends with it. */
  z.object({
    ...head,
    ev: z.literal("extra_host"),
    host,
    task_id: taskId,
    extra: host,
    task: text,
    message: text,
  }),
  z.object({ ...head, ev: z.literal("notify"), handler: text, host }),
  z.object({ ...head, ev: z.literal("include"), file: text.nullable(), hosts: z.array(host).max(100_000) }),
  z.object({ ...head, ev: z.literal("stats"), hosts: z.record(host, z.unknown()).transform(recapsOf) }),
]);
export type AnsibleEvent = z.infer<typeof AnsibleEvent>;

/** Ansible's own words for its counts. */
const Stats = z.object({
  ok: z.int(),
  changed: z.int(),
  failures: z.int(),
  unreachable: z.int(),
  skipped: z.int(),
  rescued: z.int().default(0),
  ignored: z.int().default(0),
});

function recapsOf(hosts: Record<string, unknown>): Record<string, HostRecap> {
  return Object.fromEntries(
    Object.entries(hosts).flatMap(([name, value]) => {
      const stats = Stats.safeParse(value);
      if (!stats.success) return [];
      const { failures, ...others } = stats.data;
      return [[name, { ...others, failed: failures }] as const];
    }),
  );
}

/**
 * One line of events.jsonl. Undefined for what we do not know or do not believe: a playbook can write to that file
 * too, and a newer plug-in may say more.
 */
export function parseEvent(line: string): AnsibleEvent | undefined {
  if (line.length > maxEventLine) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  const event = AnsibleEvent.safeParse(json);
  return event.success ? event.data : undefined;
}
