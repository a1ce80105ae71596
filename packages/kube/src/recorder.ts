import type { Logger, Metrics } from '@quickvirt/telemetry';
import type { Clock } from './clock.ts';
import type { KubeClient } from './client.ts';
import type { KubeObject } from './resource-type.ts';

export interface RecorderOptions {
  /** `source.component`, for example `virtualmachine-controller`. */
  component: string;
  /** `source.host`: the node, for a node agent. */
  host?: string;
  logger: Logger;
  metrics?: Metrics;
  clock?: Clock;
}

export interface RecordedEvent {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  /** Machine-readable verb of what was done. */
  action?: string;
}

/** Writes core/v1 Events. An equal event again counts up the one that is there. Bounded; never blocks, never throws. */
export class Recorder {
  constructor(_client: KubeClient, _options: RecorderOptions) {}

  /** Queues one event about `regarding`, which needs apiVersion, kind, metadata.name and uid. */
  event(_regarding: KubeObject, _event: RecordedEvent): void {
    throw new Error('not landed yet');
  }

  /** Resolves once all queued events are written or given up; for an orderly stop. */
  flush(): Promise<void> {
    throw new Error('not landed yet');
  }
}
