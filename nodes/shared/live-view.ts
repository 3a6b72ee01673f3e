/**
 * What the sidebar shows of the running servers: told to the editors that look at it, at most once a second, and only what
 * is new. What Node-RED's comms publish goes to everybody who is logged in; here an editor has to show a ticket first, which
 * it gets if it may read.
 */
import { randomUUID } from 'node:crypto';
import type { NodeAPI } from 'node-red';
import { systemClock, type Clock } from '../../src/index.js';
import type { GoipServerNode } from './connection.js';
import { LiveNews, type LiveServer } from './live-news.js';

/** Milliseconds between two messages about a server. */
const INTERVAL = 1000;

/** Finding out what is new may take a twentieth of the time: with thousands of lines it is done less often. */
const LEAST_REST = 20;
const LONGEST_INTERVAL = 10_000;

/** Milliseconds that an editor is told for until it asks again. It does every 30 s. */
const WATCH_TIME = 45_000;

/** Milliseconds in which a ticket must be used, and how many there are at most. */
const TICKET_TIME = 10_000;
const MOST_TICKETS = 1000;

/** Of Node-RED's comms. */
const ASK_TOPIC = 'goip/watch';
const TELL_TOPIC = 'goip/live';

/** `servers` are the ids of all that run, in order. */
export type LiveMessage = { readonly servers: readonly string[] } | { readonly server: LiveServer };

export interface LiveListener {
  /** An editor shows a ticket. */
  readonly watch: (session: string, ticket: string) => void;
  /** Flows are being stopped. Their servers are gone only if they do not come back. */
  readonly pause: () => void;
  /** They are, and for a deploy they are started again right away. */
  readonly resume: () => void;
}

export interface LiveViewPorts {
  readonly clock: Clock;
  /** Called once somebody has a ticket: from then on, its listener is told. */
  listen(listener: LiveListener): void;
  /** Tells one editor. */
  send(session: string, message: LiveMessage): void;
}

export class LiveView {
  readonly #servers = new Map<string, GoipServerNode>();
  /** As all editors know them: who comes later is told that first. */
  readonly #told = new Map<string, LiveNews>();
  #toldIds: readonly string[] = [];
  /** Editors by the session of their comms, with when they are forgotten. */
  readonly #watchers = new Map<string, number>();
  /** With when they end; in that order. */
  readonly #tickets = new Map<string, number>();
  #isListening = false;
  #isPaused = false;
  #isLooking = false;
  #cancelTick: (() => void) | undefined;

  constructor(private readonly ports: LiveViewPorts) {}

