import { describe, expect, test } from "vitest";
import { beginOf, takePeriod } from "./talk-period.ts";
import { exampleOf } from "./talk-words.ts";
import { readTalk, type Talk } from "./talk.ts";

const known = {
  names: ["status-page", "grafana", "backup-folder", "nginx", "plex", "jellyfin", "uptime kuma", "facts"],
  hosts: ["web1", "web2", "nas01", "this-machine", "db1", "web"],
};

/** A reading in short: `change`, `host web1`, `failures in the last 7 days`, … */
function brief(talk: Talk): string {
  if (talk.kind !== "question") return talk.kind;
  return talk.questions
    .map((question) =>
      Object.values(question)
        .flatMap((value: unknown) =>
          typeof value === "string" ? [value] : isPeriod(value) ? [value.label] : [],
        )
        .join(" "),
    )
    .join("; ");
}

function isPeriod(value: unknown): value is { label: string } {
  return typeof value === "object" && value !== null && "label" in value;
}

const changes: readonly string[] = [
  "Deploy the status page",
  "deploy nginx please",
  "can you deploy nginx?",
  "Can you please deploy nginx on web1?",
  "can you run the backup playbook?",
  "could you restart plex on web1?",
  "could you do a backup of nextcloud?",
  "would you mind restarting nginx?",
  "would you update grafana?",
  "will you please deploy nginx",
  "can we please restart nginx?",
  "please could you install jellyfin for me?",
  "hey chiffon, deploy grafana",
  "hi, could you install jellyfin for me?",
  "Thanks! Now deploy grafana",
  "restart nginx, can you?",
  "I want you to deploy grafana",
  "I want redis removed from cache1",
  "I'd like to have grafana on web1",
  "I'd like you to set up a wiki",
  "we need grafana on web1",
  "let's deploy grafana",
  "plex needs a restart",
  "the status page should be redeployed",
  "make sure nginx is installed on web1",
  "Check the status of nginx",
  "show the status of nginx on web1",
  "check whether the backups are working",
  "run the backup playbook",
  "execute backup-folder on web1",
  "get rid of the wiki",
  "take a snapshot of the wiki",
  "do a backup of nextcloud",
  "On web1, restart nginx and stop plex",
  "Before upgrading postgres, back up the wiki",
  "If nginx is down, restart it",
  "when grafana is down, restart it",
  "When the backup is done, restart nginx",
  "Plex is down. Can you restart it?",
  "What runs on web1? Restart nginx there.",
  "1. stop gitea\n2. back up gitea\n3. start gitea",
  "Please deploy the following:\n- grafana\n- loki",
  "Deploy Uptime Kuma and add our existing portals to the config",
  "stop everything",
  "stop plex",
  "stop the media server",
  "start grafana",
  "reboot web1",
  "update grafana to 10.1 on web1 and web2",
  "and restart nginx too",
  "also deploy grafana",
  "and then restart it",
  "ping web1",
  "gather facts on web1",
  "show facts",
];

