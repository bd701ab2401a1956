import { ChiffonError } from "../../domain/errors.ts";

/** A git address that may be given to git. */
export interface GitAddress {
  /** As written. */
  readonly url: string;
  /** The only protocol that git may use for it. */
  readonly protocol: "https" | "ssh" | "file";
  /** What the repository is called, for people. */
  readonly name: string;
}

const examples = "Use https://HOST/PATH, ssh://git@HOST/PATH or git@HOST:PATH.";
/** Blanks and everything below; also the invisible marks that make one address look like another. */
const unprintable = /[\p{C}\p{Z}]/u;
const hostName = "[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9])?";
const shortForm = new RegExp(`^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*@)?${hostName}:(?!//)[^-:].*$`);
const branchName = /^(?![-/.])(?!.*(?:\.\.|\/\/|\/\.|@\{|\.lock(?:\/|$)))[^\p{C}\p{Z}~^:?*[\\]+(?<![/.])$/u;

/**
 * Takes an address apart before git sees it: git also knows addresses that start programs (`ext::`), takes what begins with
 * `-` for an option, and would store a password that stands in the address. Throws `bad-input` in words.
 */
export function parseGitAddress(written: string): GitAddress {
  const url = written.trim();
  if (unprintable.test(url)) throw refuse("the address holds blanks or characters that cannot be seen");
  if (url.startsWith("-")) throw refuse("an address cannot begin with -");
  if (url.includes("::")) throw refuse("addresses with :: start a helper program");
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    if (!shortForm.test(url)) throw refuse("this is no address of a git repository");
    return { url, protocol: "ssh", name: nameOf(url.slice(url.indexOf(":") + 1)) };
  }
  if (scheme === "http" || scheme === "git")
    throw refuse(`${scheme}:// is not protected: anybody in between could change the playbooks`);
  if (scheme !== "https" && scheme !== "ssh" && scheme !== "file")
    throw refuse(`addresses with ${scheme}:// are not used`);
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined) throw refuse("this is no valid address");
  if (scheme !== "file" && !new RegExp(`^(?:${hostName}|\\[[0-9a-fA-F:.]+\\])$`).test(parsed.hostname))
    throw refuse("its host is no plain name");
  if (scheme === "file" && parsed.hostname !== "") throw refuse("a file:// address has three slashes");
  checkCredentials(parsed, scheme);
  const name = nameOf(decodePath(parsed.pathname));
  return { url, protocol: scheme, name };
}

function checkCredentials(parsed: URL, scheme: "https" | "ssh" | "file"): void {
  const user = scheme === "ssh" ? "" : parsed.username;
  if (parsed.password !== "" || user !== "")
    throw new ChiffonError("bad-input", "the address holds a user name or a password", {
      hint: "It would be stored and shown. Give the address without it, and let git know the password by a credential helper (git config --global credential.helper store), or use a deploy key with git@HOST:PATH.",
    });
  if (scheme === "ssh" && !/^[A-Za-z0-9_.-]*$/.test(parsed.username))
    throw refuse("its user is no plain name");
  if (parsed.username.startsWith("-")) throw refuse("its user is no plain name");
}

/** Throws `bad-input` when git would not take it for the name of a branch. */
export function checkBranch(branch: string): string {
  const name = branch.trim();
  if (branchName.test(name)) return name;
  throw new ChiffonError("bad-input", `"${name.slice(0, 80)}" is no name of a branch`, {
    hint: "Give a branch or tag such as main, or leave it out for the default one.",
  });
}

/** A name that commands, addresses and files can carry. */
export function shortName(text: string): string {
  const name = text
    .replaceAll(/[^A-Za-z0-9._-]+/g, "-")
    .replaceAll(/^[-.]+|[-.]+$/g, "")
    .slice(0, 60);
  // An operation's id begins with that word.
  return name === "" || name === "operation" ? "repository" : name;
}

function nameOf(path: string): string {
  const last = path.split("/").findLast((part) => part !== "") ?? "";
  return shortName(last.replace(/\.git$/, ""));
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function refuse(why: string): ChiffonError {
  return new ChiffonError("bad-input", why, { hint: examples });
}
