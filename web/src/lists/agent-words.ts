import type { Agent, Invited } from "../../../src/contracts/agent.ts";

/** Kinds of agents that a person can invite, and what each does. */
export const agentKinds: ReadonlyMap<string, string> = new Map([
  ["infra", "Runs playbooks"],
  ["desktop", "Reports a machine's resources"],
]);

/** The command that makes another machine an agent of the server at `origin`. */
export function joinCommand(
  origin: string,
  { type, serverKey }: Pick<Invited, "type" | "serverKey">,
): string {
  return `chiffon agent --join ${origin} --server-key ${serverKey}${type === "infra" ? "" : ` --type ${type}`}`;
}

/** Labels as they are typed: apart by spaces or commas. */
export function readLabels(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter((label) => label !== ""))];
}

/** Where an agent is: part of the server, or joined from an address. */
export function whereIs({ joined }: Pick<Agent, "joined">): string {
  if (joined === null) return "part of the server";
  return joined.address === null ? "another machine" : `another machine, last from ${joined.address}`;
}
