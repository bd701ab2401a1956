import { describe, expect, test } from "vitest";
import { commonHeads, dependentNouns, stopWords, weakWords } from "../lexicon.ts";
import { isWishVerb, joined, wordsOf } from "../words.ts";
import { ambiguousNames } from "./ambiguous-names.ts";
import { findProduct, products } from "./products.ts";

/* Words that people use every day about their machines, their home and their work, without a product in mind. */
const everydayWords = new Set(
  wordsOf(`
    home office backup server cloud data page monitor wiki notes photos mail chat media music video videos film
    films movie movies series show shows book books comic comics podcast podcasts radio news feed feeds reader
    document documents paper papers scan scanner printer print invoice invoices letter letters file files folder
    folders share shares link links bookmark bookmarks password passwords login account accounts user users group
    groups family friend friends team teams company customer customers people person child children guest guests
    kitchen garden house garage room rooms door doors window windows light lights lamp lamps heating heater sensor
    sensors switch switches camera cameras alarm alarms voice speech assistant phone phones tablet laptop desktop
    computer computers machine machines host hosts node nodes box boxes cluster clusters container containers image
    images volume volumes network networks router routers wifi internet web website websites site sites domain
    domains name names address addresses port ports proxy tunnel gateway firewall filter block blocker ad ads
    tracker trackers dns vpn tls ssl certificate certificates key keys secret secrets token tokens security safe
    guard shield sentinel sentry watch watcher watchtower tower light eye eyes look view viewer browser search
    finder find map maps route routes track tracks trip trips travel car cars bike battery power energy solar
    weather time clock date day days week month year calendar calendars event events meeting meetings task tasks
    todo list lists board boards card cards project projects plan plans plane goal goals habit habits idea ideas
    memo memos note draft drafts outline draw drawing diagram paint picture pictures photo gallery album albums
    art design pen pencil brush color colour stash treasure chest vault locker drawer shelf shelves library
    archive archives store storage disk disks drive drives nas tape snapshot snapshots copy sync mirror restore
    recovery queue message messages messaging broker bus event stream streams streaming pipe pipes pipeline
    pipelines flow flows job jobs cron schedule scheduler worker workers runner runners agent agents script scripts
    code editor ide build builds test tests release releases package packages registry repository repositories git
    branch branches issue issues bug bugs ticket tickets support help desk forum forums community social blog blogs
    post posts ghost spirit flame fire fires spark sparks smoke water wave waves ocean sea river lake island
    mountain hill forest tree trees leaf flower flowers fruit apple orange lemon cherry banana bean beans
    celery pepper salt sugar honey bread cheese recipe recipes cook chef meal meals food drink coffee tea
    dog cat bird birds fish bee horse cow sheep rabbit mouse elephant tiger lion bear wolf fox eagle hawk owl
    bug ant spider snake squid whale dolphin shark puma gorilla pelican hound nut peanut
    head heads hand hands face foot arm leg heart brain mind soul body tooth hair
    king queen prince lord master captain pilot driver drivers sailor soldier knight wizard puppet homer
    shop shops cart money bank budget budgets finance finances tax taxes bill bills expense expenses stock stocks
    coin coins gold silver iron steel stone rock rocky sand glass wood diamond ruby pearl crystal
    sun moon star stars planet earth world space sky cloud clouds rain snow storm thunder wind windmill
    red green blue yellow black white grey purple dark bright
    small big large fast slow quick new old good better best simple easy light heavy hot cold open closed free
    private public local remote central common base core main master general global actual real virtual
    temporal satisfactory imaginary plausible tuned sane apt
    game games play player players score sport run runs walk race chess minute second hour
    start stop status health check checks metric metrics log logs trace traces graph graphs chart charts dashboard
    dashboards report reports panel panels portal portals homepage glance overview summary alert alerts notice
    notification notifications call calls meeting conference talk speaker speakers sound audio mumble whisper song
    songs playlist television tv screen monitor display keyboard mouse button buttons cup cups plate bottle pot
    car boat ship yacht harbor harbour anchor sail rudder wheel engine motor train bus station bridge road street
    gate wall fence roof floor lobby tower castle palace camp tent bonfire lantern headlamp candle
    pulse beat karma luck magic dream answer question questions evidence proof vote votes poll polls survey surveys
    form forms table tables sheet sheets database databases cache index query api app apps application service
    services system systems tool tools utility software hardware platform framework module modules plugin plugins
    cockpit lens tempo vector loom thread needle piper drone packer hammer drill chisel bore pound hitch swag reloader
    algo matrix element hydrogen oxygen carbon graphite atom nebula galaxy comet sunshine moonlight
    amp volt watt velocity force gravity nomad consul envoy caddy boulder lego tripwire snort clair
    guacamole bamboo concourse contour rook cilantro fission confluence laminar fossil
    sphinx python maven composer bun rails curl bash sudo docker debian ubuntu
    spacebar converse peppermint inlets pacemaker stuntman varnish allure renovate storybook sandstorm flannel
  `),
);

