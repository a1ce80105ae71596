import { isNotFound, leases, nodes, timestamp, type KubeClient } from '@quickvirt/kube';
import type { FakeKubelet } from '../../../packages/testing/src/fake-kubelet.ts';

const LEASE_NAMESPACE = 'kube-node-lease';
/** The kubelet's own. Source: KubeletConfiguration, nodeLeaseDurationSeconds and its quarter. */
const LEASE = { durationSeconds: 40, renewMs: 10_000 };
/** The runtime that the node agent behaves as; it decides how virt-handler gives devices to containers. */
const RUNTIME = 'containerd://2.1.4';
/** More than the machine has: what guests need is looked at elsewhere. */
const OWN = { cpu: '16', memory: '64Gi', pods: '50', 'ephemeral-storage': '64Gi' };

/** Keeps the Node object's status as the kubelet does: ready, with the resources that plugins offer, and its Lease. */
export class NodeObject {
  readonly #client: KubeClient;
  readonly #kubelet: FakeKubelet;
  readonly #name: string;
  /** Resources once offered stay, as 0: so does the kubelet's list. */
  readonly #known = new Set<string>();
  #told: Promise<void> = Promise.resolve();

  constructor(client: KubeClient, kubelet: FakeKubelet, name: string) {
    this.#client = client;
    this.#kubelet = kubelet;
    this.#name = name;
  }

  /** As the kubelet at its start: what plugins offered before counts as 0 until they offer it again. */
  async start(): Promise<void> {
    const { status } = await this.#client.get(nodes, { name: this.#name });
    for (const name of Object.keys(status?.capacity ?? {})) if (name.includes('/')) this.#known.add(name);
    await this.#tell();
    await this.#renew();
    setInterval(() => void this.#renew().catch((error: unknown) => console.error('lease', error)), LEASE.renewMs);
    this.#kubelet.onChange(() => {
      this.#told = this.#told.then(() => this.#tell()).catch((error: unknown) => console.error('node status', error));
    });
  }

  async #tell(): Promise<void> {
    const offered = this.#kubelet.resources();
    for (const name of Object.keys(offered)) this.#known.add(name);
    const of = (field: 'capacity' | 'allocatable') => ({
      ...OWN,
      ...Object.fromEntries([...this.#known].map((name) => [name, String(offered[name]?.[field] ?? 0)])),
    });
    const status = {
      capacity: of('capacity'),
      allocatable: of('allocatable'),
      nodeInfo: {
        ...emptyNodeInfo,
        containerRuntimeVersion: RUNTIME,
        architecture: 'amd64',
        operatingSystem: 'linux',
      },
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'KubeletReady',
          message: '',
          lastHeartbeatTime: timestamp(new Date()),
        },
      ],
    };
    await this.#client.patch(nodes, { name: this.#name }, { status }, { kind: 'strategic', subresource: 'status' });
  }

  async #renew(): Promise<void> {
    const metadata = { name: this.#name, namespace: LEASE_NAMESPACE };
    const spec = {
      holderIdentity: this.#name,
      leaseDurationSeconds: LEASE.durationSeconds,
      renewTime: new Date().toISOString().replace('Z', '000Z'),
    };
    try {
      await this.#client.patch(leases, metadata, { spec }, { kind: 'merge' });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await this.#client.create(leases, { metadata, spec });
    }
  }
}

const emptyNodeInfo = {
  bootID: '',
  kernelVersion: '',
  kubeProxyVersion: '',
  kubeletVersion: 'v1.36.3',
  machineID: '',
  osImage: '',
  systemUUID: '',
};
