import type { Encrypted, Unit, UnitVariable } from "../../contracts/catalogue.ts";
import { isVaultText } from "../yaml/vaulted.ts";
import type { ReadFile } from "./file-store.ts";
import { roleFile } from "./roles.ts";
import { findVarsFile, groupVarsFiles, type VariableSources } from "./variables.ts";

const maxEncrypted = 100;

/** What a unit reads that needs a vault password: its vaulted variables, and files that are encrypted as a whole. */
export function encryptedOf(
  sources: VariableSources,
  vars: readonly UnitVariable[],
): Pick<Unit, "encrypted"> | Record<never, never> {
  const found = [...filesOf(sources).flatMap(inFile), ...vars.flatMap(ofVariable)];
  const once = new Map(found.map((each) => [`${each.path}:${each.line}:${each.name}`, each]));
  return once.size === 0 ? {} : { encrypted: [...once.values()].slice(0, maxEncrypted) };
}

/** The variable's name and place, where it is vaulted. */
export function ofVariable({ name, source, encrypted }: UnitVariable): Encrypted[] {
  if (encrypted !== true) return [];
  const colon = source.lastIndexOf(":");
  return [{ name, path: source.slice(0, colon), line: Number(source.slice(colon + 1)) }];
}

interface Found {
  readonly file: ReadFile;
  /** Its variables are not among those of the unit, so what is vaulted inside counts too. */
  readonly inside: boolean;
}

/* Ansible opens these whenever the unit runs. */
function filesOf(sources: VariableSources): Found[] {
  const { store, plays, roles } = sources;
  const named = plays.flatMap(({ file, play }) =>
    play.varsFiles.map((path) => findVarsFile(store, file, path)),
  );
  const shared = [...groupVarsFiles(sources), ...named].map((file) => ({ file, inside: false }));
  const own = roles.flatMap((role) => [
    { file: roleFile(store, role, { part: "defaults", from: "main" }), inside: false },
    { file: roleFile(store, role, { part: "vars", from: "main" }), inside: true },
  ]);
  return [...shared, ...own].flatMap(({ file, inside }) => (file === undefined ? [] : [{ file, inside }]));
}

function inFile({ file, inside }: Found): Encrypted[] {
  const { path, facts, text } = file;
  if (facts.kind === "vaulted") return [{ name: null, path, line: null }];
  if (facts.kind === "variables") {
    return inside ? facts.variables.flatMap(ofVariable) : [];
  }
  // Of a file without ending only the text is known.
  return text !== null && isVaultText(text) ? [{ name: null, path, line: null }] : [];
}
