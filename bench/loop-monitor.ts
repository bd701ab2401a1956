// Loaded into a server with `--import`: writes how long its event loop was held up, as JSON, into the file that
// CHIFFON_BENCH_LOOP names; anew whenever the process gets SIGUSR2, from then on.
import { writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";

const file = process.env["CHIFFON_BENCH_LOOP"];
// Only the server itself: the variable reaches no other program, but a preload is inherited by workers.
if (file !== undefined && process.argv.some((each) => each === "up" || each === "server")) {
  const loop = monitorEventLoopDelay({ resolution: 10 });
  loop.enable();
  const timer = setInterval(() => {
    const told = { p50: loop.percentile(50) / 1e6, p99: loop.percentile(99) / 1e6, max: loop.max / 1e6 };
    writeFileSync(file, JSON.stringify(told));
  }, 1_000);
  timer.unref();
  process.on("SIGUSR2", () => loop.reset());
}
