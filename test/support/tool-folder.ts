import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

/** A folder of programs that stand in for those of a machine with other hardware. */
export interface ToolFolder extends AsyncDisposable {
  readonly folder: string;
  /** For a search path: these programs, and those of the system that scripts need. */
  readonly searchPath: string;
  /** Writes a program that is a shell script. */
  install(name: string, script: string): Promise<void>;
  read(name: string): Promise<string>;
}

export async function openToolFolder(): Promise<ToolFolder> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "chiffon-tools-"));
  return {
    folder,
    searchPath: `${folder}:/usr/bin:/bin`,
    install: (name, script) => writeFile(path.join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 }),
    read: (name) => readFile(path.join(folder, name), "utf8"),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
