import type { Verb } from "../contracts/vocabulary.ts";

/*
 * Words only: nothing in this file decides anything. Phrases are written in lower case and in their base form; a `~` is
 * the place of the object in a phrase that can be torn apart ("set ~ up"). Inflected forms are derived in verbs.ts.
 */

const phraseList = (text: string): readonly string[] =>
  text
    .split(",")
    .map((phrase) => phrase.trim().replace(/\s+/g, " "))
    .filter((phrase) => phrase !== "");
const wordSet = (text: string): ReadonlySet<string> => new Set(phraseList(text));

/** Surface forms of every verb. Order does not matter: the longest phrase that fits wins. */
export const verbPhrases: readonly (readonly [Verb, readonly string[]])[] = [
  [
    "deploy",
    phraseList(`
    deploy, redeploy, re-deploy, install, reinstall, set up, set ~ up, setup, roll out, roll ~ out, rollout,
    spin up, spin ~ up, stand up, stand ~ up, provision, create, build, rebuild, bootstrap, host, self-host,
    launch, put, get ~ running, get ~ up and running, get ~ going, get ~ installed, get ~ deployed, grab, add,
    introduce, ship, publish, get, want, need, give me, like to have, would like, love to have, would love, initialise, initialize
  `),
  ],
  [
    "configure",
    phraseList(`
    configure, reconfigure, re-configure, set, change, adjust, modify, edit, tune, enable, disable, point,
    open, close, expose, allow, block, permit, deny, forbid, manage, rename, assign, connect, link, hook up,
    hook ~ up, harden, secure, mount, unmount, resize, extend, increase, decrease, raise, lower, limit,
    redirect, forward, map, grant, register, tweak, customise, customize, apply, route, whitelist, switch,
    make, set the, join, attach, schedule, adapt, enforce, include, insert, import
  `),
  ],
  [
    "update",
    phraseList(`
    update, upgrade, patch, bump, refresh, renew, bring ~ up to date, bring ~ to the latest version, get ~ up
    to date, pull, modernise, modernize
  `),
  ],
  [
    "restart",
    phraseList(`
    restart, re-start, reload, reboot, bounce, cycle, power cycle, power-cycle, recycle, kick, turn ~ off and
    on again, turn ~ off and back on
  `),
  ],
  [
    "stop",
    phraseList(`
    stop, halt, shut down, shut ~ down, shutdown, shut off, shut ~ off, turn off, turn ~ off, switch off,
    switch ~ off, power off, power ~ off, poweroff, power down, power ~ down, take down, take ~ down, bring
    down, bring ~ down, kill, pause, suspend, spin down, spin ~ down, take ~ offline, deactivate
  `),
  ],
  [
    "start",
    phraseList(`
    start, start up, start ~ up, turn on, turn ~ on, switch on, switch ~ on, power on, power ~ on, power up,
    bring up, bring ~ up, bring ~ back up, bring ~ back, bring back up, bring ~ online, bring ~ back online,
    boot, boot up, fire up, fire ~ up, resume, unpause, wake, wake up, wake ~ up, activate, start ~ again
  `),
  ],
  [
    "status",
    phraseList(`
    status, status of, show, show me, list, tell me, report, display, get status of, how is, how are, what is
    the status of, check status of, check the status of, check on the status of, show the status of, show me
    the status of, show status of, get the status of, give me the status of, report the status of, report on,
    look at, look up
  `),
  ],
  [
    "remove",
    phraseList(`
    remove, delete, uninstall, get rid of, purge, wipe, destroy, drop, erase, tear down, tear ~ down,
    decommission, throw away, throw ~ away, prune, clean, clean up, clean ~ up, clear, format, flush,
    truncate, undeploy, rip out, rip ~ out, nuke, retire, deprovision, discard, take out, shred, unregister
  `),
  ],
  [
    "backup",
    phraseList(`
    back up, back ~ up, backup, back-up, snapshot, export, dump, archive, save a copy of, make a copy of, take
    a copy of, save
  `),
  ],
  [
    "restore",
    phraseList(`
    restore, recover, bring ~ back from backup, re-import, reimport
  `),
  ],
  [
    "check",
    phraseList(`
    check, check on, check if, check whether, check that, double-check, double check, verify, verify that,
    verify whether, test, test whether, test if, validate, lint, inspect, diagnose, audit, scan, ping,
    confirm, confirm that, see if, see whether, find out, find out if, find out whether, probe, compare, make
    sure, make sure that, ensure, ensure that, dry-run, dry run, look for, gather facts of, gather facts
    about, gather facts, collect facts, health check, health-check, what is outdated, which, what, find,
    troubleshoot, investigate, examine
  `),
  ],
  [
    "rollback",
    phraseList(`
    roll back, roll ~ back, rollback, revert, undo, downgrade
  `),
  ],
  [
    "other",
    phraseList(`
    let me know, keep me posted, tell me when, tell me once, run, execute, trigger, migrate, move, copy, sync, synchronise, synchronize, send, notify, rotate, scale,
    replace, transfer, mirror, fix, repair, wait, wait for, explain, write, email, mail, tag, drain, do,
    convert, upload, download, print, unlock, lock, promote, encrypt, decrypt, warn, optimise,
    optimize, reset, use, debug, perform, take
  `),
  ],
];

