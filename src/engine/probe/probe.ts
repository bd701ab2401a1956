import type { MatchedIntent } from "../../contracts/intent.ts";
import type { PlanStep } from "../../contracts/plan.ts";
import type { Request } from "../../contracts/request.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { recordAudit } from "../audit/record.ts";
import type { Caller } from "../engine.ts";
import { getPlanRow, resolveId } from "../plan/sql.ts";
import { note } from "../request/answers.ts";
import { createRequest, type RequestDeps } from "../request/create.ts";
import { getRun } from "../run/view-sql.ts";

/** More looks than this in one plan are no help to a person. */
const mostLooks = 24;

/**
 * Asks for a look at what a step of unknown end has left: the facts of its hosts, and how its services are. Only Chiffon's own
 * operations that change nothing; a request and a plan like any other, and the person who has read the answers says how the step
 * ended (`markRun`). Throws `not-found`, `conflict` when the end of every step is known.
 * @param given.step the index of one step; all of unknown end when missing
 */
export async function probeRun(
  deps: RequestDeps,
  caller: Caller,
  given: { id: string; step?: number | undefined },
): Promise<Request> {
  const run = await getRun(deps.db, await resolveId(deps.db, "run", given.id));
  const short = run.id.slice(0, 8);
  const lost = run.tasks.filter(
    (task) => task.state === "unknown" && (given.step === undefined || task.step === given.step),
  );
  if (run.purpose === "preview" || lost.length === 0)
    throw new ChiffonError("conflict", `${whatOf(given.step)} of run ${short} has an unknown end`, {
      hint: `how its steps ended: chiffon run show ${short}`,
    });
  const { document } = await getPlanRow(deps.db, run.planId);
  const steps = document.steps.filter((step) => lost.some((task) => task.step === step.index));
  const looks = looksAt(steps).slice(0, mostLooks);
  const request = await createRequest(deps, caller, {
    text: `Look at what step ${steps.map((step) => step.index + 1).join(", ")} of run ${short} left: ${run.requestText}`.slice(
      0,
      10_000,
    ),
    priority: 4,
    highValue: false,
    intents: looks,
    answered: steps.map((step, index) => note(index, wordsAfter(short, step))),
  });
  await deps.db.transaction().execute((tx) =>
    recordAudit(tx, {
      at: deps.clock.now(),
      kind: "run.probe-asked",
      actor: caller.actor,
      requestId: request.id,
      planId: run.planId,
      runId: run.id,
      services: [...new Set(steps.flatMap((step) => step.services))],
      status: "asked",
      data: { plan_hash: run.planHash, steps: steps.map((step) => step.index) },
    }),
  );
  return request;
}

const whatOf = (step: number | undefined): string =>
  step === undefined ? "no step" : `not step ${step + 1}`;

const wordsAfter = (run: string, { index, unit }: PlanStep): string =>
  `looks at what step ${index + 1} (${unit.name}) of run ${run} left. When you have read it, say how that step ended: chiffon run mark ${run} --step ${index + 1} --as succeeded or failed --reason TEXT`;

/** The facts of all hosts in one look, then each service where it was worked on. */
function looksAt(steps: readonly PlanStep[]): MatchedIntent[] {
  const hosts = [...new Set(steps.flatMap((step) => step.hosts))];
  const services = new Map<string, Set<string>>();
  for (const step of steps)
    for (const service of step.services.filter(isUsable))
      services.set(service, new Set([...(services.get(service) ?? []), ...step.hosts]));
  return [
    look({ operation: "facts", target: "facts", hosts, text: `Show the facts of ${hosts.join(", ")}` }),
    ...[...services].map(([service, on]) =>
      look({
        operation: "status",
        target: service,
        hosts: [...on],
        text: `Show the status of ${service} on ${[...on].join(", ")}`,
      }),
    ),
  ];
}

/** As the operation takes it: other names are no service manager's. */
const isUsable = (service: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9_.:@-]*$/.test(service);

function look(of: {
  operation: "facts" | "status";
  target: string;
  hosts: string[];
  text: string;
}): MatchedIntent {
  const { operation, target, hosts, text } = of;
  return {
    text: text.slice(0, 1_000),
    verb: "status",
    target,
    hosts,
    params: {},
    after: [],
    condition: null,
    decision: "operation",
    confidence: 1,
    method: "exact",
    candidates: [
      {
        id: `operation:${operation}`,
        name: operation,
        path: `${operation}.yml`,
        confidence: 1,
        evidence: `Chiffon's own operation "${operation}" reads and changes nothing.`,
      },
    ],
  };
}