const questions: readonly (readonly [string, string])[] = [
  ["what runs on web1?", "host web1"],
  ["What's running on web1", "host web1"],
  ["what did you deploy on web1?", "host web1"],
  ["what services are running on nas01?", "host nas01"],
  ["which services are on web1?", "host web1"],
  ["what is on web2", "host web2"],
  ["what does web1 run?", "host web1"],
  ["anything deployed on nas01?", "host nas01"],
  ["what have you deployed?", "host"],
  ["what did you do today?", "host today (UTC)"],
  ["what did you deploy yesterday?", "host since yesterday (UTC)"],
  ["what changed on web1 last week?", "host web1 in the last 7 days"],
  ["tell me what runs on web1", "host web1"],
  ["can you tell me what runs on web1?", "host web1"],
  ["do you know what runs on web1", "host web1"],
  ["and what runs on web1?", "host web1"],
  ["check what is running on web1", "host web1"],
  ["what failed last week?", "failures in the last 7 days"],
  ["did anything fail today?", "failures today (UTC)"],
  ["any failures this month?", "failures in the last 30 days"],
  ["what failed on web1 in the last 3 days?", "failures web1 in the last 3 days"],
  ["which runs failed?", "failures in the last 7 days"],
  ["what went wrong?", "failures in the last 7 days"],
  ["show me the failures of last week", "failures in the last 7 days"],
  ["list all failed runs", "failures in the last 7 days"],
  ["could you show me what failed?", "failures in the last 7 days"],
  ["i want to know what failed yesterday", "failures since yesterday (UTC)"],
  ["what is running?", "running"],
  ["what's running right now?", "running"],
  ["is anything running?", "running"],
  ["show running runs", "running"],
  ["what are you doing?", "running"],
  ["what waits for me?", "waiting"],
  ["is anything waiting for approval?", "waiting"],
  ["what needs my approval?", "waiting"],
  ["What plans are open?", "waiting"],
  ["do I have to approve anything?", "waiting"],
  ["which playbooks are there for backup?", "playbooks backup"],
  ["which playbooks are there?", "playbooks"],
  ["list the playbooks", "playbooks"],
  ["do you have a backup playbook?", "playbooks backup"],
  ["is there a playbook for nextcloud?", "playbooks nextcloud"],
  ["what can you deploy?", "playbooks"],
  ["how do I deploy nginx?", "playbooks nginx"],
  ["show me how to deploy nginx", "playbooks nginx"],
  ["can I deploy nginx?", "playbooks nginx"],
  ["can we deploy nginx?", "playbooks nginx"],
  ["when was the status page last deployed?", "service status page"],
  ["when was the status page deployed", "service status page"],
  ["When did you last update grafana?", "service grafana"],
  ["when was the last backup of plex?", "service plex"],
  ["please tell me when grafana was last deployed", "service grafana"],
  ["who deployed grafana?", "service grafana"],
  ["where is grafana deployed?", "service grafana"],
  ["where does plex run?", "service plex"],
  ["which host runs jellyfin?", "service jellyfin"],
  ["is nginx running on web1?", "service nginx"],
  ["is plex up?", "service plex"],
  ["has grafana been deployed yet?", "service grafana"],
  ["did you restart nginx", "service nginx"],
  ["have you deployed nginx on web1 already?", "service nginx"],
  ["what hosts do you know?", "hosts"],
  ["how many servers do we have?", "hosts"],
  ["list hosts", "hosts"],
  ["which agents are online?", "agents"],
  ["what can you do?", "help"],
  ["help", "help"],
  ["who are you?", "help"],
  ["I need help", "help"],
];

/** Look like changes or like questions that can be answered, and are neither. */
const nothings: readonly string[] = [
  "Deploy nginx?",
  "restart plex?",
  "delete everything?",
  "Deploy nginx, or is it running already?",
  "should I restart nginx?",
  "should we update grafana?",
  "when should I update grafana",
  "which one should I restart",
  "would it be safe to restart nginx?",
  "is it ok to reboot web1?",
  "is it a good idea to deploy grafana on web1?",
  "what would happen if I restart nginx?",
  "what happens when I delete the wiki?",
  "what if we removed grafana?",
  "why is plex down?",
  "do we need to update nginx?",
  "can nginx be restarted?",
  "are you able to deploy nginx?",
  "is it possible to deploy nginx?",
  "how long does it take to deploy grafana?",
  "will you restart nginx if it fails?",
  "what would you do if nginx fails?",
  "how about restarting plex?",
  "what about jellyfin?",
  "who should approve the deployment of nginx?",
  "could it be that nginx failed?",
  "does a restart of nginx hurt?",
  'what is "restart nginx"?',
  "can you cook?",
  "can you back up things?",
  "can you use docker?",
  "so you deployed grafana?",
  "what is the weather?",
  "tell me a joke",
  "why?",
];
const statements: readonly string[] = [
  "plex is down",
  "I deployed nginx yesterday",
  "I will restart nginx tomorrow",
  "I'll update it myself",
  "the backup failed",
  "nginx is running fine on web1",
  "wiki",
  "don't deploy anything",
  "do not restart nginx",
  "you deployed the wrong thing",
  "I think nginx is broken",
  "the update of nginx was nice",
  "asdf qwer",
];

