// Makes the monitors of an Uptime Kuma equal to a list of portals, over its own socket API. Runs in the folder of an installed
// Uptime Kuma, whose socket.io-client it uses. main() is called with what is wanted; one line of JSON is the answer.
const { io } = require("socket.io-client");

const MARK = "Made from the list of portals; changes here are undone.";
const ANSWER_MS = 30_000;

class Refusal extends Error {}

async function main(wanted) {
  const done = { changed: false, monitors: { added: [], changed: [], removed: [], unchanged: [] } };
  let socket;
  try {
    checkPortals(wanted.portals);
    socket = await connect(wanted.url);
    await run(socket, wanted, done);
  } catch (error) {
    done.error = error instanceof Refusal ? error.message : `Uptime Kuma's client failed: ${error.message}`;
    if (done.changed) done.error += ` Before that: ${JSON.stringify(done.monitors)}.`;
    else done.error += " Nothing was changed.";
  }
  socket?.close();
  process.stdout.write(`${JSON.stringify(done)}\n`, () => process.exit(0));
}

function checkPortals(portals) {
  const names = new Set();
  for (const { name, url } of portals) {
    if (!URL.canParse(url)) throw new Refusal(`The portal "${name}" has a broken address, "${url}".`);
    if (names.has(name.trim()))
      throw new Refusal(`Two portals are named "${name}"; each needs a name of its own.`);
    names.add(name.trim());
  }
}

async function run(socket, wanted, done) {
  const { check } = wanted;
  const fresh = await socket.ask("needSetup");
  if (fresh === true) {
    if (!check) await setUp(socket, wanted);
    done.changed = true;
    done.admin = wanted.user;
  }
  const monitors = fresh === true && check ? [] : await logIn(socket, wanted);
  const steps = compare(monitors, wanted);
  for (const step of steps) {
    if (step.kind !== "unchanged") {
      if (!check) await apply(socket, step, wanted.version);
      done.changed = true;
    }
    done.monitors[step.kind].push(step.name);
  }
}

/** What has to be done, in the order of the list. Monitors that others made are left alone, unless their name is in the list. */
function compare(monitors, { portals, removeExtra }) {
  const byName = new Map();
  // Of several with the same name ours counts; the others stay.
  for (const monitor of monitors)
    if (!byName.has(monitor.name) || monitor.description === MARK) byName.set(monitor.name, monitor);
  const kept = new Set();
  const steps = portals.map(({ name: given, url }) => {
    const name = given.trim();
    const monitor = byName.get(name);
    if (!monitor) return { kind: "added", name, url };
    kept.add(monitor.id);
    return { kind: monitor.url === url ? "unchanged" : "changed", name, url, monitor };
  });
  const extra = monitors.filter(
    ({ id, description }) => !kept.has(id) && (removeExtra || description === MARK),
  );
  return [...steps, ...extra.map((monitor) => ({ kind: "removed", name: monitor.name, monitor }))];
}

async function apply(socket, { kind, name, url, monitor }, version) {
  if (kind === "added") await socket.order(`add "${name}"`, "add", newMonitor({ name, url, version }));
  if (kind === "changed") await socket.order(`change "${name}"`, "editMonitor", { ...monitor, url });
  if (kind === "removed") await socket.order(`remove "${name}"`, "deleteMonitor", monitor.id);
}

async function setUp(socket, { user, password }) {
  await socket.order(`make the administrator "${user}"`, "setup", user, password);
}

async function logIn(socket, { user, password }) {
  const listed = socket.next("monitorList");
  const answer = await socket.ask("login", { username: user, password, token: "" });
  if (answer?.tokenRequired)
    throw new Refusal(
      `The administrator "${user}" needs a second factor to sign in, which a playbook cannot give.`,
    );
  if (!answer?.ok)
    throw new Refusal(
      `Uptime Kuma refuses the password for "${user}" (${said(answer)}). ` +
        `Set kuma_admin_user and kuma_admin_password to what was chosen when it was first opened.`,
    );
  return Object.values(await listed);
}

async function connect(url) {
  const socket = io(url, { transports: ["websocket"], reconnection: false, timeout: ANSWER_MS });
  const inTime = (promise, what) => {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(
        () => reject(new Refusal(`Uptime Kuma at ${url} did not ${what} within 30 seconds.`)),
        ANSWER_MS,
      );
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
  };
  const next = (event) => inTime(new Promise((resolve) => socket.once(event, resolve)), `send ${event}`);
  const ask = (event, ...values) =>
    inTime(new Promise((resolve) => socket.emit(event, ...values, resolve)), `answer ${event}`);
  const order = async (what, event, ...values) => {
    const answer = await ask(event, ...values);
    if (!answer?.ok) throw new Refusal(`Uptime Kuma refused to ${what}: ${said(answer)}`);
  };
  const refused = new Promise((_, reject) => {
    socket.once("connect_error", (error) =>
      reject(
        new Refusal(
          `Uptime Kuma does not answer at ${url} (${error.message}). Is it running? The playbook uptime-kuma starts it.`,
        ),
      ),
    );
  });
  await Promise.race([next("connect"), refused]);
  return { ask, order, next, close: () => socket.close() };
}

function said(answer) {
  return String(answer?.msg ?? "no reason given");
}

function newMonitor({ name, url, version }) {
  return {
    type: "http",
    name,
    url,
    description: MARK,
    method: "GET",
    interval: 60,
    retryInterval: 60,
    resendInterval: 0,
    maxretries: 0,
    timeout: 48,
    maxredirects: 10,
    accepted_statuscodes: ["200-299"],
    ignoreTls: false,
    upsideDown: false,
    expiryNotification: false,
    notificationIDList: {},
    packetSize: 56,
    httpBodyEncoding: "json",
    dns_resolve_type: "A",
    dns_resolve_server: "1.1.1.1",
    docker_container: "",
    docker_host: null,
    proxyId: null,
    authMethod: null,
    mqttUsername: "",
    mqttPassword: "",
    mqttTopic: "",
    mqttSuccessMessage: "",
    gamedigGivenPortOnly: true,
    kafkaProducerBrokers: [],
    kafkaProducerSaslOptions: { mechanism: "None" },
    kafkaProducerSsl: false,
    kafkaProducerAllowAutoTopicCreation: false,
    // The snapshot of npm does not know these columns; releases need them.
    ...(version.startsWith("2.0.0-dev") ? {} : { conditions: [], rabbitmqNodes: [] }),
  };
}
