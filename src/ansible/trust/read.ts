import { createHash } from "node:crypto";
import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { SnapshotFile } from "../../contracts/plan.ts";
import type { ExecutableFile } from "../../contracts/trust.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { createBreather } from "../catalogue/breather.ts";
import { scanInto, type Scan } from "../snapshot/scan.ts";
import { findExecutables, largestText } from "./executables.ts";

const mostFiles = 60_000;
/** Larger than any code; it is only hashed. */
const largestHashed = 67_108_864;

/** The executable part of a repository as it lies there now, by reading only. @throws ChiffonError `not-found`, `too-large` */
export async function readExecutables(root: string, signal?: AbortSignal): Promise<ExecutableFile[]> {
  const breather = createBreather(signal);
  const scan: Scan = { files: new Map(), skipped: [], folders: 0 };
  await scanInto(
    scan,
    { root: realRoot(root), start: "" },
    { maxFiles: mostFiles, breather, listings: new Map() },
  );
  if (scan.files.size > mostFiles)
    throw new ChiffonError(
      "too-large",
      `The repository has more than ${mostFiles} files: they cannot all be looked at.`,
      {
        hint: "Point Chiffon at a smaller folder.",
      },
    );
  const files = [...scan.files.values()].map(({ path, stat }) => ({
    path,
    size: stat.size,
    executable: (stat.mode & 0o111) !== 0,
  }));
  const sourceOf = (path: string): string => scan.files.get(path)?.source ?? path;
  return await findExecutables(files, {
    text: (path) => readText(sourceOf(path)),
    sha256: (path) => hashFile(sourceOf(path)),
    breather,
  });
}

/** The same for the files of a snapshot; those below `without` belong to Chiffon. */
export async function readSnapshotExecutables(
  snapshot: { treeDir: string; files: readonly SnapshotFile[] },
  without: string,
): Promise<ExecutableFile[]> {
  const files = snapshot.files.filter((file) => !file.path.startsWith(`${without}/`));
  const known = new Map(files.map((file) => [file.path, file.sha256]));
  return await findExecutables(files, {
    text: (path) => readText(join(snapshot.treeDir, path)),
    sha256: (path) => known.get(path) ?? "",
    breather: createBreather(),
  });
}

/** The text of a file; undefined when it is none, is too large or cannot be read. */
export function readText(path: string): string | undefined {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > largestText || bytes.includes(0)) return undefined;
    return bytes.toString("utf8");
  } catch {
    return undefined;
  }
}

function hashFile(path: string): string {
  const bytes = readFileSync(path);
  if (bytes.length > largestHashed)
    throw new ChiffonError("too-large", `${path} is too large to be looked at.`, {
      hint: "Keep large files out of the folders of plug-ins and modules.",
    });
  return createHash("sha256").update(bytes).digest("hex");
}

function realRoot(root: string): string {
  try {
    return realpathSync(root);
  } catch (cause) {
    throw new ChiffonError("not-found", `The folder ${root} is not there.`, {
      hint: "Check the path of the repository: chiffon repo list",
      cause,
    });
  }
}
