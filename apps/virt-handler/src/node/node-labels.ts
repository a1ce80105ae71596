import { labels } from '@quickvirt/api';
import { nodes, systemClock, type Clock, type KubeClient } from '@quickvirt/kube';
import type { Logger } from '@quickvirt/telemetry';

export interface NodeLabelOptions {
  client: KubeClient;
  nodeName: string;
  logger: Logger;
  clock?: Clock;
}

const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;

/**
 * Marks this node as one that VMs may be placed on, if it is not marked yet: launcher pods select on the label. Tries
 * until it is done or aborted.
 */
export async function markSchedulable(options: NodeLabelOptions, signal: AbortSignal): Promise<void> {
  const { client, nodeName, logger, clock = systemClock } = options;
  for (let waitMs = FIRST_RETRY_MS; !signal.aborted; waitMs = Math.min(waitMs * 2, MAX_RETRY_MS)) {
    try {
      const node = await client.get(nodes, { name: nodeName }, { signal });
      if (node.metadata.labels?.[labels.schedulable] === 'true') return;
      const patch = { metadata: { uid: node.metadata.uid, labels: { [labels.schedulable]: 'true' } } };
      await client.patch(nodes, { name: nodeName }, patch, { kind: 'merge', signal });
      logger.info('VMs may be placed on this node from now on', { label: labels.schedulable });
      return;
    } catch (error) {
      if (signal.aborted) return;
      logger.warn('cannot label this node', { error });
      await clock.sleep(waitMs, signal).catch(() => undefined);
    }
  }
}
