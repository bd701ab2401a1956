import { z } from "zod";
import {
  CreatedToken,
  Me,
  ResetCode,
  Session,
  Token,
  User,
  type LoginBody,
  type NewToken,
  type NewUser,
  type SetupBody,
} from "../contracts/access.ts";
import { Agent, AvailableCapacity, Invited, type DrainAgent, type InviteAgent } from "../contracts/agent.ts";
import { LearnedAlias } from "../contracts/alias.ts";
import {
  EventList,
  PlanPage,
  PlaybookPage,
  RevealedSecret,
  RunLog,
  RunPage,
  SecretSummary,
  StreamTicket,
  type MarkRun,
} from "../contracts/api.ts";
import { AuditPage, AuditRecord, AuditVerifyResult, InclusionProof } from "../contracts/audit.ts";
import { Unit } from "../contracts/catalogue.ts";
import { DeadLetter } from "../contracts/dead-letter.ts";
import { RepositoryView, type AddRepository } from "../contracts/first-run.ts";
import { PlanPreview, type StartPreview } from "../contracts/preview.ts";
import { RepositoryTrust } from "../contracts/trust.ts";
import type { RetryFrom } from "../contracts/retry.ts";
import { HostResult, Run, Task, type ContinueRun } from "../contracts/run.ts";
import { PlanDiff } from "../contracts/plan-diff.ts";
import { Plan, type ApprovePlan, type PlanState, type RevisePlan } from "../contracts/plan.ts";
import { Request, type AnswerRequest, type NewDispatch, type NewRequest } from "../contracts/request.ts";
import { nothing, type Client } from "./client.ts";

/** Understanding a sentence may scan host keys; hashing a repository takes its time. */
const slow = 180_000;
const verifyLimit = 1_800_000;

type Values = Readonly<Record<string, string | number | undefined>>;

/** A path whose parts and query are encoded. */
function at(parts: readonly string[], query: Values = {}): string {
  const given = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) given.set(key, String(value));
  const text = given.toString();
  return `/api/v1/${parts.map(encodeURIComponent).join("/")}${text === "" ? "" : `?${text}`}`;
}

function createCalls(client: Client) {
  return {
    get: <A extends z.ZodType>(path: string, answer: A, signal?: AbortSignal): Promise<z.output<A>> =>
      client.call({ method: "GET", path, answer }, signal),
    post: <A extends z.ZodType>(path: string, answer: A, body?: unknown): Promise<z.output<A>> =>
      client.call({ method: "POST", path, answer, body, timeoutMs: slow }),
    once: <A extends z.ZodType>(path: string, answer: A, body?: unknown): Promise<z.output<A>> =>
      client.call({ method: "POST", path, answer, body, once: true }),
    send: (path: string): Promise<null> => client.call({ method: "POST", path, answer: nothing }),
    remove: (path: string): Promise<null> => client.call({ method: "DELETE", path, answer: nothing }),
  };
}

type Calls = ReturnType<typeof createCalls>;

function planCalls({ get, post }: Calls) {
  return {
    requests: {
      create: (body: NewRequest) => post(at(["requests"]), Request, body),
      get: (id: string) => get(at(["requests", id]), Request),
      answer: (id: string, body: AnswerRequest) => post(at(["requests", id, "answer"]), Request, body),
      dispatch: (body: z.input<typeof NewDispatch>) => post(at(["dispatch"]), Request, body),
    },
    plans: {
      list: (query: { state?: PlanState; limit?: number; cursor?: string }) =>
        get(at(["plans"], query), PlanPage),
      get: (id: string) => get(at(["plans", id]), Plan),
      approve: (id: string, body: ApprovePlan) => post(at(["plans", id, "approve"]), Plan, body),
      reject: (id: string, reason: string) => post(at(["plans", id, "reject"]), Plan, { reason }),
      revise: (id: string, body: RevisePlan) => post(at(["plans", id, "revise"]), Request, body),
      diff: (id: string, against?: string) => get(at(["plans", id, "diff"], { against }), PlanDiff),
      preview: (id: string) => get(at(["plans", id, "preview"]), PlanPreview),
      startPreview: (id: string, body: StartPreview) => post(at(["plans", id, "preview"]), PlanPreview, body),
      cancelPreview: (id: string) => post(at(["plans", id, "preview", "cancel"]), PlanPreview),
    },
  };
}

function runCalls({ get, post }: Calls) {
  return {
    runs: {
      list: (query: { limit?: number; cursor?: string }) => get(at(["runs"], query), RunPage),
      get: (id: string, signal?: AbortSignal) => get(at(["runs", id]), Run, signal),
      hosts: (id: string) => get(at(["runs", id, "hosts"]), z.array(HostResult)),
      log: (id: string, after: number) => get(at(["runs", id, "log"], { after }), RunLog),
      events: (id: string, query: { after: number; limit?: number; wait?: number }, signal?: AbortSignal) =>
        get(at(["runs", id, "events"], query), EventList, signal),
      cancel: (id: string, reason?: string) =>
        post(at(["runs", id, "cancel"]), Run, reason === undefined ? {} : { reason }),
      pause: (id: string, reason?: string) =>
        post(at(["runs", id, "pause"]), Run, reason === undefined ? {} : { reason }),
      mark: (id: string, body: MarkRun) => post(at(["runs", id, "mark"]), Run, body),
      resume: (id: string) => post(at(["runs", id, "resume"]), Run),
      continue: (id: string, body: ContinueRun) => post(at(["runs", id, "continue"]), Run, body),
      retry: (id: string, from: RetryFrom) => post(at(["runs", id, "retry"]), Request, { from }),
      probe: (id: string, step?: number) =>
        post(at(["runs", id, "probe"]), Request, step === undefined ? {} : { step }),
      rollback: (id: string) => post(at(["runs", id, "rollback"]), Request),
    },
    tasks: {
      cancel: (id: string, reason?: string) =>
        post(at(["tasks", id, "cancel"]), Task, reason === undefined ? {} : { reason }),
    },
  };
}

