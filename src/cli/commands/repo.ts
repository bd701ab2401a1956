import path from "node:path";
import type { Command } from "commander";
import type { AddRepository, RepositoryView } from "../../contracts/first-run.ts";
import { act, describe, UsageError, type CommonFlags, type Session } from "../command.ts";
import type { CliContext } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { withPassword } from "../password.ts";
import { count, localTime, oneLine, table } from "../text.ts";
import { registerTrust } from "./repo-trust.ts";

type Flags = CommonFlags & { readonly user?: string };
type AddFlags = Flags & { readonly branch?: string; readonly example?: boolean };

/** `repo`: where the playbooks come from. */
export function registerRepo(program: Command, context: CliContext): void {
  const repo = program
    .command("repo")
    .description("where the playbooks come from: folders and git repositories");
  const add = (usage: string, about: string, examples: string[]): Command =>
    describe(repo.command(usage), about, examples).option(
      "--user <name>",
      "the admin whose password is asked for, where one is needed",
    );
  describe(repo.command("list", { isDefault: true }), "the repositories that are served", [
    "chiffon repo list",
  ]).action(act(context, listAll));
  describe(
    repo.command("show <name>"),
    "one of them: where it comes from, its inventories, what it requires",
    ["chiffon repo show homelab"],
  ).action(act(context, showOne));
  add("add [place]", "serve a folder of the server's machine, or clone a git repository", [
    "chiffon repo add ~/homelab",
    "chiffon repo add git@git.example.org:ada/homelab.git --branch main",
    "chiffon repo add --example",
  ])
    .option("--branch <name>", "branch or tag of a git repository (default: the one that it names)")
    .option("--example", "the example homelab that comes with Chiffon")
    .action(act(context, addOne));
  add("pull [name]", "take the newest commit of a clone, or of all of them", [
    "chiffon repo pull homelab",
    "chiffon repo pull",
  ]).action(act(context, pull));
  registerTrust(repo, context);
  add("remove <name>", "serve it no longer; a folder stays as it is", ["chiffon repo remove homelab"]).action(
    act(context, async (session, flags: Flags, name: string) => {
      await withPassword(session, { user: flags.user }, () => session.api.repositories.remove(name));
      session.out.note(`${oneLine(name)} is removed; its open plans are stale`);
      return exitCodes.ok;
    }),
  );
}

async function listAll({ api, out }: Session): Promise<number> {
  const all = await api.repositories.list();
  if (out.json) out.object(all);
  else if (all.length === 0) out.note("There are no repositories. Add one: chiffon repo add DIR");
  else {
    const columns = [
      { title: "name" },
      { title: "source" },
      { title: "playbooks" },
      { title: "hosts" },
      { title: "trust" },
      { title: "place", flexible: true },
    ];
    const rows = all.map((each) => [
      each.name,
      each.source,
      String(each.units),
      String(each.hosts),
      trustText(each.trust),
      describePlace(each),
    ]);
    out.data(...table(columns, rows, out.width));
  }
  for (const { name, problem } of all)
    if (problem !== null) out.note(`${oneLine(name)}: ${oneLine(problem)}`);
  return exitCodes.ok;
}

async function addOne(session: Session, flags: AddFlags, place?: string): Promise<number> {
  const wish = readWish(flags, place);
  if ("url" in wish) session.out.note(`cloning ${oneLine(wish.url)} …`);
  return await tell(session, flags, () => session.api.repositories.add(wish));
}

/** Without a name every clone, one after the other; the first that cannot be pulled ends it. */
async function pull(session: Session, flags: Flags, name?: string): Promise<number> {
  const { api, out } = session;
  const names =
    name === undefined
      ? (await api.repositories.list()).filter((each) => each.url !== null).map((each) => each.name)
      : [name];
  if (names.length === 0) out.note("There is no clone; folders are read as they are.");
  for (const each of names) {
    out.note(`pulling ${oneLine(each)} …`);
    await tell(session, flags, () => api.repositories.pull(each));
  }
  return exitCodes.ok;
}

async function showOne({ api, out }: Session, _flags: CommonFlags, name: string): Promise<number> {
  const found = (await api.repositories.list()).find((each) => each.name === name);
  if (found === undefined)
    throw new UsageError(`there is no repository ${name}: chiffon repo list shows all`);
  if (out.json) out.object(found);
  else out.data(...describeRepository(found));
  return exitCodes.ok;
}

