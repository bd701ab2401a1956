import { describe, expect, test } from "vitest";
import { splitRequest } from "./split.ts";
import { brief } from "./testing-intents.ts";

const groups: Record<string, readonly (readonly [string, ...string[]])[]> = {
  "one wish": [
    ["Deploy the status page", "deploy: status page"],
    ["please could you install jellyfin for me?", "deploy: jellyfin"],
    ["I'd like you to set up a wiki", "deploy: wiki"],
    ["spin up a gitea instance on git01", "deploy: gitea instance @git01"],
    ["get uptime kuma running on nas01", "deploy: uptime kuma @nas01"],
    ["put grafana on monitor01", "deploy: grafana @monitor01"],
    ["set the reverse proxy up on edge1", "deploy: reverse proxy @edge1"],
    ["reload haproxy", "restart: haproxy"],
    ["Reboot db2, please", "restart: db2 @db2"],
    ["turn off the media server", "stop: media server"],
    ["shut jellyfin down", "stop: jellyfin"],
    ["take a snapshot of the wiki", "backup: wiki"],
    ["export the grafana dashboards", "backup: grafana dashboards"],
    ["do a backup of nextcloud to /mnt/backup", "backup: nextcloud #to=/mnt/backup"],
    ["renew the certificate for shop.example.org", "update: certificate for shop.example.org"],
    ["bring gitea up to date", "update: gitea"],
    ["roll grafana back to 10.1", "rollback: grafana #version=10.1"],
    ["get rid of the old wiki", "remove: old wiki"],
    ["is redis running on cache1?", "status: redis @cache1"],
    ["what's the status of postgres?", "status: postgres"],
    ["check whether the backups are working", "check: backups"],
    ["which packages are outdated on web1?", "check: packages @web1"],
    ["restore the wiki from /backup/wiki.tar", "restore: wiki #from=/backup/wiki.tar"],
    ["make sure docker is running on every host", "start: docker @all"],
    ["make sure nginx is installed on web1", "deploy: nginx @web1"],
    ["nginx needs a restart", "restart: nginx"],
    ["I want redis removed from cache1", "remove: redis @cache1"],
    ["instal grafana", "deploy: grafana"],
    ["wiki", "other: wiki"],
  ],
  "several targets": [
    ["install grafana, loki and prometheus", "deploy: grafana", "deploy: loki", "deploy: prometheus"],
    ["restart nginx and redis on web1", "restart: nginx @web1", "restart: redis @web1"],
    ["stop jellyfin and plex", "stop: jellyfin", "stop: plex"],
    ["I need a photo gallery and a password vault", "deploy: photo gallery", "deploy: password vault"],
    ["install nginx on web1 and postgres on db1", "deploy: nginx @web1", "deploy: postgres @db1"],
    ["upgrade postgres to 16 and redis to 7.2", "update: postgres #version=16", "update: redis #version=7.2"],
    ["deploy nextcloud with mariadb and redis", "deploy: nextcloud #with=mariadb and redis"],
    [
      "Please deploy the following: grafana, loki and alloy",
      "deploy: grafana",
      "deploy: loki",
      "deploy: alloy",
    ],
    ["Install:\n- grafana\n- loki", "deploy: grafana", "deploy: loki"],
  ],
  hosts: [
    ["restart nginx on web1 and web2", "restart: nginx @web1,web2"],
    ["update the packages on web1, web2 and db1", "update: packages @web1,web2,db1"],
    ["deploy grafana to monitor01", "deploy: grafana @monitor01"],
    ["On web1, restart nginx and stop redis", "restart: nginx @web1", "stop: redis @web1"],
    ["on web1: install nginx, then reboot", "deploy: nginx @web1", "restart:  @web1 <0"],
    ["reboot web1 and web2", "restart: web1 and web2 @web1,web2"],
    ["restart nginx on all hosts", "restart: nginx @all"],
    ["deploy the agent everywhere", "deploy: agent @all"],
    ["uninstall telnet from web1 and web2", "remove: telnet @web1,web2"],
    ["install a and b on web1 and web2 respectively", "deploy: a @web1", "deploy: b @web2"],
    ["restart nginx on web1, then on web2", "restart: nginx @web1", "restart: nginx @web2 <0"],
    ["install nginx on 10.0.0.5", "deploy: nginx @10.0.0.5"],
    ["install nginx on web.example.org", "deploy: nginx @web.example.org"],
  ],
  order: [
    [
      "Deploy the status page and then back up its folder",
      "deploy: status page",
      "backup: status page folder <0",
    ],
    ["install docker, then portainer", "deploy: docker", "deploy: portainer <0"],
    ["Install docker. Afterwards deploy portainer.", "deploy: docker", "deploy: portainer <0"],
    ["Install docker. Restart nginx.", "deploy: docker", "restart: nginx"],
    [
      "deploy jellyfin and sonarr, then set up traefik",
      "deploy: jellyfin",
      "deploy: sonarr",
      "deploy: traefik <0,1",
    ],
    ["update gitea but back it up first", "backup: gitea", "update: gitea <0"],
    ["First back up gitea, then update it", "backup: gitea", "update: gitea <0"],
    ["back up the wiki before upgrading postgres", "backup: wiki", "update: postgres <0"],
    ["Before upgrading postgres, back up the wiki", "backup: wiki", "update: postgres <0"],
    ["After updating the certificates, reload nginx", "update: certificates", "restart: nginx <0"],
    ["reload nginx after updating the certificates", "update: certificates", "restart: nginx <0"],
    ["update nginx, and once that is done restart it", "update: nginx", "restart: nginx <0"],
    ["1. stop gitea\n2. back up gitea\n3. start gitea", "stop: gitea", "backup: gitea <0", "start: gitea <1"],
    ["stop the wiki -> back it up -> start it", "stop: wiki", "backup: wiki <0", "start: wiki <1"],
    [
      "Upgrade postgres and redis, but back both up first",
      "backup: postgres",
      "backup: redis",
      "update: postgres <0",
      "update: redis <1",
    ],
    ["stop and remove plex", "stop: plex", "remove: plex <0"],
    ["install nginx and restart it", "deploy: nginx", "restart: nginx <0"],
    ["install nginx and update postgres", "deploy: nginx", "update: postgres"],
  ],
  "longer texts": [
    [
      "Could you first stop the wiki, then back up its database to nas01, and finally start it again?",
      "stop: wiki",
      "backup: wiki database <0 #to=nas01",
      "start: wiki <1",
    ],
    [
      "Please update all packages on web1 and web2 and reboot them afterwards",
      "update: packages @web1,web2",
      "restart: web1 and web2 @web1,web2 <0",
    ],
    [
      "Roll out the new certificates to web1, then web2, then web3",
      "deploy: new certificates @web1",
      "deploy: new certificates @web2 <0",
      "deploy: new certificates @web3 <1",
    ],
    ["Upgrade nextcloud, but only after taking a snapshot", "backup: nextcloud", "update: nextcloud <0"],
    [
      "Restart nginx. If it doesn't come back up, roll back to the previous version.",
      "restart: nginx",
      "rollback: nginx <0 ?If it doesn't come back up #version=previous",
    ],
    [
      "Start jellyfin, sonarr and radarr in that order",
      "start: jellyfin",
      "start: sonarr <0",
      "start: radarr <1",
    ],
    [
      "start postgres, wait until it is ready, then start nextcloud",
      "start: postgres",
      "start: nextcloud <0",
    ],
    [
      "Set up monitoring: prometheus on mon1 and grafana on mon2",
      "deploy: prometheus @mon1",
      "deploy: grafana @mon2",
    ],
    [
      "Deploy the status page on web1 and the wiki on web2; both should be backed up daily",
      "deploy: status page @web1",
      "deploy: wiki @web2",
      "backup: status page @web1 <0 #time=daily",
      "backup: wiki @web2 <1 #time=daily",
    ],
    ["Restart grafana and let me know when it's done", "restart: grafana"],
    [
      "Bring jellyfin down, upgrade it and bring it back up",
      "stop: jellyfin",
      "update: jellyfin <0",
      "start: jellyfin <1",
    ],
  ],
  references: [
    ["Deploy Kuma and add my portals to it", "deploy: Kuma", "configure: portals <0 #to=Kuma"],
    [
      "Deploy Uptime Kuma and add our existing portals to the config",
      "deploy: Uptime Kuma",
      "configure: existing portals <0 #to=Uptime Kuma config",
    ],
    [
      "install grafana and loki and restart both",
      "deploy: grafana",
      "deploy: loki",
      "restart: grafana <0",
      "restart: loki <1",
    ],
    ["install nginx on web1 and restart it", "deploy: nginx @web1", "restart: nginx @web1 <0"],
    [
      "Back up gitea. Then update it and restart it.",
      "backup: gitea",
      "update: gitea <0",
      "restart: gitea <1",
    ],
    ["deploy gitea and back up its database", "deploy: gitea", "backup: gitea database <0"],
    ["Stop gitea and then remove its data", "stop: gitea", "remove: gitea data <0"],
  ],
  conditions: [
    ["restart nginx if it is not running", "restart: nginx ?if it is not running"],
    ["If nginx is down, start it", "start: nginx ?If nginx is down"],
    [
      "if nginx is down on web1 start it, otherwise reload it",
      "start: nginx @web1 ?if nginx is down on web1",
      "restart: nginx @web1 <0 ?if not: nginx is down on web1",
    ],
    ["update nginx and restart it if it changed", "update: nginx", "restart: nginx <0 ?if it changed"],
    ["deploy gitea unless it is already there", "deploy: gitea ?unless it is already there"],
    ["check if nginx is running and if not start it", "check: nginx", "start: nginx <0 ?if not"],
    ["restart nginx, and if that fails, roll it back", "restart: nginx", "rollback: nginx <0 ?if that fails"],
  ],
  prohibitions: [
    ["restart grafana but don't touch prometheus", "restart: grafana #not=don't touch prometheus"],
    ["deploy the wiki without restarting nginx", "deploy: wiki #not=without restarting nginx"],
    ["update all hosts except db1", "update: all hosts @all #not=except db1"],
    ["don't restart nginx"],
    ["Don't restart nginx, just reload it", "restart: nginx #not=Don't restart nginx"],
    [
      "restart nginx, do not reboot db1 and do not stop redis",
      "restart: nginx #not=do not reboot db1; do not stop redis",
    ],
    ["update nginx; no reboot", "update: nginx #not=no reboot"],
    ["rather than restarting nginx, reload it", "restart: nginx #not=rather than restarting nginx"],
    [
      "update web1 without rebooting it or stopping redis",
      "update: web1 @web1 #not=without rebooting it or stopping redis",
    ],
    ["restart neither nginx nor redis"],
    ["I don't want you to restart nginx"],
    ["do not delete the data, stop the wiki", "stop: wiki #not=do not delete the data"],
  ],
  parameters: [
    ["deploy grafana on port 8080", "deploy: grafana #port=8080"],
    ["deploy gitea version 1.22 with port 3000 on git01", "deploy: gitea @git01 #version=1.22 port=3000"],
    ["upgrade nextcloud to 29", "update: nextcloud #version=29"],
    ["update sonarr to the latest version", "update: sonarr #version=latest"],
    ["deploy redis:7.2", "deploy: redis #version=7.2"],
    ["set the port of grafana to 3000", "configure: port of grafana #port=3000"],
    ["open ports 80 and 443 on web1", "configure: ports 80 and 443 @web1 #port=80,443"],
    ["deploy the wiki with domain wiki.example.org", "deploy: wiki #domain=wiki.example.org"],
    ["reboot web1 at 3am", "restart: web1 @web1 #time=3am"],
    ["back up /srv/data every night", "backup: /srv/data #time=every night path=/srv/data"],
    ["deploy gitea with replicas=3", "deploy: gitea #replicas=3"],
  ],
  "no wish": [["hello"], ["thanks!"], [""], ["   \n  "], ["..."]],
};

