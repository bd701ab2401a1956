import type { Requirement } from "../../contracts/catalogue.ts";
import type { FileStore } from "./file-store.ts";

/* Where ansible-galaxy and AWX look for requirements, relative to a project. */
const places = ["", "roles", "collections"];
const fileName = /requirements\.ya?ml$/;

/** What the requirements files of a project name, and whether it is in the repository. */
export function findRequirements(
  store: FileStore,
  project: { folder: string; rolesPaths: readonly string[] },
): Requirement[] {
  const within = (name: string): string => [project.folder, name].filter((part) => part !== "").join("/");
  const roleFolders = [...project.rolesPaths, within("roles")];
  return places.flatMap((place) => {
    const folder = within(place);
    const names = store.namesIn(folder).filter((name) => fileName.test(name));
    return names.flatMap((name) => {
      const path = folder === "" ? name : `${folder}/${name}`;
      const facts = store.find(path)?.facts;
      if (facts?.kind !== "requirements") return [];
      return facts.entries.map((entry): Requirement => {
        const candidates =
          entry.kind === "role"
            ? roleFolders.map((each) => `${each}/${entry.name}`)
            : [within(`collections/ansible_collections/${entry.name.replace(".", "/")}`)];
        const found = candidates.find((each) => store.hasFolder(each)) ?? null;
        return {
          ...entry,
          path,
          folder: found,
          install: commandFor(entry.kind, path, within(`${entry.kind}s`)),
        };
      });
    });
  });
}

/* Of the whole file: what it names belongs together. The folder is one in which Ansible looks for the project's playbooks. */
function commandFor(kind: Requirement["kind"], path: string, folder: string): string {
  return `ansible-galaxy ${kind} install -r ${word(path)} -p ${word(folder)}`;
}

const word = (text: string): string =>
  /^[\w./-]+$/.test(text) && !text.startsWith("-") ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The command that brings a role which is missing: by a requirements file, else from Galaxy; undefined for any other name. */
export function installCommand(
  project: { folder: string; requirements: readonly Requirement[] },
  role: string,
): string | undefined {
  const [namespace = "", collection = "", inside] = role.split(".");
  const wanted = (each: Requirement): boolean =>
    each.kind === "role"
      ? each.name === role
      : inside !== undefined && each.name === `${namespace}.${collection}`;
  const named = project.requirements.find(wanted);
  if (named !== undefined) return named.install;
  if (!/^[A-Za-z][\w-]*\.[A-Za-z][\w-]*$/.test(role)) return undefined;
  const folder = project.folder === "" ? "roles" : `${project.folder}/roles`;
  return `ansible-galaxy role install ${role} -p ${word(folder)}`;
}
