/** Stands for a Jinja expression inside a path: any text, but no `/`. */
export const wildcard = "\u0001";

/** A path that a text names, as written there. */
export interface Mention {
  /** Relative, with {@link wildcard} in the place of expressions; begins with neither `/` nor `~`. */
  readonly path: string;
  /** True when it begins at a folder that Ansible names: `{{ playbook_dir }}/…`. */
  readonly anchored: boolean;
}

/* The expression is such a folder and nothing else. */
const ownFolder = /^\{\{\s*(?:playbook_dir|role_path|inventory_dir)\s*\}\}$/;
const anyOwnFolder = /\b(?:playbook_dir|role_path|inventory_dir)\b/;
const ownMark = "\u0002";

const letter = `\\p{L}\\p{N}_.@+~${wildcard}${ownMark}\\-`;
const run = new RegExp(`[${letter}/]+`, "gu");
const ending = new RegExp(`\\.[A-Za-z0-9_${wildcard}]{1,12}$`);
const quoted = /(["'])((?:(?!\1)[^\n\\]){1,300})\1/g;
/* A value that is the whole rest of its line may hold blanks. */
const wholeValue = /^[ \t-]*[\w.-]+[ \t]*:[ \t]+([^\s#"'{[|>&*!%@`][^\n#]{0,300})$/gm;
/* `src: dotfiles` names a folder without any sign of a path. */
const plainFolder = new RegExp(
  `\\b(?:src|path|dir|chdir|directory|folder|root|context|project_src|files?)[ \\t]*[:=][ \\t]*["']?([${letter}]+)["']?[ \\t]*$`,
  "gmu",
);
/* Comments say much about other files; only Chiffon's own are meant. */
const comment = /^[ \t]*#(?![ \t]*chiffon:).*$/gm;

const maxMentions = 20_000;

/**
 * The relative paths that a YAML text could mean: rather one too many than one too few, because what is meant is looked up
 * afterwards. Linear in the length of the text.
 */
export function findMentions(text: string): Mention[] {
  const found = new Map<string, Mention>();
  const add = (written: string, within: { anchored: boolean }): void => {
    const anchored = within.anchored || written.includes(ownMark);
    const plain = written.replaceAll(ownMark, "");
    const path = anchored ? plain.replace(/^\/+/, "") : plain;
    if (found.size >= maxMentions || /^[/~]/.test(path) || !(anchored || isTelling(path))) return;
    if (anchored || !found.has(path)) found.set(path, { path, anchored });
  };
  const free = { anchored: false };
  const { outside, expressions } = splitExpressions(text.replaceAll(comment, ""));
  // Inside an expression paths have quotes around them: `lookup('file', 'keys/' + name)`.
  for (const expression of expressions) {
    const within = { anchored: anyOwnFolder.test(expression) };
    for (const [, , path = ""] of expression.matchAll(quoted))
      if (within.anchored || /[/.]/.test(path)) add(path, within);
  }
  for (const [word] of outside.matchAll(run)) {
    const path = word.replace(/[.,]+$/, (dots) => (dots === ".." ? dots : ""));
    if (path.includes("/") || path.includes(ownMark) || ending.test(path)) add(path, free);
  }
  for (const [, , path = ""] of outside.matchAll(quoted)) if (path.includes(" ")) add(path, free);
  for (const [, value = ""] of outside.matchAll(wholeValue))
    if (value.trimEnd().includes(" ")) add(value.trimEnd(), free);
  for (const [, folder = ""] of outside.matchAll(plainFolder)) add(folder, free);
  return [...found.values()];
}

/** An expression alone may be anything; what it stands for is written where the variable gets its value. */
function isTelling(path: string): boolean {
  return path.replaceAll(wildcard, "").replaceAll(/[./]/g, "") !== "";
}

function splitExpressions(text: string): { outside: string; expressions: string[] } {
  const expressions: string[] = [];
  const pieces: string[] = [];
  let from = 0;
  for (let at = text.indexOf("{{"); at !== -1; at = text.indexOf("{{", from)) {
    const end = text.indexOf("}}", at + 2);
    if (end === -1) break;
    const expression = text.slice(at, end + 2);
    const isOwn = ownFolder.test(expression);
    if (!isOwn) expressions.push(expression);
    pieces.push(text.slice(from, at), isOwn ? ownMark : wildcard);
    from = end + 2;
  }
  pieces.push(text.slice(from));
  return { outside: pieces.join(""), expressions };
}
