import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { ChiffonError } from "../../domain/errors.ts";

/**
 * The real path of a folder that may become a repository: absolute, there, readable, and neither the whole machine nor
 * Chiffon's own data. Throws `bad-input` in words.
 */
export async function checkFolder(written: string, own: { dataDir: string }): Promise<string> {
  const wanted = written.trim();
  if (wanted.includes("\0")) throw refuse("The path holds a character that no path can have.");
  if (!path.isAbsolute(wanted))
    throw new ChiffonError("bad-input", `"${wanted.slice(0, 200)}" is not an absolute path.`, {
      hint: "Give the whole path on the server's machine, for example /home/ada/homelab.",
    });
  const root = await realpath(wanted).catch((error: unknown) => {
    throw explain(wanted, error);
  });
  if (!(await stat(root)).isDirectory()) throw refuse(`${wanted} is a file, not a folder.`);
  await access(root, constants.R_OK | constants.X_OK).catch((error: unknown) => {
    throw explain(wanted, error);
  });
  if (root === path.parse(root).root)
    throw refuse(`${wanted} is the whole machine: everything on it would be read.`);
  const dataDir = await realpath(own.dataDir).catch(() => path.resolve(own.dataDir));
  if (isInside(root, dataDir) || isInside(dataDir, root))
    throw refuse(`${wanted} holds Chiffon's own data (${dataDir}), or lies in it.`);
  return root;
}

/** True for the folder itself too. */
function isInside(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith(path.sep) ? outer : outer + path.sep);
}

function explain(wanted: string, error: unknown): ChiffonError {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const why =
    code === "ENOENT" || code === "ENOTDIR"
      ? "does not exist on the server's machine."
      : code === "EACCES" || code === "EPERM"
        ? "may not be read by the user who runs Chiffon."
        : code === "ELOOP"
          ? "is a link that leads to itself."
          : `cannot be read (${typeof code === "string" ? code : "unknown error"}).`;
  const hint =
    code === "EACCES" || code === "EPERM"
      ? "Give that user the right to read it (chmod, chown), or choose another folder."
      : "Check the path; it is a path of the machine that Chiffon runs on.";
  return new ChiffonError("bad-input", `${wanted} ${why}`, { hint, cause: error });
}

function refuse(message: string): ChiffonError {
  return new ChiffonError("bad-input", message, { hint: "Give the folder that holds your playbooks." });
}
