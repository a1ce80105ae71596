import type { Logger } from '@quickvirt/telemetry';
import type { Controller } from './controller.ts';
import type { Informer } from './informer.ts';
import type { KubeObject } from './resource-type.ts';
import type { LeaderElector } from './leader-election.ts';

/** Something that runs until aborted and resolves then; a rejection stops the whole Manager. */
export interface Runnable {
  name: string;
  run(signal: AbortSignal): Promise<void>;
}

export interface ManagerOptions {
  logger: Logger;
  /** Controllers and runnables added with `whenLeading` wait for leadership. Left out: they start at once. */
  leaderElector?: LeaderElector;
  /** How long a stop waits for work under way. Defaults to 20 s. */
  stopTimeoutMs?: number;
}

/** Starts informers, waits for their sync, then starts controllers (as the leader); stops in the reverse order. */
export class Manager {
  constructor(_options: ManagerOptions) {}

  /** Runs always. */
  addInformers(..._informers: Informer<never>[] | Informer<KubeObject>[]): this {
    throw new Error('not landed yet');
  }

  /** Run while leading (or always, without an elector), after the sync of all informers. Adds their informers. */
  addControllers(..._controllers: Controller[]): this {
    throw new Error('not landed yet');
  }

  /** Runs always, or `whenLeading` only. */
  addRunnable(_runnable: Runnable, _options: { whenLeading?: boolean } = {}): this {
    throw new Error('not landed yet');
  }

  /** True once all informers hold their first list: for `/readyz`. */
  get isSynced(): boolean {
    throw new Error('not landed yet');
  }

  /** Runs until aborted. Rejects when a runnable fails or leadership is lost: the process should end then. */
  run(_signal: AbortSignal): Promise<void> {
    throw new Error('not landed yet');
  }
}
