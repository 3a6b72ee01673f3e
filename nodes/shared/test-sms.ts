/** An SMS that somebody sends by hand, to see whether a line works. */
import { GoipError, type GoipServer, type Job, type RecipientResult } from '../../src/index.js';

/** Seconds until it is not sent any more: who tries a line is there to see it. */
const EXPIRE = 300;

/** Milliseconds that the answer waits for the result. An SMS takes 2–5 s on air. */
const PATIENCE = 20_000;

export interface TestSms {
  /** The job, with which it can be cancelled. */
  readonly id: string;
  /** `waiting` where the result is not there yet. */
  readonly state: RecipientResult['state'] | 'waiting';
  readonly code: string | null;
  readonly reason: string | null;
}

/**
 * To one number, on one line; ahead of what waits there.
 * @throws GoipError with the code of what is wrong; then nothing is sent
 */
export async function sendTestSms(server: GoipServer, body: Readonly<Record<string, unknown>>): Promise<TestSms> {
  const { device, to, text } = body;
  if (typeof device !== 'string' || server.lines([device]).length === 0) {
    throw new GoipError('GOIP_UNKNOWN_DEVICE', 'a line of the server is needed');
  }
  if (typeof to !== 'string' || /[,;]/.test(to)) throw new GoipError('GOIP_BAD_NUMBER', 'one number is needed');
  if (typeof text !== 'string') throw new GoipError('GOIP_TEXT_EMPTY', 'there is no text to send');
  const job = await server.send({ to, text, device, priority: 'high', expire: EXPIRE });
  return { id: job.id, ...(await outcomeOf(job)) };
}

async function outcomeOf(job: Job): Promise<Omit<TestSms, 'id'>> {
  const waiting = { state: 'waiting', code: null, reason: null } as const;
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), PATIENCE);
  });
  try {
    const result = await Promise.race([job.result, patience]);
    const [first] = result?.results ?? [];
    return first ? { state: first.state, code: first.code, reason: first.reason } : waiting;
  } finally {
    clearTimeout(timer);
  }
}
