/**
 * How a server does, for a bug report: without passwords, texts and names, and with long numbers known by their last digits
 * only.
 */
import { createRequire } from 'node:module';
import type { Rejection } from '../gate/rejections.js';
import type { WallTime } from '../time/clock.js';
import { isoTime } from '../time/iso-time.js';
import type { ResultHabit } from '../lines/habits.js';
import type { Line, Readiness } from '../lines/line.js';
import type { LineState } from '../lines/line-state.js';
import { LOCAL_TIME } from '../time/local-time.js';
import type { JobSummary } from '../outbox/result.js';
import type { ProtocolError } from './protocol-errors.js';
import { withoutNumbers } from './redaction.js';

import type { Settings, ShownSettings } from '../config/settings.js';
import type { Trace } from './trace.js';

export interface Diagnostics {
  /** ISO 8601. */
  readonly at: string;
  readonly versions: { readonly package: string; readonly node: string };
  readonly platform: string;
  /** ISO 8601; null while it does not listen. */
  readonly listeningSince: string | null;
  /** Times are milliseconds. */
  readonly settings: ShownSettings & {
    readonly allow: 'all' | 'some';
    readonly timeZone: string;
    readonly routes: number;
  };
  readonly lines: readonly LineDiagnostics[];
  readonly jobs: {
    readonly total: number;
    /** Those accepted first; no more than fit into a report. */
    readonly first: readonly Omit<JobSummary, 'id' | 'origin'>[];
  };
  readonly storage: { readonly isPersistent: boolean; readonly failure: string | null };
  readonly dropped: Readonly<Record<string, number>>;
  readonly rejected: readonly Rejection[];
  readonly protocolErrors: readonly ProtocolError[];
  /** Null while there is none. */
  readonly trace: Trace | null;
}

export interface LineDiagnostics extends Omit<LineState, 'name' | 'group'> {
  readonly readiness: Readiness;
  /** How the device tells results. */
  readonly habit: ResultHabit;
  /** Milliseconds within which it nearly always answers, and within which a result nearly always comes; null if not known. */
  readonly roundTripMs: number | null;
  readonly resultMs: number | null;
}

/** What it is made from. */
export interface DiagnosticsSource {
  readonly now: number;
  readonly wall: WallTime;
  readonly listeningSince: number | undefined;
  readonly settings: Settings;
  readonly routes: number;
  /** Made by {@link lineDiagnosticsOf}. */
  readonly lines: readonly LineDiagnostics[];
  /** How many there are, and some of them. */
  readonly jobs: { readonly total: number; readonly first: readonly JobSummary[] };
  readonly storageFailure: Error | undefined;
  readonly dropped: Readonly<Record<string, number>>;
  readonly rejected: readonly Rejection[];
  readonly protocolErrors: readonly ProtocolError[];
  readonly trace: Trace | null;
}

export function diagnosticsOf(source: DiagnosticsSource): Diagnostics {
  const { now, wall, listeningSince, settings, routes, lines, jobs, storageFailure } = source;
  const { dropped, rejected, protocolErrors, trace } = source;
  const { allow, timeZone = LOCAL_TIME, ...rest } = settings;
  const about = redacted<Diagnostics>({
    at: isoTime(wall(now)),
    versions: { package: packageVersion(), node: process.version },
    platform: `${process.platform} ${process.arch}`,
    listeningSince: listeningSince === undefined ? null : isoTime(wall(listeningSince)),
    settings: { ...rest, allow: allow === undefined ? 'all' : 'some', timeZone: timeZone.name, routes },
    lines: [],
    jobs: { total: jobs.total, first: jobs.first.map(jobDiagnostics) },
    storage: { isPersistent: settings.isPersistent, failure: storageFailure?.message ?? null },
    dropped,
    rejected,
    protocolErrors,
    trace,
  });
  return { ...about, lines };
}

/** The part about a line. */
export function lineDiagnosticsOf(line: Line, { name, group, ...state }: LineState): LineDiagnostics {
  const { readiness, habit, roundTripMs, resultMs } = line;
  return redacted({ ...state, readiness, habit, roundTripMs: whole(roundTripMs), resultMs: whole(resultMs) });
}

/** The id and the origin are other people's words. */
function jobDiagnostics({ id, origin, ...summary }: JobSummary): Omit<JobSummary, 'id' | 'origin'> {
  return summary;
}

function whole(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.round(ms);
}

/** A copy without long numbers in its texts. Times and addresses have none. */
function redacted<T>(value: T): T {
  return redactedItem(value) as T;
}

function redactedItem(value: unknown): unknown {
  if (typeof value === 'string') return withoutNumbers(value);
  if (Array.isArray(value)) return value.map(redactedItem);
  if (typeof value !== 'object' || value === null) return value;
  // Names, too: devices make up fields.
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [withoutNumbers(name), redactedItem(item)]));
}

/** By its own name, as the sources lie elsewhere than what is built from them. */
function packageVersion(): string {
  const manifest = createRequire(__filename)('@goip-sms/node-red-goip/package.json') as { readonly version: string };
  return manifest.version;
}
