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
  const command = [unit.node, unit.main, "up", ...unit.up].map(quoteArgument).join(" ");
  return `# Written by "chiffon service install", which overwrites it.
[Unit]
Description=Chiffon: infrastructure changes by approved plans
StartLimitIntervalSec=600
StartLimitBurst=5

[Service]
Type=exec
ExecStart=${command}
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
