import { ApiError, TransportError, type CallOptions } from '@quickvirt/kube';
import type { Process } from '../processes/process.ts';
import type { Owner } from './agenda.ts';
import type { World } from './world.ts';

/** What becomes of one request. */
export type RequestFate =
  /** It arrives and is answered. */
  | 'served'
  /** It never arrives. */
  | 'lost'
  /** It arrives and takes effect, but the answer is lost. */
  | 'unanswered'
  /** 409: a conflict, whatever the object. */
  | 'conflict'
  /** 429: the server is busy. */
  | 'throttled'
  /** 500: nothing took effect. */
  | 'failed'
  /** It hangs for up to a minute, and then takes effect, whether or not its sender lives or still waits. */
  | 'late';

/** The client gives up after this time; the request may take effect yet. KubeClient's default. */
const REQUEST_TIMEOUT_MS = 30_000;
const LATE_MS = { first: 500, last: 60_000 };

const REFUSALS = {
  conflict: { status: 409, reason: 'Conflict' },
  throttled: { status: 429, reason: 'TooManyRequests' },
  failed: { status: 500, reason: 'InternalError' },
} as const;

/** Carries requests of processes to the API server and the answers back, each on its own time. */
export class Network implements Owner {
  readonly name = 'network';
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /**
   * Runs `serve` at the API server when the request arrives, if it does.
   * @param limits how long the sender waits, by its own clock, and what makes it give up.
   */
  request<T>(sender: Process, label: string, serve: () => T, { timeoutMs, signal }: CallOptions = {}): Promise<T> {
    const { agenda, random } = this.#world;
    const sentAtMs = agenda.nowMs;
    return new Promise<T>((resolve, reject) => {
      const timeUp = () => reject(new TransportError(label, 'the time was up'));
      signal?.addEventListener('abort', () => reject(new TransportError(label, 'given up')), { once: true });
      const cancel = timeoutMs === undefined ? undefined : sender.clock.after(timeoutMs, timeUp);
      const answer = (settle: () => void) =>
        sender.soon(`answer ${label}`, () => {
          cancel?.();
          if (agenda.nowMs - sentAtMs > REQUEST_TIMEOUT_MS) reject(new TransportError(label, 'the time was up'));
          else settle();
        });
      const arrive = (fate: RequestFate) => {
        if (fate === 'lost') return answer(() => reject(new TransportError(label, 'lost')));
        if (fate !== 'served' && fate !== 'unanswered' && fate !== 'late') {
          const { status, reason } = REFUSALS[fate];
          const error = new ApiError(label, { status, body: { kind: 'Status', reason, message: 'injected' } });
          return answer(() => reject(error));
        }
        let result: T;
        try {
          result = serve();
        } catch (error) {
          return answer(() => reject(error as Error));
        }
        if (fate === 'unanswered') return answer(() => reject(new TransportError(label, 'the answer was lost')));
        answer(() => resolve(result));
      };
      const send = () => {
        const fate = this.#world.fateOf(sender, label);
        if (fate !== 'late') return arrive(fate);
        const lateMs = random.between(LATE_MS.first, LATE_MS.last);
        agenda.after(this, `late ${label}`, lateMs, () => {
          this.#world.servesLate = true;
          arrive('late');
          this.#world.servesLate = false;
        });
        // The sender gives up, by the time or because its connection broke, and tries again while this one is under way.
        const givesUpMs = random.chance(0.5) ? random.below(lateMs) : REQUEST_TIMEOUT_MS;
        const giveUp = () => reject(new TransportError(label, 'no answer came'));
        if (givesUpMs < lateMs) agenda.after(sender, `no answer ${label}`, givesUpMs, giveUp);
      };
      agenda.add(this, label, send);
    });
  }
}
