// An agent with code of its own: it says what it is asked to do, and takes as many seconds as the step's variable `seconds`.
// Join once: echo CODE | node echo-agent.ts https://server:7707 SHA256:…    Later: node echo-agent.ts
import { startAgent } from "chiffonctl/agent";

const [url, serverKey] = process.argv.slice(2);
const code = async () => (await Array.fromAsync(process.stdin)).join("");

const agent = await startAgent({
  dataDir: "echo-agent",
  type: "infra",
  name: "echo",
  version: "1.0.0",
  capabilities: ["ansible"],
  ...(url && serverKey ? { join: { url, serverKey, code } } : {}),
  async execute({ parameters: { step }, signal, output }) {
    output(`asked for ${step.playbook} on ${step.hosts.join(", ")}\n`);
    for (let second = 1; second <= Number(step.vars["seconds"] ?? 1); second += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      if (signal.aborted) return; // told to stop: it ends as cancelled
      output(`second ${second}\n`);
    }
    return "succeeded";
  },
  onState: ({ connected, why }) => console.log(connected ? "connected" : `not connected: ${why}`),
  onError: (error) => console.error(error),
});
for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => void agent.stop());
await agent.ended;
