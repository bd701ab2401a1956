import type { Unit, UnitVariable } from "../contracts/catalogue.ts";
import type { MatchedIntent } from "../contracts/intent.ts";

/** A variable bound from the words of a request, and in words where its value comes from. */
type BoundValue = {
  readonly value: string;
  readonly source: string;
  /** Where it is not from the words themselves: a value written in the repository. */
  readonly origin?: "default";
};

/** What a step gets, asks and leaves out. `index` is the intent's; `unused` are parameters without a variable, in words. */
type BoundParameters = {
  readonly index: number;
  readonly vars: Record<string, BoundValue>;
  readonly questions: string[];
  readonly unused: string[];
  /** What must not be done, as written. */
  readonly constraints: string[];
  /** Hosts that the constraints take out ("except db1"), as written. */
  readonly excludedHosts: string[];
};

/** Endings of variable names per parameter, the most telling first. */
const endings: Readonly<Record<string, readonly string[]>> = {
  port: ["port"],
  version: ["version", "tag", "release"],
  domain: ["domain", "hostname", "fqdn"],
  hostname: ["hostname", "domain", "fqdn"],
  url: ["url"],
  user: ["user", "username", "owner"],
  username: ["username", "user"],
  email: ["email", "mail"],
  password: ["password"],
  branch: ["branch"],
  timezone: ["timezone", "tz"],
  network: ["network"],
  size: ["size"],
  replicas: ["replicas"],
  database: ["database", "db", "db_name"],
};

const sourceEndings = ["source", "src", "path", "dir", "directory", "folder", "home"];
const targetEndings = ["dest", "destination", "target", "target_dir", "backup_dir", "target_path"];
const folderEndings = ["dir", "folder", "path", "home", "directory"];
/* Carried out elsewhere or said for people only: where, when, why, and what not to do. */
const notForVariables = new Set(["not", "time"]);

/**
 * Binds what a request says (port, version, paths, "its folder") to variables of the matched units. A value goes to a
 * variable only when exactly one fits; otherwise it is asked or listed as not used. `units` is the catalogue, or the units
 * that were chosen, one per intent. Pure.
 */
export function bindParameters(matched: readonly MatchedIntent[], units: readonly Unit[]): BoundParameters[] {
  const chosen = matched.map((_, index) => unitOf(matched, index, units));
  return matched.map((intent, index) => {
    const result: BoundParameters = {
      index,
      vars: {},
      questions: [],
      unused: [],
      constraints: constraintsOf(intent),
      excludedHosts: excludedHosts(intent),
    };
    const unit = chosen[index];
    if (unit === undefined) return result;
    bindSaid(intent, unit, result);
    bindOwner({ matched, chosen, index }, unit, result);
    askRequired(unit, result);
    return result;
  });
}

const constraintsOf = (intent: MatchedIntent): string[] => {
  const said = intent.params["not"];
  return said === undefined ? [] : said.split("; ");
};

/** "except web1 and db1", "but not on web2": names in a constraint that only takes something out. */
function excludedHosts(intent: MatchedIntent): string[] {
  return constraintsOf(intent).flatMap((text) => {
    const rest = /^(?:except(?: for)?|excluding|other than|apart from|but not|not)(?: on)? (.+)$/i.exec(
      text,
    )?.[1];
    if (rest === undefined) return [];
    return rest
      .split(/\s*,\s*(?:and\s+)?|\s+(?:and|or)\s+/i)
      .map((name) => name.replace(/^(?:on )?(?:the |host )?/i, "").trim())
      .filter((name) => name !== "" && !/\s/.test(name));
  });
}

/** The unit of an intent: the picked one, or, where a person has chosen, the one that stands in its place in `units`. */
function unitOf(matched: readonly MatchedIntent[], index: number, units: readonly Unit[]): Unit | undefined {
  const intent = matched[index];
  if (intent === undefined) return undefined;
  const picked =
    intent.decision === "auto" || intent.decision === "operation" ? intent.candidates[0] : undefined;
  const unit = picked === undefined ? undefined : units.find((one) => one.id === picked.id);
  if (unit !== undefined) return unit;
  const beside = units.length === matched.length ? units[index] : undefined;
  return beside !== undefined && intent.candidates.some((candidate) => candidate.id === beside.id)
    ? beside
    : undefined;
}

