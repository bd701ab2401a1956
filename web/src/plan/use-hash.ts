import { useState } from "react";

/** The part of the address after `#`, as one of some words: a reload and a link come back to the same place. */
export function useHash<T extends string>(words: readonly T[], first: T): [T, (word: T) => void] {
  const [word, setWord] = useState<T>(() => words.find((each) => `#${each}` === location.hash) ?? first);
  const choose = (next: T): void => {
    // The router keeps its own state in the history's.
    history.replaceState(history.state, "", `#${next}`);
    setWord(next);
  };
  return [word, choose];
}
