import type { Readable, Writable } from "node:stream";
import type { Inventory, Unit } from "../contracts/catalogue.ts";
import type { MatchedIntent } from "../contracts/intent.ts";
import { ChiffonError } from "../domain/errors.ts";
import { explainMatch } from "../understand/explain.ts";
import { matchIntents } from "../understand/match.ts";
import { splitRequest } from "../understand/split.ts";
import { readCatalogues, readWorld, strangeHosts } from "./offline-world.ts";
import { printCatalogue, printFacts, printMatch, printSplit } from "./offline-print.ts";

/** Where the commands without a server read and write; `setExitCode` is the process's by default. */
export interface OfflineIo {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly setExitCode?: (code: number) => void;
}

interface Common {
  readonly json: boolean;
}

interface WithText extends Common {
  /** The request; undefined with `batch`, where every line of the input is one. */
  readonly text?: string | undefined;
  readonly batch: boolean;
}

export interface MatchFlags extends WithText {
  readonly repos: readonly string[];
  readonly inventory?: string | undefined;
}

const succeeded = 0;
const nothingFits = 1;
const personMustDecide = 6;

/** One line of input longer than this is cut; the splitter reads less anyway. */
const maxLine = 64 * 1024;

/** `chiffon catalogue`: what the repositories offer. Returns the exit code. */
export async function offlineCatalogue(
  flags: Common & { repos: readonly string[] },
  io: OfflineIo,
): Promise<number> {
  const catalogues = await readCatalogues(flags.repos);
  const units = catalogues.flatMap((catalogue) => catalogue.units);
  const findings = catalogues.flatMap((catalogue) => catalogue.findings);
  const inventories = catalogues.flatMap((catalogue) => catalogue.inventories.map(shownInventory));
  const requirements = catalogues.flatMap((catalogue) => catalogue.requirements ?? []);
  const all = { units: units.map(shownUnit), inventories, requirements, findings };
  if (flags.json) await write(io.stdout, `${JSON.stringify(all)}\n`);
  else {
    await write(io.stdout, printCatalogue(units));
    await write(io.stdout, printFacts({ units, inventories, requirements }));
    for (const finding of findings) {
      await write(
        io.stderr,
        `${finding.path}${finding.line === null ? "" : `:${finding.line}`}: ${finding.message}\n`,
      );
    }
  }
  return succeeded;
}

const shownUnit = ({
  id,
  kind,
  name,
  path,
  playbook,
  tags,
  enableVar,
  description,
  aliases,
  vars,
  verbs,
  encrypted = [],
  written,
  problem,
  minor,
}: Unit) => ({
  id,
  kind,
  name,
  path,
  playbook,
  tags,
  enableVar,
  description,
  aliases,
  vars,
  verbs,
  encrypted,
  ...(written === undefined ? {} : { written: { path: written.path, text: written.text } }),
  problem,
  minor,
});

const shownInventory = (inventory: Inventory) => {
  const { hosts, groups: _groups, ...rest } = inventory;
  return { ...rest, hosts: hosts.length };
};

/** `chiffon split`: the wishes of a text, without a catalogue. Returns the exit code: 1 when there is no wish in it. */
export async function offlineSplit(flags: WithText, io: OfflineIo): Promise<number> {
  return await answerEach(flags, io, (text) => {
    const steps = splitRequest(text);
    return {
      json: { steps },
      print: () => printSplit(steps),
      code: steps.length === 0 ? nothingFits : succeeded,
    };
  });
}

/** `chiffon match`: which unit each wish means. Returns 0, 6 when a person must decide, 1 when a wish fits nothing. */
export async function offlineMatch(flags: MatchFlags, io: OfflineIo): Promise<number> {
  const world = await readWorld(flags);
  return await answerEach(flags, io, (text) => {
    const intents = splitRequest(text, { names: world.names, hosts: world.hosts });
    const matched = matchIntents(intents, world);
    const steps = matched.map((step) => ({ ...step, ...strangeHosts(step, world.inventoryNames) }));
    const print = () => printMatch(matched, (step) => explainMatch(step, world.units));
    return { json: { steps }, print, code: matchCode(matched) };
  });
}

function matchCode(matched: readonly MatchedIntent[]): number {
  if (matched.length === 0 || matched.some((step) => step.decision === "none")) return nothingFits;
  return matched.some((step) => step.decision === "ask") ? personMustDecide : succeeded;
}

interface Answer {
  readonly json: unknown;
  readonly print: () => string;
  readonly code: number;
}

/** Answers the one text, or every line of the input in order; a batch ends with 0 whatever its lines say. */
async function answerEach(flags: WithText, io: OfflineIo, answer: (text: string) => Answer): Promise<number> {
  const show = async (text: string): Promise<number> => {
    const { json, print, code } = answer(text);
    await write(io.stdout, flags.json ? `${JSON.stringify(json)}\n` : print());
    return code;
  };
  if (!flags.batch) {
    if (flags.text === undefined || flags.text.trim() === "") {
      throw new ChiffonError("bad-input", "There is no text to read.", {
        hint: 'write it in quotes: chiffon split "Deploy the status page"',
      });
    }
    return await show(flags.text);
  }
  for await (const line of linesOf(io.stdin)) await show(line);
  return succeeded;
}

/** Lines of a stream, the last one also without its line end; each capped. */
async function* linesOf(stream: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    rest += typeof chunk === "string" ? chunk : decoder.decode(chunk as Uint8Array, { stream: true });
    const lines = rest.split("\n");
    rest = (lines.pop() ?? "").slice(0, maxLine);
    for (const line of lines) yield line.replace(/\r$/, "").slice(0, maxLine);
  }
  rest += decoder.decode();
  if (rest !== "") yield rest.replace(/\r$/, "");
}

/** Waits while the reader of the output is slow, so that a large batch does not fill the memory. */
async function write(stream: Writable, text: string): Promise<void> {
  if (stream.write(text)) return;
  await new Promise<void>((done) => {
    const finish = (): void => {
      stream.off("drain", finish);
      stream.off("close", finish);
      stream.off("error", finish);
      done();
    };
    stream.once("drain", finish);
    stream.once("close", finish);
    stream.once("error", finish);
  });
}
