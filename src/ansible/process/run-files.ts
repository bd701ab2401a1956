import { join } from "node:path";

/** Names inside a run directory. Those that supervision.py uses are written there again. */
export const runFiles = {
  job: "job.json",
  supervisor: "supervisor.json",
  result: "result.json",
  output: "output.log",
  events: "events.jsonl",
  /** Blanks, and on a full disk the event with the counts of all hosts in their place. */
  lastEvent: "events.last",
  control: "control.sock",
  configuration: "ansible.cfg",
  variables: "vars.json",
  knownHosts: "known_hosts",
  /** What may be touched, for callback_plugins/chiffon_hosts.py; its name beside it for what would have been. */
  hosts: "hosts.json",
  extraHost: "extra-host.json",
  /** How hosts were reached, by chiffon_hosts.py for remote_sweep.py. */
  ways: "ways",
  secrets: "secrets.fifo",
  scratch: "tmp",
  connections: "cp",
  /** What Python itself had to say; empty unless the supervisor has a fault. */
  supervisorLog: "supervisor.log",
} as const;

/** ssh puts `/<10 characters>.<16 characters>` behind the folder; the path of a socket ends at 107 bytes. */
const longestConnections = 78;

/**
 * Folder for the connections that ssh keeps open during one attempt: inside the run directory, or a short one when
 * its path is too long for a socket. The attempt's id is part of it, so that such a process can be recognised.
 */
export function connectionsFolder(runDir: string, attemptId: string): string {
  const inside = join(runDir, runFiles.connections, connectionsMark(attemptId));
  return Buffer.byteLength(inside) <= longestConnections ? inside : join("/tmp", connectionsMark(attemptId));
}

/** Part of the command line of an ssh process that keeps a connection open for this attempt. */
export function connectionsMark(attemptId: string): string {
  return `chf-${attemptId.replaceAll("-", "").slice(0, 20)}`;
}
