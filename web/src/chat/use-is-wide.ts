import { useSyncExternalStore } from "react";

/** Where the list of conversations has a place beside the thread; elsewhere it is a drawer. */
const wide = "(min-width: 64rem)";

export function useIsWide(): boolean {
  return useSyncExternalStore(
    (listener) => {
      const query = matchMedia(wide);
      query.addEventListener("change", listener);
      return () => query.removeEventListener("change", listener);
    },
    () => matchMedia(wide).matches,
  );
}
