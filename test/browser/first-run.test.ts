import path from "node:path";
import { expect, test } from "vitest";
import { expectAccessible, setUpIn, startBrowser, takePicture } from "../support/browser.ts";
import { createWorld, startServer } from "../support/server.ts";

const homelab = path.join(import.meta.dirname, "../../examples/homelab");

test("[UI-01] the first run leads from the set-up code over repository and machines to a facts run that succeeded", async () => {
  await using world = await createWorld();
  await using server = await startServer(world, { args: ["--repo", homelab] });
  await using browser = await startBrowser();
  await using tab = await browser.open();
  const { page } = tab;

  await setUpIn(page, server);
  await page.getByRole("button", { name: "Go on with this one" }).click();
  await page.getByRole("button", { name: /^Check 1 machine/ }).click();
  await page
    .getByText(/Python 3/)
    .first()
    .waitFor({ timeout: 60_000 });
  await expectAccessible(page);
  await takePicture(page, "first-run-machines");
  await page.getByRole("button", { name: "Go on", exact: true }).click();
  await page.getByRole("button", { name: "Ask for it" }).click();
  // The example has a playbook named "facts" beside the operation: where the words leave it open, the person chooses.
  const operation = page.getByLabel(/Chiffon's own operation/);
  const approve = page.getByRole("button", { name: "Approve…" });
  await operation.or(approve).first().waitFor();
  if ((await operation.count()) > 0) {
    await operation.check();
    await page.getByRole("button", { name: "Answer" }).click();
  }
  await approve.click();
  const dialog = page.getByRole("dialog");
  const read = dialog.getByLabel(/I have read/);
  if ((await read.count()) > 0) await read.check();
  await dialog.getByRole("button", { name: "Approve and run" }).click();
  await page.getByText("Succeeded").first().waitFor({ timeout: 90_000 });
  await takePicture(page, "first-run-facts");
  await page.getByRole("button", { name: "Go on", exact: true }).click();
  await page.getByRole("heading", { level: 2 }).first().waitFor();

  expect(tab.problems).toEqual([]);
});
