import type { Node, NodeAPI, NodeDef, NodeMessage, NodeMessageInFlow, NodeStatus } from 'node-red';
import {
  errorOf,
  GoipError,
  PRIORITIES,
  type GoipServer,
  type Job,
  type JobResult,
  type JobSelector,
  type RecipientStatus,
  type SendRequest,
} from '../src/index.js';
import { ERROR, useServer } from './server-user.js';
import { evaluate, type TypedInput } from './typed-input.js';

interface GoipSendDef extends NodeDef {
  readonly server: string;
  readonly text?: string;
  readonly textType?: string;
  readonly to?: string;
  readonly toType?: string;
  readonly device?: string;
  readonly deviceType?: string;
  readonly jobId?: string;
  readonly jobIdType?: string;
  /** Seconds. */
  readonly expire?: string;
  readonly expireType?: string;
  readonly priority?: string;
  readonly priorityType?: string;
  readonly maxParts?: string;
  readonly maxPartsType?: string;
  /** Seconds. */
  readonly waitForReport?: string;
  readonly waitForReportType?: string;
}

/** Orders about jobs instead of a new one, as `msg.action`. */
const ACTIONS = ['cancel', 'pause', 'resume'] as const;

/** Longest JSON of a message that is kept with its job, to be sent on with the result after a restart. */
const LONGEST_CONTEXT = 16_384;

export = function (RED: NodeAPI): void {
  function GoipSend(this: Node, def: GoipSendDef): void {
    RED.nodes.createNode(this, def);
    const inputs = {
      text: { value: def.text, type: def.textType, fallback: 'payload' },
      to: { value: def.to, type: def.toType, fallback: 'to' },
      device: { value: def.device, type: def.deviceType, fallback: 'device' },
      id: { value: def.jobId, type: def.jobIdType, fallback: 'goip.jobId' },
      expire: { value: def.expire, type: def.expireType, fallback: 'expire' },
      priority: { value: def.priority, type: def.priorityType, fallback: 'priority' },
      maxParts: { value: def.maxParts, type: def.maxPartsType, fallback: 'maxParts' },
      waitForReport: { value: def.waitForReport, type: def.waitForReportType, fallback: 'waitForReport' },
    } satisfies Record<string, TypedInput>;
    const progress = new Progress();
    /** Ends the inputs whose jobs are under way, when the node is closed. */
    const pending = new Set<(error: Error) => void>();
    const followed = new Set<string>();
    let closed = false;

    /** Goes on with the jobs of this node that a restart or a deploy has cut off from their messages. */
    const started = (current: GoipServer): (() => void) => {
      current.adopt(this.id).then(
        (jobs) => {
          for (const job of jobs) {
            if (!closed && !followed.has(job.id)) follow(current, job, messageOf(job), (msg) => this.send(msg));
          }
        },
        (error: unknown) => this.error(error),
      );
      return current.takeReports(this.id, (status, context) => {
        this.send([null, { ...(context as object | null), payload: status }] as never);
      });
    };
    const { server, refreshStatus } = useServer(RED, this, {
      server: def.server,
      override: () => progress.status(),
      started,
    });

    this.on('input', (msg, send, done) => {
      handle(this, msg, send as (msg: NodeMessage[]) => void, done).catch((error: unknown) => {
        progress.failed();
        refreshStatus();
        done(error as Error);
      });
    });
    this.on('close', () => {
      closed = true;
      for (const end of pending) end(new GoipError('GOIP_CLOSED', 'the node was closed before the job had ended'));
    });

    async function handle(
      node: Node,
      msg: NodeMessageInFlow,
      send: (msg: NodeMessage[]) => void,
      done: (error?: Error) => void,
    ): Promise<void> {
      if (!server) throw new GoipError('GOIP_NO_SERVER', 'there is no GoIP server of use');
      const action = actionOf(msg);
      if (action) {
        await server[action](selectorOf(node, msg));
        done();
        return;
      }
      const request = await requestFrom(node, msg);
      const job = await server.send({ ...request, origin: node.id, context: contextOf(msg) });
      follow(server, job, msg, send, done);
    }

    async function requestFrom(node: Node, msg: NodeMessage): Promise<SendRequest> {
      const values = await Promise.all(
        Object.entries(inputs).map(async ([name, input]) => [name, await evaluate(RED, node, input, msg)] as const),
      );
      const request = Object.fromEntries(values) as unknown as SendRequest;
      // A flow from before may have something else there, such as the priority of a mail.
      const isOurs = def.priority !== undefined || PRIORITIES.some((known) => known === request.priority);
      return isOurs ? request : { ...request, priority: undefined };
    }

    function follow(
      of: GoipServer,
      job: Job,
      msg: NodeMessage,
      send: (msg: NodeMessage[]) => void,
      done: (error?: Error) => void = () => undefined,
    ): void {
      const { payload, ...rest } = msg;
      let ended = closed;
      const end = (error?: Error): void => {
        ended = true;
        pending.delete(end);
        done(error);
      };
      pending.add(end);
      followed.add(job.id);
      progress.begin(job);
      refreshStatus();

      job.on('status', (status) => {
        if (ended) return;
        send([null, { ...RED.util.cloneMessage(rest), payload: status }] as never);
        progress.step(job, status);
        refreshStatus();
      });
      const finish = (result: JobResult): void => {
        followed.delete(job.id);
        if (ended) return;
        const error = errorOf(result);
        progress.end(job, error !== undefined);
        refreshStatus();
        msg.payload = result;
        send([msg, null] as never);
        of.told(job.id);
        end(error);
      };
      // Rejected, the job goes on without this server; the close of the node has ended the input.
      job.result.then(finish, () => followed.delete(job.id));
    }
  }

  RED.nodes.registerType('goip send', GoipSend);
};

