import { setImmediate } from "node:timers/promises";
import { createFolderWatch, type FolderWatch } from "../ansible/catalogue/folder-watch.ts";
import type { Catalogues, ReadRepository } from "./catalogues.ts";
import { startLoop } from "./loop.ts";

export interface CatalogueWatchDeps {
  readonly catalogues: Pick<Catalogues, "read" | "folders" | "isSeenByFolders" | "spareReadings">;
  /** Told the names of the repositories whose catalogue is another one now, or is gone. Not for the first reading. */
  readonly onChange: (repositories: readonly string[]) => Promise<void> | void;
  readonly onError: (error: unknown) => void;
  readonly waits?: Partial<WatchWaits>;
  /** Watches folders in place of {@link createFolderWatch}. */
  readonly watchFolders?: (onChange: () => void) => FolderWatch;
}

/** In milliseconds. */
export interface WatchWaits {
  /** From the start to the first reading: a start has more urgent things to do. */
  readonly first: number;
  /** So long nothing may change before it is read; a long burst is read after `longest` all the same. */
  readonly quiet: number;
  readonly longest: number;
  /** Between two looks where folders are watched: for lost events, folders behind links, and repositories that were added. */
  readonly watched: number;
  /** Between two looks where they cannot be watched, at least. */
  readonly unwatched: number;
}

const usual: WatchWaits = { first: 3_000, quiet: 300, longest: 3_000, watched: 60_000, unwatched: 10_000 };
/* Looking again and again may take a fiftieth of a core, and reading what changes all the time a tenth. */
const restPerLook = 50;
const restPerReading = 10;

/** Reads repositories again when something in them changes, so that what is asked for afterwards is known already. */
export function startCatalogueWatch(deps: CatalogueWatchDeps): AsyncDisposable {
  const waits = { ...usual, ...deps.waits };
  const ending = new AbortController();
  const differences = createDifferences();
  const burst = createBurst(waits, () => loop.nudge());
  const quiet = createQuiet();
  const folders = (deps.watchFolders ?? createFolderWatch)(() => {
    quiet.end();
    burst.changed();
  });
  deps.catalogues.spareReadings(quiet.isQuiet);
  let began = false;
  const loop = startLoop(async () => {
    if (!began) {
      began = true;
      return waits.first;
    }
    const started = performance.now();
    burst.begin();
    const since = quiet.end();
    try {
      const read = await deps.catalogues.read(ending.signal);
      const changed = differences(read);
      const { added, complete } = await folders.follow(deps.catalogues.folders());
      burst.end((performance.now() - started) * restPerReading);
      if (added === 0 && complete && isSeen(deps.catalogues, read)) quiet.begin(since);
      if (changed.length > 0) await deps.onChange(changed);
      // What changed before its folder was watched was not heard. Looking again is quick, and needs no rest: until it is done
      // everybody who asks for something reads everything.
      if (added > 0) return waits.quiet;
      const took = performance.now() - started;
      return complete ? waits.watched : Math.max(waits.unwatched, took * restPerLook);
    } catch (error) {
      burst.end((performance.now() - started) * restPerReading);
      if (!ending.signal.aborted) deps.onError(error);
      return waits.unwatched;
    }
  }, deps.onError);
  return {
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      quiet.end();
      folders[Symbol.dispose]();
      burst.stop();
      await loop[Symbol.asyncDispose]();
      // A reading that was under way may have followed folders once more.
      folders[Symbol.dispose]();
      burst.stop();
    },
  };
}

/* A repository that is not there is in no folder that is watched. */
function isSeen(catalogues: CatalogueWatchDeps["catalogues"], read: readonly ReadRepository[]): boolean {
  return catalogues.isSeenByFolders && read.every(({ problem }) => problem === undefined);
}

/** Whether nothing has changed since a reading: then the reading still holds. */
function createQuiet() {
  let changes = 0;
  let quiet = false;
  return {
    /** Answers what {@link begin} wants to know: whether anything has changed since this call. */
    end(): number {
      quiet = false;
      changes += 1;
      return changes;
    },
    begin(since: number): void {
      quiet = since === changes;
    },
    /* What the system has to tell of changes before this call arrives within one whole turn of the event loop. */
    async isQuiet(): Promise<boolean> {
      if (!quiet) return false;
      await setImmediate();
      await setImmediate();
      return quiet;
    },
  };
}

/** Answers the names of the repositories that are others than at the call before; none at the first. */
function createDifferences(): (read: readonly ReadRepository[]) => string[] {
  let before: Map<string, unknown> | undefined;
  return (read) => {
    // An unchanged repository gives the same object.
    const now = new Map(read.map((each) => [each.repository.name, each.problem ?? each.catalogue] as const));
    const last = before;
    before = now;
    if (last === undefined) return [];
    const names = new Set([...last.keys(), ...now.keys()]);
    return [...names].filter((name) => last.get(name) !== now.get(name));
  };
}

/** Makes one call of many changes that come close together, and lets what it calls rest. */
function createBurst(waits: WatchWaits, onQuiet: () => void) {
  let timer: NodeJS.Timeout | undefined;
  let since: number | undefined;
  let reading = false;
  let heard = false;
  let restUntil = 0;
  const changed = (): void => {
    if (reading) {
      heard = true;
      return;
    }
    const now = performance.now();
    since ??= now;
    const until = Math.max(Math.min(now + waits.quiet, since + waits.longest), restUntil);
    clearTimeout(timer);
    timer = setTimeout(onQuiet, until - now).unref();
  };
  const stop = (): void => {
    clearTimeout(timer);
    since = undefined;
  };
  return {
    changed,
    stop,
    begin() {
      stop();
      reading = true;
      heard = false;
    },
    end(rest: number) {
      reading = false;
      restUntil = performance.now() + rest;
      if (heard) changed();
    },
  };
}
