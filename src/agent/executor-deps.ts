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

export interface OpenSnapshot {
  readonly treeDir: string;
  readonly files: readonly SnapshotFile[];
}

/** The server's frozen files, as an agent gets them; every answer is compared with the approved digest. */
export interface Blobs {
  /** The files of a snapshot. @throws ChiffonError `not-found` when the server does not have it */
  list(digest: string, signal: AbortSignal): Promise<readonly SnapshotFile[]>;
  /** The content of one file, in pieces. */
  read(sha256: string, signal: AbortSignal): AsyncIterable<Uint8Array>;
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
    /** Where the tree of a snapshot lies, and what is in it. @throws ChiffonError `not-found` when it is not there */
    open(digest: string): Promise<OpenSnapshot>;
    /** Makes it whole here, from what `read` gives. @throws ChiffonError, and nothing is left of it */
    receive(wish: {
      digest: string;
      files: readonly SnapshotFile[];
      read: Blobs["read"];
      signal: AbortSignal;
    }): Promise<OpenSnapshot>;
    /** Compares the tree with its list: content, and that nothing was added. */
    verify(digest: string): Promise<{ ok: true } | { ok: false; path: string; reason: string }>;
    /** Digest of a list of files. */
    digest(files: readonly SnapshotFile[]): string;
  };
  /** Where a snapshot comes from that is not there yet. */
  readonly blobs: Blobs;
  readonly secrets: {
    /** Values in memory only, with the version that they have for this order; a secret that was removed is left out. */
    values(order: WorkRequest, refs: readonly SecretRef[]): Promise<(SecretRef & { value: string })[]>;
    /** Everything that must not appear in the output of this order. */
    redacted(order: WorkRequest): Promise<SecretRef[]>;
  };
  /** Has a supervisor ready; without it each is started when it is needed. */
  readonly supervisor?: WaitingSupervisor;
  readonly outputCapBytes: number;
  readonly onError: (error: unknown) => void;
}

export type Order = WorkRequest;
