import type { Node, NodeAPI, NodeDef, NodeMessage, NodeMessageInFlow, NodeStatus } from 'node-red';
import { errorOf, GoipError, type Job, type RecipientStatus } from '../src/index.js';
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
}

export = function (RED: NodeAPI): void {
  function GoipSend(this: Node, def: GoipSendDef): void {
    RED.nodes.createNode(this, def);
    const inputs = {
      text: { value: def.text, type: def.textType, fallback: 'payload' },
      to: { value: def.to, type: def.toType, fallback: 'to' },
      device: { value: def.device, type: def.deviceType, fallback: 'device' },
    } satisfies Record<string, TypedInput>;
    const progress = new Progress();
    /** Ends the inputs whose jobs are under way, when the node is closed. */
    const pending = new Set<(error: Error) => void>();
    const { server, refreshStatus } = useServer(RED, this, { server: def.server, override: () => progress.status() });

    this.on('input', (msg, send, done) => {
      void accept(this, msg)
        .then((job) => follow(job, msg, send, done))
        .catch((error: unknown) => {
          progress.failed();
          refreshStatus();
          done(error as Error);
        });
    });
    this.on('close', () => {
      for (const end of pending) end(new GoipError('GOIP_CLOSED', 'the node was closed before the job had ended'));
    });

    async function accept(node: Node, msg: NodeMessage): Promise<Job> {
      if (!server) throw new GoipError('GOIP_NO_SERVER', 'there is no GoIP server of use');
      const [text, to, device] = await Promise.all(
        [inputs.text, inputs.to, inputs.device].map((input) => evaluate(RED, node, input, msg)),
      );
      return server.send({ text, to, device });
    }

    function follow(
      job: Job,
      msg: NodeMessageInFlow,
      send: (msg: NodeMessage[]) => void,
      done: (e?: Error) => void,
    ): void {
      const { payload, ...rest } = msg;
      let closed = false;
      const end = (error?: Error): void => {
        closed = true;
        pending.delete(end);
        done(error);
      };
      pending.add(end);
      progress.begin(job);
      refreshStatus();

      job.on('status', (status) => {
        if (closed) return;
        send([null, { ...RED.util.cloneMessage(rest), payload: status }] as never);
        progress.step(job, status);
        refreshStatus();
      });
      void job.result.then((result) => {
        if (closed) return;
        const error = errorOf(result);
        progress.end(job, error !== undefined);
        refreshStatus();
        msg.payload = result;
        send([msg, null] as never);
        end(error);
      });
    }
  }

  RED.nodes.registerType('goip send', GoipSend);
};

/** What the node shows: the numbers of all its jobs under way. */
class Progress {
  readonly #jobs = new Map<Job, { sent: number; started: boolean }>();
  #failed = false;

  begin(job: Job): void {
    this.#failed = false;
    this.#jobs.set(job, { sent: 0, started: false });
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
