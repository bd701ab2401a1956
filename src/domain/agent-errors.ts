/** The error codes of the agent protocol. `retried`: nothing has begun, so the server may hand the task out again. */
export const agentErrors = {
  5001: { says: "it took too long", retried: true },
  5002: { says: "the agent is not available", retried: true },
  5003: {
    says: "a message that is no message of this protocol, or a major version that the other side does not speak",
    retried: false,
  },
  5004: { says: "the other side could not prove who it is", retried: false },
  5005: { says: "the agent has no room for it: its disk or its memory is full", retried: true },
  5006: { says: "the agent cannot do this kind of work", retried: false },
  5007: { says: "not approved, or not what was approved", retried: false },
  5008: { says: "the lease is lost: the task no longer waits for this attempt", retried: false },
  5009: { says: "the attempt is not the current one any more", retried: false },
  5010: { says: "the host is locked by other work", retried: true },
  5100: { says: "it ran and failed", retried: false },
  5101: {
    says: "what ran was killed or its machine restarted; nobody knows how far it came (outcome `unknown`)",
    retried: false,
  },
  5102: { says: "it was stopped, or told to stop before it began", retried: false },
  5103: { says: "it was stopped because its agent was away for too long", retried: false },
  5104: { says: "it could not be started; nothing ran", retried: false },
  5105: { says: "it ended, and some of its processes may still run", retried: false },
  5106: { says: "stopped before it touched a host that was not approved", retried: false },
  5107: { says: "it restarted the machine that it ran on, as it was meant to", retried: false },
} as const satisfies Record<number, { says: string; retried: boolean }>;

const retried: ReadonlySet<number> = new Set(
  Object.entries(agentErrors).flatMap(([code, error]) => (error.retried ? [Number(code)] : [])),
);

/** Whether a task whose agent reported this before its start is handed out again. */
export function isRetried(code: number): boolean {
  return retried.has(code);
}
