import type { Page } from "playwright-core";
import { findViolations, fitsWidth, takePicture } from "./browser.ts";

/** Colours and width do not depend on each other: two looks see all of both. */
const looks = [
  ["light", 1280],
  ["dark", 390],
] as const;

/**
 * Shows the page as it is now in both colours and both widths, and gives what axe finds and what is too wide; takes pictures.
 * The page keeps what was entered and goes back to how it was.
 */
export async function lookAtAll(page: Page, name: string): Promise<string[]> {
  const found: string[] = [];
  for (const [look, width] of looks) {
    await page.setViewportSize({ width, height: width < 600 ? 844 : 900 });
    await page.emulateMedia({ colorScheme: look });
    const at = `${name}-${look}-${width}`;
    await takePicture(page, at);
    if (!(await fitsWidth(page))) found.push(`${at}: wider than the window`);
    for (const violation of await findViolations(page)) found.push(`${at}: ${violation}`);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
  return found;
}
