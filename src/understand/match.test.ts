import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Unit } from "../contracts/catalogue.ts";
import type { MatchedIntent } from "../contracts/intent.ts";
import { MatchedIntent as MatchedSchema } from "../contracts/intent.ts";
import { gateConfidence } from "./gate.ts";
import { matchIntents } from "./match.ts";
import { splitRequest } from "./split.ts";
import { homelab, makeUnit, operations } from "./testing-units.ts";

const hosts = ["web1", "web2", "nas01"];

function match(text: string, units: Unit[] = homelab): MatchedIntent[] {
  const names = units.flatMap((unit) => [unit.name, ...unit.aliases]);
  return matchIntents(splitRequest(text, { names, hosts }), { units, operations, hosts });
}

/** The decision and, where something is picked, what. */
const brief = ({ decision, candidates }: MatchedIntent): string =>
  decision === "auto" || decision === "operation" ? `${decision} ${candidates[0]?.name ?? ""}` : decision;

const only = (text: string, units?: Unit[]): string => match(text, units).map(brief).join(", ");

describe("the gate", () => {
  test("[ORCH-01] the flagship sentence picks both playbooks, the second after the first", () => {
    const steps = match("Deploy the status page and then back up its folder");
    expect(steps.map(brief)).toEqual(["auto status-page", "auto backup-folder"]);
    expect(steps.map((step) => step.after)).toEqual([[], [0]]);
  });

  test("[INFRA-01] configuring never picks the playbook that deploys", () => {
    const steps = match("Deploy Uptime Kuma and add our existing portals to the config");
    expect(steps.map((step) => step.decision)).toEqual(["auto", "ask"]);
    expect(steps[1]?.verb).toBe("configure");
    expect(steps[1]?.candidates[0]?.evidence).toContain("it does not say that it configures");
  });

  test("[INFRA-01] configuring picks the playbook made for it", () => {
    const units = [
      ...homelab,
      makeUnit("uptime-kuma-portals", { verbs: ["configure"], description: "Add portals to Uptime Kuma" }),
    ];
    expect(only("Deploy Uptime Kuma and add our existing portals to the config", units)).toBe(
      "auto uptime-kuma, auto uptime-kuma-portals",
    );
  });

  test.each([
    ["Install grafana", "auto grafana"],
    ["please set up Grafana on nas01", "auto grafana"],
    ["instal graffana", "auto grafana"],
    ["upgrade grafana", "auto grafana"],
    ["Deploy Kuma", "auto uptime-kuma"],
    ["deploy uptimekuma", "auto uptime-kuma"],
    ["configure nginx", "auto nginx"],
    ["set up ngnix", "auto nginx"],
    ["install postgres", "auto postgresql-server"],
    ["install paperless", "auto paperless-ngx"],
    ["stand up a bedrock minecraft server", "auto minecraft-bedrock-server"],
    ["deploy transmission", "auto transmission"],
    ["install transmission with openvpn", "auto transmission-with-openvpn"],
    ["restart haproxy", "auto restart-haproxy"],
    ["run site.yml", "auto site"],
    ["run the site playbook", "auto site"],
  ])("[INFRA-01] picks by name: %s", (text, wanted) => {
    expect(only(text)).toBe(wanted);
  });

  test.each([
    ["Install Pihole", "none"],
    ["Install it all", "none"],
    ["Rebuild the company website", "none"],
    ["Point my domain to web1", "none"],
    ["deploy home assistant", "none"],
    ["order me a pizza", "none"],
    ["what is the weather like tomorrow", "none"],
    ["install complex analysis software", "none"],
  ])("[INFRA-01] what is not there is not there: %s", (text, wanted) => {
    expect(only(text)).toBe(wanted);
  });

  test.each([
    ["install docker", "an alias among many of a whole-site playbook"],
    ["install nginx proxy manager", "a longer name that is not there"],
    ["deploy gitea", "a playbook of a test folder"],
    ["update jellyfin", "a playbook that only deploys"],
    ["back up grafana", "a playbook for something else"],
    ["set up a web server", "a description only"],
  ])("[INFRA-01] asks: %s (%s)", (text) => {
    expect(only(text)).toBe("ask");
  });

  test("two units with the same name are asked about", () => {
    const units = [
      makeUnit("nginx"),
      makeUnit("nginx", { id: "work:nginx.yml", path: "nginx.yml", repository: "work" }),
    ];
    expect(only("install nginx", units)).toBe("ask");
  });

  test.each([
    "remove jellyfin",
    "uninstall jellyfin and wipe its data",
    "restore grafana",
    "roll nginx back",
    "deploy grafana on all hosts",
    "install nginx everywhere",
    "restart everything",
    "reboot every host",
    "stop all services",
    "delete all volumes and reinstall postgres from scratch",
    "flush the firewall and restart nginx",
    "wipe the disks and deploy grafana",
  ])("[INFRA-01] what can do damage is never automatic: %s", (text) => {
    for (const step of match(text)) expect(["ask", "none"]).toContain(step.decision);
  });

  test("a playbook that removes exactly this is offered, not picked", () => {
    const [step] = match("remove jellyfin");
    expect(step?.decision).toBe("ask");
    expect(step?.candidates[0]?.name).toBe("remove-jellyfin");
  });
});

