import type { Unit } from "../contracts/catalogue.ts";

/** A unit for tests; everything that is not given is empty. */
export function makeUnit(name: string, given: Partial<Unit> = {}): Unit {
  const path = given.path ?? `playbooks/${name}.yml`;
  return {
    id: `home:${path}`,
    kind: "playbook",
    name,
    path,
    playbook: path,
    project: ".",
    repository: "home",
    tags: [],
    enableVar: null,
    description: "",
    services: [],
    aliases: [],
    verbs: [],
    vars: [],
    secrets: [],
    portals: null,
    choices: [],
    problem: null,
    plays: [],
    sha256: "0".repeat(64),
    minor: false,
    ...given,
  };
}

const verbOfOperation = {
  restart: "restart",
  stop: "stop",
  start: "start",
  status: "status",
  reboot: "restart",
  facts: "status",
  ping: "check",
} as const;

/** Chiffon's own operations as the catalogue shows them. */
export const operations: Unit[] = Object.entries(verbOfOperation).map(([name, verb]) =>
  makeUnit(name, { id: `operation:${name}`, kind: "operation", verbs: [verb], repository: "chiffon" }),
);

/** A small homelab: services with and without verbs, a backup job, a site playbook with the roles as aliases. */
export const homelab: Unit[] = [
  makeUnit("status-page", {
    description: "Serve a page that shows which services are up",
    verbs: ["deploy"],
  }),
  makeUnit("backup-folder", {
    description: "Back up a directory of a host into an archive",
    verbs: ["backup"],
  }),
  makeUnit("uptime-kuma", { description: "Install Uptime Kuma", verbs: ["deploy"] }),
  makeUnit("nginx", { description: "Web server and reverse proxy" }),
  makeUnit("nginx-proxy-manager-exporter"),
  makeUnit("postgresql-server", { description: "PostgreSQL database server" }),
  makeUnit("grafana", { description: "Dashboards for metrics", verbs: ["deploy", "update"] }),
  makeUnit("paperless-ngx", { description: "Archive for scanned documents" }),
  makeUnit("minecraft-bedrock-server"),
  makeUnit("transmission"),
  makeUnit("transmission-with-openvpn"),
  makeUnit("restart-haproxy", { verbs: ["restart"] }),
  makeUnit("remove-jellyfin", { verbs: ["remove"] }),
  makeUnit("jellyfin", { verbs: ["deploy"] }),
  makeUnit("site", { path: "site.yml", aliases: ["common", "docker", "redis", "nginx", "users"] }),
  makeUnit("all", { path: "group_vars/all.yml" }),
  makeUnit("main", { path: "roles/web/tasks/main.yml" }),
  makeUnit("gitea", { path: "molecule/default/gitea.yml", minor: true }),
];
