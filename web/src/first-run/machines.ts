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
    case "changed-key":
      return { tone: "bad", icon: "warning", words: "shows another key than before" };
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
      return { icon: "cross", words: "problem", colour: "text-bad" };
    default:
      return finding.status satisfies never;
  }
}

const order: readonly MachineState[] = ["changed-key", "unreachable", "incomplete", "unknown-key", "ok"];

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
  const changed = checks.filter((check) => check.state === "changed-key").length;
  const warned =
    changed === 0
      ? first
      : `${first} ${changed === 1 ? "One shows" : `${changed} show`} another key than before: look at that first.`;
  if (fresh === 0) return warned;
  return `${warned} For ${fresh === 1 ? "one that is new, Chiffon asks" : `the ${fresh} that are new, Chiffon asks`} you to accept the key when you first use ${fresh === 1 ? "it" : "them"}.`;
}

/** The hosts that a run can begin with; undefined while nothing is known against any of them. */
export function chooseReachable(checks: readonly MachineCheck[]): readonly string[] | undefined {
  const usable = checks.filter(({ state }) => state !== "unreachable" && state !== "changed-key");
  return usable.length === checks.length ? undefined : usable.map((check) => check.host);
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
