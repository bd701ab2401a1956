import { Verb } from "../../contracts/vocabulary.ts";
import { addChoice } from "./choices.ts";
import { addNeeds } from "./needs.ts";
import type { HeaderFacts } from "./facts.ts";
import { orNone } from "./none.ts";
import { setParallel } from "./parallel.ts";
import { setWayBack } from "./way-back.ts";

const maxHeaderLines = 200;
const maxDescription = 500;
/* Comments for editors, linters and licences describe nothing. */
const toolComment =
  /^(!|vim:|-\*-|yamllint|ansible-lint|code:|SPDX-|Copyright|\(c\)|noqa|yaml-language-server|[-=#*~_\s]*$)/i;
const directive = /^chiffon:([a-z-]+)\s*=\s*(.*)$/;
/* Its value has equal signs of its own. */
const needsDirective = /^chiffon:needs(?:\s*=\s*|\s+|$)(.*)$/;

/** Reads the comments above the first play: `# chiffon:…=…` lines, and the first block of plain comment. */
export function readHeader(text: string): HeaderFacts {
  const header: HeaderFacts = {
    services: [],
    aliases: [],
    verbs: [],
    description: null,
    comment: null,
    secrets: [],
    portals: null,
    choices: [],
    needs: null,
    wayBack: null,
    parallel: null,
    problems: [],
  };
  const block: string[] = [];
  let blockDone = false;
  let at = 0;
  for (let number = 1; number <= maxHeaderLines && at <= text.length; number += 1) {
    const end = text.indexOf("\n", at);
    const line = text.slice(at, end === -1 ? undefined : end).trim();
    at = end === -1 ? text.length + 1 : end + 1;
    if (line !== "" && !line.startsWith("#") && !line.startsWith("---") && !line.startsWith("%")) break;
    const comment = line.replace(/^#+/, "").trim();
    const needs = needsDirective.exec(comment);
    const found = needs === null ? directive.exec(comment) : null;
    if (needs !== null) addNeeds(header, { value: (needs[1] ?? "").trim(), line: number });
    else if (found !== null) {
      applyDirective(header, { name: found[1] ?? "", value: (found[2] ?? "").trim(), line: number });
    } else if (line.startsWith("#") && !toolComment.test(comment) && !comment.startsWith("chiffon:")) {
      if (!blockDone) block.push(comment);
    } else if (block.length > 0) {
      blockDone = true;
    }
  }
  if (block.length > 0) header.comment = block.join(" ").slice(0, maxDescription);
  return {
    ...header,
    services: orNone(header.services),
    aliases: orNone(header.aliases),
    verbs: orNone(header.verbs),
    secrets: orNone(header.secrets),
    choices: orNone(header.choices),
    problems: orNone(header.problems),
  };
}

function applyDirective(header: HeaderFacts, found: { name: string; value: string; line: number }): void {
  switch (found.name) {
    case "service":
      header.services.push(...listOf(found.value));
      return;
    case "alias":
      header.aliases.push(...listOf(found.value));
      return;
    case "description":
      header.description = found.value.slice(0, maxDescription);
      return;
    case "verbs":
      addVerbs(header, found);
      return;
    case "secret":
      addSecret(header, found);
      return;
    case "portals":
      setPortals(header, found);
      return;
    case "choice":
      addChoice(header, found);
      return;
    case "way-back":
      setWayBack(header, found);
      return;
    case "parallel":
      setParallel(header, found);
      return;
    // Paths that the playbook's own text does not name: closure/mentions.ts reads them where they stand.
    case "files":
      return;
    default:
      header.problems.push({
        line: found.line,
        message: `"chiffon:${found.name}" is not known. Known are service, description, alias, verbs, secret, portals, choice, needs, way-back, parallel and files.`,
      });
  }
}

function listOf(value: string): string[] {
  return value
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function addVerbs(header: HeaderFacts, found: { value: string; line: number }): void {
  for (const item of listOf(found.value)) {
    const verb = Verb.safeParse(item.toLowerCase());
    if (verb.success) header.verbs.push(verb.data);
    else {
      const known = Verb.options.join(", ");
      header.problems.push({ line: found.line, message: `"${item}" is not a verb. Known are ${known}.` });
    }
  }
}

function addSecret(header: HeaderFacts, found: { value: string; line: number }): void {
  const parts = /^([A-Za-z_][A-Za-z0-9_]{0,63})(?:\s+generate=(\d{1,3}))?$/.exec(found.value);
  const generate = parts?.[2] === undefined ? null : Number(parts[2]);
  if (parts?.[1] === undefined || (generate !== null && (generate < 8 || generate > 128))) {
    const wanted = "chiffon:secret=NAME or chiffon:secret=NAME generate=24, with 8 to 128 characters";
    header.problems.push({ line: found.line, message: `The secret cannot be read. Write ${wanted}.` });
    return;
  }
  header.secrets.push({ name: parts[1], generate });
}

function setPortals(header: HeaderFacts, found: { value: string; line: number }): void {
  if (!/^[A-Za-z_]\w{0,99}$/.test(found.value)) {
    const wanted = "chiffon:portals=NAME, the variable that wants the list of portals";
    header.problems.push({ line: found.line, message: `The variable cannot be read. Write ${wanted}.` });
  } else if (header.portals !== null && header.portals !== found.value) {
    const message = `The portals go to "${header.portals}" already; only one variable can have them.`;
    header.problems.push({ line: found.line, message });
  } else header.portals = found.value;
}
