import type { MachineCheck, MachineFinding, MachineState } from "../../../src/contracts/first-run.ts";

interface MachineLook {
  readonly tone: "ok" | "warn" | "bad";
  readonly icon: "check" | "warning" | "question" | "cross";
  readonly words: string;
}

/** How the state of a machine is shown: a sign and words, never a colour alone. */
export function machineLook(state: MachineState): MachineLook {
  switch (state) {
    case "ok":
      return { tone: "ok", icon: "check", words: "ready" };
    case "incomplete":
      return { tone: "warn", icon: "warning", words: "something is missing" };
    case "unknown-key":
      return { tone: "warn", icon: "question", words: "new: its key is not accepted yet" };
    case "unreachable":
      return { tone: "bad", icon: "cross", words: "does not answer" };
    default:
      return state satisfies never;
  }
}

interface FindingLook {
  readonly icon: "check" | "warning" | "cross";
  readonly words: string;
  readonly colour: string;
}

export function findingLook(finding: MachineFinding): FindingLook {
  switch (finding.status) {
    case "ok":
      return { icon: "check", words: "good", colour: "text-ok" };
    case "warn":
      return { icon: "warning", words: "warning", colour: "text-warn" };
    case "fail":
      return { icon: "cross", words: "missing", colour: "text-bad" };
    default:
      return finding.status satisfies never;
  }
}

const order: readonly MachineState[] = ["unreachable", "incomplete", "unknown-key", "ok"];

/** What needs a person first; then by name. */
export function sortChecks(checks: readonly MachineCheck[]): readonly MachineCheck[] {
  return checks.toSorted(
    (a, b) => order.indexOf(a.state) - order.indexOf(b.state) || a.host.localeCompare(b.host),
  );
}

/** One line over the list. */
export function summariseChecks(checks: readonly MachineCheck[]): string {
  if (checks.length === 0) return "There is no machine in the inventory.";
  const usable = checks.filter((check) => check.state === "ok").length;
  const fresh = checks.filter((check) => check.state === "unknown-key").length;
  const first =
    usable === checks.length
      ? `${checks.length === 1 ? "The machine is" : `All ${checks.length} machines are`} ready.`
      : `${usable} of ${checks.length} ${checks.length === 1 ? "machine is" : "machines are"} ready.`;
  if (fresh === 0) return first;
  return `${first} For ${fresh === 1 ? "one that is new, Chiffon asks" : `the ${fresh} that are new, Chiffon asks`} you to accept the key when you first use ${fresh === 1 ? "it" : "them"}.`;
}

/** New results in place of the old ones of the same hosts. */
export function mergeChecks(
  old: readonly MachineCheck[],
  fresh: readonly MachineCheck[],
): readonly MachineCheck[] {
  const key = (check: MachineCheck): string => `${check.repository}\n${check.host}`;
  const again = new Set(fresh.map(key));
  return [...old.filter((check) => !again.has(key(check))), ...fresh];
}
