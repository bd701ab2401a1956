import { queues } from "../contracts/agent-protocol.ts";
import type { Transport } from "../ports/bus.ts";
import { settleSilence } from "../engine/agents/silence.ts";
import { createSleepWatch } from "../engine/agents/sleep-watch.ts";
import { startRelay } from "../engine/bus/relay.ts";
import { forgetMessages, outboxChannel } from "../engine/bus/sql.ts";
import { startCatalogueWatch } from "../engine/catalogue-watch.ts";
import type { Catalogues } from "../engine/catalogues.ts";
import type { CoreDeps } from "../engine/core-deps.ts";
import { placeReadyTasks } from "../engine/dispatch/place.ts";
import { tellWaiting } from "../engine/dispatch/tell-waiting.ts";
import { placeChannel } from "../engine/dispatch/sql.ts";
import { startLoop } from "../engine/loop.ts";
import { alone } from "../engine/replicas/locks.ts";
import type { Previews } from "../engine/preview/previews.ts";
import { stopPreviewChannel } from "../engine/preview/sql.ts";
import type { Repositories } from "../engine/repositories/repositories.ts";
import { repositoriesChannel } from "../engine/repositories/sql.ts";
import { tendRetention, type Keep } from "../engine/retention/retention.ts";
import type { Hub } from "../engine/stream/hub.ts";
import { appendEvents, eventChannel } from "../engine/stream/sql.ts";
import { createMessageHandler } from "../engine/track/handle.ts";

interface BackgroundDeps {
  readonly core: CoreDeps;
  readonly hub: Hub;
  readonly catalogues: Catalogues;
  readonly served: Pick<Repositories, "reload">;
  readonly previews: Previews;
  /** Whether new plans are looked at without being asked. */
  readonly autoPreview: boolean;
  readonly keep: Keep;
  readonly tidySnapshots: () => Promise<void>;
  readonly transport: Transport;
  readonly listen: (channel: string, handler: (payload: string) => void) => Promise<AsyncDisposable>;
  readonly onError: (error: unknown) => void;
  /** The benchmark of the queue measures it. */
  readonly place?: typeof placeReadyTasks;
}

export interface Background extends AsyncDisposable {
  /** More can be delivered than before: look into the outbox. */
  nudgeRelay(): void;
}

/** Longest time a message of an agent may be repeated after. */
const rememberMessages = 2 * 24 * 3_600_000;
const resendAfter = 1_000;
/** Messages in hand at a time: of output, heartbeats and renewals as many as may share a statement. */
const slotsOf = [
  [queues.result, 32],
  [queues.log, 128],
  [queues.heartbeat, 256],
] as const;
const tidyEvery = 24 * 3_600_000;

/** Everything of a server that runs by itself: relay, placement, overdue things, messages of agents, live hints, changed repositories. */
export async function startBackground(deps: BackgroundDeps): Promise<Background> {
  const { core, transport, listen, onError, place = placeReadyTasks } = deps;
  await using stack = new AsyncDisposableStack();
  const relay = stack.use(startRelay({ db: core.db, clock: core.clock, transport, onError, resendAfter }));
  // Places change with every placement: they are told once a tick at most, and in a twentieth of the time.
  let changes = 0;
  let told = 0;
  const placement = stack.use(
    startLoop(async () => {
      const next = await place(core);
      changes += 1;
      return next === undefined ? 60_000 : Math.max(0, next - core.clock.now().getTime());
    }, onError),
  );
  stack.use(
    startLoop(async () => {
      if (changes === told) return core.waits.tick;
      const seen = changes;
      const began = core.clock.now().getTime();
      if (!(await tellWaiting(core))) told = seen;
      return Math.max(core.waits.tick, 20 * (core.clock.now().getTime() - began));
    }, onError),
  );
  const listening = createSleepWatch(core);
  stack.use(
    startLoop(async () => {
      await settleSilence(core, listening);
      return core.waits.tick;
    }, onError),
  );
  stack.use(
    startLoop(async () => {
      await forgetMessages(core.db, new Date(core.clock.now().getTime() - rememberMessages));
      return 3_600_000;
    }, onError),
  );
  stack.use(
    startLoop(async () => {
      const retain = () => tendRetention({ ...core, keep: deps.keep });
      return (await alone(core.db, "retention", retain)) ?? 60_000;
    }, onError),
  );
  // The start has done so itself.
  let tidyAt = core.clock.now().getTime() + tidyEvery;
  stack.use(
    startLoop(async () => {
      const left = tidyAt - core.clock.now().getTime();
      if (left > 0) return left;
      tidyAt += tidyEvery;
      await deps.tidySnapshots();
      return tidyEvery;
    }, onError),
  );
  stack.use(startCatalogueWatch({ catalogues: deps.catalogues, onChange: tellChanged(core), onError }));
  const take = createMessageHandler(core);
  for (const [queue, slots] of slotsOf)
    stack.use(
      transport.consume(queue, { slots }, async (envelope) => {
        try {
          return await take(envelope);
        } catch (error) {
          onError(error);
          return "retry";
        }
      }),
    );
  const previewing = stack.use(
    startLoop(async () => {
      await deps.previews.tend(deps.autoPreview);
      return 60_000;
    }, onError),
  );
  stack.use(
    await listen(repositoriesChannel, () => {
      deps.served.reload().catch(onError);
    }),
  );
  stack.use(await listen(stopPreviewChannel, (planId) => deps.previews.stop(planId)));
  stack.use(await listen(outboxChannel, () => relay.nudge()));
  stack.use(await listen(placeChannel, () => placement.nudge()));
  stack.use(
    await listen(eventChannel, (topic) => {
      deps.hub.hint(topic);
      // A plan was made, or decided about.
      if (topic === "inbox") previewing.nudge();
    }),
  );
  const kept = stack.move();
  return { nudgeRelay: relay.nudge, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** Pages that show playbooks ask again. */
function tellChanged({ db, clock }: CoreDeps): (repositories: readonly string[]) => Promise<void> {
  return async (repositories) => {
    const bodies = repositories.map((repository) => ({
      type: "catalogue.changed" as const,
      data: { repository },
    }));
    await db.transaction().execute((tx) => appendEvents(tx, "inbox", { at: clock.now(), bodies }));
  };
}
