import { expect, test } from "vitest";
import { ChiffonError } from "../../domain/errors.ts";
import type { Actor } from "../../contracts/actor.ts";
import type { RiskTier } from "../../contracts/vocabulary.ts";
import { checkMayApprove } from "./rules.ts";

const ada: Actor = { kind: "user", name: "ada", id: "1" };
const bob: Actor = { kind: "user", name: "bob", id: "2" };
const cli: Actor = { kind: "cli", name: "cli on server, uid 0", id: null };
const token: Actor = { kind: "token", name: "ada", id: "9" };
const made = new Date("2026-11-22T12:00:00.000Z");
const later = new Date(made.getTime() + 10 * 60_000);

interface Case {
  risk: RiskTier;
  by?: Actor;
  from?: Actor;
  strong?: boolean;
  typed?: string;
  users?: number;
  now?: Date;
  /** Who approved what this plan is a part of. */
  clickBy?: Actor;
}

function documentOf(actor: Actor | undefined): Parameters<typeof checkMayApprove>[0]["plan"]["document"] {
  if (actor === undefined) return {};
  const click = { anchor: "p", actor, until: later.toISOString() };
  return { retry: { runId: "r", from: "failed-hosts", base: "p", steps: [0], click } };
}

function refusal(given: Case, part: "message" | "hint" = "message"): string | undefined {
  try {
    checkMayApprove({
      caller: { actor: given.by ?? ada, strong: given.strong ?? true },
      plan: {
        risk: given.risk,
        created_by: given.from ?? ada,
        created_at: made,
        document: documentOf(given.clickBy),
      },
      typed: given.typed,
      nameToType: "disks",
      users: given.users ?? 1,
      now: given.now ?? made,
    });
    return undefined;
  } catch (error) {
    return ChiffonError.is(error) ? error[part] : String(error);
  }
}

test("without a password only plans up to R1 are approved", () => {
  for (const risk of ["R0", "R1"] as const) expect(refusal({ risk, strong: false })).toBeUndefined();
  for (const risk of ["R2", "R3", "R4"] as const)
    expect(refusal({ risk, strong: false, typed: "disks", now: later })).toContain("needs your password");
});

test("R3 and R4 need exactly the name typed, R2 does not", () => {
  expect(refusal({ risk: "R2" })).toBeUndefined();
  for (const typed of [undefined, "", "disk", "Disks", "disks "])
    for (const risk of ["R3", "R4"] as const)
      expect(refusal({ risk, ...(typed === undefined ? {} : { typed }), now: later })).toContain("typing");
  expect(refusal({ risk: "R3", typed: "disks" })).toBeUndefined();
});

test("R4 needs a second person where there are several, and ten minutes where there is one", () => {
  const r4 = { risk: "R4", typed: "disks" } as const;
  expect(refusal({ ...r4, users: 2, now: later })).toContain("second person");
  expect(refusal({ ...r4, users: 2, by: bob })).toBeUndefined();
  expect(refusal({ ...r4, users: 1 })).toContain("10 minutes");
  expect(refusal({ ...r4, users: 1, now: later })).toBeUndefined();
  expect(refusal({ ...r4, users: 1 }, "hint")).toContain("in 10 minutes");
  const nearly = new Date(later.getTime() - 1_000);
  expect(refusal({ ...r4, users: 1, now: nearly }, "hint")).toContain("in 1 minute;");
});

test("a person who asks by the command line or a token does not become the second person by that", () => {
  const r4 = { risk: "R4", typed: "disks", users: 2 } as const;
  expect(refusal({ ...r4, from: cli, by: ada })).toContain("10 minutes");
  expect(refusal({ ...r4, from: ada, by: token })).toContain("10 minutes");
  expect(refusal({ ...r4, from: cli, by: cli, now: later })).toContain("second person");
  expect(refusal({ ...r4, from: cli, by: ada, now: later })).toBeUndefined();
});

test("a part of what the same person approved needs no name and no second person for a day, but the password", () => {
  const part = { risk: "R4", users: 2, clickBy: ada } as const;
  expect(refusal(part)).toBeUndefined();
  expect(refusal({ ...part, strong: false })).toContain("needs your password");
  expect(refusal({ ...part, now: later })).toContain("typing");
  expect(refusal({ ...part, by: bob })).toContain("typing");
  expect(refusal({ ...part, by: token })).toContain("typing");
  expect(refusal({ ...part, by: { ...cli, id: "1" }, clickBy: cli })).toContain("typing");
});
