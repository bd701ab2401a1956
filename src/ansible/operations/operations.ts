import { fileURLToPath } from "node:url";
import type { Unit } from "../../contracts/catalogue.ts";
import type { Verb } from "../../contracts/vocabulary.ts";
import { createDocs } from "../catalogue/docs.ts";
import { createDiskStore } from "../catalogue/file-store.ts";
import { restartsOfPlay, type Restart } from "../catalogue/restarts.ts";
import { isPlaybookFile, makeUnits } from "../catalogue/units.ts";

/** Folder with Chiffon's own playbooks; the `playbook` of an operation is relative to it. */
export const operationsRoot = fileURLToPath(new URL("playbooks", import.meta.url));

const operations: { name: string; verbs: Verb[]; aliases: string[]; service: boolean }[] = [
  { name: "restart", verbs: ["restart"], aliases: ["restart service", "reload"], service: true },
  { name: "stop", verbs: ["stop"], aliases: ["stop service"], service: true },
  { name: "start", verbs: ["start"], aliases: ["start service"], service: true },
  { name: "status", verbs: ["status"], aliases: ["service status"], service: true },
  { name: "reboot", verbs: ["restart"], aliases: ["reboot host", "restart host"], service: false },
  {
    name: "facts",
    verbs: ["status", "check"],
    aliases: ["host facts", "system information"],
    service: false,
  },
  { name: "ping", verbs: ["check"], aliases: ["reachability", "connection test"], service: false },
];

let listed: Unit[] | undefined;

/** The tasks of an operation that restart a machine; `file` is relative to {@link operationsRoot}. */
export function listOperationRestarts(name: string): Restart[] {
  const { facts, path } = findFile(name);
  return facts.plays.flatMap((play) => (play.kind === "play" ? restartsOfPlay(play, path) : []));
}

function findFile(name: string) {
  const file = createDiskStore(operationsRoot).find(`${name}.yml`);
  if (!isPlaybookFile(file)) throw new Error(`Chiffon's own playbook ${name}.yml is damaged or missing.`);
  return file;
}

/** Chiffon's own playbooks as units. Those about a service need the variable `chiffon_service`. */
export function listOperations(): Unit[] {
  listed ??= operations.map(readOperation);
  return listed;
}

function readOperation(operation: (typeof operations)[number]): Unit {
  const store = createDiskStore(operationsRoot);
  const file = findFile(operation.name);
  const project = { folder: "", rolesPaths: [], inventories: [], requirements: [] };
  const docs = createDocs(new Map(), store);
  const [unit] = makeUnits(file, { repository: "operation", store, project, docs, report: () => {} });
  if (unit === undefined) throw new Error(`Chiffon's own playbook ${operation.name}.yml has no unit.`);
  const needed = { name: "chiffon_service", required: true, source: `${unit.path}:1` };
  const vars = unit.vars.filter((variable) => variable.name !== needed.name && !isInner(variable.name));
  return {
    ...unit,
    id: `operation:${operation.name}`,
    kind: "operation",
    aliases: operation.aliases,
    verbs: operation.verbs,
    vars: operation.service ? [needed, ...vars] : vars,
    minor: false,
  };
}

/* Put together from other variables inside the playbook; nobody is to set it. */
function isInner(name: string): boolean {
  return name === "chiffon_supervisor_options" || name === "chiffon_is_here";
}
