import type { Node, NodeAPI, NodeDef, NodeMessage, NodeMessageInFlow } from 'node-red';
import {
  errorOf,
  GoipError,
  Pace,
  PRIORITIES,
  type GoipServer,
  type Job,
  type JobResult,
  type JobSelector,
  type SendRequest,
  systemClock,
} from '../src/index.js';
import { contextOf, messageOf } from './job-context.js';
import { SendProgress } from './send-progress.js';
import { useServer } from './server-user.js';
import { StepMessages } from './step-messages.js';
import { evaluate, type TypedInput } from './typed-input.js';
import { isWired } from './wires.js';

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

/** Input messages, and jobs after a restart, that the node takes in one turn of the event loop. */
const INPUTS_PER_TURN = 20;

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
    const progress = new SendProgress();
    const pace = new Pace(INPUTS_PER_TURN, (callback) => systemClock.soon(callback));
    /** Ends the inputs whose jobs are under way, when the node is closed. */
    const pending = new Set<(error: Error) => void>();
    const followed = new Set<string>();
    const isStatusWired = (): boolean => isWired(this, 1);
    let closed = false;

    /** Goes on with the jobs of this node that a restart or a deploy has cut off from their messages. */
    const started = (current: GoipServer): (() => void) => {
      current
        .adopt(this.id)
        .then((jobs) => followAll(current, jobs, (msg) => this.send(msg)))
        .catch((error: unknown) => this.error(error));
      return current.takeReports(this.id, (status, context) => {
        if (isStatusWired())
          this.send([null, { ...RED.util.cloneMessage((context ?? {}) as NodeMessage), payload: status }] as never);
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
      // Thousands of messages may come in one turn of the event loop.
      await pace.turn();
      if (closed) throw new GoipError('GOIP_CLOSED', 'the node was closed before the message was taken');
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

    async function followAll(of: GoipServer, jobs: readonly Job[], send: (msg: NodeMessage[]) => void): Promise<void> {
      for (const job of jobs) {
        await pace.turn();
        if (!closed && !followed.has(job.id)) follow(of, job, messageOf(job), send);
      }
    }

    function follow(
      of: GoipServer,
      job: Job,
      msg: NodeMessage,
      send: (msg: NodeMessage[]) => void,
      done: (error?: Error) => void = () => undefined,
    ): void {
      let steps: StepMessages | undefined;
      let ended = closed;
      const end = (error?: Error): void => {
        ended = true;
        pending.delete(end);
        done(error);
      };
      pending.add(end);
      followed.add(job.id);
      // Two messages with one job id share a job, whose steps count once.
      const isFirst = progress.begin(job);
      refreshStatus();

      job.on('status', (status) => {
        if (ended) return;
        if (isStatusWired()) {
          steps ??= new StepMessages((properties) => RED.util.cloneMessage(properties), msg);
          send([null, steps.next(status)] as never);
        }
        if (isFirst) progress.step(job, status);
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
