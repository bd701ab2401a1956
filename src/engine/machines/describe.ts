import type { Machine, MachineCheck, MachineFinding } from "../../contracts/first-run.ts";
import type { OfferedKey } from "../host-keys/sql.ts";

/** What a look at a machine found. */
export type Probe =
  | {
      readonly kind: "found";
      readonly python: string | null;
      readonly sudo: "root" | "yes" | "no" | "missing";
    }
  | { readonly kind: "other-key" }
  | { readonly kind: "refused-login"; readonly said: string }
  | { readonly kind: "unreachable"; readonly said: string }
  | { readonly kind: "timeout" }
  | { readonly kind: "odd-answer"; readonly said: string }
  | { readonly kind: "no-ssh" };

type Told = Pick<MachineCheck, "state" | "checks"> & Partial<Pick<MachineCheck, "fingerprints">>;

/** For the machine that Chiffon runs on. */
export function describeHere(probe: Probe): Told {
  const ssh: MachineFinding = {
    name: "ssh",
    status: "ok",
    message: "This is the machine that Chiffon runs on; no SSH is needed.",
    hint: null,
  };
  if (probe.kind === "found") return describeFound(ssh, probe);
  return {
    state: "unreachable",
    checks: [fail("This machine did not answer within 10 s.", "Look at its load, and check again.")],
  };
}

/** For a host by SSH. */
export function describeProbe(probe: Exclude<Probe, { kind: "other-key" }>, machine: Machine): Told {
  const user = machine.user ?? "the user that runs Chiffon";
  const where = `${machine.address}, port ${machine.port}`;
  switch (probe.kind) {
    case "found":
      return describeFound(
        { name: "ssh", status: "ok", message: `Logged in by SSH at ${where}.`, hint: null },
        probe,
      );
    case "refused-login":
      return unreachable(
        `${where} answers, but does not let ${user} in${saidBy(probe.said)}.`,
        "Put the public key of the user who runs Chiffon there (ssh-copy-id), or set ansible_user and ansible_ssh_private_key_file in the inventory.",
      );
    case "unreachable":
      return unreachable(
        `${where} cannot be reached${saidBy(probe.said)}.`,
        "Check that it is on, that its address in the inventory is right, and that sshd listens there.",
      );
    case "timeout":
      return unreachable(
        `${where} did not answer within 10 s.`,
        "Check that it is on and that no firewall drops the connection.",
      );
    case "odd-answer":
      return {
        state: "incomplete",
        checks: [
          {
            name: "ssh",
            status: "fail",
            message: `SSH works at ${where}, but no command could be run there${saidBy(probe.said)}.`,
            hint: "Check the login shell of that user, and that its key is not limited to one command.",
          },
        ],
      };
    case "no-ssh":
      return unreachable(
        "The program ssh is missing on the machine that Chiffon runs on.",
        "Install it (Debian: apt install openssh-client).",
      );
  }
}

/** For a host whose key nobody has accepted, or that shows another one than before. Nothing was logged in. */
export function describeUnknownKey(about: {
  place: Machine;
  offered: readonly OfferedKey[];
  before: boolean;
}): Told {
  const { place, offered, before } = about;
  const where = `${place.address}, port ${place.port}`;
  if (offered.length === 0)
    return unreachable(
      `${where} does not answer by SSH.`,
      "Check that it is on, that its address in the inventory is right, and that sshd listens there.",
    );
  const fingerprints = offered.map((key) => key.fingerprint);
  return {
    state: before ? "changed-key" : "unknown-key",
    fingerprints,
    checks: [
      {
        name: "ssh",
        status: "fail",
        message: before
          ? `${place.host} shows another SSH key than the one that was accepted: ${fingerprints.join(", ")}. Somebody may be in between, or it was set up anew.`
          : `${place.host} is not known yet. It answers with the key ${fingerprints.join(", ")}.`,
        hint: before
          ? "Do not go on before you know why. Compare the key with what the machine itself shows: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"
          : "Compare it with what the machine itself shows (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub). The first request for it, such as its facts, asks you to accept the key.",
      },
    ],
  };
}

/** For containers, network devices and the like: looked at by Ansible only. */
export function otherConnection(connection: string): Told {
  return {
    state: "incomplete",
    checks: [
      {
        name: "ssh",
        status: "warn",
        message: `The connection "${connection.slice(0, 80)}" cannot be checked here; only SSH and local ones can.`,
        hint: "Ask for its facts: that run shows whether Ansible reaches it.",
      },
    ],
  };
}

function describeFound(ssh: MachineFinding, probe: Extract<Probe, { kind: "found" }>): Told {
  const checks = [ssh, pythonFinding(probe.python), sudoFinding(probe.sudo)];
  return { state: checks.every((each) => each.status === "ok") ? "ok" : "incomplete", checks };
}

function pythonFinding(version: string | null): MachineFinding {
  const name = "python";
  if (version === null)
    return {
      name,
      status: "fail",
      message: "There is no python3.",
      hint: "Install it there (Debian: apt install python3), or set ansible_python_interpreter in the inventory.",
    };
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isOld = major === 3 && minor < 6;
  return {
    name,
    status: isOld ? "warn" : "ok",
    message: `Python ${version}${isOld ? " is older than what Ansible's modules are made for." : "."}`,
    hint: isOld ? "Install Python 3.6 or newer there." : null,
  };
}

function sudoFinding(sudo: Extract<Probe, { kind: "found" }>["sudo"]): MachineFinding {
  const name = "sudo";
  switch (sudo) {
    case "root":
      return { name, status: "ok", message: "Playbooks run as root; sudo is not needed.", hint: null };
    case "yes":
      return { name, status: "ok", message: "sudo works without a password.", hint: null };
    case "no":
      return {
        name,
        status: "warn",
        message: "sudo wants a password, or does not allow this user.",
        hint: "Playbooks with become will fail. Allow it without a password (visudo: USER ALL=(ALL) NOPASSWD: ALL), or connect as root.",
      };
    case "missing":
      return {
        name,
        status: "warn",
        message: "sudo is not installed.",
        hint: "Playbooks with become will fail. Install sudo there, or connect as root.",
      };
  }
}

function unreachable(message: string, hint: string): Told {
  return { state: "unreachable", checks: [fail(message, hint)] };
}

function fail(message: string, hint: string): MachineFinding {
  return { name: "ssh", status: "fail", message, hint };
}

function saidBy(text: string): string {
  return text === "" ? "" : ` (${text})`;
}
