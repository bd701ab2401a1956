import { describe, expect, test } from "vitest";
import type { Unit } from "../contracts/catalogue.ts";
import { matchIntents } from "./match.ts";
import { splitRequest } from "./split.ts";
import { makeUnit } from "./testing-units.ts";

/** Names of the candidates, best first. */
function ranked(text: string, units: readonly Unit[], lexicon = true): string[] {
  const catalogue = { units: [...units], operations: [], hosts: ["web1"] };
  const names = units.map(({ name }) => name);
  const [step] = matchIntents(splitRequest(text, { names, hosts: ["web1"] }), catalogue, { lexicon });
  expect(step?.decision).not.toBe("auto");
  return step?.candidates.map(({ name }) => name) ?? [];
}

const shop = [
  makeUnit("harbinger", { description: "Record video of the doorway" }),
  makeUnit("quillstone", { description: "Help desk for the neighbourhood" }),
  makeUnit("logturner", { description: "Rotates files that grow" }),
  makeUnit("pebbled", { description: "" }),
  makeUnit("pebble-probe", { description: "Watches pebble" }),
  makeUnit("orangery", { description: "Grows tomatoes" }),
];

describe("without the lexicon", () => {
  test.each([
    ["a video recorder for the doorway", "harbinger", "words that begin alike"],
    ["neighbourhood helpdesk", "quillstone", "two words that are one"],
    ["turner for logs", "logturner", "a name turned round"],
    ["something that grows tomatoes", "orangery", "a word of the description"],
  ])("%s finds %s: %s", (text, name) => {
    expect(ranked(text, shop, false)[0]).toBe(name);
  });

  test("words that only surround a wish find nothing", () => {
    expect(ranked("something simple for my family at home", shop, false)).toEqual([]);
    expect(ranked("deploy the app", shop, false)).toEqual([]);
  });
});

const known = [
  makeUnit("navidrome"),
  makeUnit("freshrss"),
  makeUnit("frigate"),
  makeUnit("peertube"),
  makeUnit("gitea"),
  makeUnit("backup_borg"),
  makeUnit("wekan"),
];

describe("with the lexicon", () => {
  test.each([
    ["listen to my songs", "navidrome"],
    ["follow the news of many sites", "freshrss"],
    ["surveillance of the driveway", "frigate"],
    ["put our holiday clips online like on youtube", "peertube"],
    ["a replacement for trello", "wekan"],
    ["a replacement for github", "gitea"],
    ["deduplicated archives of my files", "backup_borg"],
  ])("%s finds %s", (text, name) => {
    expect(ranked(text, known)[0]).toBe(name);
  });

  test("the same wishes find nothing of it when it is off", () => {
    expect(ranked("surveillance of the driveway", known, false)).toEqual([]);
  });
});

test("a playbook of everything does not go before the one that is for it", () => {
  const roles = ["alpha", "beta", "gamma", "orangery"];
  const site = makeUnit("site", {
    path: "site.yml",
    aliases: roles,
    description: "Grows tomatoes and all else",
  });
  expect(ranked("grow tomatoes", [site, ...shop], false)[0]).toBe("orangery");
});

test("what somebody made for a company is no product", () => {
  const sites = [makeUnit("orangery", { description: "Website of tomatoes" })];
  expect(ranked("rebuild the company website", sites)).toEqual([]);
});
