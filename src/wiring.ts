/** Builds the rooms of a server from its settings, and connects them. */
import type { EventEmitter } from 'node:events';
import { systemClock, type Clock } from './time/clock.js';
import { readConfig, type Config } from './config/read-config.js';
import type { ServerOptions, Settings } from './config/settings.js';
import { HeldBack } from './delivery/held-back.js';
import { GoipError } from './errors.js';
import { EventBus } from './events/bus.js';
import { EventTakers, type HeldEvent } from './events/event-takers.js';
import { Listeners } from './events/listeners.js';
import type { ServerEvents } from './events/server-events.js';
import { guarded } from './faults.js';
import { Gate } from './gate/gate.js';
import { Duplicates } from './inbox/duplicates.js';
import { Inbox } from './inbox/inbox.js';
import type { Seen } from './inbox/seen.js';
import { SeenInJournal } from './inbox/seen-in-journal.js';
import { SeenInMemory } from './inbox/seen-in-memory.js';
import { carryingOver, type EarlierStorage } from './journal/carry-over.js';
import { Journal } from './journal/journal.js';
import { MemoryStore } from './journal/memory-store.js';
import { storeOnDisk, type FolderNews } from './journal/open-store.js';
import type { OpenStore } from './journal/store.js';
import { TimeKeeper } from './journal/time-keeper.js';
import { watchClock } from './lifecycle/clock-watch.js';
import { isOfflineForSure, markOfflineLines } from './lifecycle/offline-lines.js';
import { Pruning } from './lifecycle/pruning.js';
import { StartStop } from './lifecycle/start-stop.js';
import { Startup } from './lifecycle/startup.js';
import { StorageReports } from './lifecycle/storage-reports.js';
import { Sweeper } from './lifecycle/sweeper.js';
import { LineChanges } from './lines/changes.js';
import { Presence } from './lines/presence.js';
import { LineRegistry } from './lines/registry.js';
import { LineStates } from './lines/states.js';
import { UdpTransport } from './net/transport.js';
import { Outbox } from './outbox/outbox.js';
import type { HeldStatus } from './outbox/followers/statuses.js';
import { RepeatedKeepalives } from './receive/repeated-keepalives.js';
import { Router } from './receive/router.js';
import { problemOfRecord } from './records/records.js';
import { SendIds } from './sessions/sendids.js';
import { randomFirstTelid } from './sessions/telids.js';
import { Timeline } from './time/timeline.js';
import { Drops } from './traffic/drops.js';
import { Sender } from './traffic/sender.js';
import { Tracing } from './traffic/tracing.js';

/** What a server can be given in place of what it would make itself. */
export interface Parts {
  readonly clock?: Clock;
  /** The journal's store, where it is neither a directory nor of this server's life only. */
  readonly openStore?: OpenStore;
  /** Where the jobs and SMS were kept before the storage was changed: what still waits there moves into the new storage. */
  readonly earlierStorage?: EarlierStorage | undefined;
  /** What knew the duplicates of SMS then, if that was not the journal. */
  readonly earlierSeen?: Seen | undefined;
  /** By which it knows copies of SMS, where that is not the journal. */
  readonly seen?: Seen;
  /**
   * Milliseconds in which {@link GoipServer.hold} takes back what was delivered, for takers that may stop with it on their
   * hands. 0 by default: a delivery is final.
   */
  readonly settleMs?: number;
  /** First telid of each bulk session; default: random, so that a result cannot be forged by guessing. */
  readonly firstTelid?: (() => number) | undefined;
  /** Go on with a setting that is wrong as far as it is safe, and list it in `problems`; default false. */
  readonly isTolerant?: boolean;
  /** @internal False for a server without the short cut for repeated keepalives, to measure what it saves. Default true. */
  readonly hasShortCut?: boolean;
}

/** News that is held for takers who are replaced: the server that replaces this one goes on with it. */
interface HeldNews {
  readonly events: HeldBack<HeldEvent>;
  readonly statuses: HeldBack<HeldStatus>;
}

