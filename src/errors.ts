/** The errors of this package, and the safe part of all other errors. */
import type { GoipErrorCode } from './tables/codes.js';

export type { GoipErrorCode } from './tables/codes.js';

export class GoipError extends Error {
  override readonly name = 'GoipError';
  constructor(
    readonly code: GoipErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Message of an error, safe for logs and users. Errors of Node.js and of libraries about a wrong argument quote it, and it may
 * be a password: only their kind and place are returned.
 */
export function safeMessageOf(error: unknown): string {
  return readThrown('internal error', () => {
    if (!(error instanceof Error)) return 'internal error';
    const isAboutArguments = codeOf(error).startsWith('ERR_') || ARGUMENT_ERRORS.some((kind) => error instanceof kind);
    return isAboutArguments ? `internal error: ${kindAndPlaceOf(error)}` : error.message;
  });
}

/** The kind of an error and where it was made, without anything that it quotes. */
export function kindAndPlaceOf(error: unknown): string {
  const kind = `${typeof error} was thrown`;
  return readThrown(kind, () => {
    if (!(error instanceof Error)) return kind;
    const place = /^\s+at (.*)$/m.exec(error.stack ?? '')?.[1];
    return [error.constructor.name, codeOf(error), place && `at ${place}`].filter(Boolean).join(' ');
  });
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

const ARGUMENT_ERRORS = [TypeError, RangeError, SyntaxError, ReferenceError];

/** The error itself if it is ours; else a new one with the safe part of its message. */
export function safeErrorOf(error: unknown): Error {
  return isGoipError(error) ? error : new Error(safeMessageOf(error));
}

/** Objects of users throw anything, a Proxy among it that throws again when it is looked at. */
export function isGoipError(thrown: unknown): thrown is GoipError {
  return readThrown(false, () => thrown instanceof GoipError);
}

function readThrown<T>(otherwise: T, read: () => T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
