import { describe, expect, test } from "vitest";
import { splitRequest } from "./split.ts";
import { brief } from "./testing-intents.ts";

/* What counts as a step: order, hosts, conditions, negations, and which words stand for which verb. */
const groups: Record<string, readonly (readonly [string, ...string[]])[]> = {
  "order of execution": [
    [
      "update mealie and vikunja, but back both up first",
      "backup: mealie",
      "backup: vikunja",
      "update: mealie <0",
      "update: vikunja <1",
    ],
    ["upgrade forgejo after backing it up", "backup: forgejo", "update: forgejo <0"],
    [
      "stop immich, take a snapshot of its database, then start it again",
      "stop: immich",
      "backup: immich database <0",
      "start: immich <1",
    ],
    [
      "install caddy; afterwards deploy miniflux and linkding",
      "deploy: caddy",
      "deploy: miniflux <0",
      "deploy: linkding <0",
    ],
    ["deploy loki, also deploy alloy", "deploy: loki", "deploy: alloy"],
    ["Once postgres is upgraded, restart miniflux", "restart: miniflux ?Once postgres is upgraded"],
    [
      "first install docker, second install portainer, third deploy dozzle",
      "deploy: docker",
      "deploy: portainer <0",
      "deploy: dozzle <1",
    ],
    ["stop nginx first, then restart redis", "stop: nginx", "restart: redis <0"],
    ["back up gitea first, then update it", "backup: gitea", "update: gitea <0"],
    ["stop nginx first, after that update it", "stop: nginx", "update: nginx <0"],
    ["deploy loki first, then alloy, then redis", "deploy: loki", "deploy: alloy <0", "deploy: redis <1"],
    ["update postgres first, then gitea", "update: postgres", "update: gitea <0"],
    ["deploy miniflux and back it up first", "backup: miniflux", "deploy: miniflux <0"],
    ["set up unbound followed by adguard", "deploy: unbound", "deploy: adguard <0"],
    [
      "Before you restart vaultwarden, export its data",
      "backup: vaultwarden data",
      "restart: vaultwarden <0",
    ],
    [
      "restart nginx as soon as the certificate is renewed",
      "restart: nginx ?as soon as the certificate is renewed",
    ],
    ["deploy gotify and, when that is done, deploy diun", "deploy: gotify", "deploy: diun <0"],
    ["finally reboot web3 after patching it", "update: web3 @web3", "restart: web3 @web3 <0"],
    ["drain node2, upgrade it, and bring it back", "other: node2", "update: node2 <0", "start: node2 <1"],
  ],
  hosts: [
    ["restart caddy on edge1 and edge2", "restart: caddy @edge1,edge2"],
    ["install node_exporter on db1, db2 and db3", "deploy: node_exporter @db1,db2,db3"],
    ["deploy mosquitto on pi1 and zigbee2mqtt on pi2", "deploy: mosquitto @pi1", "deploy: zigbee2mqtt @pi2"],
    [
      "install redis and postgres on cache1 and db1 respectively",
      "deploy: redis @cache1",
      "deploy: postgres @db1",
    ],
    [
      "upgrade caddy on edge1 and edge2 to 2.8 and 2.9 respectively",
      "update: caddy @edge1 #version=2.8",
      "update: caddy @edge2 #version=2.9",
    ],
    ["restart caddy on edge1 first, then edge2", "restart: caddy @edge1", "restart: caddy @edge2 <0"],
    ["restart caddy on edge1 before edge2", "restart: caddy @edge1", "restart: caddy @edge2 <0"],
    ["restart caddy on edge2 after edge1", "restart: caddy @edge1", "restart: caddy @edge2 <0"],
    ["reboot edge1 before edge2", "restart: edge1 @edge1", "restart: edge2 @edge2 <0"],
    ["reboot edge1, then edge2", "restart: edge1 @edge1", "restart: edge2 @edge2 <0"],
    ["update all packages on nas02 and reboot it", "update: packages @nas02", "restart: nas02 @nas02 <0"],
    ["on media1: stop jellyfin and start emby", "stop: jellyfin @media1", "start: emby @media1"],
    ["restart caddy on edge1 and edge2 respectively", "restart: caddy @edge1", "restart: caddy @edge2"],
    ["deploy the exporter to every server", "deploy: exporter @all"],
    ["deploy grafana on mon1 and loki on the same host", "deploy: grafana @mon1", "deploy: loki @mon1"],
  ],
  conditions: [
    [
      "if the disk of web1 is more than 80 % full, clean up docker images",
      "remove: docker images ?if the disk of web1 is more than 80 % full",
    ],
    ["on debian hosts, install unattended-upgrades", "deploy: unattended-upgrades ?on debian hosts"],
    ["On every debian host install fail2ban", "deploy: fail2ban @all ?On every debian host"],
    ["restart nginx on ubuntu hosts only", "restart: nginx ?on ubuntu hosts only"],
    [
      "on all hosts with more than 8 GB of memory, deploy node_exporter",
      "deploy: node_exporter @all ?on all hosts with more than 8 GB of memory",
    ],
    ["deploy alloy on machines running debian 12", "deploy: alloy ?on machines running debian 12"],
    [
      "if the OS is debian, install ufw; otherwise install firewalld",
      "deploy: ufw ?if the OS is debian",
      "deploy: firewalld ?if not: the OS is debian",
    ],
    [
      "If redis is down, restart it, otherwise leave it alone",
      "restart: redis ?If redis is down #not=leave it alone",
    ],
    [
      "if gitea is older than 1.22 upgrade it, otherwise restart it",
      "update: gitea ?if gitea is older than 1.22",
      "restart: gitea <0 ?if not: gitea is older than 1.22",
    ],
    ["restart haproxy only if its config changed", "restart: haproxy ?only if its config changed"],
    ["update immich unless it is already at 1.120", "update: immich ?unless it is already at 1.120"],
    [
      "deploy authelia and if that fails roll it back",
      "deploy: authelia",
      "rollback: authelia <0 ?if that fails",
    ],
    [
      "reboot db2 if it has been up for more than 90 days",
      "restart: db2 @db2 ?if it has been up for more than 90 days",
    ],
    [
      "when memory of web2 is above 90 %, restart php-fpm on web2",
      "restart: php-fpm @web2 ?when memory of web2 is above 90 %",
    ],
    ["in case loki is not running, start it", "start: loki ?in case loki is not running"],
    [
      "check whether traefik answers, and if it does not, restart it",
      "check: traefik",
      "restart: traefik <0 ?if it does not",
    ],
    ["upgrade mariadb if the backup succeeded", "update: mariadb ?if the backup succeeded"],
  ],
  "negations are no steps": [
    ["update gitea but do not restart it", "update: gitea #not=do not restart it"],
    ["upgrade everything on web1 except docker", "update: everything @web1 #not=except docker"],
    ["stop sonarr without removing its data", "stop: sonarr #not=without removing its data"],
    ["never touch db1. restart nginx on web1.", "restart: nginx @web1 #not=never touch db1"],
    ["deploy linkding, no need to back it up", "deploy: linkding #not=no need to back it up"],
    ["leave nginx alone and restart caddy", "restart: caddy #not=leave nginx alone"],
    ["please don't deploy anything"],
    ["don't reboot the nas"],
    ["install paperless instead of docspell", "deploy: paperless #not=instead of docspell"],
  ],
  "which verb": [
    ["reload the firewall", "restart: firewall"],
    ["reboot the media server", "restart: media server"],
    ["snapshot the vm git1", "backup: vm git1"],
    ["export the vaultwarden database", "backup: vaultwarden database"],
    ["open port 8096 on media1", "configure: port 8096 @media1 #port=8096"],
    ["open ports 80 and 443 for caddy", "configure: ports 80 and 443 #port=80,443 for=caddy"],
    ["turn off plex", "stop: plex"],
    ["switch the minecraft server off", "stop: minecraft server"],
    ["renew the certificates on edge1", "update: certificates @edge1"],
    ["renew the tls certificate of mail.example.org", "update: tls certificate of mail.example.org"],
    ["what is outdated on nas01?", "check:  @nas01"],
    ["which containers are outdated?", "check: containers"],
    ["show me what is outdated", "check: "],
    ["take jellyfin offline", "stop: jellyfin"],
    ["bring jellyfin back online", "start: jellyfin"],
    ["dump the nextcloud database to /mnt/dumps", "backup: nextcloud database #to=/mnt/dumps"],
    ["get rid of plex", "remove: plex"],
    ["undo the last upgrade of grafana", "rollback: last upgrade of grafana"],
    ["make sure fail2ban is installed", "deploy: fail2ban"],
    ["kindly bounce postgresql on db1", "restart: postgresql @db1"],
  ],
  parameters: [
    ["deploy miniflux 2.1.4 on port 8085", "deploy: miniflux #version=2.1.4 port=8085"],
    ["upgrade postgres from 15 to 16", "update: postgres #version=16 from=15"],
    ["reboot nas01 tonight at 2am", "restart: nas01 @nas01 #time=tonight at 2am"],
    ["deploy gitea:1.22 with domain git.example.org", "deploy: gitea #version=1.22 domain=git.example.org"],
    [
      "back up paperless every sunday at 4am to nas02",
      "backup: paperless #time=every sunday at 4am to=nas02",
    ],
    [
      "deploy grafana with admin_password={{ lookup('pipe','id') }}",
      "deploy: grafana #admin_password={{ lookup('pipe','id') }}",
    ],
  ],
  "what else people write": [
    [
      "upgrade postgres on db1, but only after you have stopped nextcloud on web1",
      "stop: nextcloud @web1",
      "update: postgres @db1 <0",
    ],
    [
      "Please set up: 1. Docker 2. Portainer 3. Dozzle",
      "deploy: Docker",
      "deploy: Portainer <0",
      "deploy: Dozzle <1",
    ],
    ["is anything outdated?", "check: anything"],
    ["list outdated packages on all hosts", "check: outdated packages @all"],
    ["I would love to have a photo gallery. Can you set one up on nas01?", "deploy: photo gallery @nas01"],
    ["the wiki is slow, restart it", "restart: wiki"],
    ["grafana on mon1 is broken, please restart it", "restart: grafana @mon1"],
    ["delete old snapshots but keep the last 3", "remove: old snapshots #not=keep the last 3"],
    ["Should nginx be down, start it", "start: nginx ?Should nginx be down"],
    ["deploy kuma, and in case it fails tell me", "deploy: kuma"],
    [
      "update the kernel on web1 and web2, then reboot them one by one",
      "update: kernel @web1,web2",
      "restart: web1 and web2 @web1,web2 <0",
    ],
    [
      "Install tmux, htop and vim on every server",
      "deploy: tmux @all",
      "deploy: htop @all",
      "deploy: vim @all",
    ],
    [
      "upgrade miniflux then linkding then wallabag",
      "update: miniflux",
      "update: linkding <0",
      "update: wallabag <1",
    ],
    ["ensure redis is stopped on cache1 and cache2", "stop: redis @cache1,cache2"],
    ["nope"],
  ],
  "lists and names": [
    [
      "deploy sonarr, radarr, lidarr and prowlarr",
      "deploy: sonarr",
      "deploy: radarr",
      "deploy: lidarr",
      "deploy: prowlarr",
    ],
    ["1) install docker 2) install portainer", "deploy: docker", "deploy: portainer <0"],
    [
      "- restart caddy\n- restart authelia\n- back up gitea",
      "restart: caddy",
      "restart: authelia",
      "backup: gitea",
    ],
    [
      "set up nextcloud with postgres and redis and then paperless",
      "deploy: nextcloud #with=postgres and redis",
      "deploy: paperless <0",
    ],
    [
      "I need a wiki, a recipe manager and a photo gallery",
      "deploy: wiki",
      "deploy: recipe manager",
      "deploy: photo gallery",
    ],
    ["restart stop-words-service", "restart: stop-words-service"],
    ["deploy backup-and-restore-ui", "deploy: backup-and-restore-ui"],
    ["deploy jellyfin & jellyseerr", "deploy: jellyfin", "deploy: jellyseerr"],
    ["deploy both grafana and loki", "deploy: grafana", "deploy: loki"],
    ["shared grocery and recipe planning", "other: shared grocery and recipe planning"],
  ],
};

for (const [name, rows] of Object.entries(groups)) {
  describe(`${name}`, () => {
    test.each(rows.map(([text, ...wanted]) => ({ text, wanted })))("$text", ({ text, wanted }) => {
      expect(splitRequest(text).map(brief)).toEqual(wanted);
    });
  });
}
