import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import path from "node:path";
import { cloneRepository } from "../../adapters/git/clone.ts";
import { createModuleDocs } from "../../ansible/process/module-docs.ts";
import { findSandbox } from "../../ansible/process/sandbox.ts";
import { findAnsible } from "../../ansible/process/tools.ts";
import { createSnapshotStore } from "../../ansible/snapshot/store.ts";
import { removeTree } from "../../ansible/snapshot/tree.ts";
import type { PlanPreview } from "../../contracts/preview.ts";
import { createCatalogues, type Catalogues } from "../catalogues.ts";
import { openRepositories, type Repositories } from "../repositories/repositories.ts";
import { createRequest, type RequestDeps } from "../request/create.ts";
import { caller, createRequestDeps } from "../request/testing.ts";
import { createTestCore, type TestCore } from "../testing.ts";
import { openPreviews, type PreviewDeps, type Previews } from "./previews.ts";
import { openPlace } from "../../../test/support/open-place.ts";

/** A repository with plans and previews on a real database with real Ansible, for tests. */
export interface PreviewWorld extends AsyncDisposable {
  readonly core: TestCore;
  readonly root: string;
  readonly deps: PreviewDeps & RequestDeps;
  readonly catalogues: Catalogues;
  /** The folder was added as `chiffon repo add` does it. */
  readonly repositories: Repositories;
  readonly previews: Previews;
  /** Asks, and gives the plan's id; throws when there is none. */
  plan(text: string): Promise<string>;
  /** Looks at the plan and waits until that has ended. */
  look(planId: string): Promise<PlanPreview>;
}

/** @param changes of what previews work with */
export async function createPreviewWorld(
  files: Readonly<Record<string, string>>,
  changes: Partial<PreviewWorld["deps"]> = {},
): Promise<PreviewWorld> {
  // A sandbox hides the usual folder for temporary files.
  const folder = await mkdtemp(path.join(openPlace(), ".chiffon-preview-"));
  const root = path.join(folder, "homelab");
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), text, { mode: text.startsWith("#!") ? 0o755 : 0o644 });
  }
  const core = await createTestCore();
  const search = (process.env["PATH"] ?? "").split(path.delimiter);
  const home = path.join(folder, "home");
  const dataDir = path.join(folder, "data");
  await mkdir(home);
  await mkdir(dataDir);
  const repositories = await openRepositories(
    {
      ...core.deps,
      places: { dataDir, exampleRoot: path.join(folder, "example") },
      clone: (wish, signal) =>
        cloneRepository(wish, { searchPath: search.join(path.delimiter), home, signal }),
    },
    [],
  );
  await repositories.add(caller, { path: root }, new AbortController().signal);
  const catalogues = createCatalogues(repositories);
  const deps: PreviewWorld["deps"] = {
    ...createRequestDeps(core, dataDir, []),
    catalogues,
    snapshots: createSnapshotStore({ root: path.join(dataDir, "snapshots") }),
    tools: () => findAnsible({ search, home }),
    sandbox: () => findSandbox({ search }),
    sandboxProblem: () => Promise.resolve(null),
    dataDir,
    home,
    folder: path.join(dataDir, "previews"),
    docsConfiguration: path.join(dataDir, "ansible-doc.cfg"),
    moduleDocs: createModuleDocs(path.join(dataDir, "ansible-doc.cfg")),
    runDirOf: (id) => path.join(dataDir, "previews", id),
    secretValues: () => Promise.resolve({}),
    redactor: () => Promise.resolve((text) => text.replaceAll("hunter2", "«secret:db»")),
    waitScale: 1,
    onError: (error) => {
      throw error;
    },
    ...changes,
  };
  const previews = await openPreviews(deps);
  return {
    core,
    root,
    deps,
    catalogues,
    repositories,
    previews,
    async plan(text) {
      const request = await createRequest(deps, caller, { text, priority: 3, highValue: false });
      if (request.planId === null) throw new Error(`no plan: ${JSON.stringify(request)}`);
      return request.planId;
    },
    async look(planId) {
      await previews.start(caller, planId, {});
      await previews.settled();
      return await previews.get(planId);
    },
    async [Symbol.asyncDispose]() {
      await previews[Symbol.asyncDispose]();
      await core[Symbol.asyncDispose]();
      // Snapshots are read-only.
      removeTree(folder);
    },
  };
}