function actionOf(msg: NodeMessage): (typeof ACTIONS)[number] | undefined {
  const { action } = msg as { action?: unknown };
  return ACTIONS.find((known) => known === action);
}

/** One job, or all of the node. */
function selectorOf(node: Node, msg: NodeMessage): JobSelector {
  const { jobId, goip } = msg as { jobId?: unknown; goip?: { jobId?: unknown } };
  const id = jobId ?? goip?.jobId ?? '';
  if (id === '') return { origin: node.id };
  if (typeof id === 'string' || typeof id === 'number') return { jobId: String(id) };
  // To stop everything for it could not be taken back.
  throw new GoipError('GOIP_BAD_SETTING', 'the id of a job is a text or a number');
}

/** What of a message can be kept over a restart. */
function contextOf(msg: NodeMessage): unknown {
  const { payload, req, res, ...rest } = msg as NodeMessage & { req?: unknown; res?: unknown };
  try {
    const json = JSON.stringify(rest);
    return json.length <= LONGEST_CONTEXT ? (JSON.parse(json) as unknown) : null;
  } catch {
    // Circular, or with a BigInt: it goes without.
    return null;
  }
}

/** The message of a job whose own did not survive. */
function messageOf(job: Job): NodeMessage {
  const context = (job.context ?? {}) as NodeMessage & { goip?: object };
  return { ...context, goip: { ...context.goip, redelivered: true } };
}

/** What the node shows: the numbers of all its jobs under way. */
class Progress {
  readonly #jobs = new Map<Job, { sent: number; started: boolean }>();
  #failed = false;

  begin(job: Job): void {
    this.#failed = false;
    // Two messages with one job id have one job.
    if (!this.#jobs.has(job)) this.#jobs.set(job, { sent: 0, started: false });
  }

  step(job: Job, { state }: RecipientStatus): void {
    const progress = this.#jobs.get(job);
    if (!progress) return;
    if (state !== 'queued') progress.started = true;
    if (state === 'sent') progress.sent += 1;
  }

  end(job: Job, failed: boolean): void {
    this.#jobs.delete(job);
    this.#failed = failed;
  }

  /** An input that never became a job. */
  failed(): void {
    this.#failed = true;
  }

  status(): NodeStatus | undefined {
    if (this.#jobs.size === 0) return this.#failed ? ERROR : undefined;
    const jobs = [...this.#jobs];
    const total = jobs.reduce((sum, [job]) => sum + job.total, 0);
    if (!jobs.some(([, { started }]) => started)) return { fill: 'yellow', shape: 'ring', text: `queued ${total}` };
    const sent = jobs.reduce((sum, [, progress]) => sum + progress.sent, 0);
    return { fill: 'blue', shape: 'dot', text: `${sent}/${total}` };
  }
}
