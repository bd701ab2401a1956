import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Permission } from "../../contracts/access.ts";
import type { Message } from "../../contracts/conversation.ts";
import { authorize } from "../access/roles.ts";
import { rejectPlan } from "../approve/approve.ts";
import type { Engine, TalkingCaller } from "../engine.ts";
import type { RequestDeps } from "../request/create.ts";
import { createRequestDeps } from "../request/testing.ts";
import { applyRunEvent } from "../run/apply.ts";
import { createTestCore, type TestCore } from "../testing.ts";
import { createConversations } from "./conversations.ts";

const playbookOf = (name: string, hosts = "web") =>
  `# chiffon:service=${name}\n- name: ${name}\n  hosts: ${hosts}\n  vars:\n    ${name.replaceAll("-", "_")}_port: 3000\n  tasks:\n    - ansible.builtin.debug:\n        msg: ${name}\n`;
const files: Readonly<Record<string, string>> = {
  "grafana.yml": playbookOf("grafana"),
  "jellyfin.yml": playbookOf("jellyfin"),
  "backup-photos.yml": playbookOf("backup-photos"),
  "wiki-one.yml": playbookOf("wiki-one"),
  "wiki-two.yml": playbookOf("wiki-two"),
  "hosts.yml":
    "web:\n  hosts:\n    web1:\n      ansible_connection: local\n    web2:\n      ansible_connection: local\n",
};

/** Ada with these permissions. */
export function callerWith(...permissions: Permission[]): TalkingCaller {
  const actor = { kind: "user" as const, name: "ada", id: "1" };
  const identity = {
    kind: "user" as const,
    actor,
    permissions: new Set<Permission>(permissions),
    strong: true,
    key: "user:1",
    sessionId: null,
    password: null,
  };
  return { actor, strong: true, authorize: (permission) => authorize(identity, permission) };
}
export const ada = callerWith("read", "propose", "operate", "approve");

export interface TestTalk extends AsyncDisposable {
  readonly core: TestCore;
  readonly deps: RequestDeps;
  /** The use cases on the same database, as a server that was just started has them. */
  startServer(changed?: Partial<RequestDeps>): Engine["conversations"];
  begin(): Promise<string>;
  /** All messages that came of it, a second later. */
  say(id: string, text: string, caller?: TalkingCaller): Promise<Message[]>;
  /** What Chiffon said to it. */
  answerTo(id: string, text: string, caller?: TalkingCaller): Promise<string>;
}

/** Conversations over a real database and a repository with five playbooks and two hosts. */
export async function createTestTalk(): Promise<TestTalk> {
  const core = await createTestCore();
  const folder = await mkdtemp(path.join(tmpdir(), "chiffon-talk-"));
  const root = path.join(folder, "site");
  await mkdir(root);
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(root, name), text);
  const deps: RequestDeps = createRequestDeps(core, folder, [root]);
  let conversations: Engine["conversations"];
  function startServer(changed: Partial<RequestDeps> = {}): Engine["conversations"] {
    const now = { ...deps, ...changed };
    conversations = createConversations(now, {
      reject: (caller, id, reason) => rejectPlan(now, caller, { id, reason }),
      cancel: (_caller, runId, reason) =>
        now.db
          .transaction()
          .execute((tx) => applyRunEvent(now, tx, { runId, event: { type: "cancel", reason } })),
    });
    return conversations;
  }
  conversations = startServer();
  const say: TestTalk["say"] = async (id, text, caller = ada) => {
    core.advance(1_000);
    return (await conversations.send(caller, id, { text, priority: 4 })).messages;
  };
  return {
    core,
    deps,
    startServer,
    say,
    begin: async () => (await conversations.create(ada)).id,
    answerTo: async (id, text, caller) =>
      (await say(id, text, caller))
        .map((message) => message.text)
        .slice(1)
        .join("\n"),
    [Symbol.asyncDispose]: async () => {
      await core[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