/** Words that are verbs at the start of a wish but as often nouns: after "and" they need an object to count as verbs. */
export const alsoNouns: ReadonlySet<string> = wordSet(`
  backup, back-up, update, upgrade, export, snapshot, dump, archive, test, monitor, host, build, link, map,
  status, check, report, list, import, mail, email, mirror, copy, patch, start, stop, restart, reboot,
  reload, shutdown, setup, audit, route, forward, use, run, display, set, tag, lock, fix, clean, format,
  block, scan, cycle, rollback, rollout, move, print, release, pull, limit, kick, boot, close, open, secure,
  clear, ship, make, which, what
`);

/** Nouns that make a compound with the verb before them: "status page" is a thing, not the wish to see a status. */
export const compoundHeads: Readonly<Record<string, readonly string[]>> = {
  status: phraseList("page, pages, site, board, dashboard, monitor, server"),
  start: phraseList("page, pages"),
  backup: phraseList(
    "server, servers, job, jobs, tool, solution, software, script, playbook, role, service, agent, client, target, repository, store, drive, disk, monitor, system",
  ),
  test: phraseList("server, page, environment, instance, suite, cluster, site"),
  build: phraseList("server, agent, runner, system"),
  update: phraseList("server, service, manager"),
  mail: phraseList("server, relay, gateway, client"),
  print: phraseList("server"),
  report: phraseList("server"),
  host: phraseList("keys, key, names, name"),
  link: phraseList("shortener, page"),
  export: phraseList("job"),
  audit: phraseList("log, logs, trail"),
  mirror: phraseList("server"),
  list: phraseList("server, manager"),
  check: phraseList("service, script"),
  forward: phraseList("proxy"),
  copy: phraseList("job"),
  snapshot: phraseList("job, tool, server"),
  set: phraseList("of"),
};

/** Verbs that only carry a noun: "take a snapshot of", "do a restart of". */
export const lightVerbs: ReadonlySet<string> = wordSet(`
  do, make, take, run, perform, execute, trigger, create, start, give, schedule, kick, get
`);

/** Nouns of wishes. */
export const verbNouns: readonly (readonly [Verb, readonly string[]])[] = [
  ["backup", phraseList("backup, backups, back-up, snapshot, snapshots, export, dump, archive")],
  ["restart", phraseList("restart, reboot, reload")],
  ["update", phraseList("update, updates, upgrade, upgrades, patch, renewal")],
  ["rollback", phraseList("rollback")],
  ["restore", phraseList("restore, recovery")],
  ["deploy", phraseList("deployment, installation, install, deploy, rollout, provisioning")],
  ["stop", phraseList("shutdown, stop")],
  [
    "check",
    phraseList("check, checks, healthcheck, health-check, test, tests, scan, audit, dry-run, inspection"),
  ],
  ["remove", phraseList("removal, cleanup, removing")],
  ["configure", phraseList("configuration, reconfiguration")],
  ["status", phraseList("status")],
  ["start", phraseList("start")],
];

