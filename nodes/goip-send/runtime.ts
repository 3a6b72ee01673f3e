import type { Node, NodeAPI, NodeDef, NodeMessage, NodeMessageInFlow } from 'node-red';
import {
  errorOf,
  GoipError,
  Pace,
  PRIORITIES,
  safeErrorOf,
  type GoipServer,
  type Job,
  type JobResult,
  type JobSelector,
  type SendRequest,
  systemClock,
} from '../../src/index.js';
import { textOf } from '../shared/configured.js';
import { contextOf, messageOf } from '../shared/job-context.js';
import { Messenger, readFrom, type Send } from '../shared/messenger.js';
import { SendProgress } from '../shared/send-progress.js';
import { useServer } from '../shared/server-user.js';
import { StepMessages } from '../shared/step-messages.js';
import { evaluate, type TypedInput } from '../shared/typed-input.js';
import { isWired } from '../shared/wires.js';
import { INPUTS, type GoipSendProperties } from './def.js';

type GoipSendDef = NodeDef & Readonly<GoipSendProperties>;

/** Orders about jobs instead of a new one, as `msg.action`. */
const ACTIONS = ['cancel', 'pause', 'resume'] as const;

/** Input messages, and jobs after a restart, that the node takes in one turn of the event loop. */
const INPUTS_PER_TURN = 20;

