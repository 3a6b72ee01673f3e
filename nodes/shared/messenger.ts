/**
 * Sends messages of users and ends their inputs, whatever the messages hold. Node-RED copies a message for a second wire and for
 * Catch and Complete nodes, and throws if it cannot: some values cannot be read, copied or replaced.
 */
import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { GoipError, safeErrorOf } from '../../src/index.js';
import { isCopyable, plainCopy } from './plain-copy.js';
import { wiresOf } from './wires.js';

export type Send = (messages: (NodeMessage | null)[]) => void;

export class Messenger {
  readonly #clone: (message: NodeMessage) => NodeMessage;

  constructor(
    { util }: NodeAPI,
    private readonly node: Node,
  ) {
    this.#clone = (message) => util.cloneMessage(message);
  }

  /** Copies a message as Node-RED does it. */
  clone(message: NodeMessage): NodeMessage {
    return this.#clone(message);
  }

  /** Returns the message itself with other properties, or a copy of what can be copied if the message cannot be changed. */
  withProperties(message: NodeMessage, properties: object): NodeMessage {
    try {
      return Object.assign(message, properties);
    } catch {
      return { ...plainCopy(this.#clone, message), ...properties };
    }
  }

  /** Sends a message to one output, once on each wire. Without the properties that Node-RED cannot copy, if it has to copy it. */
  send(send: Send, output: number, message: NodeMessage): void {
    const sendOne = (one: NodeMessage): void => send([...new Array<null>(output).fill(null), one]);
    const plain = (): NodeMessage => {
      const { payload } = message;
      return { ...plainCopy(this.#clone, message), payload };
    };
    // Node-RED delivers to the first wire before it copies for the second.
    if (wiresOf(this.node, output).length > 1 && !isCopyable(this.#clone, message))
      return this.#sendSafely(() => sendOne(plain()));
    try {
      sendOne(message);
    } catch {
      this.#sendSafely(() => sendOne(plain()));
    }
  }

  /** Nothing else can be done for what is thrown here, and it must not end the process. */
  #sendSafely(send: () => void): void {
    try {
      send();
    } catch (error) {
      this.node.error(`a message was not sent: ${safeErrorOf(error).message}`);
    }
  }

  /** Ends an input. */
  end(done: (error?: Error) => void, message: NodeMessage, error?: Error): void {
    try {
      done(error);
    } catch {
      if (error) this.#report(error, message);
      else this.node.warn('the message cannot be copied for a Complete node, which does not receive it');
    }
  }

  /** Reports an error with as much of the message as a Catch node can receive. */
  #report(error: Error, message: NodeMessage): void {
    try {
      this.node.error(error, plainCopy(this.#clone, message));
    } catch {
      this.node.error(error, {});
    }
  }
}

/** Reads a message, whose properties may throw. @throws GoipError `GOIP_BAD_SETTING`, or that of `read` */
export function readFrom<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    const safe = safeErrorOf(error);
    if (safe instanceof GoipError) throw safe;
    throw new GoipError('GOIP_BAD_SETTING', 'the message cannot be read');
  }
}
