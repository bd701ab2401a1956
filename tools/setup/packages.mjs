/** Programs that Chiffon or its tests start, and the package that brings each, by package manager. */
export const programs = {
  "ansible-playbook": same("ansible-core", { brew: "ansible" }),
  ssh: {
    apt: "openssh-client",
    dnf: "openssh-clients",
    pacman: "openssh",
    apk: "openssh-client",
    brew: "openssh",
  },
  python3: same("python3", { pacman: "python" }),
  git: same("git"),
  ps: same("procps-ng", { apt: "procps" }),
  "ansible-lint": same("ansible-lint", { dnf: "python3-ansible-lint" }),
  sshd: same("openssh-server", { pacman: "openssh", brew: "openssh" }),
  "ssh-keygen": {
    apt: "openssh-client",
    dnf: "openssh",
    pacman: "openssh",
    apk: "openssh-keygen",
    brew: "openssh",
  },
  supervisord: same("supervisor"),
  "rabbitmq-server": same("rabbitmq-server", { pacman: "rabbitmq", brew: "rabbitmq" }),
  bwrap: same("bubblewrap"),
  // The example compiles Uptime Kuma's database.
  gcc: same("gcc"),
  "g++": same("g++", { dnf: "gcc-c++", pacman: "gcc", brew: "gcc" }),
  make: same("make"),
  chromium: same("chromium"),
};

/** What `npm start` cannot do without. */
export const forStart = ["ansible-playbook", "ssh", "python3", "git", "ps"];

/** What the demo compiles Uptime Kuma with where there is no Docker. */
export const compilers = ["gcc", "g++", "make"];

/** What each test suite needs besides Node. A suite whose programs cannot be had is skipped, with the reason. */
export const forSuites = {
  check: [],
  unit: [],
  integration: [
    "ansible-playbook",
    "ansible-lint",
    "supervisord",
    "rabbitmq-server",
    "bwrap",
    "ssh",
    "ssh-keygen",
    "sshd",
    "python3",
    "git",
    "ps",
  ],
  house: [],
  e2e: [
    "ansible-playbook",
    "ansible-lint",
    "supervisord",
    "rabbitmq-server",
    "bwrap",
    "ssh",
    "ssh-keygen",
    "sshd",
    "python3",
    "git",
    "ps",
    "gcc",
    "g++",
    "make",
  ],
  browser: ["chromium", "ansible-playbook", "bwrap", "ssh", "python3", "git", "ps"],
};

/** Package managers in the order in which they are looked for; the words that install. */
export const managers = {
  "apt-get": { key: "apt", install: "apt-get install -y", sudo: true },
  dnf: { key: "dnf", install: "dnf install -y", sudo: true },
  pacman: { key: "pacman", install: "pacman -S --needed", sudo: true },
  apk: { key: "apk", install: "apk add", sudo: true },
  brew: { key: "brew", install: "brew install", sudo: false },
};

function same(name, others = {}) {
  return { apt: name, dnf: name, pacman: name, apk: name, brew: name, ...others };
}
