import { expect, test } from "vitest";
import { decideRepository, emptyRepository, nextStep, previousStep } from "./steps.ts";

test("The steps follow each other, and the last one stays", () => {
  expect(nextStep("facts")).toBe("done");
  expect(nextStep("done")).toBe("done");
  expect(previousStep("machines")).toBe("repository");
  expect(previousStep("repository")).toBeUndefined();
});

test("A folder is named from the root on", () => {
  expect(decideRepository(emptyRepository)).toMatchObject({ kind: "missing", field: "path" });
  expect(decideRepository({ ...emptyRepository, path: "ansible" })).toMatchObject({ kind: "missing" });
  expect(decideRepository({ ...emptyRepository, path: " /srv/ansible " })).toEqual({
    kind: "ready",
    body: { path: "/srv/ansible" },
  });
});

test("A clone takes the branch only when one is named", () => {
  const git = { ...emptyRepository, kind: "git", url: "https://git.example/a.git" } as const;
  expect(decideRepository(git)).toEqual({ kind: "ready", body: { url: "https://git.example/a.git" } });
  expect(decideRepository({ ...git, branch: "main" })).toMatchObject({ body: { branch: "main" } });
  expect(decideRepository({ ...git, url: " " })).toMatchObject({ kind: "missing", field: "url" });
});

test("The example needs nothing entered", () => {
  expect(decideRepository({ ...emptyRepository, kind: "example" })).toEqual({
    kind: "ready",
    body: { example: true },
  });
});