for (const [name, rows] of Object.entries(groups)) {
  describe(`${name}`, () => {
    test.each(rows.map(([text, ...wanted]) => ({ text, wanted })))("reads $text", ({ text, wanted }) => {
      expect(splitRequest(text).map(brief)).toEqual(wanted);
    });
  });
}

describe("known names", () => {
  test("a name with a connecting word in it stays in one piece", () => {
    const names = ["search-and-rescue", "transmission-with-openvpn"];
    expect(
      splitRequest("install search and rescue and transmission with openvpn", { names }).map(brief),
    ).toEqual(["deploy: search and rescue", "deploy: transmission with openvpn"]);
  });

  test("a unit named like a verb does not take the verb away", () => {
    expect(
      splitRequest("restart nginx and reboot web1", { names: ["restart", "reboot", "all"] }).map(brief),
    ).toEqual(["restart: nginx", "restart: web1 @web1"]);
  });

  test.each([
    ["deploy nginx on box", ["box"]],
    ["deploy nginx on here", ["here"]],
    ["deploy nginx on the server", ["server"]],
    ["on node: deploy nginx", ["node"]],
    ["deploy nginx on web1 and system", ["web1", "system"]],
  ])("a host of the inventory keeps a name that means something else otherwise: %s", (text, hosts) => {
    const inventory = ["box", "here", "server", "node", "web1", "system"];
    expect(splitRequest(text, { hosts: inventory }).map((intent) => intent.hosts)).toEqual([hosts]);
  });

  test("without such a host the same words name no machine", () => {
    expect(splitRequest("deploy nginx on the server")[0]?.hosts).toEqual([]);
    expect(splitRequest("deploy nginx on here")[0]?.hosts).toEqual(["localhost"]);
  });

  test("a host without a number is known from the inventory", () => {
    expect(
      splitRequest("restart nginx on atlas and hermes", { hosts: ["atlas", "hermes"] }).map(brief),
    ).toEqual(["restart: nginx @atlas,hermes"]);
  });
});

test("what a wish says is kept as its text", () => {
  expect(
    splitRequest("Deploy the status page and then back up its folder").map((intent) => intent.text),
  ).toEqual(["Deploy the status page", "back up its folder"]);
});

test("more than twenty wishes are cut", () => {
  const text = Array.from(
    { length: 40 },
    (_, index) => `install app${"abcdefghij"[index % 10]}x${index}`,
  ).join(". ");
  expect(splitRequest(text)).toHaveLength(20);
});
