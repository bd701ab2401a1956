import { posix } from "node:path";
import type { CatalogueFinding, ListedPlay, Unit } from "../../contracts/catalogue.ts";
import type { Expander } from "./expand.ts";
import { checkChoices } from "./choices.ts";
import { contentDigest, roleDigest } from "./content.ts";
import type { Docs } from "./docs.ts";
import { createExpander } from "./expand.ts";
import type { HeaderFacts, PlayFacts, TaskFacts } from "./facts.ts";
import type { FileStore, ReadFile } from "./file-store.ts";
import { none, orNone } from "./none.ts";
import { withHandlers } from "./handlers.ts";
import { folderOf, resolveInside, stemOf } from "./paths.ts";
import { makePartUnits } from "./part-units.ts";
import { decideParallel } from "./parallel.ts";
import type { Project } from "./projects.ts";
import { createRoleFinder, roleHandlers, type Role, type RoleFinder } from "./roles.ts";
import { encryptedOf } from "./encrypted.ts";
import { installCommand } from "./requirements.ts";
import { gatherVariables, promptedSecrets } from "./variables.ts";
import { deriveVerbs } from "./verbs.ts";
import { generatedFolder } from "./folders.ts";
import { decideWayBack } from "./way-back.ts";

const maxPlays = 500;
const minorFolder = /(^|\/)(molecule|tests?|ci|\.github|examples?|docs)(\/|$)/i;
/* A file with such a name says nothing about what it is for; the folder around it may. */
const generalStem =
  /^(site|main|playbook|play|run|index|all|deploy|install|setup|provision|configure|local)$/;
const generalFolder = /^(|playbooks?|ansible|plays|provision(ing|er)?|deploy(ment)?|src)$/i;

export type Playbook = ReadFile & { facts: Extract<ReadFile["facts"], { kind: "playbook" }> };
type RealPlay = Extract<PlayFacts, { kind: "play" }>;

/** True for what is there to test or to show something, not to be run on hosts. */
export function isMinor(path: string): boolean {
  return minorFolder.test(folderOf(path));
}

export function isPlaybookFile(file: ReadFile | undefined): file is Playbook {
  return file?.facts.kind === "playbook";
}

interface UnitContext {
  readonly repository: string;
  readonly store: FileStore;
  readonly project: Project;
  readonly docs: Docs;
  readonly report: (finding: CatalogueFinding) => void;
}

/**
 * Makes the units of one playbook: the whole (plays with imports and static roles listed, variables, names, verbs), and what can
 * be run of it by itself.
 */
export function makeUnits(file: Playbook, context: UnitContext): Unit[] {
  const expanded = expandPlays(file, context);
  const whole = makeWhole(file, expanded, context);
  const links = expanded.chain.filter((link) => link.file === file.path);
  const list = (own: Playbook) => expandPlays(own, { ...context, report: () => {} }).plays;
  const parts = makePartUnits(whole, {
    ...context,
    finder: expanded.finder,
    links,
    file,
    list,
    playbookDigest: file.sha256,
  });
  // A role that is a unit of its own does not name the whole.
  const apart = new Set(parts.map((part) => part.path));
  const named = [...expanded.expander.roles.values()].filter((role) => !apart.has(role.folder));
  const from = { stem: whole.name, header: file.facts.header, roles: named.map((role) => role.name) };
  whole.aliases = orNone(aliasesOf(file.path, from));
  return [whole, ...parts];
}

function makeWhole(
  file: Playbook,
  { chain, plays, expander }: ReturnType<typeof expandPlays>,
  { repository, store, project, docs, report }: UnitContext,
): Unit {
  const { header } = file.facts;
  const stem = stemOf(file.path);
  // The value of a secret comes from the store, never from words: nobody is asked for it as for a variable.
  const prompts = promptedSecrets(chain.map(({ play }) => play));
  const secrets = [
    ...header.secrets,
    ...prompts.filter(({ name }) => !header.secrets.some((secret) => secret.name === name)),
  ];
  const roles = [...expander.roles.values()];
  const sources = { store, playbook: file.path, project, plays: chain, roles, needs: expander.needs };
  const vars = gatherVariables(sources).filter(
    (variable) => !secrets.some((secret) => secret.name === variable.name),
  );
  const choices = checkChoices(header.choices, new Set(vars.map((variable) => variable.name)));
  const back = decideWayBack(header.wayBack, vars, expander.states);
  const parallel = decideParallel(header, plays, handlersOf(store, { chain, roles }));
  const found = [choices, back, parallel].flatMap((each) => each.problems);
  for (const problem of [...header.problems, ...file.facts.problems, ...found])
    report({ path: file.path, ...problem });
  const { own, all } = namesIn(file.facts.plays, chain);
  const derived = [own, all].map((names) => deriveVerbs(stem, names));
  return {
    id: `${repository}:${file.path}`,
    kind: "playbook",
    name: stem,
    path: file.path,
    playbook: file.path,
    project: project.folder === "" ? "." : project.folder,
    repository,
    tags: orNone(
      [...new Set(plays.flatMap((play) => play.ansibleTasks.flatMap((task) => task.tags)))].sort(),
    ),
    enableVar: null,
    description: header.description ?? header.comment ?? docs.about(stem) ?? own[0] ?? all[0] ?? "",
    services: header.services.length > 0 ? header.services : [stem],
    aliases: none,
    verbs: orNone([[...new Set(header.verbs)], ...derived].find((verbs) => verbs.length > 0) ?? []),
    vars: orNone(vars),
    secrets,
    ...encryptedOf(sources, vars),
    portals: header.portals,
    choices: orNone(choices.choices),
    ...(header.needs === null ? {} : { needs: header.needs }),
    ...back.found,
    ...parallel.found,
    problem: generatedProblem(file.path),
    plays,
    sha256: contentDigest(file.sha256, [
      ...chain.flatMap((link) =>
        link.file === file.path ? [] : [`${link.file}\0${digestOf(store, link.file)}`],
      ),
      ...[...expander.roles.values()].map((role) => roleDigest(store, role)),
    ]),
    minor: isMinor(file.path),
  };
}