describe("[UI-01] what a message asks for", () => {
  test.each(changes)("a change: %s", (text) => {
    expect(readTalk(text, known).kind).toBe("change");
  });
  test.each(questions)("a question: %s -> %s", (text, meaning) => {
    expect(brief(readTalk(text, known))).toBe(meaning);
  });
  test.each(nothings)("a question that is not answered and no change: %s", (text) => {
    expect(brief(readTalk(text, known))).toBe("nothing");
  });
  test.each(statements)("neither change nor question: %s", (text) => {
    expect(readTalk(text, known).kind).toBe("unclear");
  });
  test.each([
    ["greeting", ["hi", "Hello Chiffon!", "good morning", "hey there", "how are you?", "Hi 👋"]],
    ["thanks", ["thanks a lot", "Thank you!", "nice work", "great, thanks", "bye"]],
    [
      "cancel",
      [
        "cancel that",
        "never mind",
        "Nevermind.",
        "stop it",
        "Stop that, please",
        "abort",
        "reject the plan",
        "forget it",
        "cancel the last run",
        "no, cancel it",
        "can you cancel that?",
        "could you stop it please?",
      ],
    ],
    [
      "consent",
      ["yes", "Yes please!", "go", "go ahead", "approve it", "ok", "ok, go", "run it", "do it", "LGTM", "no"],
    ],
  ])("%s", (kind, texts) => {
    expect(texts.map((text) => `${readTalk(text, known).kind}: ${text}`)).toEqual(
      texts.map((text) => `${kind}: ${text}`),
    );
  });

  test("questions and greetings are taken out of the words that ask for a change", () => {
    expect(readTalk("Hi! What runs on web1? Restart nginx there.", known)).toEqual({
      kind: "change",
      text: "Restart nginx there.",
      questions: [{ about: "host", host: "web1", period: null }],
    });
    expect(readTalk("Deploy grafana.\nRestart nginx.", known)).toMatchObject({
      text: "Deploy grafana.\nRestart nginx.",
    });
  });

  test("hostile and long texts are read to their end, and make no change by accident", () => {
    for (const text of [
      "and ".repeat(2_500),
      "what is ".repeat(1_250),
      `can you ${"please ".repeat(1_400)}?`,
      "is ".repeat(3_300) + "running",
      "when was the last time ".repeat(430),
      "?".repeat(10_000),
      `what runs on ${"a".repeat(9_900)}`,
      "yes ".repeat(2_500),
      "hi ".repeat(3_300),
      "\u202E\u0007 \u200B",
    ])
      expect(readTalk(text, known).kind, text.slice(0, 20)).not.toBe("change");
  });
});

test("periods are taken out of a question and begin where they say", () => {
  const now = new Date("2026-11-22T12:30:00.000Z");
  const begin = (text: string) => {
    const { period } = takePeriod(text);
    return period === null ? null : beginOf(period, now).toISOString();
  };
  expect(begin("what failed today")).toBe("2026-11-22T00:00:00.000Z");
  expect(begin("what failed yesterday")).toBe("2026-11-21T00:00:00.000Z");
  expect(begin("what failed in the last 24 hours")).toBe("2026-11-21T12:30:00.000Z");
  expect(begin("what failed last week")).toBe("2026-11-15T12:30:00.000Z");
  expect(begin("what failed")).toBeNull();
  expect(takePeriod("what failed on web1 over the last 3 days").rest).toBe("what failed on web1");
});

test("examples are sentences that the catalogue's own units fit", () => {
  const unitOf = (name: string, verbs: ("deploy" | "backup" | "remove")[]) => ({ name, verbs, minor: false });
  expect(exampleOf([unitOf("backup-folder", ["backup"]), unitOf("status-page", ["deploy"])])).toBe(
    "Deploy status page",
  );
  expect(exampleOf([unitOf("backup-folder", ["backup"])])).toBe("Run the playbook backup-folder");
  expect(exampleOf([])).toBe("Restart nginx on web1");
});
