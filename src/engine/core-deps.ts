import type { Waits } from "../domain/waits.ts";
import type { Clock } from "../ports/clock.ts";
import type { Database, Tx } from "./schema.ts";

/** What the execution core needs. */
export interface CoreDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly waits: Waits;
  /** Attempts that one agent may have at once. */
  readonly attemptsPerAgent: number;
  readonly newId: () => string;
  /** Which of the servers of this database this is: what it leaves half done is known by it. */
  readonly replica: string;
  /** Signs with the server's key; Ed25519, base64. */
  readonly sign: (bytes: Uint8Array) => string;
  /** Seals what these secrets are now to an agent's X25519 key; what opens it has to know the context. Missing ones are left out. */
  readonly sealSecrets: (
    tx: Tx,
    wish: { names: readonly string[]; sealingKey: string; context: string },
  ) => Promise<string>;
  /** 0 <= x < 1, for jitter. */
  readonly random: () => number;
  /** When this server began to listen: silence before that is its own, not an agent's. */
  readonly listeningSince: Date;
}
