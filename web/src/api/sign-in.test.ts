import { expect, test } from "vitest";
import { createSignIn } from "./sign-in.ts";

test("Many refused calls ask for one sign-in", () => {
  const signIn = createSignIn();
  const told: boolean[] = [];
  const stop = signIn.subscribe(() => told.push(signIn.needed()));
  signIn.need();
  signIn.need();
  signIn.done();
  signIn.done();
  stop();
  signIn.need();
  expect(told).toEqual([true, false]);
});
