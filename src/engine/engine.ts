import type { Actor } from "../contracts/actor.ts";
import type {
  Agent,
  AvailableCapacity,
  CapacityNeeds,
  DrainAgent,
  InviteAgent,
  Invited,
} from "../contracts/agent.ts";
import type {
  AuditExportLine,
  AuditQuery,
  AuditPage,
  AuditRecord,
  AuditVerifyResult,
  Checkpoint,
  InclusionProof,
} from "../contracts/audit.ts";
import type { LearnedAlias } from "../contracts/alias.ts";
import type { MarkRun, PlaybookPage, RunLog } from "../contracts/api.ts";
import type { Unit } from "../contracts/catalogue.ts";
import type {
  AddRepository,
  CheckMachines,
  Machine,
  MachineCheck,
  RepositoryView,
  ShowFacts,
} from "../contracts/first-run.ts";
import type { Permission } from "../contracts/access.ts";
import type {
  Conversation,
  ConversationSummary,
  NewMessage,
  SentMessages,
} from "../contracts/conversation.ts";
import type { DeadLetter } from "../contracts/dead-letter.ts";
import type { LiveEvent } from "../contracts/live.ts";
import type { PlanPreview, StartPreview } from "../contracts/preview.ts";
import type { RepositoryTrust } from "../contracts/trust.ts";
import type { ApprovePlan, Plan, PlanState, PlanSummary, RevisePlan } from "../contracts/plan.ts";
import type { PlanDiff } from "../contracts/plan-diff.ts";
import type { AnswerRequest, NewDispatch, NewRequest, Request } from "../contracts/request.ts";
import type { RetryFrom } from "../contracts/retry.ts";
import type { ContinueRun, HostResult, Run, RunSummary, Task } from "../contracts/run.ts";

/** One page of a list; `next` is the cursor of the following page. */
export interface Page<T> {
  readonly items: T[];
  readonly next: string | null;
}

export interface PageOptions {
  readonly limit: number;
  readonly cursor?: string;
}

/** How the caller has proved who it is; decides which approvals it may give. */
export interface Caller {
  readonly actor: Actor;
  /** False for the command line on the server's machine until a password was typed: then only risk <= R1. */
  readonly strong: boolean;
}

/** A caller whose words decide what is done: what each of it needs is asked when it is known. */
export interface TalkingCaller extends Caller {
  /** Throws `not-allowed` when the caller lacks it. */
  readonly authorize: (permission: Permission) => void;
}

