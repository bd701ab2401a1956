import { execFileSync } from "node:child_process";
import { mkdir, readdir } from "node:fs/promises";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Request } from "../../src/contracts/request.ts";
import {
  expectAccessible,
  setUpIn,
  startBrowser,
  takePicture,
  type Tab,
  type TestBrowser,
} from "../support/browser.ts";
import { refuseProblems } from "../support/dashboard.ts";
import { lookAtAll } from "../support/looks.ts";
import { localInventory, playbook, writeRepository } from "../support/jobs.ts";
import {
  createWorld,
  findFreePort,
  listProcesses,
  signIn,
  startServer,
  waitUntil,
  type Server,
  type World,
} from "../support/server.ts";
import { startSshd, type Sshd } from "../support/sshd.ts";

/* The first run with a person's own repositories and machines, and what a hostile repository shows. The tests follow one another. */

let world: World;
let server: Server;
let sshd: Sshd;
let browser: TestBrowser;
let tab: Tab;
let folder: string;
let empty: string;
let address: string;
let closedPort: number;

const say = "    - name: Say\n      ansible.builtin.debug:\n        msg: hi\n";

/** A bare repository whose names and texts want to be more than text. */
async function makeHostileRepository(): Promise<string> {
  const work = await writeRepository(
    world,
    {
      "<img src=x onerror=document.title='pwned'>.yml": playbook("markup", say),
      "left\u202Egnp.yml": playbook("turned", say),
      "red\u001B[31m\u0007bell.yml": playbook("controls", say),
      "described.yml": playbook(
        "described",
        say,
        "# chiffon:description=<script>document.title='pwned'</script> \u202Edrawkcab\n",
      ),
      "broken.yml": "- hosts: all\n  tasks: [<b>never\n",
    },
    "strange-work",
  );
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", ...args], {
      env: { PATH: world.env["PATH"] ?? "", HOME: world.home },
    });
  git("init", "--quiet", "--initial-branch=main", work);
  git("-C", work, "add", "-A");
  git("-C", work, "commit", "--quiet", "-m", "first");
  git("clone", "--quiet", "--bare", work, path.join(world.dir, "strange.git"));
  return `file://${path.join(world.dir, "strange.git")}`;
}

beforeAll(async () => {
  world = await createWorld();
  [sshd, closedPort, address] = await Promise.all([
    startSshd(world),
    findFreePort(),
    makeHostileRepository(),
  ]);
  folder = await writeRepository(
    world,
    {
      "hosts.yml": `${localInventory}    box:
      ansible_host: 127.0.0.1
      ansible_port: ${sshd.port}
      ansible_user: ${sshd.user}
      ansible_ssh_private_key_file: ${sshd.identity}
    gone:
      ansible_host: 127.0.0.1
      ansible_port: ${closedPort}
`,
      "page.yml": playbook("page", say),
      "wiki.yml": playbook("wiki", say),
    },
    "homelab",
  );
  empty = path.join(world.dir, "empty");
  await mkdir(empty);
  [server, browser] = await Promise.all([startServer(world), startBrowser()]);
  tab = await browser.open();
  await setUpIn(tab.page, server);
}, 120_000);

afterEach(() => refuseProblems(tab));

afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await sshd[Symbol.asyncDispose]();
  await waitUntil(async () => (await listProcesses(world)).length === 0);
  await world[Symbol.asyncDispose]();
});

test("a folder that cannot be a repository is told why and stays in its field; the right one shows what it has", async () => {
  const { page } = tab;
  const field = page.getByLabel("Folder", { exact: true });
  const add = page.getByRole("button", { name: "Add", exact: true });
  await add.click();
  await page.getByText("Enter the folder that has your playbooks.").waitFor();
  for (const [typed, why] of [
    ["homelab", "Enter the whole path"],
    [`${folder}-not-there`, "does not exist on the server's machine"],
    [path.join(folder, "page.yml"), "is a file, not a folder"],
    [world.data, "holds Chiffon's own data"],
    ["/", "is the whole machine"],
  ] as const) {
    await field.fill(typed);
    await add.click();
    await page.getByText(why).waitFor();
    expect(await field.inputValue()).toBe(typed);
  }
  await expectAccessible(page);
  await takePicture(page, "repositories-refused-light-1280");

  await field.fill(folder);
  await page.keyboard.press("Enter");
  const served = page.getByRole("listitem").filter({ hasText: folder });
  await served.getByText("can be read").waitFor();
  expect(await served.innerText()).toContain("2 playbooks, 3 hosts");
  expect(await page.getByRole("alert").count()).toBe(0);
  await page.getByText("homelab was added: 2 playbooks, 3 hosts.").waitFor();

  // One that can be read and yet has nothing is no success to go on with.
  await field.fill(empty);
  await page.keyboard.press("Enter");
  await page.getByText("There is no playbook in it: look whether this is the right folder.").waitFor();
});

