import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Unit } from "../contracts/catalogue.ts";
import type { MatchedIntent } from "../contracts/intent.ts";
import { matchIntents } from "./match.ts";
import { bindParameters } from "./match-parameters.ts";
import { splitRequest } from "./split.ts";
import { homelab, makeUnit, operations } from "./testing-units.ts";

const hosts = ["web1", "nas01"];
const monitors = makeUnit("uptime-kuma-monitors", {
  aliases: ["uptime-kuma"],
  services: ["uptime-kuma"],
  verbs: ["configure"],
  description: "Make the monitors equal to a list",
  portals: "kuma_portals",
});
const units = [...homelab, monitors];

function match(text: string, from: Unit[] = units): MatchedIntent[] {
  const names = from.flatMap((unit) => [unit.name, ...unit.aliases]);
  return matchIntents(splitRequest(text, { names, hosts }), { units: from, operations, hosts });
}

/** "deploy auto uptime-kuma", with what it waits for. */
const brief = (steps: readonly MatchedIntent[]): string[] =>
  steps.map(({ verb, decision, candidates, after }) => {
    const name = decision === "auto" || decision === "operation" ? ` ${candidates[0]?.name ?? ""}` : "";
    return `${verb} ${decision}${name}${after.length > 0 ? ` <${after.join(",")}` : ""}`;
  });

const both = ["deploy auto uptime-kuma", "configure auto uptime-kuma-monitors <0"];

describe("[E2E-02] deploying a service and giving it the existing portals are two steps in order", () => {
  test.each([
    "Deploy Uptime Kuma and add our existing portals to the config",
    "please deploy Uptime Kuma and add the existing portals to its config",
    "Deploy Uptime Kuma. Then add our existing portals to the configuration.",
    "set up uptime kuma, then put all our portals into it",
    "install kuma and monitor our existing services",
    "Deploy Kuma and add our existing portals to the config",
    "Deploy Uptime Kuma and add our portals",
    "Install Uptime Kuma and have it monitor all our existing portals",
    "deploy uptime kuma with our existing portals",
    "install uptime kuma to monitor our existing services",
    "Set up Uptime Kuma and import our bookmarks into it",
    "Deploy uptime kuma, afterwards add all existing links to its configuration",
    "Deploy Kuma and feed it our portals",
    "Deploy Uptime Kuma and add our existing services as monitors",
    "Roll out uptime kuma and add my dashboards links to the settings",
    "set up uptime kuma and watch all our services",
    "Install Uptime Kuma and configure it with our portals",
    "deploy uptime kuma and add all our existing services to it",
    "Could you install uptime kuma and then add every portal we have to it?",
  ])("%s", (text) => {
    expect(brief(match(text))).toEqual(both);
  });

  test.each([
    "add our portals to uptime kuma",
    "put our portals into uptime kuma",
    "add the portals we already have to uptime kuma",
    "monitor our portals with uptime kuma",
    "sync our portals to kuma",
    "update uptime kuma with our portals",
    "make uptime kuma monitor our existing portals",
    "use uptime kuma to watch our existing services",
  ])("%s", (text) => {
    expect(brief(match(text))).toEqual(["configure auto uptime-kuma-monitors"]);
  });
});

describe("the gate stays honest beside a unit that wants portals", () => {
  test.each([
    ["add our portals to traefik", ["configure none"]],
    ["deploy grafana and add our portals", ["deploy auto grafana", "configure none"]],
    ["deploy grafana with our portals", ["deploy auto grafana"]],
    ["deploy uptime kuma, but do not add our portals", ["deploy auto uptime-kuma"]],
    ["don't add our portals to uptime kuma", []],
    ["restart our services", ["restart operation restart"]],
    ["restart uptime kuma", ["restart operation restart"]],
    ["Deploy Uptime Kuma", ["deploy auto uptime-kuma"]],
    ["deploy our services", ["deploy ask"]],
  ])("%s", (text, wanted) => {
    const steps = brief(match(text));
    expect(steps.map((step) => step.replace(/ <.*/, ""))).toEqual(wanted);
  });

  test.each([
    "add a user to uptime kuma",
    "add my wiki to uptime kuma",
    "add our portal to uptime kuma",
    "add a new portal to uptime kuma",
    "remove our portals from uptime kuma",
    "monitor our existing portals",
    "wipe the disks and add our portals to uptime kuma",
    "add our portals to uptime kuma on all hosts",
  ])("asks: %s", (text) => {
    for (const step of match(text)) expect(step.decision).not.toBe("auto");
  });

  test("of two units that want the portals of one service a person chooses", () => {
    const other = makeUnit("kuma-pages", {
      aliases: ["uptime-kuma"],
      portals: "pages",
      verbs: ["configure"],
    });
    const [step] = match("add our portals to uptime kuma", [...units, other]);
    expect(step?.decision).toBe("ask");
    expect(
      step?.candidates
        .slice(0, 2)
        .map((each) => each.name)
        .toSorted(),
    ).toEqual(["kuma-pages", "uptime-kuma-monitors"]);
  });

  test("without a unit that wants portals every wish is read as before", () => {
    const steps = match("deploy uptime kuma with our existing portals", homelab);
    expect(brief(steps)).toEqual(["deploy auto uptime-kuma"]);
    expect(steps[0]?.params).toEqual({ with: "existing portals" });
  });
});

test("the place where portals go is no value of a variable, and the words are said in the evidence", () => {
  const steps = match("install kuma and monitor our existing services");
  expect(steps[1]).toMatchObject({ text: "monitor our existing services", target: "our existing services" });
  expect(steps[1]?.candidates[0]?.evidence).toContain('its variable "kuma_portals"');
  expect(bindParameters(steps, units)[1]?.unused).toEqual([]);
});

test("read again for the next revision of a plan, the same steps come out", () => {
  for (const text of [
    "install uptime kuma to monitor our existing services",
    "deploy uptime kuma with our existing portals",
    "Install Uptime Kuma and have it monitor our portals",
  ]) {
    const once = match(text);
    expect(brief(matchIntents(once, { units, operations, hosts }))).toEqual(brief(once));
  }
});

test("a long text of the words that are looked for names no service by itself", () => {
  const long = [`add ${"our existing ".repeat(2_000)}x`, `have ${"our portals and ".repeat(2_000)}`];
  for (const step of long.flatMap((text) => match(text))) expect(step.decision).not.toBe("auto");
});

test("for any words a step waits only for earlier ones, and what destroys is never automatic", () => {
  const words = fc.constantFrom(
    ..."deploy install remove add put monitor have feed make with to into it its config our existing all portals services bookmarks uptime kuma grafana and then , . not on web1".split(
      " ",
    ),
  );
  fc.assert(
    fc.property(fc.array(words, { maxLength: 20 }), (said) => {
      for (const [index, step] of match(said.join(" ")).entries()) {
        expect(step.after.every((other) => other >= 0 && other < index)).toBe(true);
        if (step.verb === "remove") expect(step.decision).not.toBe("auto");
      }
    }),
    { numRuns: 400 },
  );
});
