/** Whether a person has to sign in before anything else works; shared by the client and the frame. */
export interface SignIn {
  /** True while the session is missing or has ended. */
  needed(): boolean;
  need(): void;
  done(): void;
  subscribe(listener: () => void): () => void;
}

export function createSignIn(): SignIn {
  let needed = false;
  const listeners = new Set<() => void>();
  const set = (next: boolean): void => {
    if (needed === next) return;
    needed = next;
    for (const listener of listeners) listener();
  };
  return {
    needed: () => needed,
    need: () => set(true),
    done: () => set(false),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export const signIn = createSignIn();
