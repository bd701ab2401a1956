/*
 * The words, one meaning each, in code, API, screens and documents.
 *
 * request      what the person wrote
 * intent       one wish inside a request: verb, target, hosts, parameters, condition
 * repository   a folder or git clone with the user's Ansible files; holds one or more projects
 * catalogue    everything runnable that was found in the repositories
 * unit         one catalogue entry: a playbook, or an operation of Chiffon's own
 * operation    one of Chiffon's own versioned playbooks (restart, stop, start, status, reboot, facts, ping)
 * snapshot     the content-addressed copy of the files that an approved step needs; runs work from it
 * blob         the content of a file of a snapshot, stored and fetched under its SHA-256
 * plan         ordered steps for a request; immutable; has a plan hash
 * step         one unit with inventory, limit, tags, variables, risk
 * approval     a recorded decision about one plan hash; authorises exactly one run
 * run          one execution of one approved plan
 * task         one step of a run as handed to an agent; `task_id` is its public id
 * attempt      the nth try of a task: one lease, one fence number, one `ansible-playbook` process
 * ansibleTask  Ansible's own task; never called just "task"
 * lock         what a running task holds of a host: all of it, a service on it, or reading
 * place        where a waiting task stands among those that wait for the same host, or for an agent
 * lease        an agent's exclusive, expiring right to execute one attempt
 * agent        a process that executes tasks (infra) or reports a machine's resources (desktop)
 * replica      one of the servers of a database, known by its data directory
 * heartbeat    an agent's periodic sign of life with its metrics
 * outcome      succeeded, failed, cancelled or unknown (we do not know whether it finished)
 * audit record one entry of the append-only log; checkpoint = signed size and root of that log
 */
import { z } from "zod";

/** UUID in lower case, as every id in Chiffon is. */
export const Id = z.uuid();
export type Id = z.infer<typeof Id>;

/** RFC 3339 instant in UTC, for example `2026-11-22T15:33:00.000Z`. */
export const Instant = z.iso.datetime();
export type Instant = z.infer<typeof Instant>;

/** SHA-256 in lower-case hexadecimal, 64 characters. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
export type Sha256 = z.infer<typeof Sha256>;

/** How an attempt, task or run ended. `unknown` is first class: nobody knows whether it finished. */
export const Outcome = z.enum(["succeeded", "failed", "cancelled", "unknown"]);
export type Outcome = z.infer<typeof Outcome>;

/** 1 (can wait) to 5 (most urgent). */
export const Priority = z.int().min(1).max(5);
export type Priority = z.infer<typeof Priority>;

/**
 * What else may work on the hosts of a step while it does. `service`: steps that say so as well and are about other services;
 * `read`: steps that read only, as it does itself.
 */
export const Parallel = z.enum(["service", "read"]);
export type Parallel = z.infer<typeof Parallel>;

/** Risk tier, decided by rules over the parsed unit and its arguments; texts never change it. */
export const RiskTier = z.enum(["R0", "R1", "R2", "R3", "R4"]);
export type RiskTier = z.infer<typeof RiskTier>;

/** What a person wants done to a target. */
export const Verb = z.enum([
  "deploy",
  "configure",
  "update",
  "restart",
  "stop",
  "start",
  "status",
  "remove",
  "backup",
  "restore",
  "check",
  "rollback",
  "other",
]);
export type Verb = z.infer<typeof Verb>;