test("git addresses that start programs, are options or are unprotected are refused in the page, and nothing is cloned", async () => {
  const { page } = tab;
  await page.getByLabel("A git repository").check();
  const field = page.getByLabel("Address", { exact: true });
  const add = page.getByRole("button", { name: "Add", exact: true });
  for (const [typed, why] of [
    ["--upload-pack=touch ran", "blanks or characters that cannot be seen"],
    ["--upload-pack=touch${IFS}ran", "cannot begin with -"],
    ["ext::sh%20-c%20touch%20ran", ":: start a helper program"],
    ["http://git.example.org/homelab.git", "http:// is not protected"],
    ["https://ada:secret@git.example.org/homelab.git", "user name or a password"],
    ["ssh://-oProxyCommand=touch/homelab", "its host is no plain name"],
    [`file://${world.dir}/nothing.git`, "there is no such repository"],
  ] as const) {
    await field.fill(typed);
    await add.click();
    await page.getByRole("alert").getByText(why).waitFor();
    expect(await field.inputValue()).toBe(typed);
  }
  await page.getByLabel("Branch (optional)").fill("--all");
  await add.click();
  await page.getByRole("alert").getByText("is no name of a branch").waitFor();
  await field.fill(address);
  await page.getByLabel("Branch (optional)").fill("nothing");
  await add.click();
  await page.getByRole("alert").getByText("it has no such branch").waitFor();
  await expectAccessible(page);

  expect(await readdir(path.join(world.data, "repositories"))).toEqual([]);
  expect(await readdir(world.dir)).not.toContain("ran");
});

test("a git repository is cloned by its address, and served beside the folder", async () => {
  const { page } = tab;
  await page.getByLabel("Branch (optional)").fill("main");
  await page.keyboard.press("Enter");
  const served = page.getByRole("listitem").filter({ hasText: address });
  await served.getByText("can be read").waitFor();
  expect(await served.innerText()).toMatch(/2 playbooks, 1 host, 3 findings/);
  expect(await lookAtAll(page, "repositories")).toEqual([]);
});

test("a machine that is off and one whose key is new each say what is missing and what to do", async () => {
  const { page } = tab;
  await page.getByRole("button", { name: "Go on with these" }).click();
  await page.getByRole("button", { name: "Check 3 machines" }).click();
  const gone = page.getByRole("listitem").filter({ hasText: `127.0.0.1, port ${closedPort}` });
  await gone.getByText("does not answer", { exact: true }).waitFor();
  expect(await gone.first().innerText()).toMatch(/What to do: Check that it is on[\s\S]*sshd listens/);
  const box = page
    .getByRole("listitem")
    .filter({ hasText: `127.0.0.1, port ${sshd.port}` })
    .first();
  const words = await box.innerText();
  expect(words.split(sshd.fingerprint())).toHaveLength(2);
  expect(words).toMatch(/is not known yet[\s\S]*What to do: Compare it[\s\S]*asks you to accept/);
  expect(await lookAtAll(page, "machines")).toEqual([]);

  await page.getByRole("button", { name: "Check again: gone" }).click();
  await page.getByRole("button", { name: "Check again: gone" }).and(page.locator(":enabled")).waitFor();
  expect(await box.innerText()).toBe(words);
});

test("the harmless first run leaves out the machine that is off, says so, and asks about the new key", async () => {
  const { page } = tab;
  await page.getByRole("button", { name: "Go on", exact: true }).click();
  await page.getByText("1 machine that cannot be reached is left out.").waitFor();
  await page.getByRole("button", { name: "Ask for it" }).click();
  await page.getByText(sshd.fingerprint()).first().waitFor();
  expect(await lookAtAll(page, "facts-key")).toEqual([]);
  await page.getByRole("button", { name: "Back" }).click();
});

test("a machine that shows another key than the accepted one is a warning of its own, never a new machine", async () => {
  const api = await signIn(server);
  const asked = await api.post<Request>("/machines/facts", { hosts: ["box"] });
  const [question] = asked.questions.filter(({ answer }) => answer === null);
  const answers = [{ question: question?.id ?? "", value: question?.options[0]?.value ?? "" }];
  await api.post(`/requests/${asked.id}/answer`, { answers });
  await sshd.changeHostKey();

  const { page } = tab;
  await page.getByRole("button", { name: "Check again: box" }).click();
  const box = page
    .getByRole("listitem")
    .filter({ hasText: `127.0.0.1, port ${sshd.port}` })
    .first();
  await box.getByText(/another SSH key than the one that was accepted/).waitFor();
  expect(await box.innerText()).toContain(sshd.fingerprint());
  expect(await box.innerText()).toMatch(/Do not go on before you know why/);
  expect(await page.getByRole("main").innerText()).not.toMatch(/asks you to accept|its key is not accepted/);
  await takePicture(page, "machines-other-key-light-1280");
});

test("playbooks with hostile names and texts are shown as text, and a file that cannot be read names its place", async () => {
  const { page } = tab;
  await page.goto(`${server.url}/playbooks`);
  const list = page.getByRole("list", { name: "Playbooks" });
  await list.getByRole("button", { name: "<img src=x onerror=document.title='pwned'>" }).waitFor();
  await page.getByText("3 things could not be read").click();
  await page.getByText(/strange · broken\.yml:\d+/).waitFor();
  // Names that are not what they look like are left out, and said with every character to be seen.
  for (const name of ["left\\u202egnp.yml", "red\\u001b[31m\\u0007bell.yml"])
    await page.getByText(`strange · ${name}`).waitFor();
  await list.getByRole("button", { name: "described" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Ask for it as").waitFor();
  expect(await dialog.innerText()).not.toMatch(/[\u202A-\u202E]|[^\P{Cc}\n\t]/u);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  const words = await page.getByRole("main").innerText();
  expect(words).toContain("<script>document.title='pwned'</script>");
  expect(words).not.toMatch(/[\u202A-\u202E]|[^\P{Cc}\n\t]/u);
  expect(await page.locator("img[src=x]").count()).toBe(0);
  expect(await page.title()).toBe("Playbooks · Chiffon");
  expect(await lookAtAll(page, "playbooks-hostile")).toEqual([]);
});
