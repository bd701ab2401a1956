import { hash } from "node:crypto";
import path from "node:path";
import { createSnapshotStore } from "../../ansible/snapshot/store.ts";
import { createCatalogues } from "../catalogues.ts";
import type { Caller } from "../engine.ts";
import type { TestCore } from "../testing.ts";
import type { RequestDeps } from "./create.ts";

/** A signed-in person, for tests. */
export const caller: Caller = { actor: { kind: "user", name: "ada", id: "1" }, strong: true };

/** What planning needs, on a real database and these repositories; nothing of Ansible is started. */
export function createRequestDeps(core: TestCore, folder: string, roots: readonly string[]): RequestDeps {
  return {
    ...core.deps,
    catalogues: createCatalogues(roots.map((root) => ({ name: path.basename(root), root, inventory: null }))),
    snapshots: createSnapshotStore({ root: path.join(folder, "snapshots") }),
    tools: () =>
      Promise.resolve({
        playbook: "/usr/bin/ansible-playbook",
        python: "/usr/bin/python3",
        version: "2.14.18",
        inventory: "/usr/bin/ansible-inventory",
        lint: null,
        collections: [],
        configSha256: "0".repeat(64),
        searchPath: "/usr/bin",
        home: folder,
      }),
    hashEnvironment: () => "0".repeat(64),
    secretVersions: () => Promise.resolve([]),
    sandbox: () => Promise.resolve({ kind: "missing", why: "nothing is started here" }),
    dataDir: folder,
    runDirOf: (id) => path.join(folder, "previews", id),
    findToolsHere: () => Promise.resolve(new Map()),
    scanHostKeys: () => Promise.resolve([]),
    ensureSecrets: () => Promise.resolve({ missing: [] }),
    redact: (text) => Promise.resolve(text.replaceAll("hunter2", "«secret:db»")),
    sha256: (text) => hash("sha256", text),
    isThisMachine: () => true,
    stepTimeoutSeconds: 60,
  };
}
