import { useEffect, useEffectEvent } from "react";
import { decideKey, prefixTime, readKeyPress, type KeyMeaning } from "./keys.ts";

/** Listens to the keys that work on every page. */
export function useFrameKeys(obey: (meaning: KeyMeaning) => void): void {
  const tell = useEffectEvent(obey);
  useEffect(() => {
    let prefixAt = -Infinity;
    const onKey = (event: KeyboardEvent): void => {
      const meaning = decideKey(readKeyPress(event), event.timeStamp - prefixAt < prefixTime);
      prefixAt = meaning.kind === "prefix" ? event.timeStamp : -Infinity;
      if (meaning.kind === "none" || meaning.kind === "prefix") return;
      if (meaning.kind === "search" && document.querySelector("[data-search]") === null) return;
      event.preventDefault();
      tell(meaning);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