/** A folder is meant from here; what has the form of a git address is one. */
function readWish(flags: AddFlags, place: string | undefined): AddRepository {
  if (flags.example === true) {
    if (place !== undefined || flags.branch !== undefined)
      throw new UsageError("--example goes without a place and a branch");
    return { example: true };
  }
  if (place === undefined) throw new UsageError("name a folder or a git address, or give --example");
  const isAddress =
    /^[A-Za-z][A-Za-z0-9+.-]*:/.test(place) || /^[^/]+@[^/]+:/.test(place) || place.includes("::");
  if (isAddress) return { url: place, ...(flags.branch === undefined ? {} : { branch: flags.branch }) };
  if (flags.branch !== undefined)
    throw new UsageError("--branch is for git addresses; a folder is served as it is");
  return { path: path.resolve(place) };
}

async function tell(session: Session, flags: Flags, work: () => Promise<RepositoryView>): Promise<number> {
  const { out } = session;
  const view = await withPassword(session, { user: flags.user }, work);
  if (out.json) out.object(view);
  else {
    const on = view.branch === null ? "" : ` of ${view.branch}`;
    const at = view.commit === null ? "" : `, commit ${view.commit.slice(0, 12)}${oneLine(on)}`;
    out.data(`${oneLine(view.name)}: ${count(view.units, "playbook")}, ${count(view.hosts, "host")}${at}`);
    if (view.findings > 0)
      out.note(`${count(view.findings, "thing")} could not be read: chiffon playbooks list`);
    if (view.units === 0) out.note("No playbook was found in it. Is it the right folder?");
  }
  return exitCodes.ok;
}

function describeRepository(view: RepositoryView): string[] {
  const line = (title: string, text: string | null): string[] =>
    text === null || text === "" ? [] : [`${title.padEnd(13)}${oneLine(text)}`];
  return [
    ...line("Name", view.name),
    ...line("From", view.url === null ? view.source : view.url),
    ...line("Branch", view.branch),
    ...line("Commit", view.commit),
    ...line("Folder", view.root),
    ...line("Playbooks", String(view.units)),
    ...line("Trust", trustText(view.trust)),
    ...line("Problem", view.problem),
    ...view.inventories.flatMap((each, index) =>
      line(index === 0 ? "Inventories" : "", inventoryText(view, each)),
    ),
    ...view.requirements.flatMap((each, index) => line(index === 0 ? "Requires" : "", requirementText(each))),
    ...(view.findings > 0 ? line("Findings", `${view.findings}: chiffon playbooks list`) : []),
  ];
}

function inventoryText(view: RepositoryView, each: RepositoryView["inventories"][number]): string {
  const { path: file, dynamic, reason = "", hosts, encrypted = [] } = each;
  const used = file === view.inventory && !dynamic ? ", in use" : "";
  const kind = dynamic ? `dynamic, run only after trust: ${reason}` : count(hosts, "host");
  return `${file}  ${kind}${used}${encrypted.length > 0 ? ", needs a vault password" : ""}`;
}

/** For people: what it is, and where it is or how to get it. */
function requirementText(each: RepositoryView["requirements"][number]): string {
  const version = each.version === null ? "" : ` ${each.version}`;
  const from = each.source === null ? "" : ` from ${each.source}`;
  const place =
    each.folder ??
    `not in the repository${each.kind === "collection" ? " (it may be installed on the machine)" : ""}: ${each.install}`;
  return `${each.kind} ${each.name}${version}${from}  ${place}`;
}

/** Whether its code may run in a preview, before anybody has approved a plan. */
export function trustText(trust: RepositoryView["trust"]): string {
  if (trust === null) return "-";
  if (trust.state === "trusted") return `trusted since ${localTime(trust.trustedAt).slice(0, 10)}`;
  if (trust.files === 0) return "nothing to trust";
  return trust.state === "ended" ? "changed since trust" : `not trusted: ${count(trust.files, "file")}`;
}

function describePlace({ url, root, branch, commit }: RepositoryView): string {
  return [url ?? root, branch ?? "", commit?.slice(0, 12) ?? ""].filter((part) => part !== "").join("  ");
}
