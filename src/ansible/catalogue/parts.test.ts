import path from "node:path";
import { expect, test } from "vitest";
import type { Unit } from "../../contracts/catalogue.ts";
import { copyRepository } from "../../../test/fixtures/repositories/copy.ts";
import { readCatalogue } from "./read.ts";

const fixtures = path.join(import.meta.dirname, "../../../test/fixtures/repositories");

async function read(name: string): Promise<{ units: Unit[]; findings: string[] }> {
  const { units, findings } = await readCatalogue({ repository: name, root: path.join(fixtures, name) });
  return { units, findings: findings.map((finding) => `${finding.path}: ${finding.message}`) };
}

/** `kind name [tags] switch` of what can be asked for. */
const brief = ({ kind, name, tags, enableVar, minor }: Unit): string =>
  `${kind} ${name}${kind === "playbook" ? "" : ` [${tags.join(" ")}]`}${enableVar === null ? "" : ` ${enableVar}`}${minor ? " minor" : ""}`;

const find = (units: readonly Unit[], name: string): Unit | undefined =>
  units.find((unit) => unit.name === name && unit.kind !== "playbook");

test("[INFRA-01] the unit is a role with its tag where one playbook has them all", async () => {
  const { units } = await read("role-tags");
  expect(units.map(brief).sort()).toEqual(
    [
      "playbook converge minor",
      "playbook shelf",
      "role docker [docker]",
      "role homepage [homepage] homepage_enabled",
      "role navidrome [navidrome] navidrome_enabled",
      "role shelf_users [shelf_users]",
      "role speedtest-tracker [speedtest-tracker] speedtest_tracker_enabled",
    ].sort(),
  );
  const navidrome = find(units, "navidrome");
  expect(navidrome).toMatchObject({
    id: "role-tags:shelf.yml#navidrome",
    path: "roles/navidrome",
    playbook: "shelf.yml",
    problem: null,
    plays: [{ hosts: "all", ansibleTasks: [{ name: "navidrome : Make the folder of navidrome" }] }],
  });
  expect(navidrome?.description).toMatch(/^Navidrome is a music server/);
  expect(navidrome?.vars.map((variable) => variable.name)).toEqual(["navidrome_enabled", "navidrome_port"]);
  expect(find(units, "docker")?.problem).toMatch(/community_pack\.docker.*not in the repository/);
  // The whole is not known by the names of what can be run without it.
  expect(units.find((unit) => unit.name === "shelf")?.aliases).toEqual([]);
});

test("[INFRA-01] a playbook that the repository makes from a template is read there, and says that it is not made yet", async () => {
  const { units, findings } = await read("generated");
  expect(units.map(brief)).toEqual([
    "playbook setup",
    "role peertube []",
    "role timesync [setup-timesync] timesync_enabled",
    "role uptime_kuma []",
  ]);
  expect(find(units, "peertube")).toMatchObject({
    problem: expect.stringMatching(/^setup\.yml is not there yet.*templates\/setup\.yml/),
    description:
      "The playbook can install and configure PeerTube for you. PeerTube is a platform for videos that belongs to nobody.",
  });
  expect(findings.filter((finding) => finding.includes("broken.yml"))).toEqual([]);
});

test("[INFRA-01] a playbook per service goes before the same role elsewhere, and the set that is used before the other", async () => {
  const { units } = await read("collection");
  expect(units.map((unit) => `${brief(unit)} ${unit.path}`)).toEqual([
    "playbook services ansible/playbooks/layer/services.yml",
    "playbook ferm minor ansible/playbooks/scope/ferm.yml",
    "playbook samba minor ansible/playbooks/scope/samba.yml",
    "playbook ferm ansible/playbooks/service/ferm.yml",
    "role secret [role::secret] ansible/playbooks/service/ferm.yml",
    "playbook samba ansible/playbooks/service/samba.yml",
    "playbook site ansible/playbooks/site.yml",
  ]);
});

test("[INFRA-01] a tag that several roles share selects none of them by itself", async () => {
  const { units } = await read("apps");
  expect(units.map(brief)).toEqual([
    "playbook apps",
    "role common [common]",
    "role homarr [homarr] homarr_is_enabled",
    "role plex [plex]",
  ]);
  // What always runs, runs with it.
  expect(find(units, "plex")?.plays[0]?.ansibleTasks.map((task) => task.name)).toEqual([
    "sanity : Do sanity",
    "plex : Do plex",
  ]);
});

