export type Theme = "system" | "light" | "dark";

export const themes: readonly Theme[] = ["system", "light", "dark"];
const key = "chiffon-theme";

export function parseTheme(text: string | null): Theme {
  return themes.find((theme) => theme === text) ?? "system";
}

export function readTheme(): Theme {
  try {
    return parseTheme(localStorage.getItem(key));
  } catch {
    return "system";
  }
}

/** Shows the page in a theme and remembers it, where the browser allows. */
export function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
  try {
    localStorage.setItem(key, theme);
  } catch {
    // It holds for this visit.
  }
}