describe("operations", () => {
  test.each([
    ["restart nginx on web1", "operation restart"],
    ["stop grafana", "operation stop"],
    ["start jellyfin on nas01", "operation start"],
    ["is nginx running on web1?", "operation status"],
    ["what's the status of grafana?", "operation status"],
    ["reboot web1", "operation reboot"],
    ["ping web2", "operation ping"],
    ["gather facts of web1", "operation facts"],
  ])("%s", (text, wanted) => {
    expect(only(text)).toBe(wanted);
  });

  test("playbooks of the same name follow the operation as candidates", () => {
    const [step] = match("restart nginx on web1");
    expect(step?.candidates.map((candidate) => candidate.id).slice(0, 2)).toEqual([
      "operation:restart",
      "home:playbooks/nginx.yml",
    ]);
  });
});

test("without the knowledge of service kinds names still decide", () => {
  const intents = splitRequest("install grafana and the reverse proxy");
  const decisions = matchIntents(intents, { units: homelab, operations, hosts }, { lexicon: false }).map(
    brief,
  );
  expect(decisions[0]).toBe("auto grafana");
  expect(decisions[1]).not.toMatch(/^auto/);
});

test("[ORCH-01] kinds of service bring the right candidates, never a pick", () => {
  const [step] = match("I need a web server");
  expect(step?.decision).toBe("ask");
  expect(step?.candidates[0]?.name).toBe("nginx");
});

test("at most ten candidates are shown", () => {
  const units = Array.from({ length: 30 }, (_, index) =>
    makeUnit(`web-${index}`, { description: "serves a web shop" }),
  );
  expect(match("deploy the web shop", units)[0]?.candidates.length).toBeLessThanOrEqual(10);
});

const word = fc.constantFrom(
  ..."deploy install restart remove back up status page its folder it them and then on web1 all hosts nginx grafana kuma if not don't the to port 8080 , . everything backup first after before otherwise".split(
    " ",
  ),
);
const sentence = fc.array(word, { maxLength: 25 }).map((words) => words.join(" "));

