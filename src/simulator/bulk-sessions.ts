/** The bulk sessions of one line: the device's half of protocol §4. Sends nothing itself; replies are handed to `reply`. */
import { MAX_TEXT_BYTES } from '../parameters.js';
import { errorReply, type SessionReply, type SessionRequest } from '../protocol/index.js';
import type { Alarms, CancelAlarm } from './alarms.js';
import { DeviceSession, type TelidState } from './device-session.js';
import type { SessionEvent } from './events.js';
import type { Modem, SmsResult } from './modem.js';
import type { LineSettings } from './options.js';

type Request<K extends SessionRequest['kind']> = Extract<SessionRequest, { kind: K }>;

export interface BulkSessionsParts {
  readonly alarms: Alarms;
  readonly modem: Modem;
  readonly password: string;
  readonly settings: () => LineSettings;
  readonly isLoggedOut: () => boolean;
  readonly reply: (reply: SessionReply) => void;
  readonly report: (event: Omit<SessionEvent, 'line'>) => void;
}

export class BulkSessions {
  readonly #parts: BulkSessionsParts;
  readonly #open = new Map<number, DeviceSession>();
  readonly #idle = new Map<number, CancelAlarm>();
  #rejection: { readonly times: number; readonly error: string } = { times: 0, error: '' };

  constructor(parts: BulkSessionsParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Answers the next requests for a new session with this error. */
  reject(times: number, error: string): void {
    this.#rejection = { times, error };
  }

  handle(request: SessionRequest): void {
    if (this.#parts.settings().silent) return;
    const session = this.#open.get(request.sendid);
    if (session) this.#restartIdleTime(session);
    switch (request.kind) {
      case 'MSG':
        return this.#onMsg(request, session);
      case 'PASSWORD':
        return this.#onPassword(request, session);
      case 'SEND':
        return this.#onSend(request, session);
      case 'DONE':
        return this.#onDone(request, session);
    }
  }

  /** Also for a MSG that could not be read. */
  refuse(sendid: number, reason: string): void {
    if (this.#parts.settings().silent) return;
    this.#parts.report({ sendid, change: 'refused', reason });
    this.#error(sendid, reason);
  }

  /** A session that is open keeps its text, whatever a repeated MSG says. */
  #onMsg({ sendid, text }: Request<'MSG'>, session: DeviceSession | undefined): void {
    if (session) return this.#parts.reply({ kind: session.authenticated ? 'SEND' : 'PASSWORD', sendid });
    const { maxSessions, resultsKept, sessionError } = this.#parts.settings();
    const { times, error } = this.#rejection;
    if (times > 0) {
      this.#rejection = { times: times - 1, error };
      return this.refuse(sendid, error);
    }
    if (sessionError !== null) return this.refuse(sendid, sessionError);
    if (Buffer.byteLength(text) > MAX_TEXT_BYTES) return this.refuse(sendid, 'msg_too_long');
    if (this.#open.size >= maxSessions) return this.refuse(sendid, 'too_many_sends_in_server');
    const opened = new DeviceSession(sendid, text, resultsKept);
    this.#open.set(sendid, opened);
    this.#restartIdleTime(opened);
    this.#parts.report({ sendid, change: 'opened' });
    this.#parts.reply({ kind: 'PASSWORD', sendid });
  }

  #onPassword({ sendid, password }: Request<'PASSWORD'>, session: DeviceSession | undefined): void {
    if (!session) return this.#error(sendid, 'SENDID');
    const isRight = password === this.#parts.password && !this.#parts.settings().refusePassword;
    if (!isRight) return this.#error(sendid, 'PASSWORD');
    if (!session.authenticated) this.#parts.report({ sendid, change: 'authenticated' });
    session.authenticate();
    this.#parts.reply({ kind: 'SEND', sendid });
  }

  #onSend({ sendid, telid, number }: Request<'SEND'>, session: DeviceSession | undefined): void {
    if (!session) return this.#error(sendid, 'SENDID');
    if (!session.authenticated) return this.#error(sendid, 'PASSWORD');
    const state = session.stateOf(telid);
    if (state) return this.#onQuery(session, telid, number, state);
    if (this.#parts.isLoggedOut()) return this.#error(sendid, 'GSM_LOGOUT');
    session.accept(telid);
    this.#submit(session, telid, number);
    if (this.#parts.settings().firmware !== 'direct') this.#answer(session, telid, { state: 'waiting' });
  }

  /** A SEND of a telid that the device knows is a question, not an order; except for firmware that gets this wrong. */
  #onQuery(session: DeviceSession, telid: number, number: string, state: TelidState): void {
    if (state.state === 'waiting' && this.#parts.settings().duplicatesOnQuery) this.#submit(session, telid, number);
    this.#answer(session, telid, state);
  }

  #onDone({ sendid }: Request<'DONE'>, session: DeviceSession | undefined): void {
    if (session) this.#release(session, 'done');
    this.#parts.reply({ kind: 'DONE', sendid });
  }

  #submit(session: DeviceSession, telid: number, to: string): void {
    if (this.#isStuck(to)) return;
    this.#parts.modem.submit({
      sendid: session.sendid,
      telid,
      to,
      text: session.text,
      finished: (result) => this.#onResult(session, telid, result),
    });
  }

  #onResult(session: DeviceSession, telid: number, result: SmsResult): void {
    if (this.#open.get(session.sendid) !== session) return;
    session.finish(telid, result);
    const { firmware, silent } = this.#parts.settings();
    if (firmware !== 'poll' && !silent) this.#answer(session, telid, result);
  }

  #answer({ sendid }: DeviceSession, telid: number, state: TelidState): void {
    switch (state.state) {
      case 'waiting':
        return this.#parts.reply({ kind: 'WAIT', sendid, telid });
      case 'sent':
        return this.#parts.reply({
          kind: 'OK',
          sendid,
          telid,
          smsNo: this.#parts.settings().smsNo ? state.smsNo : null,
        });
      case 'failed':
        return this.#error(sendid, `${telid} errorstatus:${state.errorstatus}`);
    }
  }

  #error(sendid: number, message: string): void {
    this.#parts.reply(errorReply(sendid, message));
  }

  #isStuck(to: string): boolean {
    const { stuckNumbers } = this.#parts.settings();
    return typeof stuckNumbers === 'function' ? stuckNumbers(to) : stuckNumbers.includes(to);
  }

  /** Only what the server sends keeps a session alive (protocol §4). */
  #restartIdleTime(session: DeviceSession): void {
    this.#idle.get(session.sendid)?.();
    const release = () => this.#release(session, 'idle');
    this.#idle.set(session.sendid, this.#parts.alarms.after(this.#parts.settings().sessionIdle, release));
  }

  #release({ sendid }: DeviceSession, reason: string): void {
    this.#idle.get(sendid)?.();
    this.#idle.delete(sendid);
    this.#open.delete(sendid);
    this.#parts.modem.withdraw(sendid);
    this.#parts.report({ sendid, change: 'released', reason });
  }
}
