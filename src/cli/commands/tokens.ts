import { InvalidArgumentError, type Command } from "commander";
import { Permission } from "../../contracts/access.ts";
import { act, describe, type CommonFlags, type Session } from "../command.ts";
import type { CliContext } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { withPassword } from "../password.ts";
import { localTime, oneLine, shortId, table } from "../text.ts";
import { pick } from "./shared.ts";

type Flags = CommonFlags & { readonly user?: string };

interface CreateFlags extends Flags {
  readonly permission: Permission[];
  readonly days: number;
}

/** `token`: keys for programs. */
export function registerTokens(program: Command, context: CliContext): void {
  const tokens = program.command("token").description("keys for programs, used as CHIFFON_TOKEN_FILE");
  const add = (usage: string, about: string, examples: string[]): Command =>
    describe(tokens.command(usage), about, examples).option(
      "--user <name>",
      "the admin whose password is asked for, where one is needed",
    );
  add("create <name>", "make a token; it is printed on stdout, once", [
    "chiffon token create ci --permission read --permission propose --days 30 > ci.token",
  ])
    .requiredOption(
      "--permission <permission>",
      `what it may do: ${Permission.options.join(", ")}; may be given several times`,
      collect,
    )
    .option("--days <number>", "days until it expires, 1 to 366", parseDays, 90)
    .action(act(context, createToken));
  add("list", "all tokens that were not revoked, never their values", ["chiffon token list"]).action(
    act(context, listTokens),
  );
  add("revoke <token>", "make a token useless, by id or name", ["chiffon token revoke ci"]).action(
    act(context, async (session, flags: Flags, wanted: string) => {
      const { api, out, me } = session;
      const token = await withPassword(session, { user: flags.user }, async () => {
        const found = pick(await api.tokens.list(), wanted, { noun: "token", list: `${me} token list` });
        await api.tokens.revoke(found.id);
        return found;
      });
      out.note(`token ${oneLine(token.name)} (${shortId(token.id)}) revoked`);
      return exitCodes.ok;
    }),
  );
}

async function createToken(session: Session, flags: CreateFlags, name: string): Promise<number> {
  const { api, out } = session;
  const body = { name, permissions: flags.permission, days: flags.days };
  const created = await withPassword(session, { user: flags.user }, () => api.tokens.create(body));
  if (out.json) out.object(created);
  else {
    out.data(created.token);
    out.note(
      `token ${oneLine(created.name)} (${shortId(created.id)}) may ${created.permissions.join(", ")} until ${localTime(created.expiresAt)}`,
      "It is shown this once. Keep it in a file that only you can read.",
    );
  }
  return exitCodes.ok;
}

async function listTokens(session: Session, flags: Flags): Promise<number> {
  const { api, out } = session;
  const tokens = await withPassword(session, { user: flags.user }, () => api.tokens.list());
  if (out.json) out.object(tokens);
  else if (tokens.length === 0) out.note("There are no tokens.");
  else {
    const columns = [
      { title: "token" },
      { title: "name", flexible: true },
      { title: "may" },
      { title: "expires" },
      { title: "last used" },
    ];
    const rows = tokens.map((token) => [
      shortId(token.id),
      token.name,
      token.permissions.join(" "),
      localTime(token.expiresAt),
      localTime(token.lastUsedAt),
    ]);
    out.data(...table(columns, rows, out.width));
  }
  return exitCodes.ok;
}

function collect(value: string, list: readonly Permission[] = []): Permission[] {
  const parsed = Permission.safeParse(value);
  if (parsed.success) return [...list, parsed.data];
  throw new InvalidArgumentError(`one of ${Permission.options.join(", ")}`);
}

function parseDays(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= 366) return number;
  throw new InvalidArgumentError("a number from 1 to 366");
}
