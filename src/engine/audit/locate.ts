import type { AuditFinding } from "../../contracts/audit.ts";
import { fromHex, toHex } from "../../domain/base-encoding.ts";
import { appendLeaves, rangeRoot } from "../../domain/merkle/compact-range.ts";
import { sameBytes } from "../../domain/merkle/hashing.ts";
import type { Suspects } from "./check-log.ts";
import { sha256 } from "./hash.ts";

/**
 * Which record of the suspects is wrong, by a second copy of their leaf hashes (one hexadecimal hash a line). The copy
 * itself counts only when it gives the signed root; undefined when it does not, or tells nothing.
 */
export function locate(suspects: Suspects, copy: string): AuditFinding | undefined {
  const sealed = copy.split("\n").filter((line) => line !== "");
  const hashes = sealed.map((line) => fromHex(line) ?? new Uint8Array(0));
  if (hashes.length !== suspects.leaves.length || hashes.some((hash) => hash.length !== 32)) return undefined;
  const root = rangeRoot(sha256, appendLeaves(sha256, suspects.before, hashes));
  if (!sameBytes(root, suspects.root)) return undefined;
  const found = suspects.leaves.map(toHex);
  const at = found.findIndex((leaf, i) => leaf !== sealed[i]);
  if (at < 0) return undefined;
  const index = suspects.before.size + at;
  const checkpoint = suspects.size;
  if (sameList(found.toSorted(), sealed.toSorted())) {
    return {
      kind: "reordered",
      index,
      checkpoint,
      message: `Record ${index} is not the one that was sealed with this number, but another of the same checkpoint.`,
    };
  }
  if (at + 1 < found.length && sameList(found.slice(at + 1), sealed.slice(at, -1))) {
    return {
      kind: "added",
      index,
      checkpoint,
      message: `Record ${index} was added; the following ones moved up by one.`,
    };
  }
  if (at + 1 < found.length && sameList(found.slice(at, -1), sealed.slice(at + 1))) {
    return {
      kind: "missing",
      index,
      checkpoint,
      message: `Record ${index} is gone; the following ones moved down by one.`,
    };
  }
  return {
    kind: "changed",
    index,
    checkpoint,
    message: `Record ${index} is not the one that was sealed with this number.`,
  };
}

function sameList(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((item, i) => item === right[i]);
}
