import path from "node:path";
import { copyRepository } from "../../test/fixtures/repositories/copy.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { createCatalogues, findInventory } from "../engine/catalogues.ts";
import { explainMatch } from "../understand/explain.ts";
import { matchIntents } from "../understand/match.ts";
import { splitRequest } from "../understand/split.ts";
import { readWorld, type World } from "./offline-world.ts";

/* Sentences against repositories that are laid out as public ones are: what is picked, and what is asked about. */

const fixtures = path.join(import.meta.dirname, "../../test/fixtures/repositories");

function answer(world: World, text: string): string[] {
  const intents = splitRequest(text, { names: world.names, hosts: world.hosts });
  return matchIntents(intents, world).map(({ decision, candidates }) =>
    `${decision} ${candidates[0]?.id.replace(/^[^:]*:/, "") ?? ""}`.trim(),
  );
}

const layouts: [string, [string, string[]][]][] = [
  [
    "role-tags",
    [
      ["deploy navidrome", ["auto shelf.yml#navidrome"]],
      ["instal navidrom on shelf", ["auto shelf.yml#navidrome"]],
      ["set up the speedtest tracker", ["auto shelf.yml#speedtest-tracker"]],
      ["stream my music collection", ["ask shelf.yml#navidrome"]],
      ["remove navidrome", ["ask shelf.yml#navidrome"]],
      ["deploy immich", ["none"]],
      [
        "deploy navidrome and then install docker",
        ["auto shelf.yml#navidrome", "auto shelf.yml#community_pack.docker"],
      ],
    ],
  ],
  [
    "generated",
    [
      ["install uptime kuma", ["auto templates/setup.yml#galaxy/uptime_kuma"]],
      ["deploy peertube", ["auto templates/setup.yml#galaxy/peertube"]],
      ["an own video platform", ["ask templates/setup.yml#galaxy/peertube"]],
    ],
  ],
  [
    "collection",
    [
      ["configure samba", ["auto ansible/playbooks/service/samba.yml"]],
      ["windows file shares", ["ask ansible/playbooks/service/samba.yml"]],
    ],
  ],
  [
    "apps",
    [
      ["install plex", ["auto apps.yml#plex"]],
      ["deploy homarr", ["auto apps.yml#homarr"]],
    ],
  ],
  [
    "chains",
    [
      ["run the scale playbook", ["auto scale.yml"]],
      ["set up the cluster", ["auto cluster.yml"]],
      ["upgrade the cluster", ["auto upgrade-cluster.yml"]],
      ["run upgrade-cluster.yml on node1", ["auto upgrade-cluster.yml"]],
      ["deploy the network plugin", ["auto playbooks/cluster.yml#network_plugin"]],
      ["remove node2 from the cluster", ["ask remove-node.yml"]],
      ["run the remove-node playbook", ["auto remove-node.yml"]],
      ["run reset.yml", ["ask reset.yml"]],
      ["run the mirror playbook", ["auto contrib/offline/mirror.yml"]],
      ["install metrics", ["ask cluster.yml"]],
      ["deploy rook", ["none"]],
    ],
  ],
  [
    "sub-projects",
    [
      ["deploy recipes", ["auto recipes/main.yml"]],
      ["set up the recipes", ["auto recipes/main.yml"]],
      ["configure the front door", ["auto front-door/provisioning/main.yml"]],
      ["set up the database of the club", ["auto club-site/playbooks/database/main.yml"]],
      ["run the first-steps playbook", ["auto first-steps/playbook.yml"]],
      ["provision the rented hosts", ["auto rented-hosts/provision.yml"]],
      ["configure the club site", ["ask club-site/configure.yml"]],
      ["deploy the guestbook", ["ask guestbook/playbooks/deploy.yml"]],
      ["remove the guestbook", ["ask guestbook/playbooks/deploy.yml"]],
      ["set up the journal", ["ask journal/provisioning/store/main.yml"]],
      ["install loki", ["ask journal/provisioning/store/main.yml"]],
      ["set up grafana", ["ask journal/provisioning/view/main.yml"]],
      ["deploy jitsi", ["none"]],
      ["install the converge playbook", ["ask molecule/default/converge.yml"]],
    ],
  ],
  [
    "task-files",
    [
      ["deploy pihole", ["auto main.yml#pihole"]],
      ["set up internet monitoring", ["auto main.yml#internet-monitoring"]],
      ["deploy uptime kuma", ["auto main.yml#uptime_kuma"]],
    ],
  ],
];

test("[INFRA-01] a task file that cannot be run by itself is asked about with the reason and the way out", async () => {
  await using copy = await copyRepository("empty");
  const names = ["wiki", "blog", "uptime_kuma"];
  const includes = names.map((name) => `        - include_tasks: tasks/${name}.yml\n`).join("");
  await copy.write(
    "main.yml",
    `- hosts: all\n  tasks:\n    - block:\n${includes}      rescue:\n        - debug:\n`,
  );
  for (const name of names) await copy.write(`tasks/${name}.yml`, "- debug:\n");
  const world = await readWorld({ repos: [copy.root] });
  const [asked] = matchIntents(splitRequest("deploy uptime kuma", { names: world.names, hosts: [] }), world);
  expect(asked).toBeDefined();
  if (asked === undefined) return;
  expect(explainMatch(asked, world.units).message).toMatch(
    /main\.yml has no way to run tasks\/uptime_kuma\.yml without the rest.*block with rescue.*Give its entry a tag/,
  );
});

test.each([
  ["recipes/main.yml", "recipes/hosts.ini"],
  ["front-door/provisioning/main.yml", "front-door/provisioning/inventory"],
  ["journal/provisioning/store/main.yml", "journal/provisioning/store/inventory"],
  ["journal/provisioning/view/main.yml", "journal/provisioning/view/inventory"],
  ["club-site/playbooks/pages/main.yml", "club-site/inventories/lab/inventory"],
  ["guestbook/playbooks/deploy.yml", "guestbook/inventory"],
  ["rented-hosts/provision.yml", "rented-hosts/hosts.py"],
  ["first-steps/playbook.yml", undefined],
])("[INFRA-01] %s runs on the hosts of its own project: %s", async (unitPath, inventory) => {
  const root = path.join(fixtures, "sub-projects");
  const repository = { name: "lessons", root, inventory: null };
  const [read] = await createCatalogues([repository]).read();
  const unit = read?.catalogue.units.find((each) => each.path === unitPath);
  expect(unit).toBeDefined();
  expect(read && findInventory(read, unit)?.path).toBe(inventory);
});

describe.each(layouts)("[INFRA-01] the layout of %s", (name, rows) => {
  let world: World;
  beforeAll(async () => {
    world = await readWorld({ repos: [path.join(fixtures, name)] });
  });
  test.each(rows)("%s", (text, expected) => {
    expect(answer(world, text)).toEqual(expected);
  });
});
