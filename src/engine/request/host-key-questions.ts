import type { InventoryHost } from "../../contracts/catalogue.ts";
import type { Question } from "../../contracts/request.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { listHostKeys, type OfferedKey } from "../host-keys/sql.ts";
import type { Database } from "../schema.ts";
import type { StepDraft } from "./draft.ts";
import { hostKeyQuestion } from "./questions.ts";

export interface HostKeyDeps {
  readonly db: Database;
  /** The keys that a host offers now; empty when it does not answer. */
  readonly scanHostKeys: (host: { address: string; port: number }) => Promise<OfferedKey[]>;
}

/** A question for each SSH host that has no accepted key yet. Strict afterwards: another key is an error, never a question. */
export async function findHostKeyQuestions(
  deps: HostKeyDeps,
  steps: readonly (Pick<StepDraft, "hosts"> & { readonly reached?: readonly InventoryHost[] })[],
): Promise<Question[]> {
  const hosts = new Map(
    steps
      .flatMap((step) => [...step.hosts, ...(step.reached ?? [])])
      .filter((host) => host.connection === "ssh")
      .map((host) => [`${host.address}:${host.port}`, host]),
  );
  const questions: Question[] = [];
  for (const host of hosts.values()) {
    if ((await listHostKeys(deps.db, [host])).length > 0) continue;
    const keys = await deps.scanHostKeys(host);
    if (keys.length === 0)
      throw new ChiffonError(
        "bad-input",
        `${host.name} (${host.address}, port ${host.port}) does not answer by SSH`,
        {
          hint: "check that it is on and reachable from this machine, then ask again",
        },
      );
    questions.push(hostKeyQuestion(host.name, keys));
  }
  return questions;
}
