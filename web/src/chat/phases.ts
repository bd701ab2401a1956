import type { Request } from "../../../src/contracts/request.ts";

/** How far the live stream said that a request is. */
export type LivePhase = "read" | "matched" | "planned" | "needs_clarification" | "failed";

export interface Phase {
  readonly name: "Understood" | "Matched" | "Planned";
  readonly state: "open" | "now" | "done" | "asks" | "failed";
  /** What came of it, when something is known. */
  readonly detail: string | undefined;
}

const names = ["Understood", "Matched", "Planned"] as const;

/** What the request itself knows wins; the stream only runs ahead of it while it is being read. */
export function phasesOf(
  request: Pick<Request, "status" | "intents" | "planId"> | undefined,
  live: LivePhase | undefined,
): readonly Phase[] {
  const reached = reachedBy(request, live);
  return names.map((name, index) => ({
    name,
    state: stateAt(index, reached),
    detail: request === undefined ? undefined : detailOf(name, request),
  }));
}

interface Reached {
  /** How many phases are behind. */
  readonly done: number;
  readonly end: "going" | "asks" | "failed" | "planned";
}

function reachedBy(
  request: Pick<Request, "status" | "intents"> | undefined,
  live: LivePhase | undefined,
): Reached {
  if (request === undefined) return liveReached(live);
  const matched = request.intents.length > 0;
  switch (request.status) {
    case "planned":
      return { done: 3, end: "planned" };
    case "needs_clarification":
      return { done: matched ? 2 : 1, end: "asks" };
    case "failed":
      return { done: matched ? 2 : 0, end: "failed" };
    case "parsing":
      return liveReached(live);
    default:
      return request.status satisfies never;
  }
}

function liveReached(live: LivePhase | undefined): Reached {
  switch (live) {
    case undefined:
      return { done: 0, end: "going" };
    case "read":
      return { done: 1, end: "going" };
    case "matched":
      return { done: 2, end: "going" };
    case "planned":
      return { done: 3, end: "planned" };
    case "needs_clarification":
      return { done: 2, end: "asks" };
    case "failed":
      return { done: 0, end: "failed" };
    default:
      return live satisfies never;
  }
}

function stateAt(index: number, { done, end }: Reached): Phase["state"] {
  if (index < done) return "done";
  if (index > done) return "open";
  switch (end) {
    case "going":
      return "now";
    case "asks":
      return "asks";
    case "failed":
      return "failed";
    case "planned":
      return "done";
    default:
      return end satisfies never;
  }
}

function detailOf(name: Phase["name"], request: Pick<Request, "intents">): string | undefined {
  const { intents } = request;
  if (intents.length === 0) return undefined;
  switch (name) {
    case "Understood":
      return intents.map((intent) => `${intent.verb} ${intent.target}`.trim()).join(", then ");
    case "Matched":
      return intents.map((intent) => intent.candidates[0]?.name ?? "nothing that fits").join(", ");
    case "Planned":
      return undefined;
    default:
      return name satisfies never;
  }
}
