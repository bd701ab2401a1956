import { accessSync, constants } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { expect } from "vitest";
import { password, type Server } from "./server.ts";

/** A real Chromium of this machine, for the tests of one file. */
export interface TestBrowser extends AsyncDisposable {
  /** A page with cookies and storage of its own, as another person's browser would have. */
  open(options?: TabOptions): Promise<Tab>;
}

export interface TabOptions {
  readonly look?: "light" | "dark";
  readonly width?: number;
  /** Another tab of the same browser: shares the session. */
  readonly beside?: Tab;
}

export interface Tab extends AsyncDisposable {
  readonly page: Page;
  /** Errors of scripts, and what the Content-Security-Policy refused. Answers of the server are no errors of the page. */
  readonly problems: readonly string[];
}

const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** The first Chromium on the PATH. */
function findChromium(): string {
  for (const folder of (process.env["PATH"] ?? "").split(path.delimiter))
    for (const name of names) {
      const file = path.join(folder, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        continue;
      }
    }
  throw new Error(`no Chromium on the PATH: install one of ${names.join(", ")}`);
}

export async function startBrowser(): Promise<TestBrowser> {
  const browser = await chromium.launch({
    executablePath: findChromium(),
    // Chromium's own sandbox does not work for root; what it loads here is ours alone.
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
  return {
    open: (options = {}) => openTab(browser, options),
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

async function openTab(browser: Browser, { look = "light", width = 1280, beside }: TabOptions): Promise<Tab> {
  const options: BrowserContextOptions = {
    colorScheme: look,
    viewport: { width, height: width < 600 ? 844 : 900 },
    reducedMotion: "reduce",
    locale: "en-GB",
  };
  const context = beside === undefined ? await browser.newContext(options) : beside.page.context();
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !isAnswer.test(message.text())) problems.push(message.text());
  });
  return {
    page,
    problems,
    [Symbol.asyncDispose]: async () => await (beside === undefined ? context.close() : page.close()),
  };
}

/** Chromium also writes down every answer that is an error, and every connection that ends. */
const isAnswer = /^Failed to load resource|^WebSocket connection to/;

/** Makes the first user through the page and leaves it at what follows. */
export async function setUpIn(page: Page, server: Server): Promise<void> {
  await page.goto(`${server.url}/setup`);
  await page.getByLabel("Set-up code").fill(server.setupCode ?? "");
  await page.getByLabel("User name").fill("ada");
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Begin" }).click();
  await page.waitForURL("**/first-run");
}

export async function signInOn(page: Page, typed = password): Promise<void> {
  await page.getByLabel("User name").fill("ada");
  await page.getByLabel("Password", { exact: true }).fill(typed);
  await page.getByRole("button", { name: "Sign in" }).click();
}

const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Everything that axe objects to, each named with its element. */
export async function findViolations(page: Page): Promise<string[]> {
  // Only what is wrong is looked up in full: naming every element that is right takes longer than the checks.
  const axe = new AxeBuilder({ page }).options({ resultTypes: ["violations"] }).withTags(rules);
  const { violations } = await axe.setLegacyMode().analyze();
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 300)} ${node.failureSummary ?? ""}`),
  );
}

/** Fails on any violation that axe finds. */
export async function expectAccessible(page: Page): Promise<void> {
  expect(await findViolations(page)).toEqual([]);
}

/** True when nothing but what scrolls by itself is wider than the window. */
export async function fitsWidth(page: Page): Promise<boolean> {
  return await page.evaluate<boolean>("document.documentElement.scrollWidth <= window.innerWidth");
}

/** A picture of the whole page for people, when the environment names a folder for them. */
export async function takePicture(page: Page, name: string): Promise<void> {
  const folder = process.env["CHIFFON_SCREENSHOTS"];
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
}
