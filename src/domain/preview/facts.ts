/** What reading tells about one ansibleTask; see ansible/preview/check-facts.ts. */
export interface TaskChecks {
  /** `file:line`. */
  readonly source: string;
  readonly module: string;
  readonly opaque: string | null;
  /** Its module says that check mode tells only a part. */
  readonly partial: boolean;
  readonly unchecked: boolean;
  readonly register: string | null;
  readonly sets: readonly string[];
  readonly probes: boolean;
  /** Names that it reads, with those of whatever brings it in. */
  readonly reads: readonly string[];
  /** Of these names those that decide whether it runs at all. */
  readonly asks: readonly string[];
  /** Whether it ends the play early, for the host or for all: nothing of the play comes after. */
  readonly ends: "host" | "all" | null;
  /** Sources of the handlers that it may notify, itself or by the tasks that it brings in. */
  readonly notifies: readonly string[];
}

/** A handler of the playbook or of one of its roles. */
export interface HandlerFacts {
  /** `file:line`. */
  readonly source: string;
  /** As Ansible shows it. */
  readonly name: string;
  readonly module: string;
}

/** What reading tells about all of a step. */
export interface StepChecks {
  readonly tasks: ReadonlyMap<string, TaskChecks>;
  /** In the order in which they are written. */
  readonly handlers: readonly HandlerFacts[];
  /** Variables by the names that their values read. */
  readonly variables: ReadonlyMap<string, readonly string[]>;
}

export type SeenStatus = "ok" | "changed" | "failed" | "ignored" | "skipped" | "unreachable";

/** How one task ended on one host in check mode. */
export interface SeenResult {
  readonly host: string;
  readonly status: SeenStatus;
  /** Why it failed or was skipped. */
  readonly message: string | null;
  /** It was skipped only because of check mode. */
  readonly uncheckable: boolean;
}

/** One task of the run in check mode, in the order in which it began. */
export interface SeenTask {
  readonly name: string;
  readonly module: string;
  readonly source: string;
  readonly handler: boolean;
  /** Number of its play in the order of the run; each batch of hosts counts. */
  readonly play: number;
  readonly results: readonly SeenResult[];
  readonly diffs: readonly { readonly host: string; readonly text: string }[];
}

/** What the guard noted about a task: the sandbox hides what it asks about. */
export interface HiddenNote {
  readonly source: string;
  readonly host: string;
  readonly what: string;
}

/** A run in check mode, as far as it came. */
export interface SeenRun {
  readonly tasks: readonly SeenTask[];
  readonly hidden: readonly HiddenNote[];
  /** Null when it came to its end by itself. */
  readonly stopped: Stop | null;
}

/** Why a run in check mode ended early. `failed`: a task could not be done on a host. `time`: it took too long. */
export interface Stop {
  readonly kind: "failed" | "time" | "other";
  readonly why: string;
}
