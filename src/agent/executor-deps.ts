import type { WorkRequest } from "../contracts/agent-protocol.ts";
import type { SnapshotFile } from "../contracts/plan.ts";
import type { AnsibleTools } from "../ansible/process/tools.ts";
import type { WaitingSupervisor } from "../ansible/process/waiting-supervisor.ts";
import type { Waits } from "../domain/waits.ts";
import type { Clock } from "../ports/clock.ts";
import type { OrderStore } from "./order-store.ts";
import type { ServerLink } from "./server-link.ts";

export interface SecretRef {
  readonly name: string;
  readonly version: number;
}

/** What an infra agent needs to execute orders. */
export interface ExecutorDeps {
  readonly agentId: string;
  readonly link: ServerLink;
  readonly orders: OrderStore;
  readonly clock: Clock;
  readonly waits: Waits;
  readonly waitScale: number;
  readonly newId: () => string;
  readonly sha256: (text: string) => string;
  /** The Ansible that is installed now; undefined when there is none. */
  readonly tools: () => Promise<AnsibleTools | undefined>;
  readonly verify: (bytes: Uint8Array, signature: string) => boolean;
  readonly snapshots: {
    /** Where the tree of a snapshot lies, and what is in it. Rejects when it is not there. */
    open(digest: string): Promise<{ treeDir: string; files: readonly SnapshotFile[] }>;
    /** Compares the tree with its list: content, and that nothing was added. */
    verify(digest: string): Promise<{ ok: true } | { ok: false; path: string; reason: string }>;
    /** Digest of a list of files. */
    digest(files: readonly SnapshotFile[]): string;
  };
  readonly secrets: {
    /** Values in memory only, with the version that they have now; a secret that was removed is left out. */
    values(refs: readonly SecretRef[]): Promise<(SecretRef & { value: string })[]>;
    /** Everything that must not appear in output. */
    redacted(): Promise<SecretRef[]>;
  };
  /** Has a supervisor ready; without it each is started when it is needed. */
  readonly supervisor?: WaitingSupervisor;
  readonly outputCapBytes: number;
  readonly onError: (error: unknown) => void;
}

export type Order = WorkRequest;