/** The use cases, as HTTP and tests call them. Every method throws `ChiffonError` for what a person can mend. */
export interface Engine {
  readonly requests: {
    create(caller: Caller, body: NewRequest): Promise<Request>;
    answer(caller: Caller, id: string, body: AnswerRequest): Promise<Request>;
    /** One unit that is named, with its inventory, hosts and values: a request with a plan of one step. */
    dispatch(caller: Caller, body: NewDispatch): Promise<Request>;
    get(id: string): Promise<Request>;
  };
  readonly conversations: {
    /** Newest activity first; `q` is looked for in titles and messages. */
    list(options: PageOptions & { readonly q?: string }): Promise<Page<ConversationSummary>>;
    create(caller: Caller): Promise<Conversation>;
    get(id: string): Promise<Conversation>;
    /** Keeps the message, then answers it: by a request when it asks for a change, else from record and catalogue. */
    send(caller: TalkingCaller, id: string, body: NewMessage): Promise<SentMessages>;
    /** Only the conversation; requests, plans, runs and records stay. */
    remove(caller: Caller, id: string): Promise<void>;
  };
  readonly plans: {
    list(options: PageOptions & { state?: PlanState }): Promise<Page<PlanSummary>>;
    /** Also finds by a unique beginning of the id (>= 4 characters); how to approve it is told for this caller. */
    get(id: string, caller?: Caller): Promise<Plan>;
    /** Compare-and-set on the hash, idempotent: approving twice gives the same run. */
    approve(caller: Caller, id: string, body: ApprovePlan): Promise<Plan>;
    reject(caller: Caller, id: string, reason: string): Promise<Plan>;
    /** The next revision, from words or values that say what should be different; or the questions that words raise. */
    revise(caller: Caller, id: string, body: RevisePlan): Promise<Request>;
    /** How it differs from `previous` (revision), `last-run` (of the same units) or another plan; reads only. */
    diff(id: string, against: string | undefined): Promise<PlanDiff>;
    /** What each step would change, as far as it is known now. */
    preview(id: string): Promise<PlanPreview>;
    /** Begins to look at steps in check mode, where Ansible may start on them before the approval. */
    startPreview(caller: Caller, id: string, body: StartPreview): Promise<PlanPreview>;
    cancelPreview(caller: Caller, id: string): Promise<PlanPreview>;
  };
  readonly runs: {
    list(options: PageOptions): Promise<Page<RunSummary>>;
    /** Also finds by a unique beginning of the id. */
    get(id: string): Promise<Run>;
    hosts(id: string): Promise<HostResult[]>;
    /** Stored output from `after` on, all attempts of the run in order. */
    log(id: string, after: number, limit: number): Promise<RunLog>;
    cancel(caller: Caller, id: string, reason: string): Promise<Run>;
    /** What runs goes on to its end, no further step begins; idempotent. */
    pause(caller: Caller, id: string, reason: string | null): Promise<Run>;
    resume(caller: Caller, id: string): Promise<Run>;
    /** A person's word for a step of unknown end. */
    mark(caller: Caller, id: string, body: MarkRun): Promise<Run>;
    /** Asks for a look at what a step of unknown end has left: a plan that only reads, to be approved like any other. */
    probe(caller: Caller, id: string, step?: number): Promise<Request>;
    /** The second approval of a step before which the run stopped: compare-and-set on the hash, idempotent. */
    continue(caller: Caller, id: string, body: ContinueRun): Promise<Run>;
    /** Asks for what takes the run back: a request with a plan of its own, to be approved like any other. */
    rollback(caller: Caller, id: string): Promise<Request>;
    /** The next revision of its plan: what of it is tried again, to be approved by itself. */
    retry(caller: Caller, id: string, from: RetryFrom): Promise<Request>;
  };
  readonly tasks: {
    get(id: string): Promise<Task>;
    /** What waits for it is skipped, the rest of its run goes on; idempotent. */
    cancel(caller: Caller, id: string, reason: string): Promise<Task>;
  };
  readonly agents: {
    list(filter: { type?: string; status?: string }): Promise<Agent[]>;
    get(id: string): Promise<Agent>;
    /** Who has so much free, by what was reported last. */
    capacity(needs: CapacityNeeds): Promise<AvailableCapacity>;
    /** A code with which one agent of this type joins from another machine. */
    invite(caller: Caller, body: InviteAgent): Promise<Invited>;
    /** It gets no new work, or gets it again; what it runs goes on. Idempotent. */
    drain(caller: Caller, id: string, body: DrainAgent): Promise<Agent>;
    /** Ends its connection at once and for good; idempotent. */
    revoke(caller: Caller, id: string, reason: string): Promise<Agent>;
  };
  readonly deadLetters: {
    /** Messages between server and agents that nobody could take, newest first. */
    list(): Promise<DeadLetter[]>;
    replay(caller: Caller, id: string): Promise<void>;
    discard(caller: Caller, id: string): Promise<void>;
  };
  readonly playbooks: {
    /** Units of all repositories and Chiffon's own operations, ranked when `q` is given. */
    list(options: PageOptions & { readonly q?: string }): Promise<PlaybookPage>;
    /** Also finds by a name that only one unit has. */
    get(id: string): Promise<Unit>;
    refresh(): Promise<void>;
  };
  readonly aliases: {
    /** What was learned about words, newest first; also what is only counted and what is out of date. */
    list(): Promise<LearnedAlias[]>;
    /** By id or a unique beginning of it: its words are asked about again. */
    remove(caller: Caller, id: string): Promise<void>;
  };
  readonly events: {
    /** Events of a topic after `after`, oldest first. */
    read(topic: string, after: number, limit: number): Promise<LiveEvent[]>;
    /** Calls back whenever the topic may have new events; a hint, not the event. */
    watch(topic: string, onHint: () => void): () => void;
  };
  readonly audit: {
    query(query: AuditQuery): Promise<AuditPage>;
    task(taskId: string): Promise<AuditRecord[]>;
    checkpoint(): Promise<Checkpoint | undefined>;
    /** That a record is in the log of the checkpoint of this size; of the newest one when missing. */
    proof(index: number, size?: number): Promise<InclusionProof>;
    /** All of the log that is sealed at this moment, a line at a time. */
    export(): AsyncIterable<AuditExportLine>;
    verify(signal: AbortSignal): Promise<AuditVerifyResult>;
  };
  readonly secrets: {
    list(): Promise<{ name: string; version: number; updatedAt: string; origin: string }[]>;
    set(caller: Caller, name: string, value: string): Promise<void>;
    remove(caller: Caller, name: string): Promise<void>;
    /** The value, once per version, recorded. */
    reveal(caller: Caller, name: string): Promise<string>;
  };
  readonly repositories: {
    list(): Promise<RepositoryView[]>;
    /** A clone may take minutes; the signal ends it. */
    add(caller: Caller, body: AddRepository, signal: AbortSignal): Promise<RepositoryView>;
    /** Only those that were added. Open plans of it become stale. */
    remove(caller: Caller, name: string): Promise<void>;
    /** The newest commit of a clone. */
    pull(caller: Caller, name: string, signal: AbortSignal): Promise<RepositoryView>;
    /** What of it would run before an approval, and whether somebody has allowed that. */
    trust(name: string): Promise<RepositoryTrust>;
    /** Compare-and-set on the hash of what was shown. */
    giveTrust(caller: Caller, name: string, hash: string): Promise<RepositoryTrust>;
    revokeTrust(caller: Caller, name: string): Promise<RepositoryTrust>;
  };
  readonly machines: {
    /** Hosts of the inventories in use; connects to nothing. */
    list(): Promise<Machine[]>;
    /** Whether they can be reached and have what playbooks need; starts nothing of Ansible. */
    check(caller: Caller, body: CheckMachines, signal: AbortSignal): Promise<MachineCheck[]>;
    /** A request for the facts of machines, with its plan, as far as it can be made without a person. */
    facts(caller: Caller, body: ShowFacts): Promise<Request>;
  };
  /** For `/readyz` and the status strip. */
  health(): Promise<{
    database: boolean;
    checkpointSize: number;
    runningTasks: number;
    agentsOnline: number;
  }>;
}