/** The rooms that {@link GoipServer} uses. */
export interface Rooms {
  readonly config: Config;
  readonly listeners: Listeners;
  readonly clock: Timeline;
  readonly sendIds: SendIds;
  readonly held: HeldNews;
  readonly journal: Journal;
  readonly lines: LineRegistry;
  readonly states: LineStates;
  readonly changes: LineChanges;
  readonly eventTakers: EventTakers;
  readonly gate: Gate;
  readonly duplicates: Duplicates;
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly router: Router;
  readonly drops: Drops;
  readonly tracing: Tracing;
  readonly startup: Startup;
  readonly startStop: StartStop;
  readonly storageReports: StorageReports;
}

/**
 * @param emitter emits the events of the server
 * @param before the rooms of a server that this one replaces
 * @throws GoipError `GOIP_BAD_SETTING` naming the first setting that is wrong
 */
export function wire(
  options: ServerOptions,
  parts: Parts,
  emitter: EventEmitter<ServerEvents>,
  before: Rooms | undefined,
): Rooms {
  const config = checkedConfig(options, parts);
  const { settings, devices, routes, storage } = config;
  const { settleMs = 0, hasShortCut = true } = parts;
  const { keepaliveStatus, offlineAfterMs } = settings;

  const listeners = new Listeners(emitter);
  const { fault } = listeners;
  const clock = new Timeline(parts.clock ?? systemClock, before?.clock);
  const { wall } = clock;
  const sendIds = before?.sendIds ?? new SendIds(wall());
  const held = before?.held ?? { events: new HeldBack(), statuses: new HeldBack() };

  // What survives.
  const openStore = openStoreOf(storage, parts, listeners, () => seen);
  const journal = new Journal(openStore, clock, problemOfRecord);
  const time = new TimeKeeper(clock, journal);

  // Lines, and what is published of them.
  const lines = new LineRegistry(devices, linesOf(before, settings), wall, settings.timeZone);
  const states = new LineStates(lines, clock, (id) => outbox.waitingFor(id));
  const changes = new LineChanges();
  const eventTakers = new EventTakers(fault, held.events);
  const bus = new EventBus({ takers: eventTakers, listeners, changes, wall, stateOf: states.of });
  const presence = new Presence(clock, settings.eventDelayMs, (line, at) =>
    bus.publishLine(line.online ? 'online' : 'offline', line, at),
  );

  // Datagrams.
  const drops = new Drops(() => devices.passwords, wall);
  const tracing = new Tracing(clock, {
    wall,
    passwords: () => devices.passwords,
    isDevice: (id) => devices.get(id) !== undefined,
    places: () => Array.from(lines, (line) => [line.id, line.address] as const),
  });
  const transport = new UdpTransport({
    arrived: () => clock.heard(),
    datagram: (data, from) => void guarded(() => router.receive(data, from), fault),
    broken: (error) => {
      startStop.stoppedListening();
      listeners.emit('broken', error);
    },
  });
  const sender = new Sender(transport, tracing, clock);
  const gate = new Gate({
    ...{ devices, allow: settings.allow, journal, wall },
    addressOf: (id) => lines.get(id)?.address,
    rejected: (rejection, now) => bus.publish('rejected', { id: rejection.id, name: '' }, () => rejection, now),
  });

  // SMS in and out.
  const ownSeen = settings.isPersistent ? new SeenInJournal(journal, parts.earlierSeen) : new SeenInMemory();
  const seen = parts.seen ?? ownSeen;
  const duplicates = new Duplicates(journal, seen, settings.retentionMs, before?.duplicates.reports);
  const inbox = new Inbox(journal, duplicates, { clock, waitMs: settings.joinPartsMs, settleMs }, fault);
  const outbox: Outbox = new Outbox({
    ...{ lines, settings, routes, clock, sendIds, journal, settleMs, fault },
    firstTelid: parts.firstTelid ?? randomFirstTelid,
    heldStatuses: held.statuses,
    send: (line, request) => line.address && sender.send(request, line.address),
    isOfflineForSure: (line) => isOfflineForSure(line, startStop.listeningSince, offlineAfterMs, clock.now()),
    tell: (kind, line) => bus.publishLine(kind, line, clock.now()),
  });

  // The road of a datagram.
  const repeated = hasShortCut ? new RepeatedKeepalives({ sender, bus, outbox, keepaliveStatus }) : undefined;
  const router = new Router(
    { clock, gate, lines, presence, duplicates, inbox, outbox, bus, drops, sender, keepaliveStatus, repeated },
    tracing,
  );

  // Start, regular work and stop.
  const startup: Startup = new Startup({
    ...{ journal, clock },
    // The time comes first: all that is kept is judged by it. The inbox comes last: it delivers SMS as soon as it has them.
    loadInbox: async () => {
      // What a replaced server knew of the lines moves along.
      lines.shiftTimes(await time.load());
      await gate.load();
      await inbox.load();
    },
    loadJobs: () => outbox.load(),
    loaded: () => storageReports.loaded(),
    failing: (error) => storageReports.notLoaded(error),
  });
  const storageReports = new StorageReports({
    ...{ journal, place: storage },
    isLoading: () => startup.isLoading,
    damagedJobs: () => ({ unknown: outbox.doubtfulNumbers, results: outbox.dropLostResults() }),
    damageSaved: () => outbox.doubtsSaved(),
    healed: () => outbox.storageHealed(),
    emit: (event) => listeners.emit('storage', event),
  });
  const pruning = new Pruning((now) => Promise.all([duplicates.prune(now), outbox.prune(now)]));
  const sweeper = new Sweeper(clock, Math.min(1000, offlineAfterMs / 10), fault, [
    watchClock(time, (step) => listeners.emit('clock', step)),
    markOfflineLines(lines, offlineAfterMs, (line) => {
      presence.changed(line);
      outbox.lineOffline(line);
    }),
    () => outbox.sweep(),
    pruning.ifDue,
  ]);
  const startStop: StartStop = new StartStop({
    ...{
      startup,
      transport,
      clock,
      sweeper,
      pruning,
      presence,
      lines,
      inbox,
      outbox,
      tracing,
      time,
      journal,
      settings,
    },
  });

  return {
    ...{ config, listeners, clock, sendIds, held, journal, lines, states, changes, eventTakers, gate, duplicates },
    ...{ inbox, outbox, router, drops, tracing, startup, startStop, storageReports },
  };
}

