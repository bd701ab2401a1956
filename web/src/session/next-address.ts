/** Where to go after signing in: an address of ours that was given along, else the start. Never another site's. */
export function parseNext(value: unknown): string {
  if (typeof value !== "string" || !value.startsWith("/")) return "/";
  // Browsers read `//host` and `/\host` as another site, and drop control characters on the way.
  if (/^\/[/\\]/.test(value) || /[\p{Cc}\\]/u.test(value)) return "/";
  return /^\/(?:login|setup)(?:[/?#]|$)/.test(value) ? "/" : value;
}
