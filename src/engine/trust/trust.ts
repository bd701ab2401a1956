import path from "node:path";
import { hashExecutables } from "../../ansible/trust/executables.ts";
import { readExecutables, readText } from "../../ansible/trust/read.ts";
import type {
  ExecutableFile,
  RepositoryTrust,
  TrustFile,
  TrustState,
  TrustSummary,
} from "../../contracts/trust.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { unifiedDiff } from "../../domain/unified-diff.ts";
import { recordAudit } from "../audit/record.ts";
import { getRepository, type Catalogues, type Repository } from "../catalogues.ts";
import type { CoreDeps } from "../core-deps.ts";
import type { Caller } from "../engine.ts";
import { findTrustRow, revokeTrustRow, saveTrust, type TrustRow } from "./sql.ts";
import type { KeptFile } from "./tables.ts";

export interface TrustDeps extends Pick<CoreDeps, "db" | "clock"> {
  readonly catalogues: Pick<Catalogues, "repositories">;
  /** Why there are no sandboxes on this machine; null when there are. */
  readonly sandboxProblem: () => Promise<string | null>;
}

/** Longest text of a file that is shown and kept, in characters; of all together. */
const longestText = 200_000;
const longestAll = 5_000_000;

/** The executable part of a repository now, against what was trusted last. */
export async function getTrust(deps: TrustDeps, name: string): Promise<RepositoryTrust> {
  const repository = repositoryOf(deps, name);
  const files = await readExecutables(repository.root);
  const row = await findTrustRow(deps.db, name);
  const hash = hashExecutables(files);
  return {
    repository: name,
    state: stateOf(row, hash),
    hash,
    files: compare(readTexts(repository, files), row?.files ?? []),
    trustedBy: row?.trusted_by.name ?? null,
    trustedAt: row?.trusted_at.toISOString() ?? null,
    sandboxProblem: await deps.sandboxProblem(),
  };
}

/** The same in short, for lists; null when its files cannot all be read. */
export async function summarizeTrust(
  deps: Pick<TrustDeps, "db">,
  repository: Pick<Repository, "name" | "root">,
): Promise<TrustSummary | null> {
  const files = await readExecutables(repository.root).catch(() => null);
  if (files === null) return null;
  const row = await findTrustRow(deps.db, repository.name);
  return {
    state: stateOf(row, hashExecutables(files)),
    files: files.length,
    trustedAt: row?.trusted_at.toISOString() ?? null,
  };
}

/**
 * Records that the executable part may run before an approval, as it is now. Throws `hash-mismatch` when it is not what was shown.
 */
export async function trustRepository(
  deps: TrustDeps,
  caller: Caller,
  given: { name: string; hash: string },
): Promise<RepositoryTrust> {
  const repository = repositoryOf(deps, given.name);
  const files = await readExecutables(repository.root);
  if (hashExecutables(files) !== given.hash)
    throw new ChiffonError(
      "hash-mismatch",
      `What ${given.name} would run is not what was shown: it has changed.`,
      {
        hint: `Look at it again: chiffon repo trust ${given.name}`,
      },
    );
  const at = deps.clock.now();
  const kept = readTexts(repository, files);
  await deps.db.transaction().execute(async (tx) => {
    await saveTrust(tx, {
      repository: given.name,
      hash: given.hash,
      files: kept,
      trusted_by: caller.actor,
      trusted_at: at,
      revoked_at: null,
    });
    const data = {
      repository: given.name,
      trust_hash: given.hash,
      files: files.map(({ path: file, sha256 }) => ({ path: file, sha256 })),
    };
    await recordAudit(tx, { at, kind: "repository.trusted", actor: caller.actor, data });
  });
  return await getTrust(deps, given.name);
}

/** Takes the trust back; without one nothing happens. */
export async function revokeTrust(deps: TrustDeps, caller: Caller, name: string): Promise<RepositoryTrust> {
  repositoryOf(deps, name);
  const at = deps.clock.now();
  await deps.db.transaction().execute(async (tx) => {
    if (!(await revokeTrustRow(tx, name, at))) return;
    const data = { repository: name };
    await recordAudit(tx, { at, kind: "repository.trust-revoked", actor: caller.actor, data });
  });
  return await getTrust(deps, name);
}

/** The files that were trusted, by path; none without trust. */
export async function trustedFiles(
  deps: Pick<TrustDeps, "db">,
  repository: Pick<Repository, "name">,
): Promise<string[]> {
  const row = await findTrustRow(deps.db, repository.name);
  return row === undefined || row.revoked_at !== null
    ? []
    : row.files.filter((file) => !file.kinds.includes("link")).map((file) => file.path);
}

/**
 * Whether the trust in a repository holds now, and covers all of these files of a snapshot. A change of the executable part ends it
 * without anybody's doing. What Chiffon wrote itself from files of the repository (`made`, paths) may start what was trusted there.
 */
export async function isTrusted(
  deps: Pick<TrustDeps, "db">,
  repository: Repository,
  { files, made }: { files: readonly ExecutableFile[]; made: readonly string[] },
): Promise<boolean> {
  const row = await findTrustRow(deps.db, repository.name);
  if (row === undefined || row.revoked_at !== null) return false;
  const trusted = new Map(row.files.map((file) => [file.path, file.sha256]));
  const reasons = new Set(row.files.flatMap((file) => file.reasons.map(withoutLine)));
  const isCovered = (file: ExecutableFile): boolean =>
    trusted.get(file.path) === file.sha256 ||
    (made.includes(file.path) && file.reasons.every((reason) => reasons.has(withoutLine(reason))));
  if (!files.every(isCovered)) return false;
  return hashExecutables(await readExecutables(repository.root)) === row.hash;
}

const withoutLine = (reason: string): string => reason.replace(/^line \d+: /, "");

function stateOf(row: TrustRow | undefined, hash: string): TrustState {
  if (row === undefined) return "none";
  if (row.revoked_at !== null) return "revoked";
  return row.hash === hash ? "trusted" : "ended";
}

function repositoryOf(deps: Pick<TrustDeps, "catalogues">, name: string): Repository {
  return getRepository(deps.catalogues, name);
}

function readTexts(repository: Repository, files: readonly ExecutableFile[]): KeptFile[] {
  let left = longestAll;
  return files.map((file) => {
    const text = readText(path.join(repository.root, file.path));
    const isKept = text !== undefined && text.length <= Math.min(longestText, left);
    if (isKept) left -= text.length;
    return { ...file, text: isKept ? text : null };
  });
}

function compare(now: readonly KeptFile[], before: readonly KeptFile[]): TrustFile[] {
  const old = new Map(before.map((file) => [file.path, file]));
  const present = new Set(now.map((file) => file.path));
  const files = now.map((file): TrustFile => {
    const known = old.get(file.path);
    if (known === undefined) return { ...file, change: "added", diff: null };
    if (known.sha256 === file.sha256) return { ...file, change: "same", diff: null };
    return { ...file, change: "changed", diff: diffOf(known, file) };
  });
  const removed = before
    .filter((file) => !present.has(file.path))
    .map((file): TrustFile => ({ ...file, text: null, change: "removed", diff: null }));
  return [...files, ...removed].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function diffOf(before: KeptFile, now: KeptFile): string | null {
  if (before.text === null || now.text === null) return null;
  return unifiedDiff(before.text, now.text, { before: `${now.path} (trusted)`, after: `${now.path} (now)` });
}
