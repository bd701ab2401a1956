import { listOperations } from "../../ansible/operations/operations.ts";
import type { Unit } from "../../contracts/catalogue.ts";
import type { MatchedIntent } from "../../contracts/intent.ts";
import type { NewDispatch, Question, Request } from "../../contracts/request.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { plainJson, plainText } from "../../domain/plain-text.ts";
import type { Caller } from "../engine.ts";
import { getUnit } from "../playbooks.ts";
import { answersOf, inventoryChosen } from "../request/answers.ts";
import { createRequest, type RequestDeps } from "../request/create.ts";
import { draftWithHosts } from "../request/draft-with-hosts.ts";
import { settleStep } from "../request/edit-values.ts";
import { refuseSecretValues } from "../request/revise.ts";
import { createWorld, type World } from "../request/world.ts";

/**
 * One unit, named and not asked for in words, with its inventory, hosts and values: a request with a plan of one step, to be approved
 * like any other. What cannot be is refused before anything is made; only keys of hosts and missing secrets still become questions.
 * Throws `not-found`, `conflict` for a name that several units have, `bad-input`.
 */
export async function dispatchUnit(deps: RequestDeps, caller: Caller, body: NewDispatch): Promise<Request> {
  const read = await deps.catalogues.read();
  const catalogues = read.map((each) => each.catalogue);
  const unit = getUnit(catalogues, plainText(body.unit));
  const vars = plainJson(body.vars ?? {});
  await refuseSecretValues(deps, [{ vars }]);
  const known = createWorld(read, listOperations());
  const answered = body.inventory === undefined ? [] : [inventoryOf(known, unit, body.inventory)];
  const intent = intentOf(unit, body);
  const drafted = { intents: [intent], answers: answersOf(answered), world: known };
  const { world } = await draftWithHosts(deps, caller.actor, drafted);
  const hosts = body.hosts === undefined ? {} : { hosts: body.hosts };
  const settled = settleStep({ intent, answered }, { vars, ...hosts }, world);
  return await createRequest(deps, caller, {
    text: intent.text,
    priority: body.priority,
    highValue: false,
    intents: settled.intents,
    answered: settled.answered,
  });
}

function inventoryOf(world: World, unit: Unit, path: string): Question {
  const own = world.read.filter(
    ({ repository }) => unit.kind === "operation" || repository.name === unit.repository,
  );
  const paths = own.flatMap(({ catalogue }) => catalogue.inventories.map((each) => each.path));
  if (paths.includes(path)) return inventoryChosen(0, path);
  const where = unit.kind === "operation" ? "no repository" : `the repository ${unit.repository} not`;
  throw new ChiffonError("bad-input", `"${path.slice(0, 200)}" is an inventory of ${where}`, {
    hint:
      paths.length === 0
        ? "there is none: an inventory is a file of hosts inside the repository"
        : `there is: ${[...new Set(paths)].slice(0, 12).join(", ")}`,
  });
}

function intentOf(unit: Unit, body: NewDispatch): MatchedIntent {
  const hosts = body.hosts ?? [];
  const where =
    hosts.length === 0 ? "" : ` on ${hosts.slice(0, 20).join(", ")}${hosts.length > 20 ? ", …" : ""}`;
  const what = body.service === undefined ? unit.name : `${unit.name} ${body.service}`;
  return {
    text: plainText(`Run ${what}${where}`).slice(0, 1_000),
    verb: verbOf(unit, body.verb),
    target: serviceOf(unit, body.service) ?? unit.name,
    hosts: [...hosts],
    params: {},
    after: [],
    condition: null,
    decision: unit.kind === "operation" ? "operation" : "auto",
    confidence: 1,
    method: "exact",
    candidates: [
      { id: unit.id, name: unit.name, path: unit.path, confidence: 1, evidence: "Named by a person." },
    ],
  };
}

function verbOf(unit: Unit, wanted: NewDispatch["verb"]): MatchedIntent["verb"] {
  const { verbs } = unit;
  if (wanted === undefined) return verbs[0] ?? "other";
  if (verbs.includes(wanted)) return wanted;
  throw new ChiffonError("bad-input", `${unit.name} is not made to ${wanted}`, {
    hint: verbs.length === 0 ? "leave the verb out" : `it can: ${verbs.join(", ")}`,
  });
}

function serviceOf(unit: Unit, service: string | undefined): string | undefined {
  if (service === undefined) return undefined;
  if (unit.kind === "operation" && unit.vars.some((variable) => variable.name === "chiffon_service"))
    return service;
  throw new ChiffonError("bad-input", `${unit.name} is not told which service it is about`, {
    hint: "only Chiffon's own operations on services are: restart, start, stop, status",
  });
}
