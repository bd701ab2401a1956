import { ChiffonError } from "../domain/errors.ts";

export interface ServiceUnit {
  /** Absolute paths of Node and of our main file. */
  readonly node: string;
  readonly main: string;
  /** Arguments behind `up`; files and folders absolute. */
  readonly up: readonly string[];
  /** PATH of the service: where it finds Ansible, ssh and git. */
  readonly searchPath: string;
  /** File with further `NAME=value` lines, such as CHIFFON_DATABASE_URL; it need not exist. */
  readonly environmentFile: string;
}

/** The text of the systemd user unit. */
export function describeUnit(unit: ServiceUnit): string {
  return `# Written by "chiffon service install", which overwrites it.
[Unit]
Description=Chiffon: infrastructure changes by approved plans
StartLimitIntervalSec=600
StartLimitBurst=5

[Service]
Type=exec
ExecStart=${commandOf(unit, ["up", ...unit.up])}
Environment=${quote(`PATH=${unit.searchPath}`)}
# Secrets such as CHIFFON_DATABASE_URL belong here (mode 0600), not into this file.
EnvironmentFile=-${escapeSpecifiers(checkText(unit.environmentFile))}
Restart=on-failure
RestartSec=5
# The server alone is stopped: playbooks that run go on, and the next start picks them up.
KillMode=process
TimeoutStopSec=60
# A playbook that runs out of memory does not take the server along.
OOMPolicy=continue
# Core dumps could hold secrets. Sandboxes of systemd are left out on purpose: in a user's service they forbid gaining
# rights, and "become" on this machine (sudo) would fail.
LimitCORE=0

[Install]
WantedBy=default.target
`;
}

/** Of the system alone: what lies in the home of whoever prints a unit is not for the user that it runs as. */
const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface SystemUnit extends Omit<ServiceUnit, "up" | "searchPath"> {
  /** What it is; also the names of its data directory below /var/lib and of its secrets below /etc. */
  readonly kind: "server" | "agent";
  /** The user of the system that it runs as. */
  readonly user: string;
  /** Arguments behind `server` or `agent`; files and folders absolute. */
  readonly args: readonly string[];
  /** Secret options, each in a file that root alone can read: systemd hands it to the service. */
  readonly secrets: readonly { readonly option: string; readonly file: string }[];
}

/** The text of a systemd unit of the system: a server or an agent as a user of its own. */
export function describeSystemUnit(unit: SystemUnit): string {
  const { kind, secrets } = unit;
  const credentials = secrets.map(({ option, file }) => {
    const name = option.toLowerCase().replaceAll("_", "-");
    return `LoadCredential=${name}:${escapeSpecifiers(checkText(file))}\nEnvironment=${option}_FILE=%d/${name}\n`;
  });
  return `# Written by "chiffon service unit ${kind}". Changes of your own: systemctl edit chiffon-${kind}
[Unit]
Description=Chiffon: ${kind}
Wants=network-online.target
After=network-online.target
# The database or the server may be away for longer than this machine takes to start: it never gives up.
StartLimitIntervalSec=0

[Service]
Type=exec
User=${quote(unit.user)}
StateDirectory=chiffon-${kind}
StateDirectoryMode=0700
ExecStart=${commandOf(unit, [kind, "--data", `/var/lib/chiffon-${kind}`, ...unit.args])}
Environment=PATH=${systemPath}
${credentials.join("")}# Further NAME=value lines, without secrets; PATH too, where Ansible lies elsewhere.
EnvironmentFile=-${escapeSpecifiers(checkText(unit.environmentFile))}
Restart=on-failure
RestartSec=10
# It alone is stopped: playbooks that run go on, and its next start picks them up.
KillMode=process
TimeoutStopSec=60
# A playbook that runs out of memory does not take it along.
OOMPolicy=continue
LimitCORE=0
UMask=0077
# What playbooks over SSH and previews in bubblewrap can live with. Not here, on purpose: PrivateTmp (a playbook that outlives a
# restart would lose its files), what covers parts of /proc, and RestrictNamespaces (bubblewrap needs both).
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=full
ProtectHome=read-only
ProtectControlGroups=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictRealtime=yes
LockPersonality=yes
SystemCallArchitectures=native

[Install]
WantedBy=multi-user.target
`;
}

function commandOf({ node, main }: Pick<ServiceUnit, "node" | "main">, args: readonly string[]): string {
  return [node, main, ...args].map(quoteArgument).join(" ");
}

/** An argument of ExecStart: `%` begins a specifier and `$` a variable there. */
function quoteArgument(text: string): string {
  return quote(text).replaceAll("$", "$$$$");
}

function quote(text: string): string {
  const escaped = escapeSpecifiers(checkText(text))
    .replaceAll("\\", "\\\\")
    .replaceAll('"', String.raw`\"`);
  return /^[\w@%+=:,./-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}

function escapeSpecifiers(text: string): string {
  return text.replaceAll("%", "%%");
}

function checkText(text: string): string {
  if (!/\p{Cc}/u.test(text)) return text;
  throw new ChiffonError("bad-input", "A path with control characters cannot stand in a systemd unit.", {
    hint: "Rename the folder.",
  });
}
