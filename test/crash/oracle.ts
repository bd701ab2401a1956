import type { Run } from "../../src/contracts/run.ts";

/** What came of one job under a fault, as it has to be. */
export interface Seen {
  readonly run: Run;
  /** Marks that the playbook left. */
  readonly marks: number;
  /** What was broken: after some faults nobody can know the end. */
  readonly broke: "server" | "database" | "supervisor" | "playbook";
  readonly cancelled: boolean;
}

/** What is wrong, as `lost`, `doubled` or `wrong` with a reason; undefined when all is as it has to be. */
export function judge({ run, marks, broke, cancelled }: Seen): string | undefined {
  if (marks > 1) return `doubled: ${marks} marks of one run`;
  if (run.tasks.some((task) => task.attempts.filter((attempt) => attempt.startedAt !== null).length > 1))
    return "doubled: two attempts were started";
  switch (run.state) {
    case "succeeded":
      return marks === 1 ? undefined : "lost: it succeeded without a mark";
    case "cancelled":
      return cancelled ? undefined : "lost: it was cancelled by nobody";
    case "unknown":
      return broke === "supervisor" ? undefined : `lost: nobody knows how it ended (${run.reason ?? ""})`;
    case "failed":
      return broke === "playbook" || broke === "supervisor" ? undefined : `lost: ${run.reason ?? ""}`;
    default:
      return `lost: it is ${run.state} for ever (${run.reason ?? ""})`;
  }
}