/** Words before a wish that add nothing to it; phrases, longest first wins. */
export const openers: readonly string[] = phraseList(`
  please, pls, plz, kindly, hey, hi, hello, hi there, hey there, hello there, good morning, good evening,
  ok, okay, so, well, now, just, simply, quickly, first of all, can you, could you, would you, will you, can
  we, could we, can i, could i, you should, you can, we should, we must, you must, i should, i must, may i
  ask you to, would you mind, do you mind, i want you to, i want to, i'd like you to, i'd like to, i would
  like you to, i would like to, i need you to, i need to, we need to, we want to, we would like to, we'd
  like to, i would love to, i'd love to, we would love to, i would love you to, i'd love you to, we have to, i have to, let's, lets, let us, go ahead and, go and, go, be so kind and, be so kind
  as to, if possible, if you can, if you could, try to, help me to, help me, chiffon, team, there, to, would
  be nice to, it would be nice to, it would be great to, the plan is to, your job is to, your task is to, i,
  we, you, again, maybe, perhaps, remember to, don't forget to, do not forget to, want you to, want to, need
  you to, need to, as a first step, as a last step, as a final step, in the meantime, the following, to
  begin with, to start with, you need to, you have to, you'll need to, immediately, carefully, safely, i'd
  like, we'd like, asap, urgently, ideally, preferably, begin by, start by, kick off by, finish by, end by,
  continue by, proceed to, get around to, thanks, thank you, cheers, dear team, always, gracefully,
  cleanly, temporarily, automatically, first, also, can u, could u, u, only
`);

/** Words after a wish that add nothing to it. */
export const closers: readonly string[] = phraseList(`
  please, pls, plz, thanks, thank you, thanks a lot, many thanks, cheers, for me, for us, asap, as soon as
  possible, right now, right away, now, immediately, if possible, if you can, if you could, when you can,
  when you get a chance, when you have time, when you have a moment, too, as well, again, instead, properly,
  quickly, okay, ok, would you, will you, at once, also, afterwards, only, in order, in that order, in this
  order, one after the other, one by one, one at a time, at the end, at the same time, in parallel, first,
  beforehand, as usual, once, today, gracefully, cleanly, safely, carefully, completely, entirely, fully,
  already, somehow, back, up and running, running, in addition, going, straight away, and that's it, that's
  it, that's all, each, then, and, or, but, of course, if you don't mind, in turn, just in case, to be safe,
  to be sure, for now, for good, thx, ty, there, in sequence, if need be
`);

/** Articles, possessives and the like: not part of a target. */
export const determiners: ReadonlySet<string> = wordSet(`
  a, an, the, my, our, your, his, her, some, any, another, every, each, these, those, new, own, of
`);

export const pronouns: ReadonlySet<string> = wordSet(`
  it, that, this, them, they, these, those, both, itself, one, all of them, both of them, each of them, that one,
  this one, the same, same, the two, all of these, all of those, all three, everything above, the service,
  the app, the application, that service, this service, the services
`);

export const pluralPronouns: ReadonlySet<string> = wordSet(`
  them, they, these, those, both, all of them, both of them, each of them, the two, all of these, all of
  those, all three, everything above, the services
`);

