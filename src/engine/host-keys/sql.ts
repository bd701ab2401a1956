import type { Actor } from "../../contracts/actor.ts";
import type { Database, Tx } from "../schema.ts";

export interface Address {
  readonly address: string;
  readonly port: number;
}

/** A host key as it was offered: a known_hosts line and the fingerprint that people compare. */
export interface OfferedKey extends Address {
  readonly line: string;
  /** `ED25519 SHA256:…` */
  readonly fingerprint: string;
}

/** Accepted known_hosts lines of these addresses, in a fixed order. */
export async function listHostKeys(db: Database, addresses: readonly Address[]): Promise<string[]> {
  const lines: string[] = [];
  for (const { address, port } of addresses) {
    const rows = await db
      .selectFrom("host_key")
      .select("line")
      .where("address", "=", address)
      .where("port", "=", port)
      .execute();
    lines.push(...rows.map((row) => row.line));
  }
  return [...new Set(lines)].toSorted();
}

export async function acceptHostKeys(
  tx: Tx,
  accepted: { keys: readonly OfferedKey[]; by: Actor; at: Date },
): Promise<void> {
  for (const key of accepted.keys)
    await tx
      .insertInto("host_key")
      .values({ ...key, accepted_by: JSON.stringify(accepted.by), accepted_at: accepted.at })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
}
