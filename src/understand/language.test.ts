import { expect, test } from "vitest";
import { explainMatch } from "./explain.ts";
import { foreignLanguage } from "./language.ts";
import { matchIntents } from "./match.ts";
import { splitRequest } from "./split.ts";
import { homelab, operations } from "./testing-units.ts";

test.each([
  ["Bitte installiere Grafana auf web1", "German"],
  ["Starte nginx neu", "German"],
  ["grafana installieren", "German"],
  ["Mach bitte ein Backup von der Datenbank", "German"],
  ["Installez Nextcloud sur le serveur", "French"],
  ["redémarre nginx", "French"],
  ["je voudrais une galerie pour mes photos", "French"],
  ["instala grafana por favor", "Spanish"],
  ["reinicia el servidor", "Spanish"],
  ["riavvia nginx", "Italian"],
  ["installeer grafana op de server", "Dutch"],
  ["请安装 grafana", "Chinese"],
  ["установи grafana", "Russian"],
  ["Please install grafana und mach ein Backup", "German"],
  ["grafanaをインストールして", "Japanese"],
])("%s is %s", (text, language) => {
  expect(foreignLanguage(text)).toBe(language);
});

test.each([
  "deploy grafana on web1",
  "do not let the process die",
  "restart nginx on la-web1 and de-web1",
  "install le and lego",
  "e-mail me the report",
  "deploy the status page and then back up its folder",
  "no",
  "",
  "🎉",
  "café",
  "set the locale to de_DE",
])("%s is not taken for another language", (text) => {
  expect(foreignLanguage(text)).toBeUndefined();
});

test.each([
  "Bitte installiere Grafana auf web1",
  "instala grafana por favor",
  "установи grafana",
  "Lösche grafana",
])("what is not English is never done without asking, and told so: %s", (text) => {
  const steps = matchIntents(splitRequest(text), { units: homelab, operations, hosts: ["web1"] });
  expect(steps.length).toBeGreaterThan(0);
  for (const step of steps) {
    expect(["ask", "none"]).toContain(step.decision);
    const { message, hint } = explainMatch(step, homelab);
    expect(message).toContain("English only");
    expect(hint).toContain("in English");
  }
});
