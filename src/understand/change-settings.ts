import type { Intent } from "../contracts/intent.ts";
import { wordsOf } from "./words.ts";

/** A value that words give to something of the plan; `intents` are those whose unit takes it. */
export type Setting =
  | {
      readonly kind: "setting";
      readonly name: string;
      readonly value: string;
      readonly intents: readonly number[];
    }
  | { readonly kind: "unclear"; readonly why: string };

interface Known {
  readonly intents: readonly Intent[];
  readonly variables?: readonly (readonly string[])[];
}

const assigning =
  /^(?:(?:change|set|make|use|with|take|try|put|switch|move|bump|let)\s+)?(?:the\s+|its\s+|that\s+)?([a-z][\w-]*(?:\s+[a-z][\w-]*){0,2}?)(?:\s+(?:number|value))?\s*(?:=|:|\s(?:to|is|should be|be)\s)\s*("[^"]+"|'[^']+'|\S+)$/i;
/** Several words are a value only where nothing else can follow. */
const assigningWords =
  /^(?:change|set|make)\s+(?:the\s+|its\s+)?([a-z][\w-]*(?:\s+[a-z][\w-]*){0,2}?)\s+to\s+((?!.*\s(?:and|then|but|on|for|with|if|in)\s)\S+(?:\s+\S+){1,7})$/i;
const naming =
  /^(?:(?:use|with|on|at|take|try|make (?:it|that)|change (?:it|that) to|(?:run|put|have|do|deploy) (?:it|that) (?:on|at|with))\s+)?(?:the\s+)?(port|version)\s+(?:number\s+)?(-?v?\d[\w.+-]*|latest)(?:\s+instead)?$/i;
const versionAlone =
  /^(?:(?:use|take|try|with|make (?:it|that)|change (?:it|that) to|it should be)\s+)?v?(\d+(?:\.\d+){1,2}(?:[-+]\w+)*)(\s+instead)?$/i;
const numberAlone =
  /^(?:(?:use|take|try|with|make (?:it|that)|change (?:it|that) to|it should be)\s+)?(\d{1,5})(\s+instead)?$/i;
const notNames = /^(?:not|time|update|upgrade|roll ?back|it|this|that|hosts?|machines?|servers?)$/i;
/** Said for all kinds of services; which variable it is, the unit decides. */
const general = new Set(["port", "version"]);
const also: Readonly<Record<string, readonly string[]>> = { version: ["version", "tag", "release"] };

/** Reads "the port to 3002", "port = 3002", "version 9.1", "make it 9.1"; undefined for everything else. */
export function readSetting(words: string, known: Known): Setting | undefined {
  const named = naming.exec(words) ?? assigning.exec(words);
  if (named?.[1] !== undefined && named[2] !== undefined)
    return notNames.test(named[1]) ? undefined : resolve(named[1], named[2], known);
  const [, spoken, text] = assigningWords.exec(words) ?? [];
  if (spoken !== undefined && text !== undefined) {
    const setting = resolve(spoken, text, known);
    return isTaken(setting, known) && !general.has(spoken.toLowerCase()) ? setting : undefined;
  }
  const [, version, instead] = versionAlone.exec(words) ?? [];
  if (version !== undefined && (version !== words || instead !== undefined))
    return resolve("version", version, known);
  const [, number] = numberAlone.exec(words) ?? [];
  return number === undefined || number === words ? undefined : resolveNumber(number, known);
}

/** Whether something of the plan takes a value of this name. */
export function isTaken(setting: Setting, { variables = [] }: Known): boolean {
  return (
    setting.kind === "setting" &&
    (general.has(setting.name) || variables.some((names) => variablesFor(setting.name, names).length > 0))
  );
}

function resolve(said: string, given: string, known: Known): Setting {
  const value = given.replace(/^(["'])(.*)\1$/, "$2").replace(/,$/, "");
  const name = said.toLowerCase().replaceAll(/[\s-]+/g, "_");
  const fitting = (known.variables ?? []).map((names) => variablesFor(name, names));
  const intents = fitting.flatMap((names, index) => (names.length > 0 ? [index] : []));
  const plain = name === "version" ? value.replace(/^v(?=\d)/i, "") : value;
  if (name === "port" && !isPort(plain))
    return { kind: "unclear", why: `"${value}" is no port: one is a number from 1 to 65535` };
  if (general.has(name)) return { kind: "setting", name, value: plain, intents };
  const distinct = [...new Set(fitting.flat())];
  if (distinct.length > 1)
    return { kind: "unclear", why: `"${said}" may be ${distinct.join(" or ")}: say its whole name` };
  return { kind: "setting", name: distinct[0] ?? name, value: plain, intents };
}

const isPort = (value: string): boolean =>
  /^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65_535;

/** A bare number stands for the one that was said before, when there is exactly one. */
function resolveNumber(number: string, known: Known): Setting {
  const before = new Set(
    known.intents.flatMap((intent) =>
      Object.entries(intent.params).flatMap(([name, value]) => (/^\d+$/.test(value) ? [name] : [])),
    ),
  );
  const [name] = before;
  return before.size === 1 && name !== undefined
    ? resolve(name, number, known)
    : { kind: "unclear", why: `it is not said what ${number} is: say for example "port ${number}"` };
}

/** The variable of that name; else those that end with it. */
function variablesFor(name: string, variables: readonly string[]): string[] {
  const same = variables.filter((variable) => variable.toLowerCase() === name);
  if (same.length > 0) return same;
  const endings = (also[name] ?? [name]).map((ending) => wordsOf(ending));
  return variables.filter((variable) => {
    const words = wordsOf(variable);
    return endings.some((ending) => words.slice(-ending.length).join(" ") === ending.join(" "));
  });
}

const sparing =
  /^(?:(?:not|except|excluding|without|skip|leave out|omit|drop)|(?:everywhere|all|everything|on all(?: hosts)?) (?:but|except))\s+(?:on\s+|for\s+)?(.+)$/i;

/** The hosts of "not on web2", "without web2", "everywhere but db1"; none when it names anything else. */
export function leaveOutHosts(said: string, hosts: readonly string[]): string[] {
  const [, what] = sparing.exec(said) ?? [];
  // "not on web1 and on web2" spares one of them only.
  return what === undefined || /\son\s/i.test(what) ? [] : (hostsNamed(what, hosts) ?? []);
}

/** The hosts of "web1 and web2" as the inventory spells them; undefined as soon as one is not known. */
export function hostsNamed(words: string, hosts: readonly string[]): string[] | undefined {
  const found = words
    .split(/\s*(?:,|\band\b|\bor\b|&)\s*/i)
    .map((name) => name.replace(/^(?:on\s+)?(?:the\s+)?(?:host\s+|server\s+|machine\s+)?/i, "").trim())
    .filter((name) => name !== "")
    .map((name) => hosts.find((host) => host.toLowerCase() === name.toLowerCase()));
  const known = found.filter((host) => host !== undefined);
  return known.length === found.length && known.length > 0 ? known : undefined;
}

/** "on localhost" with the name that the inventory has for it. */
export function nameLocal(text: string, local: string | undefined): string {
  if (local === undefined) return text;
  return text.replace(
    /(^|\b(?:on|only|just|use|not|except|without)\s+)(?:localhost|this (?:machine|computer|host|server))\b/i,
    (_, before: string) => before + local,
  );
}