/** Words too common to say what a wish is about. */
export const stopWords: ReadonlySet<string> = wordSet(`
  a, an, the, my, our, your, his, her, their, its, it, this, that, these, those, them, they, i, we, you, me,
  us, and, or, but, then, also, of, to, in, on, at, by, for, from, with, without, into, onto, as, is, are,
  was, be, been, am, do, does, did, can, could, would, should, will, shall, may, please, pls, plz, so, if,
  when, while, some, any, all, both, each, every, not, no, there, here, what, which, who, how, why, where,
  up, out, off, down, over, via, using, use, want, need, like, going, get, give, let, lets, make, just, now,
  too, new, own, latest, again, first, next, after, before, once, it's, what's, i'd, let's, thanks, hello,
  hi, hey, have, has, had, about, than, such, more, thing, things, something, stuff, one, running, existing,
  current, same, put, run, set, back
`);

/** Words that belong to almost every service, so that leaving them out does not change what is meant. */
export const weakWords: ReadonlySet<string> = wordSet(`
  server, service, services, instance, container, containers, playbook, role, stack, app, application,
  image, version, daemon, software, package, tool, system, docker, host, box, machine, setup,
  installation, deployment, process, program, task, job, unit, site, io, org, xyz, ng, ngx, ce, ee, v2, v3,
  compose, main, project, self-hosted, selfhosted, com, release, build, script, cluster, driver, drivers, engine, platform, controller, broker, yml, yaml, ansible, podman,
  remote, local
`);

/** Words that never name one service, although a unit's name may end with them. */
export const commonHeads: ReadonlySet<string> = wordSet(`
  server, service, home, manager, monitor, monitoring, tracker, exporter, runner, proxy, backup, backups,
  dashboard, page, pages, controller, agent, client, folder, directory, files, file, data, database, db,
  config, configuration, settings, users, user, assistant, mail, web, api, ui, frontend, backend, cluster,
  network, storage, disk, disks, security, firewall, logs, log, certificate, certificates, cert, certs, ssl,
  tls, dns, vpn, cache, queue, registry, search, analytics, portal, portals, admin, core, base, common, all,
  everything, system, packages, updates, media, music, photos, books, notes, chat, wiki, git, ci, cd, test,
  demo, app, apps, stack, host, hosts, node, nodes, box, machine, machines, servers, services, website,
  site, time, plus, pro, lite, one, world, hub, center, station, tools, utils, scripts, key, keys, rules,
  gateway, desktop, editor, viewer, reader, player, downloader, scheduler, worker, engine, board, panel,
  status, health, check, checks, alerts, metrics, environment, plain, legacy
`);

/** Things that belong to something else: adding, changing or copying one of them is never the deployment of a service. */
export const dependentNouns: ReadonlySet<string> = wordSet(`
  portal, portals, user, users, domain, domains, entry, entries, record, records, rule, rules, key, keys,
  setting, settings, line, lines, check, checks, monitor, monitors, route, routes, certificate,
  certificates, cert, certs, dashboard, dashboards, target, targets, datasource, datasources, config,
  configuration, folder, folders, directory, data, database, databases, volume, volumes, password,
  passwords, port, ports, host, hosts, site, sites, link, links, bookmark, bookmarks, account, accounts,
  group, groups, permission, permissions, variable, variables, alert, alerts, header, headers, url, urls,
  address, addresses, upstream, upstreams, backend, backends, service, services, logs, log, files, file,
  cache, state, storage, library, settings, timezone, cron, cronjob, alias, aliases, vhost, vhosts,
  subdomain, plugin, plugins, token, tokens
`);

/** Words with which a wish can do damage, whatever its verb is. */
export const dangerousWords: ReadonlySet<string> = wordSet(`
  wipe, format, drop, purge, delete, flush, erase, destroy, truncate, nuke, shred, rm, uninstall, overwrite,
  reset, reformat, repartition, wiping, deleting, purging, erasing
`);

export const everything: ReadonlySet<string> = wordSet(`
  everything, all hosts, every host, all servers, every server, all machines, every machine, all nodes,
  every node, all of the servers, all of the hosts, the whole fleet, whole fleet, fleet, everywhere, entire
  fleet, all the servers, all the hosts, all my servers, all our servers, all the machines, all, all
  systems, all boxes, all services, all containers, every service, every container, all my hosts
`);
