import { ChiffonError } from "../../domain/errors.ts";
import type { JsonValue } from "../../domain/canonical-json.ts";

const namePattern = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** Names by which a variable would steer Ansible itself, or hide what plays rely on. */
const reservedNames = new Set([
  "environment",
  "group_names",
  "groups",
  "hosts",
  "hostvars",
  "inventory_dir",
  "inventory_file",
  "inventory_hostname",
  "inventory_hostname_short",
  "lookup",
  "omit",
  "play_hosts",
  "playbook_dir",
  "q",
  "query",
  "role_name",
  "role_names",
  "role_path",
  "vars",
]);

/** Whether a variable is Ansible's own: a person's words and answers never set it. */
export const isReservedName = (name: string): boolean =>
  reservedNames.has(name) || name.startsWith("ansible_");

/** Ansible's own variables that are secrets; an operator may set these, and only as a secret. */
const secretNames = new Set([
  "ansible_become_pass",
  "ansible_become_password",
  "ansible_password",
  "ansible_ssh_pass",
  "ansible_ssh_password",
]);

const maxDepth = 64;
/** The supervisor takes a little more on its stdin. */
const maxBytes = 1_000_000;

/**
 * Extra variables as JSON text in which every string is marked as literal: Ansible would otherwise treat a value such
 * as `{{ lookup('pipe', …) }}` as a template and run it on this machine. Throws ChiffonError bad-input.
 */
export function literalVariables(values: Readonly<Record<string, JsonValue>>): string {
  const marked = Object.entries(values).map(([name, value]) => {
    checkName(name, isReservedName(name));
    return [name, literal(value, name, 0)] as const;
  });
  return limited(JSON.stringify(Object.fromEntries(marked)), "variables");
}

/** The same for secrets, where Ansible's own passwords are allowed. The text holds the secrets: never write it to a disk. */
export function literalSecrets(
  secrets: Readonly<Record<string, string>>,
  extraVars: Readonly<Record<string, JsonValue>>,
): string {
  const marked = Object.entries(secrets).map(([name, value]) => {
    const reserved = reservedNames.has(name) || (name.startsWith("ansible_") && !secretNames.has(name));
    checkName(name, reserved);
    if (Object.hasOwn(extraVars, name)) {
      throw new ChiffonError(
        "bad-input",
        `The variable ${name} is given twice, as a value and as a secret.`,
        {
          hint: "Remove one of the two.",
        },
      );
    }
    return [name, literal(value, name, 0)] as const;
  });
  return limited(JSON.stringify(Object.fromEntries(marked)), "secrets");
}

function limited(text: string, what: string): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  throw new ChiffonError("too-large", `The ${what} of this step are larger than 1,000,000 bytes.`, {
    hint: "Put large values into files of the repository.",
  });
}

function checkName(name: string, reserved: boolean): void {
  if (reserved) {
    throw new ChiffonError(
      "bad-input",
      `The variable ${name} belongs to Ansible and cannot be set from outside.`,
      {
        hint: "Set it in the inventory of the repository, where it can be reviewed.",
      },
    );
  }
  if (!namePattern.test(name)) {
    throw new ChiffonError(
      "bad-input",
      `${JSON.stringify(name.slice(0, 80))} is not the name of a variable.`,
      {
        hint: "Use letters, digits and _, and do not begin with a digit.",
      },
    );
  }
}

function literal(value: JsonValue, at: string, depth: number): unknown {
  if (depth > maxDepth) {
    throw new ChiffonError("bad-input", `The variable ${at} is nested more than ${maxDepth} levels deep.`, {
      hint: "Give a flatter value.",
    });
  }
  if (typeof value === "string") return { __ansible_unsafe: value };
  if (value === null || typeof value !== "object") return value;
  if (isArray(value)) return value.map((item) => literal(item, at, depth + 1));
  const found = Object.entries(value).map(([key, item]) => {
    // Ansible's JSON reader gives these keys a meaning, and keys cannot be marked as literal.
    if (key.startsWith("__ansible") || key.includes("{{") || key.includes("{%") || key.includes("{#")) {
      throw new ChiffonError("bad-input", `The variable ${at} has a key that Ansible would interpret.`, {
        hint: "Use keys without braces that do not begin with __ansible.",
      });
    }
    return [key, literal(item, at, depth + 1)] as const;
  });
  // Not by assignment: a key may be `__proto__`.
  return Object.fromEntries(found);
}

/** Array.isArray does not narrow a readonly array. */
function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
