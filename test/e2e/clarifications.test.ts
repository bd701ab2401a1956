import { expect, test } from "vitest";
import type { LearnedAlias } from "../../src/contracts/alias.ts";
import type { SentMessages } from "../../src/contracts/conversation.ts";
import type { Plan } from "../../src/contracts/plan.ts";
import type { Request } from "../../src/contracts/request.ts";
import { approve, ended, playbook, writeRepository } from "../support/jobs.ts";
import { chiffon, createWorld, signUp, startServer } from "../support/server.ts";

const tasks = "    - name: Say it\n      ansible.builtin.debug:\n        msg: hello\n";
const recipes = (name: string): string =>
  playbook(name, tasks, `# chiffon:description=${name} keeps recipes\n# chiffon:verbs=deploy,update\n`);
const wish = "deploy something for recipes";

test("[UI-03] questions are answered by API, command line and chat, and each answer makes the next revision", async () => {
  await using world = await createWorld();
  const port = "  vars_prompt:\n    - name: wiki_port\n      prompt: Which port?\n";
  const repository = await writeRepository(world, {
    "wiki.yml": playbook("wiki", tasks),
    "forum.yml": playbook("forum", tasks).replace(
      "  tasks:\n",
      `${port.replaceAll("wiki", "forum")}  tasks:\n`,
    ),
    "shop.yml": playbook("shop", tasks).replace("  tasks:\n", `${port.replaceAll("wiki", "shop")}  tasks:\n`),
    "board.yml": playbook("board", tasks).replace(
      "  tasks:\n",
      `${port.replaceAll("wiki", "board")}  tasks:\n`,
    ),
  });
  await using server = await startServer(world, { args: ["--repo", repository] });
  const api = await signUp(server);
  const conversation = await api.post<{ id: string }>("/conversations");
  const say = (text: string) =>
    api.post<SentMessages>(`/conversations/${conversation.id}/messages`, { text });
  const [, made] = (await say("Deploy wiki")).messages;
  const id = made?.requestId ?? "";
  const look = () => api.get<Request>(`/requests/${id}`);
  const planOf = async (request: Request) => api.get<Plan>(`/plans/${request.planId}`);
  const first = await planOf(await look());

  const asked = await api.post<Request>(`/plans/${first.id}/revise`, {
    instruction: "and then deploy forum",
  });
  expect(asked).toMatchObject({ status: "needs_clarification", questions: [{ id: "var:1:forum_port" }] });
  const byApi = await planOf(
    await api.post<Request>(`/requests/${id}/answer`, {
      answers: [{ question: "var:1:forum_port", value: "81" }],
    }),
  );
  expect(byApi).toMatchObject({ revision: 2, state: "proposed" });
  expect(await planOf({ ...asked, planId: first.id })).toMatchObject({ state: "superseded" });

  const revised = await chiffon(world, ["plan", "revise", byApi.id, "and then deploy shop"]);
  expect(revised.code, revised.stderr).toBe(6);
  expect(revised.stdout).toContain("var:2:shop_port");
  const answered = await chiffon(world, ["answer", id, "var:2:shop_port=82", "--plan-only", "--json"]);
  expect(answered.code, answered.stderr).toBe(0);
  const byCli = await planOf(await look());
  expect(byCli.revision).toBe(3);

  await api.post<Request>(`/plans/${byCli.id}/revise`, { instruction: "and then deploy board" });
  expect((await look()).status).toBe("needs_clarification");
  const [, told] = (await say("83")).messages;
  expect(told?.text).toContain("I made a plan of 4 steps");
  const byChat = await planOf(await look());
  expect(byChat.revision).toBe(4);
  expect(
    byChat.steps.map((step) => step.vars.map(({ name, value, origin }) => [name, value, origin])),
  ).toEqual([
    [],
    [["forum_port", "81", "person"]],
    [["shop_port", "82", "person"]],
    [["board_port", "83", "person"]],
  ]);
  expect(new Set([first, byApi, byCli, byChat].map((plan) => plan.hash)).size).toBe(4);

  const edits = [{ step: 1, vars: { forum_port: "91" } }];
  const byEdit = await planOf(await api.post<Request>(`/plans/${byChat.id}/revise`, { edits }));
  expect(byEdit).toMatchObject({ revision: 5 });
  expect(byEdit.steps[1]?.vars).toMatchObject([{ value: "91" }]);
});

test("[INFRA-01] a choice that is kept for always is a name after its plan was approved, until it is forgotten", async () => {
  await using world = await createWorld();
  const repository = await writeRepository(world, {
    "mealie.yml": recipes("mealie"),
    "tandoor.yml": recipes("tandoor"),
  });
  await using server = await startServer(world, { args: ["--repo", repository] });
  const api = await signUp(server);
  const asked = await chiffon(world, ["ask", wish, "--json"]);
  expect(asked.code, asked.stderr).toBe(6);
  const { request } = JSON.parse(asked.stdout) as { request: Request };
  const choice = request.questions[0]?.options.find((option) => option.value.endsWith("mealie.yml"))?.value;
  const answered = await chiffon(world, ["answer", request.id, `unit:0=${choice}`, "--always", "--json"]);
  const { plan } = JSON.parse(answered.stdout) as { plan: Plan };
  expect(await api.get<LearnedAlias[]>("/aliases")).toEqual([]);
  expect((await ended(api, await approve(api, plan))).state).toBe("succeeded");

  expect(await api.get<LearnedAlias[]>("/aliases")).toMatchObject([
    { words: "recip", verb: "deploy", state: "learned", always: true, unit: choice },
  ]);
  const again = await api.post<Request>("/requests", { text: wish });
  expect(again).toMatchObject({ status: "planned", intents: [{ method: "learned", decision: "auto" }] });
  const other = await api.post<Request>("/requests", { text: wish.replace("deploy", "update") });
  expect(other.status).toBe("needs_clarification");

  const listed = await chiffon(world, ["playbooks", "aliases"]);
  expect(listed.stdout).toContain("learned (always)");
  const [alias] = await api.get<LearnedAlias[]>("/aliases");
  const removed = await chiffon(world, ["playbooks", "aliases", "remove", alias?.id.slice(0, 8) ?? ""]);
  expect(removed.code, removed.stderr).toBe(0);
  expect((await api.post<Request>("/requests", { text: wish })).status).toBe("needs_clarification");
});