/** What a playbook says itself, its plays before its imports, and what all of its plays say: the first goes before the second. */
function namesIn(plays: readonly PlayFacts[], chain: readonly Link[]): { own: string[]; all: string[] } {
  const sorted = plays.toSorted((a, b) => Number(a.kind === "import") - Number(b.kind === "import"));
  const said = (list: readonly { readonly name: string | null }[]): string[] =>
    list.flatMap(({ name }) => (name === null ? [] : [name]));
  return { own: said(sorted), all: said(chain.map(({ play }) => play)) };
}

/** Handlers are part of no list, and run all the same. */
function handlersOf(
  store: FileStore,
  { chain, roles }: { chain: readonly Link[]; roles: readonly Role[] },
): TaskFacts[] {
  const ofRoles = roles.flatMap((role) => roleHandlers(store, role).tasks);
  return [...chain.flatMap(({ play }) => play.handlers), ...ofRoles];
}

const digestOf = (store: FileStore, path: string): string => store.find(path)?.sha256 ?? "absent";

function generatedProblem(path: string): string | null {
  if (!path.startsWith(`${generatedFolder}/`)) return null;
  const made = path.slice(generatedFolder.length + 1);
  return (
    `${made} is not there yet: the repository makes it from ${path}. ` +
    "Run the command that its README names for that (often `just` or `make`), then ask again."
  );
}

/** Follows imports and static roles from a playbook; what is reached is asked of the store. */
export function expandPlays(
  file: Playbook,
  context: { store: FileStore; project: Project; report: (finding: CatalogueFinding) => void },
): { chain: Link[]; plays: ListedPlay[]; expander: Expander; finder: RoleFinder } {
  const { store, project, report } = context;
  const chain = followImports(file, { store, report });
  const shown = (path: string) => (project.folder === "" ? path : posix.relative(project.folder, path));
  const finder = createRoleFinder({
    store,
    playbookFolder: folderOf(file.path),
    project: project.folder,
    rolesPaths: project.rolesPaths,
  });
  const install = (role: string) => installCommand(project, role);
  const expander = createExpander({ store, finder, playbook: file.path, shown, report, install });
  return { chain, plays: chain.map((link) => listPlay(link, expander)), expander, finder };
}

/** A play of a playbook or of one that it imports. */
export interface Link {
  file: string;
  play: RealPlay;
  /** Tags of the imports around it. */
  tags: readonly string[];
}

function followImports(
  start: Playbook,
  context: { store: FileStore; report: (finding: CatalogueFinding) => void },
): Link[] {
  const { store, report } = context;
  const links: Link[] = [];
  const enter = (file: Playbook, around: { open: readonly string[]; tags: readonly string[] }): void => {
    const open = [...around.open, file.path];
    for (const play of file.facts.plays) {
      if (links.length >= maxPlays) return;
      if (play.kind === "play") {
        links.push({ file: file.path, play, tags: around.tags });
        continue;
      }
      const found = findImport(file, play, { store, open });
      if ("problem" in found) report({ path: file.path, line: play.line, message: found.problem });
      else enter(found, { open, tags: [...around.tags, ...play.tags] });
    }
  };
  enter(start, { open: [], tags: [] });
  return links;
}

function findImport(
  file: Playbook,
  play: { file: string },
  context: { store: FileStore; open: readonly string[] },
): Playbook | { problem: string } {
  const written = play.file;
  if (written.includes("{{"))
    return { problem: `The name "${written}" is known only at run time, so it cannot be listed.` };
  const path = resolveInside(folderOf(file.path), written);
  const found = path === undefined ? undefined : context.store.find(path);
  if (path === undefined)
    return { problem: `It imports "${written}", which lies outside the repository and is not read.` };
  if (found === undefined) {
    return {
      problem: `It imports "${written}", which is not in the repository. Correct the name or add the file.`,
    };
  }
  if (context.open.includes(path))
    return { problem: `It imports "${written}", which imports this file again.` };
  if (!isPlaybookFile(found))
    return { problem: `It imports "${written}", which is not a playbook that can be read.` };
  return found;
}

function listPlay(link: Link, expander: Expander): ListedPlay {
  const { play, file } = link;
  const tags = [...new Set([...link.tags, ...play.tags])];
  const inherited = { tags, become: play.become, file, role: null, notifies: none, open: [] };
  const listed = {
    name: play.name ?? play.hosts,
    hosts: play.hosts,
    become: play.become,
    ansibleTasks: [
      ...expander.tasks(play.preTasks, inherited),
      ...play.roles.flatMap((use) => expander.role(use, inherited)),
      ...expander.tasks(play.tasks, inherited),
      ...expander.tasks(play.postTasks, inherited),
    ],
  };
  return withHandlers(listed, expander.handlers(play.handlers, inherited));
}

function aliasesOf(
  path: string,
  from: { stem: string; header: HeaderFacts; roles: readonly string[] },
): string[] {
  // `gitea/provisioning/playbook.yml` is about gitea.
  const folder = folderOf(path)
    .split("/")
    .findLast((name) => !generalFolder.test(name));
  const around = generalStem.test(from.stem) && folder !== undefined ? [folder] : [];
  const names = [...from.header.services, ...from.header.aliases, ...from.roles, ...around];
  return [...new Set(names)].filter((name) => name !== from.stem);
}
