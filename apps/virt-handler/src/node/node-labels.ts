import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { labels, type KubeVirt } from '@quickvirt/api';
import {
  controller,
  nodes,
  type Controller,
  type ControllerOptions,
  type Informer,
  type KubeClient,
} from '@quickvirt/kube';
import { labelChanges, nodeLabels } from '@quickvirt/node-plan';

export interface NodeLabelOptions {
  client: KubeClient;
  nodeName: string;
  kubevirts: Informer<KubeVirt>;
  /** Where the init container left what the node's own libvirt says; see virt-launcher's node-capabilities.ts. */
  capabilitiesDirectory: string;
  /** What of the KubeVirt object counts: which guests are run, and which CPU models are not offered. */
  config: () => { useEmulation: boolean; obsoleteCpuModels: readonly string[] };
  /** False until the node can serve a launcher pod; then it is marked as one that VMs may be placed on. */
  isReady: () => boolean;
}

interface Observed {
  uid: string | undefined;
  current: Readonly<Record<string, string>>;
  wanted: Readonly<Record<string, string>>;
}

interface PatchLabels {
  uid: string | undefined;
  changes: Record<string, string | null>;
}

/**
 * Keeps in this node's labels what guests can have on it, which launcher pods select on. Runs when the KubeVirt object
 * changes and when it is enqueued by the node's name; writes only what differs.
 */
export function nodeLabelController(options: NodeLabelOptions, common: ControllerOptions): Controller {
  const { client, nodeName, kubevirts, isReady } = options;
  return controller('node-labels', common)
    .watches(kubevirts, () => [nodeName])
    .reconciles<Observed, PatchLabels>(
      {
        name: 'node-labels',
        observe: async () => {
          if (!isReady()) return undefined;
          const { metadata } = await client.get(nodes, { name: nodeName });
          const wanted = { ...(await capabilityLabels(options)), [labels.schedulable]: 'true' };
          return { uid: metadata.uid, current: metadata.labels ?? {}, wanted };
        },
        decide: ({ uid, current, wanted }) => {
          const changes = labelChanges(current, wanted);
          return { effects: changes ? [{ uid, changes }] : [] };
        },
      },
      async ({ uid, changes }) => {
        await client.patch(nodes, { name: nodeName }, { metadata: { uid, labels: changes } }, { kind: 'merge' });
      },
    );
}

async function capabilityLabels({ capabilitiesDirectory, config }: NodeLabelOptions): Promise<Record<string, string>> {
  const { useEmulation, obsoleteCpuModels } = config();
  const read = (name: string): Promise<string> => readFile(join(capabilitiesDirectory, name), 'utf8');
  const capabilitiesXml = await read('capabilities.xml');
  // What counts is what guests are given: under emulation QEMU's own CPU, not the node's.
  const domainCapabilitiesXml = await read(`domain-capabilities-${useEmulation ? 'qemu' : 'kvm'}.xml`).catch(() =>
    read('domain-capabilities-qemu.xml'),
  );
  return nodeLabels({ capabilitiesXml, domainCapabilitiesXml }, { obsoleteCpuModels });
}
