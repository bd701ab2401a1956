import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { products } from "../src/understand/products/products.ts";

/** Names that repositories could have: products, then the same with a number for another instance. */
export function serviceNames(count: number): string[] {
  return Array.from({ length: count }, (_, at) => {
    const product = products[at % products.length]?.name ?? "service";
    const round = Math.floor(at / products.length);
    return round === 0 ? product : `${product}-${round + 1}`;
  });
}

/**
 * A repository with so many units: half of them a playbook each, the others roles with tags under one playbook. Every unit has
 * tasks, defaults and a description.
 */
export async function writeUnits(folder: string, count: number): Promise<string[]> {
  const names = serviceNames(count);
  const half = Math.ceil(count / 2);
  await mkdir(path.join(folder, "playbooks"), { recursive: true });
  await writeFile(
    path.join(folder, "hosts.yml"),
    "all:\n  hosts:\n    this-machine:\n      ansible_connection: local\n",
  );
  for (const name of names.slice(0, half))
    await writeFile(path.join(folder, "playbooks", `${name}.yml`), playbookOf(name));
  for (const name of names.slice(half)) await writeRole(path.join(folder, "roles", name), name);
  const uses = names.slice(half).map((name) => `    - role: ${name}\n      tags: [${name}]\n`);
  await writeFile(
    path.join(folder, "site.yml"),
    `- name: Everything\n  hosts: all\n  roles:\n${uses.join("")}`,
  );
  return names;
}

const tasksOf = (name: string, indent: string): string =>
  [
    `- name: Make the folder of ${name}`,
    "  ansible.builtin.file:",
    `    path: "/srv/${name}"`,
    "    state: directory",
    '    mode: "0755"',
    `- name: Write the settings of ${name}`,
    "  ansible.builtin.copy:",
    `    dest: "/srv/${name}/settings.ini"`,
    `    content: "port={{ ${variableOf(name)}_port }}"`,
    '    mode: "0644"',
  ]
    .map((line) => `${indent}${line}\n`)
    .join("");

const variableOf = (name: string): string => name.replaceAll("-", "_").replace(/^(?=\d)/, "x");

const playbookOf = (name: string): string =>
  `# Deploys ${name} and its settings\n- name: Deploy ${name}\n  hosts: all\n  gather_facts: false\n  vars:\n    ${variableOf(name)}_port: 8080\n  tasks:\n${tasksOf(name, "    ")}`;

async function writeRole(folder: string, name: string): Promise<void> {
  await mkdir(path.join(folder, "tasks"), { recursive: true });
  await mkdir(path.join(folder, "defaults"), { recursive: true });
  await writeFile(path.join(folder, "tasks", "main.yml"), tasksOf(name, ""));
  await writeFile(path.join(folder, "defaults", "main.yml"), `${variableOf(name)}_port: 8080\n`);
}