export = function (RED: NodeAPI): void {
  function GoipSend(this: Node, def: GoipSendDef): void {
    RED.nodes.createNode(this, def);
    const inputs = {
      text: { value: def.text, type: def.textType, fallback: INPUTS.text },
      to: { value: def.to, type: def.toType, fallback: INPUTS.to },
      device: { value: def.device, type: def.deviceType, fallback: INPUTS.device },
      id: { value: def.jobId, type: def.jobIdType, fallback: INPUTS.jobId },
      expire: { value: def.expire, type: def.expireType, fallback: INPUTS.expire },
      priority: { value: def.priority, type: def.priorityType, fallback: INPUTS.priority },
      maxParts: { value: def.maxParts, type: def.maxPartsType, fallback: INPUTS.maxParts },
      waitForReport: { value: def.waitForReport, type: def.waitForReportType, fallback: INPUTS.waitForReport },
    } satisfies Record<string, TypedInput>;
    const progress = new SendProgress();
    const pace = new Pace(INPUTS_PER_TURN, (callback) => systemClock.soon(callback));
    /** Ends the inputs whose jobs are under way, when the node is closed. */
    const pending = new Set<(error: Error) => void>();
    const followed = new Set<string>();
    /** Jobs that were offered, and are not followed or counted yet. */
    const offered = new Set<string>();
    /** Requests that are not accepted yet. */
    const asking = new Set<Promise<Job>>();
    const messenger = new Messenger(RED, this);
    const clone = (message: NodeMessage): NodeMessage => messenger.clone(message);
    const isStatusWired = (): boolean => isWired(this, 1);
    const sendOfNode: Send = (messages) => this.send(messages);
    let closed = false;
    let lastSteps: { readonly id: string; readonly steps: StepMessages } | undefined;

    const joined = (current: GoipServer): (() => void) => {
      const leaveJobs = current.takeJobs(this.id, (job) => {
        // A job that the journal cannot tell about now is offered again.
        goOnWith(current, job).catch((error: unknown) => isOfStorage(error) || this.error(current.safeErrorOf(error)));
      });
      const leaveStatuses = current.takeStatuses(this.id, (status, context) => {
        // A job that is followed has a listener of its own.
        if (followed.has(status.id)) return;
        progress.step(status);
        refreshStatus();
        if (isStatusWired()) sendOfNode([null, stepsOf(status.id, context).next(status)]);
      });
      const leaveReports = current.takeReports(this.id, (status, context) => {
        if (!isStatusWired()) return;
        sendOfNode([null, new StepMessages(clone, (context ?? {}) as NodeMessage).next(status)]);
      });
      return () => {
        leaveJobs();
        leaveStatuses();
        leaveReports();
      };
    };
    const { server, refreshStatus, whenFlowing } = useServer(RED, this, {
      server: def.server,
      override: () => progress.status(),
      joined,
    });

    this.on('input', (msg, send, done) => {
      const end = openInput((error) => messenger.end(done, msg, error));
      handle(this, msg, send as Send, end).catch((error: unknown) => {
        if (!closed) {
          progress.failed();
          refreshStatus();
        }
        end(server?.safeErrorOf(error) ?? safeErrorOf(error));
      });
    });
    this.on('close', () => {
      closed = true;
      for (const end of pending) end(new GoipError('GOIP_CLOSED', 'the node was closed before the job had ended'));
    });

    /** Returns what ends an input; only the first call counts. Closing the node ends all inputs. */
    function openInput(done: (error?: Error) => void): (error?: Error) => void {
      const end = (error?: Error): void => {
        if (pending.delete(end)) done(error);
      };
      pending.add(end);
      return end;
    }

    async function handle(node: Node, msg: NodeMessageInFlow, send: Send, end: (error?: Error) => void): Promise<void> {
      if (!server) throw new GoipError('GOIP_NO_SERVER', 'there is no GoIP server of use');
      const order = orderIn(node, msg);
      if (order) {
        await server[order.action](order.selector);
        end();
        return;
      }
      // Thousands of messages may come in one turn of the event loop.
      await pace.turn();
      const request = await requestFrom(server, node, msg);
      // The close has ended the input.
      if (closed) return;
      const accepted = server.send({ ...request, origin: node.id, context: contextOf(msg), held: msg });
      asking.add(accepted);
      try {
        const job = await accepted;
        // Otherwise the owner that follows this node has got the job.
        if (pending.has(end)) follow(server, job, msg, send, end);
      } finally {
        asking.delete(accepted);
      }
    }

    /**
     * Goes on with a job of this node that a restart or a deploy has cut off from its message. One that runs is only counted:
     * there may be a hundred thousand. Its steps come to the taker of statuses, and it is offered again when it has ended.
     */
    async function goOnWith(of: GoipServer, job: Job): Promise<void> {
      if (followed.has(job.id) || offered.has(job.id)) return;
      offered.add(job.id);
      try {
        // It may be one that this node has just asked for.
        await Promise.allSettled([...asking]);
        await pace.turn();
        if (closed || followed.has(job.id)) return;
        if (job.hasEnded) {
          follow(of, job, messageOf(job.context), sendOfNode);
        } else {
          progress.begin(job);
          refreshStatus();
        }
      } finally {
        offered.delete(job.id);
      }
    }

    /** The messages of a job's steps. Steps of the same job often come one after the other. */
    function stepsOf(id: string, context: unknown): StepMessages {
      if (lastSteps?.id !== id) lastSteps = { id, steps: new StepMessages(clone, messageOf(context)) };
      return lastSteps.steps;
    }

    async function requestFrom(of: GoipServer, node: Node, msg: NodeMessage): Promise<SendRequest> {
      const evaluation = { RED, node, safeErrorOf: (error: unknown) => of.safeErrorOf(error) };
      const values = await Promise.all(Object.values(inputs).map((input) => evaluate(evaluation, input, msg)));
      const entries = Object.keys(inputs).map((name, index) => [name, values[index]?.value] as const);
      const request = Object.fromEntries(entries) as unknown as SendRequest;
      // A flow from before may have something else there, such as the priority of a mail.
      const isOurs = def.priority !== undefined || PRIORITIES.some((known) => known === request.priority);
      return isOurs ? request : { ...request, priority: undefined };
    }

    function follow(of: GoipServer, job: Job, msg: NodeMessage, send: Send, end: (error?: Error) => void = noop): void {
      let steps: StepMessages | undefined;
      followed.add(job.id);
      // Two messages with one job id share a job, whose steps count once.
      const isFirst = progress.begin(job);
      refreshStatus();

      job.on('status', (status) => {
        if (closed) return;
        if (isStatusWired()) {
          steps ??= new StepMessages(clone, msg);
          send([null, steps.next(status)]);
        }
        if (isFirst) progress.step(status);
        refreshStatus();
      });
      const finish = (result: JobResult): void => {
        followed.delete(job.id);
        // The next owner gets it, because it is not told here.
        if (closed) return;
        const error = errorOf(result);
        progress.end(job, error !== undefined);
        refreshStatus();
        messenger.send(send, 0, messenger.withProperties(msg, { payload: result }));
        of.told(job.id);
        end(error);
      };
      // Rejected, the job goes on without this server; the close of the node has ended the input.
      job.result.then(
        (result) => whenFlowing(() => finish(result)),
        () => followed.delete(job.id),
      );
    }
  }

  RED.nodes.registerType('goip send', GoipSend);
};

const noop = (): void => undefined;

function isOfStorage(error: unknown): boolean {
  const safe = safeErrorOf(error);
  return safe instanceof GoipError && safe.code === 'GOIP_STORAGE';
}

interface Order {
  readonly action: (typeof ACTIONS)[number];
  readonly selector: JobSelector;
}

/** The order that a message holds, for one job or all jobs of the node; undefined if it is a request. */
function orderIn(node: Node, msg: NodeMessage): Order | undefined {
  return readFrom(() => {
    const { action: written } = msg as { action?: unknown };
    const action = ACTIONS.find((known) => known === written);
    return action && { action, selector: selectorIn(node, msg) };
  });
}

function selectorIn(node: Node, msg: NodeMessage): JobSelector {
  const { jobId, goip } = msg as { jobId?: unknown; goip?: { jobId?: unknown } };
  const id = jobId ?? goip?.jobId ?? '';
  if (id === '') return { origin: node.id };
  const written = textOf(id);
  if (written !== undefined) return { jobId: written };
  // To stop everything for it could not be taken back.
  throw new GoipError('GOIP_BAD_SETTING', 'the id of a job is a text or a number');
}