const keyOf = (name: string): string => joined(wordsOf(name));

/* What the matcher already knows as too general to stand for one thing. */
const isGeneral = (key: string): boolean =>
  everydayWords.has(key) ||
  weakWords.has(key) ||
  commonHeads.has(key) ||
  stopWords.has(key) ||
  dependentNouns.has(key) ||
  isWishVerb(key);

describe("the lexicon of products", () => {
  test("knows at least 560 products, each with a name, and a guard of at least 300 everyday words", () => {
    expect(products.length).toBeGreaterThanOrEqual(560);
    expect(everydayWords.size).toBeGreaterThanOrEqual(300);
    const odd = products.filter(({ name }) => !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name));
    expect(odd.map(({ name }) => name)).toEqual([]);
  });

  test("has no name and no alias twice, however it is spelt", () => {
    const owner = new Map<string, string>();
    const twice: string[] = [];
    for (const product of products) {
      for (const name of [product.name, ...product.aliases]) {
        const before = owner.get(keyOf(name));
        if (before !== undefined) twice.push(`${name}: ${product.name} and ${before}`);
        owner.set(keyOf(name), product.name);
      }
    }
    expect(twice).toEqual([]);
  });

  test("has no alias that is an everyday word or too short to mean one thing", () => {
    const general = products.flatMap(({ name, aliases }) =>
      aliases
        .filter((alias) => isGeneral(keyOf(alias)) || keyOf(alias).length < 2)
        .map((alias) => `${name}: ${alias}`),
    );
    expect(general).toEqual([]);
  });

  test("lists every product whose own name is an everyday word as ambiguous, and lists nothing else", () => {
    const unlisted = products.filter(({ name }) => isGeneral(keyOf(name)) && !ambiguousNames.has(name));
    expect(unlisted.map(({ name }) => name)).toEqual([]);
    const names = new Set(products.map(({ name }) => name));
    expect([...ambiguousNames].filter((name) => !names.has(name))).toEqual([]);
  });

  test("says of every product in 5 to 25 words what it is for, on a line of three parts", () => {
    const odd = products.filter(({ does }) => {
      const count = does.split(/\s+/).length;
      return count < 5 || count > 25 || !/^[a-z0-9 ,'+/-]+$/.test(does);
    });
    expect(odd.map(({ name, does }) => `${name}: ${does}`)).toEqual([]);
  });
});

describe("findProduct", () => {
  test.each([
    ["Home Assistant", "home-assistant"],
    ["homeassistant", "home-assistant"],
    ["hass", "home-assistant"],
    ["Uptime Kuma", "uptime-kuma"],
    ["uptimekuma", "uptime-kuma"],
    ["kuma", "uptime-kuma"],
    ["pg", "postgresql"],
    ["Postgres", "postgresql"],
    ["PostgreSQL", "postgresql"],
    ["k8s", "kubernetes"],
    ["pihole", "pi-hole"],
    ["Pi-hole", "pi-hole"],
    ["AdGuard Home", "adguard-home"],
    ["bitwarden_rs", "vaultwarden"],
    ["Nginx Proxy Manager", "nginx-proxy-manager"],
    ["apache2", "apache"],
    ["Wiki.js", "wikijs"],
    ["Let's Encrypt", "certbot"],
    ["Paperless NGX", "paperless-ngx"],
    ["paperless", "paperless-ngx"],
    ["zigbee2mqtt", "zigbee2mqtt"],
    ["z2m", "zigbee2mqtt"],
    ["Proxmox VE", "proxmox"],
    ["OMV", "openmediavault"],
    ["sshd", "openssh"],
    ["freenas", "truenas"],
    ["Rocket.Chat", "rocketchat"],
    ["tiny tiny rss", "tt-rss"],
    ["Apache Kafka", "kafka"],
    ["qbit", "qbittorrent"],
    ["Matrix Synapse", "synapse"],
    ["Argo CD", "argocd"],
    ["garry's mod", "garrys-mod"],
    ["Actual Budget", "actual"],
  ])("finds %j as %s", (said, name) => {
    expect(findProduct(wordsOf(said))?.name).toBe(name);
  });

  test("finds nothing for other words, for a part of a name, or for no words", () => {
    for (const said of ["", "assistant", "the server in the garden", "home", "proxy manager"])
      expect(findProduct(wordsOf(said))).toBeUndefined();
  });
});