  add(node: GoipServerNode): void {
    this.#servers.set(node.id, node);
    if (this.#watchers.size > 0) this.#schedule(INTERVAL);
  }

  /** Another node that has taken its place stays. */
  remove(node: GoipServerNode): void {
    if (this.#servers.get(node.id) === node) this.#servers.delete(node.id);
  }

  /** A ticket for somebody who may read: good for once, and not for long. */
  ticket(): string {
    if (!this.#isListening) {
      this.ports.listen({
        watch: (session, ticket) => this.#watch(session, ticket),
        pause: () => this.#pause(),
        resume: () => this.#resume(),
      });
    }
    this.#isListening = true;
    const now = this.ports.clock.now();
    for (const [ticket, end] of this.#tickets) {
      if (end <= now || this.#tickets.size >= MOST_TICKETS) this.#tickets.delete(ticket);
    }
    const ticket = randomUUID();
    this.#tickets.set(ticket, now + TICKET_TIME);
    return ticket;
  }

  /** An editor wants to be told, or to be told further. One that is new is told all that there is. */
  #watch(session: string, ticket: string): void {
    const now = this.ports.clock.now();
    const end = this.#tickets.get(ticket);
    this.#tickets.delete(ticket);
    if (end === undefined || end <= now) return;
    this.#forgetWatchers(now);
    const isFirst = this.#watchers.size === 0 && !this.#isPaused;
    if (isFirst) this.#toldIds = [...this.#servers.keys()];
    const isNew = !this.#watchers.has(session);
    this.#watchers.set(session, now + WATCH_TIME);
    if (isNew) this.#tellAll(session);
    if (isFirst) void this.#lookAndSchedule();
    else this.#schedule(INTERVAL);
  }

  #pause(): void {
    this.#isPaused = true;
    this.#cancelTick?.();
    this.#cancelTick = undefined;
  }

  #resume(): void {
    this.#isPaused = false;
    if (this.#watchers.size > 0) this.#schedule(INTERVAL);
  }

  #tellAll(session: string): void {
    this.ports.send(session, { servers: this.#toldIds });
    for (const { whole } of this.#told.values()) this.ports.send(session, { server: whole });
  }

  #schedule(ms: number): void {
    if (this.#isPaused || this.#isLooking || this.#cancelTick) return;
    this.#cancelTick = this.ports.clock.after(ms, () => {
      this.#cancelTick = undefined;
      this.#forgetWatchers(this.ports.clock.now());
      if (this.#watchers.size > 0) void this.#lookAndSchedule();
    });
  }

  async #lookAndSchedule(): Promise<void> {
    // The look that is under way schedules the next one.
    if (this.#isLooking) return;
    const { clock } = this.ports;
    const began = clock.now();
    this.#cancelTick?.();
    this.#cancelTick = undefined;
    this.#isLooking = true;
    try {
      await this.#look();
    } finally {
      this.#isLooking = false;
    }
    // The next server that is added goes on.
    if (this.#servers.size === 0) return;
    this.#schedule(Math.min(Math.max(INTERVAL, (clock.now() - began) * LEAST_REST), LONGEST_INTERVAL));
  }

  /** Without watchers nothing is kept of the servers. */
  #forgetWatchers(now: number): void {
    for (const [session, end] of this.#watchers) if (end <= now) this.#watchers.delete(session);
    if (this.#watchers.size === 0) this.#told.clear();
  }

  /** Looks at all servers, and tells what is new. Thousands of lines take several turns of the event loop. */
  async #look(): Promise<void> {
    for (const [id, { node }] of this.#told) if (this.#servers.get(id) !== node) this.#told.delete(id);
    const ids = [...this.#servers.keys()];
    const isOther = ids.length !== this.#toldIds.length || ids.some((id, index) => id !== this.#toldIds[index]);
    this.#toldIds = ids;
    if (isOther) this.#tell({ servers: ids });
    for (const node of [...this.#servers.values()]) await this.#lookAt(node);
  }

  async #lookAt(node: GoipServerNode): Promise<void> {
    const told = this.#told.get(node.id);
    const news = told?.node === node ? told : new LiveNews(node);
    const changes = await news.next();
    // Another one may have taken its place meanwhile, or all watchers may be new.
    if (this.#servers.get(node.id) !== node) return;
    const server = this.#told.get(node.id) === news ? changes : news.whole;
    this.#told.set(node.id, news);
    if (server) this.#tell({ server });
  }

  #tell(message: LiveMessage): void {
    for (const session of this.#watchers.keys()) this.ports.send(session, message);
  }
}

/** The live view of a Node-RED. */
export function liveViewOf({ events }: NodeAPI): LiveView {
  return new LiveView({
    clock: systemClock,
    listen: ({ watch, pause, resume }) => {
      events.on(`comms:message:${ASK_TOPIC}`, ({ session, data }: CommsMessage) => {
        if (typeof data?.ticket === 'string') watch(session, data.ticket);
      });
      events.on('flows:stopping', pause);
      events.on('flows:stopped', resume);
    },
    send: (session, data) => void events.emit('comms', { topic: TELL_TOPIC, data, session }),
  });
}

/** What an editor sends; it may send anything. */
interface CommsMessage {
  readonly session: string;
  readonly data?: { readonly ticket?: unknown } | null;
}
