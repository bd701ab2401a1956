import { expect, test } from "vitest";
import { hidePasswords } from "./hide-passwords.ts";

test.each([
  ["db_password: hunter2", "db_password: «hidden»"],
  ["  ansible_become_pass: 'a b'", "  ansible_become_pass: «hidden»"],
  [
    "box1 ansible_host=10.0.0.1 ansible_password=hunter2",
    "box1 ansible_host=10.0.0.1 ansible_password=«hidden»",
  ],
  ['"api_key": "abc",', '"api_key": «hidden»'],
  ["export TOKEN=abc", "export TOKEN=«hidden»"],
])("hides the value of %j", (line, shown) => {
  expect(hidePasswords(line)).toBe(shown);
});

test.each([
  "port: 8080",
  'db_password: "{{ vault_db_password }}"',
  "password_length: 24",
  "no_password: true",
  "token:",
  "# set the password below",
  "- name: Write the password file",
])("leaves %j as it is", (line) => {
  expect(hidePasswords(`a: 1\n${line}\n`)).toBe(`a: 1\n${line}\n`);
});

test("takes long lines without delay", () => {
  const long = `${"password".repeat(100_000)}: x`;
  expect(hidePasswords(long)).toBe(long);
});
