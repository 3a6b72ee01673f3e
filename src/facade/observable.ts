/** The part of the façade for people who want to know how a server does: what is wrong, the trace, a report for a bug. */
import { EventEmitter } from 'node:events';
import type { ServerEvents, StorageDamage } from '../events/server-events.js';
import type { Rejection } from '../gate/rejections.js';
import type { Line } from '../lines/line.js';
import { JOBS_REPORTED } from '../parameters.js';
import { diagnosticsOf, lineDiagnosticsOf, type Diagnostics, type LineDiagnostics } from '../traffic/diagnostics.js';
import type { DropCounters } from '../traffic/drops.js';
import type { Trace } from '../traffic/trace.js';
import type { Rooms } from '../wiring.js';
import type { ConfigProblem } from '../reading/problems.js';
import { roomsOf } from './rooms.js';

/** What the diagnostics of a line cost, in states: all texts in them are searched for long numbers. */
const DIAGNOSTICS_STEPS = 5;

export class ObservableServer extends EventEmitter<ServerEvents> {
  /** What of the configuration is wrong, and what follows from it. Empty if all is well. */
  get problems(): readonly ConfigProblem[] {
    return roomsOf(this).config.problems;
  }

  /** Returns an error for logs and users: without passwords, and without what Node.js or a library quotes. */
  safeErrorOf(error: unknown): Error {
    return roomsOf(this).config.secrets.safeErrorOf(error);
  }

  /** Why nothing can be saved at the moment; undefined while all is well. */
  get storageFailure(): Error | undefined {
    const { journal, startup } = roomsOf(this);
    return journal.failure ?? startup.failure;
  }

  /** What the journal was found to have lost in this run; undefined if nothing. */
  get storageDamage(): StorageDamage | undefined {
    return roomsOf(this).storageReports.damage;
  }

  /** Counts of datagrams that were not what they should have been, and of news that nobody got. */
  get dropped(): Readonly<DropCounters> {
    const { drops, held } = roomsOf(this);
    return { ...drops.counters, held: held.events.dropped + held.statuses.dropped };
  }

  /** Who was refused lately, so that people can see who knocks; those seen last come first. */
  get rejected(): Rejection[] {
    return roomsOf(this).gate.rejections;
  }

  /** How it does, for a bug report: without passwords, texts, names and whole numbers. */
  diagnostics(): Diagnostics {
    const rooms = roomsOf(this);
    return this.#diagnosticsWith(Array.from(rooms.lines, lineDiagnosticsIn(rooms)));
  }

  /** The same as {@link diagnostics}, made in several turns of the event loop if there are many lines. */
  async diagnosticsInTurns(): Promise<Diagnostics> {
    const rooms = roomsOf(this);
    const diagnosticsOfLine = lineDiagnosticsIn(rooms);
    const lines: LineDiagnostics[] = [];
    await rooms.states.visit(undefined, (line) => lines.push(diagnosticsOfLine(line)), DIAGNOSTICS_STEPS);
    return this.#diagnosticsWith(lines);
  }

  #diagnosticsWith(lines: readonly LineDiagnostics[]): Diagnostics {
    const { config, clock, startStop, outbox, drops } = roomsOf(this);
    const { settings, secrets, routes } = config;
    const { storageFailure, dropped, rejected, trace } = this;
    return diagnosticsOf({
      now: clock.now(),
      wall: clock.wall,
      listeningSince: startStop.listeningSince,
      settings: { ...settings, host: secrets.shown(settings.host) },
      routes: routes.size,
      lines,
      jobs: { total: outbox.jobCount, first: outbox.firstJobs(JOBS_REPORTED) },
      ...{ storageFailure, dropped, rejected, trace },
      protocolErrors: drops.protocolErrors,
    });
  }

  /**
   * Begins to keep the last datagrams, with passwords, texts and long numbers hidden, until {@link stopTrace},
   * {@link GoipServer.stop} or a quarter of an hour has passed; called again, a quarter of an hour from then.
   */
  startTrace(): void {
    roomsOf(this).tracing.start();
  }

  /** Forgets what was kept. */
  stopTrace(): void {
    roomsOf(this).tracing.stop();
  }

  /** What {@link startTrace} has kept; null if there is no trace, or no longer. */
  get trace(): Trace | null {
    return roomsOf(this).tracing.current;
  }
}

const lineDiagnosticsIn =
  ({ states }: Rooms) =>
  (line: Line): LineDiagnostics =>
    lineDiagnosticsOf(line, states.of(line));
