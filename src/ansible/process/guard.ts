import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

/** How far `ansible-playbook` is held when nobody has approved what it would do. */
export interface Guard {
  /** True when a person trusts the executable part of the repository: then only the check mode is held. */
  readonly trusted: boolean;
  /** The connections that an untrusted run may use. */
  readonly connections: readonly ("ssh" | "local")[];
  /** Absolute paths that a sandbox hides: what is said about them would be wrong. */
  readonly hidden: readonly string[];
}

const script = fileURLToPath(new URL("guarded_playbook.py", import.meta.url));

/** The command that runs `ansible-playbook` under the guard. */
export function guarded(argv: readonly string[], python: string): string[] {
  return [python, script, ...argv];
}

/** What the guard is told; a value of the environment. */
export function guardSettings(guard: Guard, place: { runDir: string; snapshot: string }): string {
  return JSON.stringify({ ...guard, log: join(place.runDir, guardLog), snapshot: place.snapshot });
}

/** Name of the file in a run directory into which the guard writes what it has held back. */
export const guardLog = "guard.jsonl";

/**
 * What the guard has seen. `unchecked`: a task that wanted to run for real was held in check mode. `hidden`: a task asked about
 * something that the sandbox hides. `uncheckable`: a task whose result nobody sees (no_log) was passed over because of check
 * mode. `refused`: the repository's own code, or a lookup that runs something, was not let in.
 */
export const GuardNote = z.object({
  kind: z.enum(["unchecked", "hidden", "uncheckable", "refused"]),
  /** `file:line` of the task, absolute; null where it is about none. */
  task: z.string().max(4_500).nullable(),
  host: z.string().max(300).nullable(),
  what: z.string().max(2_000),
});
export type GuardNote = z.infer<typeof GuardNote>;

const mostNotes = 100_000;

/** The lines that can be understood. */
export function parseGuardNotes(text: string): GuardNote[] {
  return text.split("\n", mostNotes).flatMap((line) => {
    try {
      const note = GuardNote.safeParse(JSON.parse(line));
      return note.success ? [note.data] : [];
    } catch {
      return [];
    }
  });
}
