import type { RepositoryView } from "../../contracts/first-run.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { summarizeTrust, type TrustDeps } from "../trust/trust.ts";
import { findInventory, type Catalogues, type ReadRepository } from "../catalogues.ts";
import { readGitHead, type GitHead } from "./git-head.ts";
import type { Repositories } from "./repositories.ts";
import type { ServedRepository } from "./served.ts";

export interface ViewDeps extends Pick<TrustDeps, "db"> {
  readonly repositories: Pick<Repositories, "list">;
  readonly catalogues: Catalogues;
}

/** The repositories with what was found in each. */
export async function listRepositories(deps: ViewDeps): Promise<RepositoryView[]> {
  const read = new Map((await deps.catalogues.read()).map((each) => [each.repository.name, each]));
  const views = deps.repositories.list().map(async (served) => {
    const found = read.get(served.name);
    if (found === undefined) return [];
    const trust = await summarizeTrust(deps, served);
    return [{ ...toView(served, found, await readGitHead(served.root)), trust }];
  });
  return (await Promise.all(views)).flat();
}

/** One of them. Throws `not-found` when it was removed meanwhile. */
export async function getRepositoryView(deps: ViewDeps, name: string): Promise<RepositoryView> {
  const found = (await listRepositories(deps)).find((each) => each.name === name);
  if (found !== undefined) return found;
  throw new ChiffonError("not-found", `The repository ${name} is not there any more.`, {
    hint: "chiffon repo list shows all.",
  });
}

function toView(
  served: ServedRepository,
  read: ReadRepository,
  head: GitHead | undefined,
): Omit<RepositoryView, "trust"> {
  const { name, source, root, url } = served;
  // What is asked for is a branch or tag; what is checked out is what is served.
  const branch = served.branch ?? head?.branch ?? null;
  const commit = served.commit ?? head?.commit ?? null;
  const inventory = findInventory(read, undefined);
  return {
    name,
    source,
    root,
    url,
    branch,
    commit,
    units: read.catalogue.units.length,
    findings: read.catalogue.findings.length,
    inventory: inventory?.path ?? null,
    hosts: inventory?.hosts.length ?? 0,
    inventories: read.catalogue.inventories.map(({ groups: _groups, hosts: found, ...rest }) => ({
      ...rest,
      hosts: found.length,
    })),
    requirements: read.catalogue.requirements ?? [],
    problem: read.problem ?? null,
    addedBy: served.addedBy?.name ?? null,
    addedAt: served.addedAt?.toISOString() ?? null,
  };
}
