import type { Command } from "commander";
import type { RepositoryTrust, TrustFile } from "../../contracts/trust.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { act, describe, UsageError, type CommonFlags, type Session } from "../command.ts";
import type { CliContext } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { withPassword } from "../password.ts";
import type { Style } from "../plan-card.ts";
import { count, localTime, oneLine, plain, shellWord } from "../text.ts";

interface Flags extends CommonFlags {
  readonly user?: string;
  readonly yes?: boolean;
  readonly hash?: string;
  readonly revoke?: boolean;
  readonly content?: boolean;
}

const shownHash = 12;

/** `repo trust`: whether the executable part of a repository may run before an approval. */
export function registerTrust(repo: Command, context: CliContext): void {
  describe(
    repo.command("trust <name>"),
    "show which of its files run as code when Ansible starts, and what changed since the last trust; then ask whether they may run before an approval",
    [
      "chiffon repo trust homelab",
      "chiffon repo trust homelab --yes --hash 9f86d081884c",
      "chiffon repo trust homelab --revoke",
    ],
  )
    .option("--yes", "trust it without a question; needs --hash")
    .option("--hash <prefix>", "beginning of the hash of what was shown, 8 characters or more")
    .option("--content", "show the files, not only their names")
    .option("--revoke", "take the trust back")
    .option("--user <name>", "the admin whose password is asked for, where one is needed")
    .action(act(context, trust));
}

async function trust(session: Session, flags: Flags, name: string): Promise<number> {
  const { api, out, ask, context } = session;
  if (flags.yes === true && flags.hash === undefined)
    throw new UsageError("--yes needs --hash: the beginning of the hash of what you have read");
  if (flags.hash !== undefined && !/^[0-9a-f]{8,64}$/i.test(flags.hash))
    throw new UsageError("--hash takes 8 to 64 hexadecimal digits");
  if (flags.revoke === true) {
    const revoked = await withPassword(session, { user: flags.user }, () =>
      api.repositories.revokeTrust(name),
    );
    if (out.json) out.object(revoked);
    else out.note(`${oneLine(name)} is trusted no longer`);
    return exitCodes.ok;
  }
  const found = await api.repositories.trust(name);
  const wanted = flags.yes === true;
  if (!out.json || !wanted) show(session, found, flags);
  if (flags.hash !== undefined && !found.hash.startsWith(flags.hash.toLowerCase()))
    throw new ChiffonError(
      "hash-mismatch",
      `What ${name} would run has the hash ${found.hash}, not ${flags.hash}.`,
      {
        hint: "It has changed since it was shown. Read it again without --yes.",
      },
    );
  if (found.state === "trusted") return exitCodes.ok;
  if (!wanted) {
    if (!context.isTerminal || out.json) {
      out.note(
        `Trust it: ${session.me} repo trust ${shellWord(name)} --yes --hash ${found.hash.slice(0, shownHash)}`,
      );
      return exitCodes.waiting;
    }
    if (!(await ask.confirm("May these files run on this machine before a plan is approved?"))) {
      out.note("Nothing was trusted.");
      return exitCodes.waiting;
    }
  }
  const given = await withPassword(session, { user: flags.user }, () =>
    api.repositories.giveTrust(name, found.hash),
  );
  if (out.json) out.object(given);
  else out.note(`${oneLine(name)} is trusted until one of these files changes`);
  return exitCodes.ok;
}

function show({ out }: Session, found: RepositoryTrust, flags: Flags): void {
  if (out.json) return out.object(found);
  out.data(...describeTrust(found, out.style, { content: flags.content === true }));
}

/** The executable part of a repository as a person reads it before they trust it. */
export function describeTrust(found: RepositoryTrust, style: Style, options: { content: boolean }): string[] {
  const present = found.files.filter((file) => file.change !== "removed");
  return [
    `${style("bold", oneLine(found.repository))}  ${stateText(found)}`,
    present.length === 0
      ? "No file of it runs as code when Ansible starts."
      : `${count(present.length, "file")} would run as code, or make Ansible start programs:`,
    ...found.files.flatMap((file) =>
      describeFile(file, style, { ...options, since: found.trustedAt !== null }),
    ),
    ...(found.sandboxProblem === null ? [] : [`Sandboxes: ${oneLine(found.sandboxProblem)}`]),
    `Hash:      ${found.hash.slice(0, shownHash)}`,
  ];
}

function stateText({ state, trustedBy, trustedAt }: RepositoryTrust): string {
  const last =
    trustedBy === null || trustedAt === null ? "" : ` by ${oneLine(trustedBy)} on ${localTime(trustedAt)}`;
  switch (state) {
    case "none":
      return "not trusted";
    case "trusted":
      return `trusted${last}`;
    case "ended":
      return `trusted${last}, but it has changed since: the trust has ended`;
    case "revoked":
      return `trusted${last}, and taken back`;
    default:
      return state satisfies never;
  }
}

function describeFile(
  file: TrustFile,
  style: Style,
  options: { content: boolean; since: boolean },
): string[] {
  const mark = options.since && file.change !== "same" ? `  [${file.change}]` : "";
  const text =
    file.diff ?? (options.content || (options.since && file.change === "added") ? file.text : null);
  return [
    `  ${oneLine(file.path)}  (${file.kinds.join(", ")}, ${file.size} bytes)${style(file.change === "same" ? "dim" : "yellow", mark)}`,
    ...(file.change === "removed" ? [] : file.reasons.map((reason) => `      ${oneLine(reason)}`)),
    ...(text === null
      ? []
      : plain(text)
          .trimEnd()
          .split("\n")
          .map((line) => `      | ${line}`)),
  ];
}