function adminCalls({ get, post, remove }: Calls, client: Client) {
  return {
    secrets: {
      list: () => get(at(["secrets"]), z.array(SecretSummary)),
      set: (name: string, value: string) =>
        client.call({ method: "PUT", path: at(["secrets", name]), answer: nothing, body: { value } }),
      remove: (name: string) => remove(at(["secrets", name])),
      reveal: (name: string) => post(at(["secrets", name, "reveal"]), RevealedSecret),
    },
    users: {
      list: () => get(at(["users"]), z.array(User)),
      create: (body: NewUser) => post(at(["users"]), User, body),
      reset: (name: string) => post(at(["users", name, "reset"]), ResetCode),
    },
    repositories: {
      list: () => get(at(["repositories"]), z.array(RepositoryView)),
      // Once: a repeat of a clone that took too long would only begin it again.
      add: (body: AddRepository) =>
        client.call({
          method: "POST",
          path: at(["repositories"]),
          answer: RepositoryView,
          body,
          timeoutMs: slow,
          once: true,
        }),
      remove: (name: string) => remove(at(["repositories", name])),
      pull: (name: string) => post(at(["repositories", name, "pull"]), RepositoryView),
      trust: (name: string) => get(at(["repositories", name, "trust"]), RepositoryTrust),
      giveTrust: (name: string, hash: string) =>
        post(at(["repositories", name, "trust"]), RepositoryTrust, { hash }),
      revokeTrust: (name: string) =>
        client.call({ method: "DELETE", path: at(["repositories", name, "trust"]), answer: RepositoryTrust }),
    },
    tokens: {
      list: () => get(at(["tokens"]), z.array(Token)),
      create: (body: NewToken) => post(at(["tokens"]), CreatedToken, body),
      revoke: (id: string) => remove(at(["tokens", id])),
    },
  };
}

/** The routes that the commands use, typed by the contracts. */
export function createApi(client: Client) {
  const calls = createCalls(client);
  const { get, once } = calls;
  return {
    ...planCalls(calls),
    ...runCalls(calls),
    ...adminCalls(calls, client),
    findServer: () => client.findServer(),
    me: () => get(at(["me"]), Me),
    setup: (body: SetupBody) => once(at(["setup"]), Session, body),
    confirmPassword: (body: LoginBody) => once(at(["password"]), Me, body),
    streamTicket: (signal?: AbortSignal) =>
      client.call(
        { method: "POST", path: at(["stream", "ticket"]), answer: StreamTicket, once: true },
        signal,
      ),
    agents: {
      list: (type?: string) => get(at(["agents"], { type }), z.array(Agent)),
      capacity: (needs: { vramGb: number; cores: number }) =>
        get(
          at(["agents", "available-capacity"], { min_gpu_vram_gb: needs.vramGb, min_cpu_cores: needs.cores }),
          AvailableCapacity,
        ),
      invite: (body: z.input<typeof InviteAgent>) => calls.once(at(["agents", "invite"]), Invited, body),
      drain: (id: string, body: z.input<typeof DrainAgent>) =>
        calls.post(at(["agents", id, "drain"]), Agent, body),
      revoke: (id: string, reason: string) => calls.post(at(["agents", id, "revoke"]), Agent, { reason }),
    },
    deadLetters: {
      list: () => get(at(["dead-letters"]), z.array(DeadLetter)),
      replay: (id: string) => calls.send(at(["dead-letters", id, "replay"])),
      discard: (id: string) => calls.remove(at(["dead-letters", id])),
    },
    playbooks: {
      list: (query: { q?: string | undefined; limit?: number; cursor?: string }) =>
        get(at(["playbooks"], query), PlaybookPage),
      get: (id: string) => get(at(["playbooks", id]), Unit),
    },
    aliases: {
      list: () => get(at(["aliases"]), z.array(LearnedAlias)),
      remove: (id: string) => calls.remove(at(["aliases", id])),
    },
    audit: {
      query: (query: Values) => get(at(["audit", "query"], query), AuditPage),
      task: (id: string) => get(at(["audit", "tasks", id]), z.array(AuditRecord)),
      proof: (index: number, checkpoint?: number) =>
        get(at(["audit", "proof", String(index)], { checkpoint }), InclusionProof),
      export: (take: (text: string) => Promise<void>) => client.receive(at(["audit", "export"]), take),
      verify: () =>
        client.call({
          method: "POST",
          path: at(["audit", "verify"]),
          answer: AuditVerifyResult,
          timeoutMs: verifyLimit,
        }),
    },
  };
}

export type Api = ReturnType<typeof createApi>;