test("[INFRA-01] imported playbooks have their own parts, not the ones that import them", async () => {
  const { units } = await read("chains");
  expect(units.filter((unit) => unit.kind === "role").map((unit) => unit.id)).toEqual([
    "chains:playbooks/cluster.yml#addons",
    "chains:playbooks/cluster.yml#container_engine",
    "chains:playbooks/cluster.yml#network_plugin",
  ]);
  expect(units.find((unit) => unit.path === "cluster.yml")?.plays.map((play) => play.hosts)).toEqual([
    "all",
    "nodes:&linux:!retired",
    "nodes",
  ]);
});

test("what a playbook says of itself goes before what the ones that it imports say", async () => {
  const { units } = await read("chains");
  const about = (path: string) => {
    const unit = units.find((each) => each.path === path);
    return [unit?.description, unit?.verbs];
  };
  expect(about("cluster.yml")).toEqual(["Set up the cluster", ["deploy"]]);
  expect(about("playbooks/scale.yml")).toEqual(["Add the nodes", ["deploy"]]);
  expect(about("remove-node.yml")).toEqual(["Take nodes out", ["remove"]]);
  // Where its own words name no verb, those of the imported ones count.
  expect(about("reset.yml")).toEqual(["Reset the cluster", ["check", "remove"]]);
});

test("[INFRA-01] task files are units: by a switch, by a tag that reaches inside, or with the reason why not", async () => {
  const { units } = await read("task-files");
  expect(units.map(brief)).toEqual([
    "playbook main",
    "tasks essential []",
    "tasks internet-monitoring [] monitoring_enable",
    "tasks jellyfin []",
    "tasks outside []",
    "tasks pihole [pihole]",
    "tasks uptime_kuma []",
  ]);
  expect(find(units, "pihole")).toMatchObject({ path: "tasks/pihole.yml", problem: null });
  expect(find(units, "internet-monitoring")?.problem).toBeNull();
  // The repository runs these only together, so Chiffon writes a playbook for each.
  for (const name of ["jellyfin", "outside", "essential", "uptime_kuma"])
    expect(find(units, name)).toMatchObject({
      problem: null,
      playbook: "main.yml",
      written: { path: `.chiffon-main-tasks-${name}.yml`, from: "main.yml", file: `tasks/${name}.yml` },
    });
  expect(find(units, "jellyfin")).toMatchObject({
    plays: [{ hosts: "all", become: true, ansibleTasks: [{ name: "Deploy the apps", dynamic: true }] }],
    written: { plays: [{ ansibleTasks: [{ name: "Deploy jellyfin", source: "tasks/jellyfin.yml:1" }] }] },
  });
  for (const name of ["main", "pihole", "internet-monitoring"])
    expect(units.find((unit) => unit.name === name)).not.toHaveProperty("written");
});

test("a task file that is not there, or in a play that cannot be cut, says why no playbook can be written for it", async () => {
  await using copy = await copyRepository("empty");
  const includes = (names: readonly string[]) =>
    names.map((name) => `    - include_tasks: tasks/${name}.yml\n`).join("");
  await copy.write("main.yml", `- hosts: all\n  tasks:\n${includes(["wiki", "blog", "mail"])}`);
  await copy.write(
    "other.yml",
    "- {hosts: all, tasks: [include_tasks: tasks/a.yml, include_tasks: tasks/wiki.yml, include_tasks: tasks/c.yml]}\n",
  );
  for (const name of ["wiki", "mail"]) await copy.write(`tasks/${name}.yml`, "- debug:\n");
  const { units } = await readCatalogue({ repository: "home", root: copy.root });
  const problems = Object.fromEntries(units.map((unit) => [unit.id, unit.problem]));
  expect(problems["home:main.yml#mail"]).toBeNull();
  expect(problems["home:main.yml#blog"]).toMatch(
    /main\.yml has no way to run tasks\/blog\.yml without the rest.*not in the repository.*Give its entry a tag/,
  );
  expect(problems["home:other.yml#wiki"]).toMatch(/cannot be cut without changing it/);
});
