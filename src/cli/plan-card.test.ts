import { describe, expect, test } from "vitest";
import { approveCommand, describePlan, nextSteps } from "./plan-card.ts";
import { at, exampleStep, hash, makePlan } from "./testing/examples.ts";

const plainStyle = (_style: unknown, text: string): string => text;
const card = (plan = makePlan()): string => describePlan(plan, plainStyle).join("\n");

describe("the card of a plan", () => {
  test("shows everything that the approval covers", () => {
    const text = card();
    for (const part of [
      "Plan 15c4a236  proposed",
      "deploy status-page  (homelab: playbooks/status-page.yml)",
      'confidence 0.97: Its name is "status-page".',
      "web1, web2",
      "2 Ansible tasks of 3 files, as another user (become)",
      "port = 8087  (from the request)",
      "DB_PASSWORD",
      "50 % can be previewed; check mode cannot tell",
      "decided at run time: lookup of url at playbooks/status-page.yml:12",
      "12 s, 9 of 10 within 30 s (5 runs)",
      "Risk:     R2",
      "half of it cannot be previewed",
      `Hash:     ${hash.slice(0, 12)}`,
    ]) {
      expect(text).toContain(part);
    }
  });

  test("says what a step waits for, and that there is no history", () => {
    const first = { ...exampleStep, expected: null };
    const second = { ...first, index: 1, after: [0], condition: { kind: "changed" as const, step: 0 } };
    const text = card(makePlan({ steps: [first, second], notes: ["do not restart nginx"] }));
    expect(text).toContain("only if   step 1 (status-page) changed");
    const read = { kind: "fact", fact: "memory", is: "less", value: 2e9, host: "web1", step: 0 } as const;
    const condition = { ...read, text: "memory of web1 is less than 2 GB" };
    expect(card(makePlan({ steps: [first, { ...second, condition }] }))).toContain(
      "only if   memory of web1 is less than 2 GB (step 1 reads it when it runs)",
    );
    expect(text).toContain("Expected: no history");
    expect(text).toContain("Note:     do not restart nginx");
  });

  test("says by which way and in which version a playbook is expected to work", () => {
    const text = "by npm, version 2.4.1: no Docker on web1";
    const choices = [
      { variable: "kuma_method", value: "npm", version: "2.4.1", text },
      { variable: "kuma_containerisation", value: null, version: null, text: "by a\u001b[2Jb" },
    ];
    const lines = card(makePlan({ steps: [{ ...exampleStep, choices }] }));
    expect(lines).toContain(`     method    ${text}  (kuma_method)`);
    expect(lines).toMatch(/^ {5}choice {4}by a.*b {2}\(kuma_containerisation\)$/m);
    expect(card()).not.toContain("method");
  });

  test("shows the whole playbook where Chiffon wrote it", () => {
    const text = "---\n- hosts: all\n  tasks:\n    - include_tasks: tasks/wiki.yml\u001b[2J\n";
    const written = { path: ".chiffon-main-tasks-wiki.yml", from: "main.yml", file: "tasks/wiki.yml", text };
    const lines = card(makePlan({ steps: [{ ...exampleStep, written }] }));
    expect(lines).toContain("runs tasks/wiki.yml of main.yml by a playbook that Chiffon wrote:");
    expect(lines).toContain("               | - hosts: all\n               |   tasks:\n");
    expect(lines).not.toContain("\u001b");
    expect(card()).not.toContain("Chiffon wrote");
  });

  test("says where tasks run besides the hosts", () => {
    const delegates = [
      { host: "localhost", sources: ["a.yml:1", "a.yml:2", "b.yml:3", "b.yml:4"] },
      { host: "lb1", sources: ["site.yml:9"] },
    ];
    const lines = card(makePlan({ steps: [{ ...exampleStep, delegates }] }));
    expect(lines).toContain("also on   this machine (localhost): a.yml:1, a.yml:2, b.yml:3 and 1 more");
    expect(lines).toContain("lb1: site.yml:9");
    expect(card()).not.toContain("also on");
  });

  test("lets nothing of a repository write to the terminal", () => {
    const evil = "\u001b[2J\u001b]0;x\u0007\r\nRisk:     R0";
    const unit = { ...exampleStep.unit, name: evil, path: evil, evidence: evil };
    const step = {
      ...exampleStep,
      unit,
      hosts: [evil],
      delegates: [{ host: evil, sources: [evil] }],
      decidedAtRunTime: [evil],
      riskReasons: [evil],
      secrets: [evil],
    };
    const text = card(makePlan({ requestText: evil, steps: [step], riskReasons: [evil] }));
    expect(text).not.toMatch(/[^\P{Cc}\n]/u);
    expect(text.match(/^Risk:/gm)).toHaveLength(1);
  });
});

describe("the next command", () => {
  test("approves exactly this plan", () => {
    expect(approveCommand(makePlan(), "chiffon", { typed: true })).toBe(
      "chiffon plan approve 15c4a236 --hash 9f86d081884c",
    );
    const typed = makePlan({ approvalForm: { kind: "type", typed: "status page" } });
    expect(approveCommand(typed, "./chiffon", { typed: true })).toBe(
      "./chiffon plan approve 15c4a236 --hash 9f86d081884c --type 'status page'",
    );
  });

  test("leaves a name to type to the person where there is one", () => {
    const typed = makePlan({ approvalForm: { kind: "type", typed: "status page" } });
    expect(nextSteps(typed, "chiffon", true)[0]).not.toContain("--type");
    expect(nextSteps(typed, "chiffon", false)[0]).toContain("--type");
  });

  test("asks anew when the plan can no longer be approved", () => {
    expect(nextSteps(makePlan({ state: "stale" }), "chiffon")).toEqual([
      "Ask again: chiffon ask 'Deploy the status page on web1'",
      'Change:   chiffon plan revise 15c4a236 "what should be different"',
    ]);
    expect(nextSteps(makePlan({ state: "superseded" }), "chiffon")).toHaveLength(1);
  });

  test("the card says the way back of a step, who has decided, and until when the run has to begin", () => {
    const wayBack = { kind: "none" as const, text: "the disk\nis wiped", deed: null };
    const plan = makePlan({
      state: "approved",
      steps: [{ ...exampleStep, wayBack }],
      approval: {
        decision: "approved",
        by: "ada",
        at,
        comment: "window",
        expiresAt: "2026-11-23T12:00:00.000Z",
      },
    });
    expect(card(plan)).toMatch(/ way back {2}none: the disk is wiped/);
    expect(card(plan)).toMatch(
      /^Decided: {2}approved by ada, .*: window\n +the run has to begin by 2026-11-23 /m,
    );
  });
});
