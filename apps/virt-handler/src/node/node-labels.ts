import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { labels } from '@quickvirt/api';
import { nodes, systemClock, type Clock, type KubeClient } from '@quickvirt/kube';
import { labelChanges, nodeLabels } from '@quickvirt/node-plan';
import type { Logger } from '@quickvirt/telemetry';

export interface NodeLabelOptions {
  client: KubeClient;
  nodeName: string;
  /** Where the init container left what the node's own libvirt says; see virt-launcher's node-capabilities.ts. */
  capabilitiesDirectory: string;
  /** CPU models that are not offered, from the KubeVirt object. */
  obsoleteCpuModels: () => readonly string[];
  logger: Logger;
  clock?: Clock;
}

const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;

/**
 * Writes what this node can do for guests into its labels, which launcher pods select on, and last that VMs may be placed
 * here. Only what differs is written. Tries until it is done or aborted.
 */
export async function labelNode(options: NodeLabelOptions, signal: AbortSignal): Promise<void> {
  const { client, nodeName, logger, clock = systemClock } = options;
  for (let waitMs = FIRST_RETRY_MS; !signal.aborted; waitMs = Math.min(waitMs * 2, MAX_RETRY_MS)) {
    try {
      const wanted = { ...(await capabilityLabels(options)), [labels.schedulable]: 'true' };
      const node = await client.get(nodes, { name: nodeName }, { signal });
      const changes = labelChanges(node.metadata.labels ?? {}, wanted);
      if (!changes) return;
      const patch = { metadata: { uid: node.metadata.uid, labels: changes } };
      await client.patch(nodes, { name: nodeName }, patch, { kind: 'merge', signal });
      logger.info('labelled this node with what guests can have on it', { changed: Object.keys(changes).length });
      return;
    } catch (error) {
      if (signal.aborted) return;
      logger.warn('cannot label this node', { error });
      await clock.sleep(waitMs, signal).catch(() => undefined);
    }
  }
}

async function capabilityLabels(options: NodeLabelOptions): Promise<Record<string, string>> {
  const read = (name: string): Promise<string> => readFile(join(options.capabilitiesDirectory, name), 'utf8');
  const capabilitiesXml = await read('capabilities.xml');
  const domainCapabilitiesXml = await read('domain-capabilities.xml');
  return nodeLabels({ capabilitiesXml, domainCapabilitiesXml }, { obsoleteCpuModels: options.obsoleteCpuModels() });
}
