import path from "node:path";
import { InvalidArgumentError, type Command } from "commander";
import { act, describe, type Session } from "../cli/command.ts";
import type { CliContext } from "../cli/context.ts";
import { exitCodes } from "../cli/exit-codes.ts";
import { describeSystemUnit, type SystemUnit } from "./service-unit.ts";

interface UnitFlags {
  readonly json?: boolean;
  readonly asUser: string;
}

interface ServerFlags extends UnitFlags {
  readonly host?: string;
  readonly port?: number;
  readonly name: readonly string[];
  readonly shared?: string;
  readonly repo: readonly string[];
  readonly rabbitmq?: boolean;
}

/** `service unit`: prints units of the system for machines with a server or an agent alone. Whoever has root puts them in place. */
export function registerUnits(service: Command, context: CliContext): void {
  const unit = service
    .command("unit")
    .description("print a unit of the system's systemd, for a server or an agent as a user of its own");
  describe(unit.command("server"), "print chiffon-server.service", [
    "chiffon service unit server --host 0.0.0.0 --repo /srv/homelab > chiffon-server.service",
  ])
    .option("--as-user <name>", "user of the system that it runs as", parseUser, "chiffon")
    .option("--host <address>", "address to listen on; other than loopback with TLS")
    .option("--port <number>", "port to listen on", parsePort)
    .option(
      "--name <host[:port]>",
      "by which it is reached through a load balancer; several times",
      collect,
      [],
    )
    .option("--shared <dir>", "folder that all servers of the database see")
    .option("--repo <dir>", "folder with your playbooks; may be given several times", collect, [])
    .option("--rabbitmq", "it uses RabbitMQ: its address is in /etc/chiffon/rabbitmq-url")
    .action(act(context, async (session, flags: ServerFlags) => printServer(session, flags)));
  describe(unit.command("agent"), "print chiffon-agent.service", [
    "chiffon service unit agent > chiffon-agent.service",
  ])
    .option("--as-user <name>", "user of the system that it runs as", parseUser, "chiffon")
    .option("--rabbitmq", "it uses RabbitMQ: its address is in /etc/chiffon/rabbitmq-url")
    .action(
      act(context, async (session, flags: UnitFlags & { rabbitmq?: boolean }) =>
        print(session, { kind: "agent", args: [], secrets: rabbitSecret(flags), flags }),
      ),
    );
}

const rabbitSecret = ({ rabbitmq = false }: { rabbitmq?: boolean }): SystemUnit["secrets"] =>
  rabbitmq ? [{ option: "CHIFFON_RABBITMQ_URL", file: "/etc/chiffon/rabbitmq-url" }] : [];

function printServer(session: Session, flags: ServerFlags): number {
  const args = [
    ...(flags.host === undefined ? [] : ["--host", flags.host]),
    ...(flags.port === undefined ? [] : ["--port", String(flags.port)]),
    ...flags.name.flatMap((name) => ["--name", name]),
    ...(flags.shared === undefined ? [] : ["--shared", path.resolve(flags.shared)]),
    ...flags.repo.flatMap((folder) => ["--repo", path.resolve(folder)]),
  ];
  const secrets = [
    { option: "CHIFFON_DATABASE_URL", file: "/etc/chiffon/database-url" },
    ...rabbitSecret(flags),
  ];
  return print(session, { kind: "server", args, secrets, flags });
}

function print(
  { out }: Session,
  about: Pick<SystemUnit, "kind" | "args" | "secrets"> & { flags: UnitFlags },
): number {
  const { kind, args, secrets, flags } = about;
  const name = `chiffon-${kind}.service`;
  const text = describeSystemUnit({
    kind,
    args,
    secrets,
    node: process.execPath,
    main: path.resolve(import.meta.dirname, `../main${path.extname(import.meta.filename)}`),
    user: flags.asUser,
    environmentFile: `/etc/chiffon/${kind}.env`,
  });
  if (out.json) out.object({ name, text });
  else out.data(text.trimEnd());
  out.note(
    `As root: put it into /etc/systemd/system/${name}, make the user (useradd --system --create-home ${flags.asUser}),`,
    ...secrets.map(({ option, file }) => `write the value of ${option} into ${file} (mode 0600),`),
    `then: systemctl daemon-reload && systemctl enable --now ${name}`,
  );
  return exitCodes.ok;
}

function parseUser(text: string): string {
  if (/^[a-z_][a-z0-9_-]{0,31}$/.test(text)) return text;
  throw new InvalidArgumentError("a name of a user has a-z, 0-9, _ and -, and begins with a letter");
}

function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError("a port is a number from 1 to 65535");
}

function collect(value: string, list: readonly string[]): readonly string[] {
  return [...list, value];
}
