import type { RoleUse, TaskFacts } from "./facts.ts";
import type { Link } from "./units.ts";
import { deriveVerbs } from "./verbs.ts";

/** A role or task file inside a play, as written there. */
export interface Part {
  readonly kind: "role" | "tasks";
  /** Name of the role as written, or path of the task file as written. */
  readonly written: string;
  readonly link: Link;
  /** 1-based line of the task or role that names it. */
  readonly line: number;
  /** Tags of its own and of the blocks around it, not those of the play. */
  readonly tags: readonly string[];
  readonly toggle: string | null;
  /** False where the tags select only the statement that includes it, not the tasks inside. */
  readonly tagsReach: boolean;
}

/** A part with the way to run it without the others. */
export interface NamedPart extends Part {
  /** The tags that select it and nothing else; none where only its switch does, or nothing. */
  readonly runTags: readonly string[];
}

/** What the roles themselves say. */
export interface RoleTags {
  /** Tags of the tasks inside a role; undefined when the role is not in the repository. */
  inside(role: string): readonly string[] | undefined;
}

/** So many task files make a list of services; fewer are the chapters of one. */
const manyFiles = 3;

/** Without tag and switch a role is run with all the others, and is no part; of a list of task files each is one, with its problem. */
function isNamed(part: NamedPart, known: { roles: RoleTags; files: number }): boolean {
  // `tasks/start.yml` says what is done, not to what.
  if (part.kind === "tasks" && isDeed(shortName(part.written))) return false;
  if (part.runTags.length > 0 || part.toggle !== null) return true;
  return part.kind === "tasks" ? known.files >= manyFiles : known.roles.inside(part.written) === undefined;
}

const maxParts = 2_000;
const maxDepth = 20;

/**
 * The roles and task files of a playbook that a person may mean by themselves: each selected by a tag of its own, or by a switch.
 * A role that is not there yet is one too: its tags will come with it. A playbook with one part is that part, so it has none.
 */
export function findParts(links: readonly Link[], roles: RoleTags): NamedPart[] {
  const written = links.flatMap(partsOf).slice(0, maxParts);
  if (written.length < 2) return [];
  const parts = written.map((part) =>
    part.kind === "role" && part.tags.length === 0
      ? { ...part, tags: roles.inside(part.written) ?? [] }
      : part,
  );
  const uses = countTags(parts);
  const files = new Set(parts.flatMap((part) => (part.kind === "tasks" ? [part.written] : [])));
  const found = new Map<string, NamedPart>();
  for (const part of parts) {
    const tag = part.tagsReach ? chooseTag(part, uses) : undefined;
    const named = { ...part, runTags: tag === undefined ? [] : [tag] };
    const key = `${part.kind} ${part.written}`;
    // The same role in several plays: its tag runs it in all of them.
    if (!found.has(key) && isNamed(named, { roles, files: files.size })) found.set(key, named);
  }
  return [...found.values()];
}

const isDeed = (name: string): boolean => !/[-_. ]/.test(name) && deriveVerbs(name, []).length > 0;

function partsOf(link: Link): Part[] {
  const { play } = link;
  return [
    ...partsOfTasks(play.preTasks, { link, tags: [], toggle: null, depth: 0 }),
    ...play.roles.flatMap((use) => partOfRole(use, link)),
    ...partsOfTasks(play.tasks, { link, tags: [], toggle: null, depth: 0 }),
    ...partsOfTasks(play.postTasks, { link, tags: [], toggle: null, depth: 0 }),
  ];
}

function partOfRole(use: RoleUse, link: Link): Part[] {
  if (use.name === null) return [];
  const { line, tags, toggle } = use;
  return [{ kind: "role", written: use.name, link, line, tags, toggle, tagsReach: true }];
}

interface Around {
  readonly link: Link;
  readonly tags: readonly string[];
  readonly toggle: string | null;
  readonly depth: number;
}

function partsOfTasks(tasks: readonly TaskFacts[], around: Around): Part[] {
  if (around.depth > maxDepth) return [];
  return tasks.flatMap((task): Part[] => {
    const tags = [...new Set([...around.tags, ...task.tags])];
    const toggle = task.toggle ?? around.toggle;
    const part = { link: around.link, line: task.line, tags, toggle, tagsReach: true };
    const { use } = task;
    switch (use.kind) {
      case "plain":
        return [];
      case "block":
        return partsOfTasks(use.tasks, { ...around, tags, toggle, depth: around.depth + 1 });
      case "import-tasks":
        return use.file === null ? [] : [{ ...part, kind: "tasks", written: use.file }];
      case "import-role":
        return use.role === null ? [] : [{ ...part, kind: "role", written: use.role }];
      case "dynamic": {
        const included = { ...part, tags: use.apply, tagsReach: use.apply.length > 0 };
        return [
          ...use.files.map((written): Part => ({ ...included, kind: "tasks", written })),
          ...(use.role === null ? [] : [{ ...included, kind: "role" as const, written: use.role }]),
        ];
      }
    }
  });
}

function countTags(parts: readonly Part[]): Map<string, number> {
  const holders = new Map<string, Set<string>>();
  for (const { tags, written } of parts)
    for (const tag of tags) holders.set(tag, (holders.get(tag) ?? new Set()).add(written));
  return new Map([...holders].map(([tag, names]) => [tag, names.size]));
}

/** The tag that means this part: named like it, or used by it alone. `always` and `never` select nothing by themselves. */
function chooseTag(part: Part, uses: ReadonlyMap<string, number>): string | undefined {
  const own = part.tags.filter((tag) => !/^(?:always|never|all|tagged|untagged)$/.test(tag));
  const name = plain(shortName(part.written));
  const named = own.filter((tag) => plain(tag) === name);
  const prefixed = own.filter((tag) => plain(tag).endsWith(name) && /^(?:setup|install|deploy)/.test(tag));
  const alone = own.filter((tag) => uses.get(tag) === 1);
  return named[0] ?? prefixed.find((tag) => tag.startsWith("setup")) ?? prefixed[0] ?? alone[0];
}

const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_. ]+/g, "");

/** The last part of a role's or file's name: `docker` of `geerlingguy.docker` and of `tasks/docker.yml`. */
export function shortName(written: string): string {
  const last =
    written
      .replace(/\.ya?ml$/, "")
      .split("/")
      .at(-1) ?? written;
  const inside = last === "main" ? (written.split("/").at(-2) ?? last) : last;
  return inside.includes(".") ? (inside.split(".").at(-1) ?? inside) : inside;
}