function checkedConfig(options: ServerOptions, { openStore, isTolerant = false }: Parts): Config {
  const config = readConfig(options, openStore !== undefined);
  const fatal = config.problems.find(
    ({ what, effect }) => effect === 'no start' || (what === 'setting' && !isTolerant),
  );
  if (fatal) throw new GoipError('GOIP_BAD_SETTING', isTolerant ? fatal.message : `${fatal.name} ${fatal.reason}`);
  return config;
}

/**
 * @param storage a directory, or `memory`
 * @param seen returns what knows the duplicates of SMS, once it is there
 */
function openStoreOf(
  storage: string,
  { openStore, earlierStorage }: Parts,
  listeners: Listeners,
  seen: () => Seen,
): OpenStore {
  const report = (news: FolderNews): void => listeners.emit('storage', news);
  const inMemory: OpenStore = () => Promise.resolve(new MemoryStore());
  const open = openStore ?? (storage === 'memory' ? inMemory : storeOnDisk(storage, report));
  return carryingOver(open, { earlier: earlierStorage, seen, report });
}

/** The lines of a server that is replaced. On another address, the lines have to be heard of first. */
function linesOf(before: Rooms | undefined, { host, port }: Settings): LineRegistry | undefined {
  if (!before) return undefined;
  const { settings } = before.config;
  return host === settings.host && port === settings.port ? before.lines : undefined;
}
