import type { ListedAnsibleTask } from "../../contracts/catalogue.ts";
import { runsLookup } from "../trust/texts.ts";
import { isTemplated, type YamlMapping } from "../yaml/values.ts";

type Effect = NonNullable<ListedAnsibleTask["effect"]>;
type Arguments = ReadonlyMap<string, string>;

/* Modules by the last part of their name: collections move, modules keep their name. */
const dataHolders = new Set(
  (
    "mysql_db postgresql_db postgresql_schema postgresql_table postgresql_tablespace influxdb_database docker_volume " +
    "podman_volume s3_bucket rds_instance"
  ).split(" "),
);
const machines = new Set(
  "lxc_container lxd_container proxmox proxmox_kvm virt ec2_instance k8s helm docker_compose docker_compose_v2".split(
    " ",
  ),
);
const prunes = new Set(["docker_prune", "podman_prune", "docker_image_prune"]);
const serviceModules = new Set(["service", "systemd", "systemd_service", "sysvinit", "openrc"]);
const firewalls =
  /^(?:ufw|firewalld|nftables|iptables|ip6tables|netfilter-persistent|firewall)(?:\.service)?$/;
const gone = /^(?:absent|destroyed|undefined|deleted|terminated)$/i;
const yes = /^(?:yes|true|on|1|y|t)$/i;
const no = /^(?:no|false|off|0|n|f)$/i;

const firewallModules = new Set(["ufw", "iptables", ...serviceModules]);
/** What they take away a playbook that deploys does not bring back; most of it is of little weight. */
const takers = new Set(
  (
    "file apt apt_key apt_repository package dnf yum pacman apk zypper pip npm snap flatpak lineinfile blockinfile cron group " +
    "git authorized_key docker_container podman_container docker_image docker_network"
  ).split(" "),
);
const known = new Set([...dataHolders, ...machines, ...prunes, ...firewallModules, ...takers, "user"]);

/**
 * What a task destroys or opens, by its module and its plainly written arguments; undefined when nothing of the kind is
 * known. A `state` that is known only at run time counts as one that removes.
 */
export function effectOf(module: string, read: () => Arguments): Effect | undefined {
  const short = module.slice(module.lastIndexOf(".") + 1);
  if (!known.has(short)) return undefined;
  const args = read();
  const state = args.get("state") ?? args.get("command") ?? "";
  if (firewallModules.has(short)) return opensFirewall(short, args) ? "firewall-off" : undefined;
  if (takers.has(short)) return gone.test(state) ? "deletes" : undefined;
  if (short === "user")
    return gone.test(state) && yes.test(args.get("remove") ?? "")
      ? "removes"
      : gone.test(state)
        ? "deletes"
        : undefined;
  const removes = gone.test(state) || prunes.has(short);
  if (removes && (dataHolders.has(short) || takesVolumes(args))) return "loses-data";
  return removes || isTemplated(state) ? "removes" : undefined;
}

const takesVolumes = (args: Arguments): boolean =>
  yes.test(args.get("remove_volumes") ?? "") || yes.test(args.get("volumes") ?? "");

function opensFirewall(short: string, args: Arguments): boolean {
  const state = args.get("state") ?? "";
  if (short === "ufw") return /^(?:disabled|reset)$/i.test(state) || isOpenPolicy(args);
  if (short === "iptables") return yes.test(args.get("flush") ?? "") || isOpenPolicy(args);
  if (!serviceModules.has(short) || !firewalls.test(args.get("name") ?? args.get("service") ?? ""))
    return false;
  return (
    state.toLowerCase() === "stopped" ||
    no.test(args.get("enabled") ?? "") ||
    yes.test(args.get("masked") ?? "")
  );
}

/** Everything is let in unless a rule forbids it. */
function isOpenPolicy(args: Arguments): boolean {
  const policy = args.get("policy") ?? args.get("default") ?? "";
  const way = args.get("direction") ?? args.get("chain") ?? "incoming";
  return /^(?:allow|accept)$/i.test(policy) && /^(?:in|incoming|input)$/i.test(way);
}

const maybeLookup = /\b(?:lookup|query|q)\b/;

/** Whether a lookup of a task, in whatever part of it, may run a program or ask the network. */
export function runsHere(task: YamlMapping): boolean {
  if (Object.keys(task).some((key) => key.startsWith("with_") && runsLookup(`${key}:`))) return true;
  const waiting: unknown[] = [task];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value === "string") {
      if (maybeLookup.test(value) && runsLookup(value)) return true;
    } else if (typeof value === "object" && value !== null) waiting.push(...Object.values(value));
  }
  return false;
}
