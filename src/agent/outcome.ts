import type { WorkResult } from "../contracts/agent-protocol.ts";
import type { AgentError } from "../contracts/run.ts";
import type { Outcome } from "../contracts/vocabulary.ts";
import type { AttemptResult } from "../ansible/process/attempt-result.ts";
import type { RemoteSweep } from "../ansible/process/remote-sweep.ts";
import type { Failure } from "./progress.ts";

type Ending = Pick<WorkResult, "outcome" | "exit_code" | "error" | "resources_used">;

/** What the supervisor's result means. @param failure the last that failed on a host, as far as one was told */
export function endingOf(result: AttemptResult, failure: Failure | null = null): Ending {
  const { outcome, error } = judge(result, failure);
  return {
    outcome,
    exit_code: result.exitCode,
    error: withRemote(withLeftovers(error, result.leftoversAlive), result.remote),
    resources_used: {
      cpu_time_ms: Math.round(result.cpuMs),
      wall_ms: Math.round(result.wallMs),
      memory_peak_mb: Math.round(result.memoryPeakKb / 102.4) / 10,
      gpu_vram_mb: null,
      bytes_out: result.outputBytes,
    },
  };
}

/**
 * The supervisor is gone without a word: nobody knows how far the playbook came.
 * @param killed processes of it on this machine @param remote what was found on other hosts
 */
export function lostEnding(killed: number, remote: RemoteSweep | null = null): Ending {
  const swept = killed > 0 ? ` ${killed} of its processes were still running and have been stopped.` : "";
  return {
    outcome: "unknown",
    exit_code: null,
    error: {
      code: 5101,
      message: `the supervisor of the playbook was killed, or the machine restarted.${swept}${sentence(remote)} Look at the hosts before you run it again.`,
    },
    resources_used: {
      cpu_time_ms: null,
      wall_ms: null,
      memory_peak_mb: null,
      gpu_vram_mb: null,
      bytes_out: null,
    },
  };
}

/** Nothing ran, and the server may hand it out again. @param folder of the agent, which has no room for the order or its run */
export function fullDisk(folder: string): AgentError {
  return {
    code: 5005,
    message: `nothing ran: the disk that holds ${folder} is full. Free some space there and run it again`,
  };
}

/** It restarted the machine that Ansible runs on, as it was meant to, and was cut off by that. */
export function restartedEnding(): Ending {
  const message = "the machine restarted, as it was meant to";
  return { ...lostEnding(0), outcome: "succeeded", error: { code: 5107, message } };
}

function judge(
  result: AttemptResult,
  failure: Failure | null,
): { outcome: Outcome; error: AgentError | null } {
  if (result.extraHost !== null)
    return {
      outcome: "failed",
      error: {
        code: 5106,
        message: `stopped: ${result.extraHost.message}. Nothing was done on it; what ran before it stays`,
      },
    };
  switch (result.reason) {
    case "exited":
      return result.exitCode === 0
        ? { outcome: "succeeded", error: null }
        : { outcome: "failed", error: { code: 5100, message: explainExit(result, failure) } };
    case "cancelled":
      return {
        outcome: "cancelled",
        error: { code: 5102, message: `stopped: ${result.cancelReason ?? "cancelled"}` },
      };
    case "terminated":
      return {
        outcome: "cancelled",
        error: {
          code: 5102,
          message: "stopped: its supervisor was told to end by this machine or by somebody on it",
        },
      };
    case "timeout":
      return {
        outcome: "failed",
        error: { code: 5001, message: "it took longer than its time limit and was stopped" },
      };
    case "orphaned":
      return {
        outcome: "failed",
        error: { code: 5103, message: "it was stopped because its agent was away for too long" },
      };
    case "refused":
      return {
        outcome: "failed",
        error: {
          code: 5007,
          message: result.refused?.message ?? "an input differs from what was approved; nothing ran",
        },
      };
    case "spawn-failed":
      return {
        outcome: "failed",
        error: {
          code: 5104,
          message: result.refused?.message ?? "Ansible could not be started; nothing ran",
        },
      };
  }
}

const longestCause = 300;

function explainExit(result: AttemptResult, failure: Failure | null): string {
  const [line = ""] = (failure?.message ?? "").split("\n");
  const why = line === "" ? "" : `: ${line.slice(0, longestCause)}`;
  switch (result.exitCode) {
    case 2:
      if (failure?.status !== "failed") return "a task failed on at least one host";
      return `${failure.name === "" ? "a task" : `"${failure.name}"`} failed on ${failure.host}${why}`;
    case 4:
      return failure?.status === "unreachable"
        ? `${failure.host} was unreachable${why}`
        : "at least one host was unreachable";
    case null:
      return `Ansible was killed by signal ${result.signal ?? "?"}`;
    default:
      return `Ansible ended with exit code ${result.exitCode}; its output says why`;
  }
}

function withLeftovers(error: AgentError | null, alive: number): AgentError | null {
  if (alive === 0) return error;
  const text = `${alive} of its processes could not be stopped and may still run`;
  return error ? { ...error, message: `${error.message}; ${text}` } : { code: 5105, message: text };
}

function withRemote(error: AgentError | null, remote: RemoteSweep | null): AgentError | null {
  const text = describeRemote(remote);
  if (text === "") return error;
  return error ? { ...error, message: `${error.message}; ${text}` } : { code: 5105, message: text };
}

/** More than this nobody reads in one sentence. */
const mostNamed = 10;

/** What is known of other hosts, for a person; empty when there is nothing to say. */
function describeRemote(remote: RemoteSweep | null): string {
  if (remote === null) return "";
  const stopped = remote.stopped.map(({ host, count }) => `${count} on ${host}`);
  const unsure = remote.unsure.map(({ host, why }) => `${host} (${why})`);
  return [
    ...(stopped.length === 0
      ? []
      : [`processes of it still ran on other hosts and were stopped: ${listed(stopped)}`]),
    ...(unsure.length === 0 ? [] : [`it may still run on ${listed(unsure, remote.more)}`]),
  ].join("; ");
}

function listed(texts: readonly string[], more = 0): string {
  const others = more + Math.max(0, texts.length - mostNamed);
  const last = others === 0 ? [] : [`${others} more`];
  return [...texts.slice(0, mostNamed), ...last].join(", ");
}

function sentence(remote: RemoteSweep | null): string {
  const text = describeRemote(remote);
  return text === "" ? "" : ` ${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
