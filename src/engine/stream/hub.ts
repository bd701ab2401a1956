/** Tells everyone who watches a topic that it may have new events. */
export interface Hub {
  watch(topic: string, onHint: () => void): () => void;
  /** An empty topic means: anything may have changed (after a lost connection). */
  hint(topic: string): void;
}

export function createHub(): Hub {
  const watchers = new Map<string, Set<() => void>>();
  return {
    watch(topic, onHint) {
      const set = watchers.get(topic) ?? new Set();
      watchers.set(topic, set.add(onHint));
      return () => {
        set.delete(onHint);
        if (set.size === 0 && watchers.get(topic) === set) watchers.delete(topic);
      };
    },
    hint(topic) {
      const told = topic === "" ? [...watchers.values()] : [watchers.get(topic) ?? new Set<() => void>()];
      for (const set of told) for (const onHint of set) onHint();
    },
  };
}
