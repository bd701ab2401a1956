import { createAutomaton, type Automaton } from "./automaton.ts";
import { listEncodedForms, shortestForm } from "./encodings.ts";

/** A secret as the redactor needs it. */
export interface SecretValue {
  readonly name: string;
  readonly value: string;
}

/** Secrets made ready for searching; make it once and share it between redactors. */
export interface SecretPatterns {
  readonly automaton: Automaton | null;
  /** What stands in place of each secret, by owner. */
  readonly markers: readonly string[];
}

/** A text stream without secrets. What `push` holds back comes with a later `push` or with `end`. */
export interface Redactor {
  /** The next piece of text; returns what can no longer become part of a secret. */
  push(text: string): string;
  /** The rest; the redactor can be used again afterwards. */
  end(): string;
}

/** Why a text cannot be kept as a secret, as a sentence for people; undefined when it can. */
export function findSecretProblem(value: string): string | undefined {
  if (value.trim().length < shortestForm) {
    return `it is shorter than ${shortestForm} characters, so it could not be removed from output without blanking out ordinary text`;
  }
  if (value.length > longestSecret) return `it is longer than ${longestSecret} characters`;
  if (/[\p{Cc}--[\t\n\r]]/v.test(value)) {
    return "it contains control characters, which output never shows as they are";
  }
  if (/\p{Bidi_Control}/v.test(value)) {
    return "it contains invisible characters that change the direction of writing";
  }
  return value.isWellFormed() ? undefined : "it is not valid Unicode text";
}

/** Longest secret in characters: room for a chain of certificates with its key. */
export const longestSecret = 16_384;

/** What stands in place of a secret. */
export function secretMarker(name: string): string {
  return `«secret:${name}»`;
}

/** Prepares secrets for searching in every form that `listEncodedForms` knows. Values too short to be secrets are refused. */
export function compileSecrets(secrets: readonly SecretValue[]): SecretPatterns {
  const patterns = secrets.flatMap(({ name, value }, owner) => {
    if (value.trim().length < shortestForm)
      throw new RangeError(`secret ${name} is too short to be redacted`);
    return listEncodedForms(value).map((form) => ({ ...form, owner }));
  });
  return {
    automaton: patterns.length === 0 ? null : createAutomaton(patterns),
    markers: secrets.map(({ name }) => secretMarker(name)),
  };
}

/**
 * Replaces secrets in a stream by `«secret:NAME»`. Matches that overlap become one marker, named after the longest of them;
 * the result depends on the text alone, never on how it was cut. Held back is only the longest end of the text that begins a secret.
 */
export function createRedactor(secrets: readonly SecretValue[] | SecretPatterns): Redactor {
  const { automaton, markers } = "markers" in secrets ? secrets : compileSecrets(secrets);
  if (automaton === null) return { push: (text) => text, end: () => "" };
  let held = "";
  let position = 0;
  let regions: Region[] = [];

  const emit = (buffer: string, safe: number): string => {
    let out = "";
    let cursor = 0;
    let done = 0;
    for (const region of regions) {
      out += buffer.slice(cursor, Math.max(cursor, Math.min(region.start, safe)));
      if (region.end > safe) {
        cursor = safe;
        break;
      }
      out += markers[region.owner] ?? "";
      cursor = region.end;
      done++;
    }
    out += buffer.slice(cursor, safe);
    regions = regions
      .slice(done)
      .map((region) => ({ ...region, start: region.start - safe, end: region.end - safe }));
    held = buffer.slice(safe);
    return out;
  };

  return {
    push(text) {
      const buffer = held + text;
      position = scan({ automaton, buffer, from: held.length, position, regions });
      const state = position / automaton.width;
      const open = { end: buffer.length, length: automaton.open[state] ?? 0 };
      return emit(buffer, findStart(buffer, open, automaton.wrapTo[state] !== 0));
    },
    end() {
      const rest = emit(held, held.length);
      position = 0;
      return rest;
    },
  };
}

/** A stretch of text to hide; positions count from the start of the buffer and are negative where it began in an earlier one. */
interface Region {
  start: number;
  end: number;
  owner: number;
  /** Length of the match that names the region. */
  longest: number;
}

interface Scan {
  automaton: Automaton;
  buffer: string;
  from: number;
  position: number;
  regions: Region[];
}

/** The one loop that sees every character; returns the position after the last. */
function scan({ automaton, buffer, from, position, regions }: Scan): number {
  const { symbols, rows, width, matchLength, matchOwner, matchWraps, step } = automaton;
  const rowEnd = rows.length;
  const { length } = buffer;
  let current = position;
  for (let at = from; at < length; at++) {
    const symbol = symbols[buffer.charCodeAt(at)] as number;
    current = current < rowEnd ? (rows[current + symbol] as number) : step(current, symbol);
    if (current >= 0) continue;
    current = ~current;
    const state = current / width;
    const longest = matchLength[state] ?? 0;
    const start = findStart(buffer, { end: at + 1, length: longest }, matchWraps[state] === 1);
    addRegion(regions, { start, end: at + 1, owner: matchOwner[state] ?? 0, longest });
  }
  return current;
}

/** Where a stretch begins that ends at `end` and has `length` characters, without its line ends when it may be wrapped. */
function findStart(buffer: string, { end, length }: { end: number; length: number }, wraps: boolean): number {
  if (!wraps) return end - length;
  let start = end;
  for (let left = length; left > 0 && start > 0; start--) {
    const unit = buffer.charCodeAt(start - 1);
    if (unit !== 0x0a && unit !== 0x0d) left--;
  }
  return start;
}

function addRegion(regions: Region[], match: Region): void {
  let merged = match;
  for (let last = regions.at(-1); last !== undefined && last.end > merged.start; last = regions.at(-1)) {
    const named = merged.longest > last.longest ? merged : last;
    merged = {
      start: Math.min(last.start, merged.start),
      end: merged.end,
      owner: named.owner,
      longest: named.longest,
    };
    regions.pop();
  }
  regions.push(merged);
}

/** A whole text without secrets. */
export function redactText(secrets: readonly SecretValue[] | SecretPatterns, text: string): string {
  const redactor = createRedactor(secrets);
  return redactor.push(text) + redactor.end();
}