function bindSaid(intent: MatchedIntent, unit: Unit, result: BoundParameters): void {
  for (const [key, value] of Object.entries(intent.params)) {
    if (notForVariables.has(key) || (key === "to" && takesPortals(intent, unit))) continue;
    const said = `${sayKey(key)} ${value}`;
    const choice = choiceSaid(key, value, unit);
    if (choice !== undefined && result.vars[choice.variable] === undefined) {
      result.vars[choice.variable] = {
        value: choice.value,
        source: `"${said}" in the request; ${unit.name} declares it for "${choice.variable}".`,
      };
      continue;
    }
    const fitting = variablesFor(key, value, unit);
    const [only] = fitting;
    if (fitting.length === 1 && only !== undefined) {
      result.vars[only.name] ??= {
        value,
        source: `"${said}" in the request; "${only.name}" (${only.source}) is the only variable for it.`,
      };
    } else if (fitting.length > 1) {
      const names = fitting.map((variable) => variable.name).join(", ");
      result.questions.push(`Which variable of ${unit.name} is "${said}" meant for: ${names}?`);
    } else result.unused.push(`"${said}": ${unit.name} has no variable for it.`);
  }
}

const wordsForWays = new Set(["by", "with", "via", "using", "through", "from", "in"]);

/** "with docker", "by npm": a way that the unit declares, when these words say nothing else and only one variable has it. */
function choiceSaid(key: string, value: string, unit: Unit): Unit["choices"][number] | undefined {
  if (!wordsForWays.has(key)) return undefined;
  const fitting = unit.choices.filter((choice) => choice.value.toLowerCase() === value.toLowerCase());
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** "add our portals to Uptime Kuma": the goal is what the unit is for, not a value. */
const takesPortals = (intent: MatchedIntent, unit: Unit): boolean =>
  unit.portals !== null && intent.verb === "configure";

const sayKey = (key: string): string => (key === "path" ? "folder" : key);

/** Variables that a parameter may mean: the name itself, then by ending; the unit's own prefix decides between several. */
function variablesFor(key: string, value: string, unit: Unit): UnitVariable[] {
  const same = unit.vars.filter(
    (variable) => variable.name.toLowerCase() === key.toLowerCase().replaceAll("-", "_"),
  );
  if (same.length > 0) return same;
  const isPath = /^(?:~?\/|\.\.?\/)/.test(value);
  const wanted =
    (key === "path" || key === "from") && isPath
      ? sourceEndings
      : key === "to" && isPath
        ? targetEndings
        : endings[key];
  if (wanted === undefined) return [];
  return byEnding(unit, wanted, key === "path" || key === "from" ? targetEndings : []);
}

function byEnding(unit: Unit, wanted: readonly string[], unwanted: readonly string[]): UnitVariable[] {
  const ends = (variable: UnitVariable, ending: string): boolean => {
    const name = variable.name.toLowerCase();
    return name === ending || name.endsWith(`_${ending}`);
  };
  const open = unit.vars.filter((variable) => !unwanted.some((ending) => ends(variable, ending)));
  for (const ending of wanted) {
    const fitting = open.filter((variable) => ends(variable, ending));
    if (fitting.length > 0) return narrow(fitting, unit);
  }
  return [];
}

/** `nginx_port` before `redis_port` in a unit called nginx; required variables before those with a value. */
function narrow(fitting: UnitVariable[], unit: Unit): UnitVariable[] {
  if (fitting.length < 2) return fitting;
  const prefix = unit.name.toLowerCase().replace(/[^a-z0-9]+/g, "_");
  const own = fitting.filter((variable) => variable.name.toLowerCase().startsWith(`${prefix}_`));
  if (own.length === 1) return own;
  const required = fitting.filter((variable) => variable.required);
  return required.length === 1 ? required : fitting;
}

type Steps = { matched: readonly MatchedIntent[]; chosen: readonly (Unit | undefined)[]; index: number };

/** "back up its folder": the folder that the unit of the earlier step writes down goes to the variable that wants one. */
function bindOwner({ matched, chosen, index }: Steps, unit: Unit, result: BoundParameters): void {
  const intent = matched[index];
  const owner = intent === undefined ? undefined : ownerOf(matched, index);
  if (intent === undefined || owner === undefined || chosen[owner] === unit) return;
  const wanted = byEnding(unit, sourceEndings, targetEndings).filter(
    (variable) => result.vars[variable.name] === undefined,
  );
  const needed = wanted.filter((variable) => variable.required || isBlank(variable));
  const open = needed.length > 0 ? needed : wanted;
  const ownerUnit = chosen[owner];
  if (
    open.length === 0 ||
    !/\b(?:folder|directory|data|files?|path|volume|home|config)\b/i.test(intent.target)
  )
    return;
  const [variable] = open;
  if (open.length > 1 || variable === undefined) {
    result.questions.push(
      `Which variable of ${unit.name} is the folder: ${open.map((one) => one.name).join(", ")}?`,
    );
    return;
  }
  const folders = ownerUnit === undefined ? [] : foldersOf(ownerUnit);
  const [folder] = folders;
  const step = `step ${owner + 1}${ownerUnit === undefined ? "" : ` (${ownerUnit.name})`}`;
  if (folders.length === 1 && folder !== undefined) {
    result.vars[variable.name] = {
      value: folder.value,
      origin: "default",
      source: `The folder of ${step}: its variable "${folder.name}" (${folder.source}) is ${folder.value}.`,
    };
  } else {
    const choices = folders.map((one) => `${one.value} (${one.name})`).join(", ");
    result.questions.push(
      folders.length === 0
        ? `Which folder is meant with "${intent.target}"? ${step} names none that can be read. It goes to "${variable.name}".`
        : `Which folder is meant with "${intent.target}": ${choices}? It goes to "${variable.name}".`,
    );
  }
}

/** The earlier step whose target this one's target begins with ("status page folder" after "status page"). */
function ownerOf(matched: readonly MatchedIntent[], index: number): number | undefined {
  const target = matched[index]?.target.toLowerCase() ?? "";
  const waits = matched[index]?.after ?? [];
  return waits.findLast((earlier) => {
    const owner = matched[earlier]?.target.toLowerCase() ?? "";
    return owner !== "" && target !== owner && target.startsWith(`${owner} `);
  });
}

type Folder = { name: string; value: string; source: string };

/** Folders written plainly in a unit's variables: absolute, without Jinja. */
function foldersOf(unit: Unit): Folder[] {
  const found = unit.vars.flatMap((variable): Folder[] => {
    const value = variable.default;
    const isFolder = folderEndings.some(
      (ending) =>
        variable.name.toLowerCase().endsWith(`_${ending}`) || variable.name.toLowerCase() === ending,
    );
    if (!isFolder || typeof value !== "string" || !/^(?:\/|~\/)/.test(value) || /\{\{|\{%|\{#/.test(value))
      return [];
    return [{ name: variable.name, value, source: variable.source }];
  });
  const values = new Set(found.map((folder) => folder.value));
  return values.size === 1 ? found.slice(0, 1) : found;
}

const isBlank = (variable: UnitVariable): boolean =>
  variable.default === undefined || variable.default === null || variable.default === "";

/** A variable without any value must be answered before the step can run. */
function askRequired(unit: Unit, result: BoundParameters): void {
  const secrets = new Set(unit.secrets.map((secret) => secret.name));
  for (const variable of unit.vars) {
    const asked = result.questions.some((question) => question.includes(variable.name));
    if (!variable.required || asked || secrets.has(variable.name) || result.vars[variable.name] !== undefined)
      continue;
    result.questions.push(
      `${unit.name} needs a value for "${variable.name}" (${variable.source}). Which one?`,
    );
  }
}
