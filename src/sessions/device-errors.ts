/** What a device says of a number that it could not send, in words for users. */
import { smsErrorMeaning } from '../gsm/causes.js';
import type { ErrorReply } from '../protocol/index.js';

/** Returns the reason of a failure: the meaning of its number if it has one, and the words of the device. */
export function reasonOfFailure(reply: ErrorReply): string {
  const words = wordsOf(reply);
  if (reply.errorstatus === null)
    return words === '' ? `the device gave no reason ("${writtenBy(reply)}")` : `the device reported: ${words}`;
  const meaning = meaningOf(reply.errorstatus);
  const more = words.replace(/^errorstatus\b[:\s]*-?\d*[\s;:,]*/i, '');
  return more === '' ? meaning : `${meaning}: ${more}`;
}

/** Returns the words of an error about a session, or the whole reply if it has none. */
export function wordsOfError(reply: ErrorReply): string {
  return /^\d*$/.test(reply.message) ? writtenBy(reply) : reply.message;
}

function meaningOf(errorstatus: number): string {
  const meaning = smsErrorMeaning(errorstatus);
  return meaning === undefined ? `errorstatus ${errorstatus}` : `${meaning} (errorstatus ${errorstatus})`;
}

/** Without the telid, which says nothing to users. */
function wordsOf({ message }: ErrorReply): string {
  return message.replace(/^\d+(\s+|$)/, '');
}

function writtenBy({ id, message }: ErrorReply): string {
  return message === '' ? `ERROR ${id}` : `ERROR ${id} ${message}`;
}