describe("for any text", () => {
  test("splitting and matching never throw, wait only for earlier steps, and answer by contract", () => {
    fc.assert(
      fc.property(
        fc.oneof(sentence, fc.string({ maxLength: 300 }), fc.string({ unit: "binary", maxLength: 100 })),
        (text) => {
          const steps = match(text);
          for (const [index, step] of steps.entries()) {
            expect(MatchedSchema.safeParse(step).success).toBe(true);
            expect(step.after.every((other) => other >= 0 && other < index)).toBe(true);
            if (step.decision === "auto") expect(step.confidence).toBeGreaterThanOrEqual(gateConfidence);
            if (step.decision === "none") expect(step.candidates).toEqual([]);
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  test("what is destructive or for everything is never automatic", () => {
    fc.assert(
      fc.property(sentence, (text) => {
        for (const step of match(text)) {
          const risky =
            step.verb === "remove" ||
            step.verb === "restore" ||
            step.verb === "rollback" ||
            step.hosts.includes("all");
          if (risky) expect(["ask", "none"]).toContain(step.decision);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("one more unit never turns a right pick into a wrong one", () => {
    const requests = [
      "Deploy the status page",
      "Install grafana",
      "configure nginx",
      "Deploy Kuma",
      "install postgres",
      "back up the folder",
    ];
    const right = new Map(requests.map((text) => [text, match(text)[0]?.candidates[0]?.id]));
    fc.assert(
      fc.property(
        fc.constantFrom(...requests),
        fc.stringMatching(/^[a-z]{3,10}(-[a-z]{3,8}){0,2}$/),
        fc.string({ maxLength: 60 }),
        (text, name, description) => {
          const [step] = match(text, [...homelab, makeUnit(name, { description })]);
          if (step?.decision === "auto")
            expect([right.get(text), `home:playbooks/${name}.yml`]).toContain(step.candidates[0]?.id);
          if (step?.decision === "auto" && step.candidates[0]?.id !== right.get(text))
            expect(text.toLowerCase()).toContain(name);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("of a text of ten thousand words the beginning is read, and no more than that", () => {
    const read = (text: string): number => match(text).reduce((sum, step) => sum + step.text.length, 0);
    for (const piece of [
      "deploy the status page and then back up its folder, ",
      "if ",
      "and ",
      "restart nginx on ",
      "do not ",
      "before after once ",
      "a",
    ]) {
      const text = `install grafana, ${piece.repeat(Math.ceil(60_000 / piece.length))}`;
      expect(read(text)).toBeLessThan(10_300);
      expect(read(text)).toBe(read(text.slice(0, 10_240)));
    }
  });
});

/* Names as people write them, on units of our own. */
describe("names and slips", () => {
  const lab = [
    "sonarr",
    "radarr",
    "bookworm-server",
    "tinkerbox-docker",
    "prometheus_node_exporter",
    "kubernetes",
    "photo-harvester",
    "photo-harvester-agent",
    "wiki2html",
    "letsencrypt-nginx",
    "rabbitmq_server",
    "bootstrap-ldap",
  ].map((name) => makeUnit(name));

  test.each([
    ["deploy bookworm", "auto bookworm-server"],
    ["install tinkerbox", "auto tinkerbox-docker"],
    ["deploy photo harvester", "auto photo-harvester"],
    ["deploy photoharvester", "auto photo-harvester"],
    ["deploy photo_harvester agent", "auto photo-harvester-agent"],
    ["install k8s", "auto kubernetes"],
    ["set up wiki2html", "auto wiki2html"],
    ["install rabbitmq sever", "auto rabbitmq_server"],
    ["configure rabbitmq settings", "auto rabbitmq_server"],
    ["nginx with let's encrypt", "auto letsencrypt-nginx"],
  ])("%s: %s", (text, wanted) => {
    expect(only(text, lab)).toBe(wanted);
  });

  test.each([
    ["deploy photo havrester", "auto photo-harvester", "neighbours swapped"],
    ["deploy photo harvestr", "auto photo-harvester", "a letter left out"],
    ["install bookwoorm", "auto bookworm-server", "a letter doubled"],
    ["install sonar", "auto sonarr", "a double letter halved, in a short name"],
    ["install raddarr", "auto radarr", "a letter doubled, in a short name"],
    ["install soanrr", "auto sonarr", "neighbours swapped, in a short name"],
  ])("%s: %s (%s)", (text, wanted) => {
    expect(only(text, lab)).toBe(wanted);
  });

  test.each([
    ["install readarr", "another product, one letter away"],
    ["install sunarr", "another letter in a short name"],
    ["ldap directory", "a name whose verb was not said"],
    ["deploy photo harvester exporter", "a longer name that is not there"],
    ["explain kubernetes to me", "a question, not a wish"],
    ["migrate kubernetes", "a verb that the playbook does not have"],
  ])("%s is not taken: %s", (text) => {
    expect(only(text, lab)).not.toMatch(/^auto/);
  });
});

/* Talk is no wish; whatever it names, nothing is planned for it. */
test.each([
  "hello there",
  "thanks a lot!",
  "tell me a joke about nginx",
  "what is grafana?",
  "how does nginx work?",
  "write me a poem about jellyfin",
  "I hate grafana",
  "grafana is great",
  "who won the cup",
  "order me a pizza",
  "explain what nginx is",
  "nope",
])("%s makes no plan", (text) => {
  for (const step of match(text)) expect(["ask", "none"]).toContain(step.decision);
});
