import type { AddRepository } from "../../../src/contracts/first-run.ts";

export const firstRunSteps = ["repository", "machines", "facts", "done"] as const;
export type FirstRunStep = (typeof firstRunSteps)[number];

export const stepTitles: Readonly<Record<FirstRunStep, string>> = {
  repository: "Your repository",
  machines: "Reach your machines",
  facts: "A harmless first run",
  done: "Done",
};

export function nextStep(step: FirstRunStep): FirstRunStep {
  return firstRunSteps[firstRunSteps.indexOf(step) + 1] ?? "done";
}

export function previousStep(step: FirstRunStep): FirstRunStep | undefined {
  return firstRunSteps[firstRunSteps.indexOf(step) - 1];
}

/** Where the Ansible files are, as entered. */
export interface RepositoryInput {
  readonly kind: "path" | "git" | "example";
  readonly path: string;
  readonly url: string;
  readonly branch: string;
}

export const emptyRepository: RepositoryInput = { kind: "path", path: "", url: "", branch: "" };

export type RepositoryDecision =
  | { readonly kind: "ready"; readonly body: AddRepository }
  | { readonly kind: "missing"; readonly field: "path" | "url"; readonly what: string };

/** Only what is plainly wrong is said here; whether it can be read the server says. */
export function decideRepository(input: RepositoryInput): RepositoryDecision {
  switch (input.kind) {
    case "example":
      return { kind: "ready", body: { example: true } };
    case "path": {
      const path = input.path.trim();
      if (path === "")
        return { kind: "missing", field: "path", what: "Enter the folder that has your playbooks." };
      if (!path.startsWith("/"))
        return {
          kind: "missing",
          field: "path",
          what: "Enter the whole path on the server's machine, from / on.",
        };
      return { kind: "ready", body: { path } };
    }
    case "git": {
      const url = input.url.trim();
      const branch = input.branch.trim();
      if (url === "")
        return { kind: "missing", field: "url", what: "Enter the address that you would clone from." };
      return { kind: "ready", body: { url, ...(branch === "" ? {} : { branch }) } };
    }
    default:
      return input.kind satisfies never;
  }
}
