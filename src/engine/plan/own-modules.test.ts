import { expect, test } from "vitest";
import { listOwnModules } from "./own-modules.ts";

test("modules and action plug-ins beside a playbook, in roles and in collections are the repository's own", () => {
  const paths = [
    "library/debug.py",
    "roles/web/library/net/probe",
    "roles/web/action_plugins/copy.py",
    "collections/ansible_collections/acme/tools/plugins/modules/clean.py",
    "collections/ansible_collections/acme/tools/plugins/action/clean.py",
    "roles/library/tasks/main.yml",
    "roles/web/files/library.py",
    "filter_plugins/dates.py",
  ];
  expect(listOwnModules(paths.map((path) => ({ path })))).toEqual(["clean", "copy", "debug", "probe"]);
});
