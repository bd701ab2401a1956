import { describe, expect, test } from "vitest";
import { splitRequest } from "./split.ts";
import { findChoice } from "./talk-choice.ts";
import { completeFollowUp, namePronoun, readFollowUp } from "./talk-follow-up.ts";

const known = {
  names: ["status-page", "grafana", "backup-folder", "nginx", "plex", "jellyfin", "uptime kuma", "facts"],
  hosts: ["web1", "web2", "nas01", "this-machine", "db1", "web"],
};

describe("[UI-01] messages that go on from the request before", () => {
  const before = (text: string) => ({ text, intents: splitRequest(text, known) });
  const whole = (message: string, previous: string) => {
    const wish = readFollowUp(message, known);
    return wish === undefined ? undefined : completeFollowUp(wish, before(previous));
  };

  test.each([
    ["and grafana too", "Deploy jellyfin", "Deploy grafana"],
    ["And grafana", "deploy jellyfin on web1", "Deploy grafana on web1"],
    ["grafana as well please", "restart plex", "Restart grafana"],
    ["plus loki and the wiki", "Deploy jellyfin", "Deploy loki and wiki"],
    ["also on web2", "Deploy grafana on web1", "Deploy grafana on web2"],
    ["and on web2 as well", "Deploy grafana", "Deploy grafana on web2"],
    ["web2 too", "update grafana to 10.1 on web1", "update grafana to 10.1 on web2"],
    ["do the same on web1 and web2", "restart nginx on nas01.", "restart nginx on web1 and web2"],
    ["also on web2", "restart nginx and plex on web1", "restart nginx and plex on web2"],
    ["also on web2", "Deploy grafana, then restart plex", "On web2, deploy grafana, then restart plex"],
    ["the same for jellyfin", "back up plex on nas01", "Back up jellyfin on nas01"],
    ["same for jellyfin and nginx please", "stop plex", "Stop jellyfin and nginx"],
    ["and grafana on web2 too", "Deploy plex on web1", "Deploy grafana on web2"],
    ["the same for web2", "Deploy plex on web1", "Deploy plex on web2"],
  ])("%s after %s", (message, previous, sentence) => {
    expect(whole(message, previous)).toBe(sentence);
  });

  test.each([
    ["and grafana too", "Deploy jellyfin and stop plex"],
    ["and grafana too", "If plex fails, restart it"],
    ["also on web2", "restart nginx on web1 and plex on nas01"],
    ["and grafana too", "nothing of a wish"],
  ])("%s after %s is not certain", (message, previous) => {
    expect(whole(message, previous)).toBeUndefined();
  });

  test.each([
    "and you?",
    "and thanks",
    "and then?",
    "and restart nginx too",
    "me too",
    "and plex is down too",
  ])("%s goes on from nothing", (message) => {
    expect(readFollowUp(message, known)).toBeUndefined();
  });

  test("'it' is what the request before was about, when that is one thing", () => {
    expect(namePronoun("restart it", before("Deploy grafana on web1"))).toBe("restart grafana on web1");
    expect(namePronoun("and now update it to 10.2", before("Deploy grafana"))).toBe(
      "and now update grafana to 10.2",
    );
    expect(namePronoun("restart it", before("Deploy grafana and plex"))).toBeUndefined();
    expect(namePronoun("deploy plex and restart it", before("Deploy grafana"))).toBeUndefined();
    expect(namePronoun("reboot web1", before("Deploy grafana"))).toBeUndefined();
  });
});

describe("answers to open questions in plain words", () => {
  const unit = {
    id: "unit:0",
    kind: "unit" as const,
    step: 0,
    text: "What should run?",
    options: [
      { value: "site:wiki-one.yml", label: 'wiki-one (wiki-one.yml): Its name is "wiki-one".' },
      { value: "site:wiki-two.yml", label: 'wiki-two (wiki-two.yml): Its name is "wiki-two".' },
      { value: "leave out", label: "leave this step out" },
    ],
    free: false,
    answer: null,
  };
  const key = {
    ...unit,
    id: "host_key:web1:22",
    kind: "host_key" as const,
    options: [
      { value: "SHA256:abc", label: "yes, accept this key from now on" },
      { value: "no", label: "no" },
    ],
  };

  test.each([
    ["2", "site:wiki-two.yml"],
    ["option 1", "site:wiki-one.yml"],
    ["Wiki-two", "site:wiki-two.yml"],
    ["the wiki-one.", "site:wiki-one.yml"],
    ["leave this step out", "leave out"],
    ["4", undefined],
    ["wiki", undefined],
    ["deploy grafana", undefined],
  ])("%s means %s", (said, value) => {
    expect(findChoice([unit], said)?.value).toBe(value);
  });

  test("what fits several questions, an answered one, or a host key by less than its words is no answer", () => {
    expect(findChoice([unit, { ...unit, id: "unit:1" }], "leave this step out")).toBeUndefined();
    expect(findChoice([unit, { ...unit, id: "unit:1" }], "2")).toBeUndefined();
    expect(findChoice([{ ...unit, answer: "leave out" }], "2")).toBeUndefined();
    expect(findChoice([key], "yes")).toBeUndefined();
    expect(findChoice([key], "1")).toBeUndefined();
    expect(findChoice([key], "Yes, accept this key from now on")?.value).toBe("SHA256:abc");
  });
});
