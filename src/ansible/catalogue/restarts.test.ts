import { expect, test } from "vitest";
import { copyRepository } from "../../../test/fixtures/repositories/copy.ts";
import { createClosures } from "../closure/closures.ts";
import { createCatalogueCache } from "./read.ts";
import { restartOf } from "./restarts.ts";

test.each([
  ["reboot", undefined],
  ["reboot", { reboot_timeout: 60 }],
  ["command", "reboot"],
  ["command", "/sbin/shutdown -r +1 'new kernel'"],
  ["command", { cmd: "shutdown --reboot now" }],
  ["command", { argv: ["systemctl", "--force", "reboot"] }],
  ["shell", "sleep 5 && sudo -n reboot"],
  ["shell", "if [ -e /run/reboot-required ]; then /usr/sbin/reboot; fi"],
  ["shell", { cmd: 'nohup sh -c "sleep 2; shutdown -r now" &' }],
  ["raw", "systemd-run --on-active=5 systemctl reboot"],
  ["command", "telinit 6"],
])("%s %j restarts the machine", (module, args) => {
  expect(restartOf(module, args)).toBe(module === "reboot" ? "module" : "command");
});

test.each([
  ["command", "shutdown -h now"],
  ["command", "shutdown -c -r"],
  ["command", "echo reboot"],
  ["command", "test -e /run/reboot-required"],
  ["command", "systemctl restart reboot-notifier"],
  ["command", "init 3"],
  ["command", { chdir: "/" }],
  ["copy", { content: "reboot" }],
  ["debug", { msg: "reboot" }],
  ["shell", ""],
  ["shell", null],
])("%s %j does not", (module, args) => {
  expect(restartOf(module, args)).toBeUndefined();
});

test("a text of any size and shape comes to an end", () => {
  for (const text of [
    "sudo ".repeat(200_000),
    "a=1 ".repeat(200_000),
    '"'.repeat(200_000),
    ";".repeat(200_000),
  ])
    expect(restartOf("shell", text)).toBeUndefined();
});

test("what restarts a machine is found in plays, handlers, roles, blocks and files that may be included, with where it runs", async () => {
  await using copy = await copyRepository("empty");
  await copy.write("hosts.ini", "web1\nlb1\n");
  await copy.write(
    "site.yml",
    `- hosts: web1
  roles: [app]
  tasks:
    - include_tasks: more.yml
    - block:
        - command: reboot
      delegate_to: lb1
    - local_action: command systemctl reboot
    - command: echo reboot
  handlers:
    - name: again
      ansible.builtin.reboot:
- hosts: web1
  connection: local
  tasks:
    - shell: shutdown -r now
`,
  );
  await copy.write("more.yml", "- raw: reboot\n");
  await copy.write("roles/app/handlers/main.yml", "- name: h\n  reboot:\n");
  const closures = createClosures({ cache: createCatalogueCache(), repository: "home", root: copy.root });
  const { restarts } = await closures.find({ project: ".", playbook: "site.yml", inventory: "hosts.ini" });
  expect(restarts.map(({ by, on, file, line }) => `${by} ${on} ${file}:${line}`).toSorted()).toEqual([
    "command  more.yml:1",
    "command lb1 site.yml:6",
    "command localhost site.yml:16",
    "command localhost site.yml:8",
    "module  roles/app/handlers/main.yml:1",
    "module  site.yml:11",
  ]);
});
