import type { FileStore } from "./file-store.ts";

/** What a repository's documentation says in a few words about the things that it installs. */
export interface Docs {
  /** The first sentences about the role or service of this name; undefined when no file is named like it. */
  about(name: string): string | undefined;
}

const docsFolder = /(^|\/)docs?(\/|$)/i;
const maxText = 20_000;
const maxDescription = 400;

/** Looks at names only; a text is read when it is asked for. */
export function createDocs(names: ReadonlyMap<string, readonly string[]>, store: FileStore): Docs {
  const paths = new Map<string, string>();
  for (const [folder, files] of names) {
    if (!docsFolder.test(folder)) continue;
    for (const file of files) {
      const name = subjectOf(folder, file);
      if (name !== undefined && !paths.has(name)) paths.set(name, `${folder}/${file}`);
    }
  }
  return {
    about(name) {
      const path = paths.get(plainName(name));
      return path === undefined ? undefined : readDescription(store, path);
    },
  };
}

/* `docs/services/gitea.md`, `docs/ansible/roles/gitea/man_description.rst`. */
function subjectOf(folder: string, file: string): string | undefined {
  const stem = /^(.+)\.(?:md|rst)$/.exec(file)?.[1];
  if (stem === undefined) return undefined;
  const general = /^(man_description|readme|index)$/i.test(stem);
  const name = plainName(general ? folder.slice(folder.lastIndexOf("/") + 1) : stem);
  return name === "" || name === "docs" || name === "doc" ? undefined : name;
}

const plainName = (name: string): string => name.toLowerCase().replaceAll(/[-_. ]+/g, "");

/** The first sentences of a text file; undefined when there is none, or nothing but headings. */
export function readDescription(store: FileStore, path: string): string | undefined {
  const text = store.find(path)?.text;
  return text === undefined || text === null ? undefined : firstProse(text.slice(0, maxText));
}

/** The first two paragraphs of Markdown or reStructuredText that are prose, without their marks: the first is often a formality. */
export function firstProse(text: string): string | undefined {
  const body = text.replace(/^---\n[\s\S]*?\n---\n/, "").replaceAll(/<!--[\s\S]*?-->/g, "");
  const found: string[] = [];
  for (const paragraph of body.split(/\n\s*\n/)) {
    const lines = paragraph.split("\n").map((line) => line.trim());
    if (lines.some((line) => /^(?:```|\||\.\. |:::)/.test(line))) continue;
    const prose = lines.filter((line) => !/^(?:#|!\[|\[!\[|[-=~^"*]{3,}$|<|>|SPDX-)/.test(line)).join(" ");
    const plain = prose
      .replaceAll(/!\[[^\]]*\]\([^)]*\)/g, "")
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .replaceAll(/`+([^`]*)`+_{0,2}/g, "$1")
      .replaceAll(/(?:\*\*|__|\*)/g, "")
      .replaceAll(/\s+/g, " ")
      .trim();
    if (plain.split(" ").length >= 4) found.push(plain);
    if (found.length === 2) break;
  }
  return found.length === 0 ? undefined : found.join(" ").slice(0, maxDescription);
}
