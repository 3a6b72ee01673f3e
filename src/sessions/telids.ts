/** Numbers of the numbers within a bulk session: rising, and not to be guessed by who would forge a result. */
import { randomInt } from 'node:crypto';
import { MAX_ID } from '../parameters.js';

/** Numbers that a session can send whatever its first telid is: years of work for a line. */
const ROOM = 2 ** 24;

/** First telid of a session, 1 … 2³¹−1 less some room. Devices keep the results of the last ten telids, whatever they are. */
export const randomFirstTelid = (): number => randomInt(1, MAX_ID - ROOM);
