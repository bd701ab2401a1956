/*
 * What kind of thing well-known services are, in the words of people who do not know the product's name. Kept modest and
 * general: it only helps to order candidates, it never makes a pick automatic. One line per kind: what people say, then names.
 */
const kind = (said: string, names: string): ServiceKind => ({
  said: said.split(", "),
  names: names.split(", "),
});

type ServiceKind = { readonly said: readonly string[]; readonly names: readonly string[] };

export const serviceKinds: readonly ServiceKind[] = [
  kind("password manager, password vault, passwords", "vaultwarden, bitwarden, passbolt, keepass"),
  kind("status page, uptime monitor, website monitor, uptime", "uptime kuma, gatus, statping, cachet"),
  kind("ad blocker, ad blocking, dns sinkhole, block ads", "adguard, adguard home, pihole, blocky"),
  kind("photo backup, photo gallery, photos, pictures", "immich, photoprism, librephotos, piwigo"),
  kind("media server, movies, films, tv shows, watch", "jellyfin, plex, emby, kodi"),
  kind("music streaming, music server, music", "navidrome, airsonic, funkwhale, subsonic"),
  kind("audio books, audiobooks, podcasts", "audiobookshelf"),
  kind("ebooks, e-books, book library", "calibre, calibre web, kavita, komga"),
  kind("rss reader, feed reader, news reader", "freshrss, miniflux, tt-rss"),
  kind("file sharing, share files, cloud storage, file sync", "nextcloud, owncloud, seafile"),
  kind("synchronise folders, sync folders, folder sync", "syncthing, resilio"),
  kind("git hosting, git server, code hosting, source control", "gitea, forgejo, gitlab, gogs"),
  kind("ci server, continuous integration, build server", "jenkins, woodpecker, drone, gitlab runner"),
  kind("reverse proxy, web proxy, ingress", "traefik, nginx, caddy, haproxy"),
  kind("web server, http server", "nginx, apache, caddy, httpd"),
  kind("load balancer, load balancing", "haproxy, traefik, keepalived"),
  kind("single sign-on, single sign on, sso, identity provider", "authentik, authelia, keycloak, zitadel"),
  kind("vpn, vpn server, private network", "wireguard, openvpn, tailscale, headscale, wg easy"),
  kind("metrics, time series", "prometheus, influxdb, victoriametrics"),
  kind("dashboards, graphs, metrics dashboard", "grafana"),
  kind("log collection, centralised logging, log aggregation, logging", "loki, graylog, elk, elasticsearch"),
  kind("container management, docker management, docker ui", "portainer, dockge, yacht"),
  kind("container updates, automatic container updates", "watchtower, diun"),
  kind("container registry, image registry, docker registry", "registry, docker registry, harbor"),
  kind("home automation, smart home", "home assistant, homeassistant, openhab, domoticz"),
  kind("mqtt broker, mqtt", "mosquitto, emqx"),
  kind("message queue, message broker", "rabbitmq, nats, kafka, activemq"),
  kind("relational database, sql database", "postgresql, postgres, mariadb, mysql"),
  kind("key value store, in-memory cache", "redis, valkey, memcached"),
  kind("object storage, s3 storage, s3 bucket", "minio, garage, seaweedfs"),
  kind("file shares, windows shares, network shares", "samba, nfs"),
  kind("wiki, knowledge base, documentation site", "bookstack, dokuwiki, mediawiki, wikijs, outline"),
  kind("document archive, scanned documents, document management", "paperless, paperless ngx, docspell"),
  kind("recipe manager, recipes", "mealie, tandoor"),
  kind("bookmark manager, bookmarks, read later", "linkding, linkwarden, wallabag, karakeep, shiori"),
  kind(
    "start page, service dashboard, links page, landing page",
    "homepage, heimdall, dashy, homarr, homer, organizr",
  ),
  kind("push notifications, notifications", "ntfy, gotify, apprise"),
  kind("workflow automation, automation workflows", "n8n, node red, huginn"),
  kind("url shortener, short links", "yourls, shlink, kutt"),
  kind("web analytics, visitor statistics", "matomo, plausible, umami"),
  kind("video conferencing, video calls", "jitsi, bigbluebutton"),
  kind("team chat, chat server, messenger", "mattermost, rocketchat, synapse, matrix, zulip"),
  kind("kanban board, project management, task board", "kanboard, wekan, vikunja, planka, openproject"),
  kind("torrent client, torrents", "qbittorrent, transmission, deluge"),
  kind("security cameras, camera recorder, nvr", "frigate, zoneminder, shinobi"),
  kind("firewall, firewall rules", "ufw, firewalld, nftables, iptables, ferm"),
  kind("intrusion prevention, brute force protection", "fail2ban, crowdsec"),
  kind("time synchronisation, time synchronization, clock", "ntp, chrony, timesyncd"),
  kind("dns server, dns resolver, name server", "unbound, bind, bind9, dnsmasq, powerdns"),
  kind("mail server, email server", "mailcow, postfix, mailu, stalwart"),
  kind("backups, backup tool", "borg, borgmatic, restic, kopia, duplicati"),
  kind(
    "automatic updates, automatic security updates",
    "unattended upgrades, unattended-upgrades, dnf automatic",
  ),
  kind("remote desktop, remote access gateway", "guacamole, rustdesk, xrdp"),
  kind("search engine, private search", "searxng, whoogle, yacy"),
  kind("finance tracking, budgeting, personal finance", "firefly, actual, actual budget"),
  kind("dynamic dns, ddns", "ddclient, cloudflare ddns, duckdns"),
  kind("certificates, tls certificates, https certificates", "certbot, acme, lego, letsencrypt"),
];

/** Other spellings of one name; both count as the same name. */
export const spellings: readonly (readonly [string, string])[] = [
  ["postgres", "postgresql"],
  ["k8s", "kubernetes"],
  ["ngnix", "nginx"],
];

/** Words that mean nearly the same; they only help to order candidates. */
export const sameWord: readonly (readonly [string, string])[] = [
  ["directory", "folder"],
  ["dir", "folder"],
  ["config", "configuration"],
  ["settings", "configuration"],
  ["cert", "certificate"],
  ["db", "database"],
  ["repo", "repository"],
  ["machine", "host"],
  ["movie", "film"],
  ["telly", "tv"],
];
