import {
  controller,
  isNotFound,
  Informer,
  nodes,
  resourceSlices,
  type Controller,
  type ControllerOptions,
  type KubeClient,
  type ResourceSlice,
} from '@quickvirt/kube';
import {
  decideResourceSlices,
  draDevice,
  pciAddressOfDraDevice,
  type PciAddress,
  type PublishedSlice,
  type SliceWrite,
  type VirtualFunction,
} from '@quickvirt/qat';

/** Label of the slices that virt-handlers make, whatever the driver's name. */
const OWN = { 'kubevirt.io': 'virt-handler' } as const;

export interface SlicePublisherOptions {
  client: KubeClient;
  nodeName: string;
  driverName: () => string;
  /** The virtual functions that are to be in slices now. */
  functions: () => readonly VirtualFunction[];
  /** Told what the API server's slices list, at each change of them. */
  onPublished: (pciAddresses: ReadonlySet<PciAddress>) => void;
}

type Slice = ResourceSlice & PublishedSlice;

/**
 * Keeps this node's ResourceSlices to what is to be offered, and writes only what differs: also when somebody else removes
 * them, as a kubelet does that starts or misses the driver for 30 s.
 */
export class SlicePublisher {
  readonly #options: SlicePublisherOptions;
  readonly #slices: Informer<ResourceSlice>;
  readonly #controller: Controller;
  #nodeUid: string | undefined;

  constructor(options: SlicePublisherOptions, common: ControllerOptions) {
    const { client, nodeName } = options;
    this.#options = options;
    this.#slices = new Informer(client, resourceSlices, { ...selectorOf(nodeName), logger: common.logger });
    this.#slices.subscribe(() => this.#tell());
    this.#controller = controller('resource-slices', common)
      .watches(this.#slices, () => [nodeName])
      .reconciles<readonly Slice[], SliceWrite<Slice>>(
        {
          name: 'resource-slices',
          observe: async () => this.#published(),
          decide: (published) => {
            const devices = this.#options.functions().map(draDevice);
            return {
              effects: decideResourceSlices({ nodeName, driverName: options.driverName(), devices }, published),
            };
          },
        },
        (write) => this.#write(write),
      );
  }

  /** Publishes until aborted; resolves then. */
  async run(signal: AbortSignal): Promise<void> {
    const slices = this.#slices.run(signal);
    await Promise.race([this.#slices.synced(), slices]);
    this.#tell();
    this.#controller.enqueue(this.#options.nodeName);
    await Promise.all([slices, signal.aborted ? undefined : this.#controller.run(signal)]);
  }

  /** To be called when the functions, their state or the driver's name changed. */
  changed(): void {
    this.#controller.enqueue(this.#options.nodeName);
  }

  #published(): readonly Slice[] {
    return this.#slices.store.list() as Slice[];
  }

  #tell(): void {
    if (this.#slices.isSynced) this.#options.onPublished(publishedAddresses(this.#published()));
  }

  async #write(write: SliceWrite<Slice>): Promise<void> {
    const { client, nodeName } = this.#options;
    switch (write.kind) {
      case 'delete': {
        const { name, uid } = write.slice.metadata;
        await client.delete(resourceSlices, { name }, { uid });
        return;
      }
      case 'replace': {
        const next = { ...write.slice, spec: { ...write.slice.spec, ...write.spec } } as unknown as ResourceSlice;
        this.#slices.wrote(await client.replace(resourceSlices, next));
        return;
      }
      case 'create': {
        this.#nodeUid ??= (await client.get(nodes, { name: nodeName })).metadata.uid;
        const owner = { apiVersion: 'v1', kind: 'Node', name: nodeName, uid: this.#nodeUid ?? '', controller: true };
        const metadata = { generateName: `${nodeName}-${write.spec.driver}-`, labels: OWN, ownerReferences: [owner] };
        const slice = { metadata, spec: write.spec } as unknown as ResourceSlice;
        this.#slices.wrote(await client.create(resourceSlices, slice));
        return;
      }
    }
  }
}

/**
 * What an earlier virt-handler published on this node; undefined where the API server has no DRA (`resource.k8s.io/v1`
 * comes with Kubernetes 1.34).
 */
export async function publishedBefore(client: KubeClient, nodeName: string): Promise<Set<PciAddress> | undefined> {
  try {
    return publishedAddresses((await client.list(resourceSlices, selectorOf(nodeName))).items as Slice[]);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function selectorOf(nodeName: string) {
  const labelSelector = Object.entries(OWN)
    .map((pair) => pair.join('='))
    .join(',');
  return { fieldSelector: `spec.nodeName=${nodeName}`, labelSelector };
}

function publishedAddresses(slices: readonly PublishedSlice[]): Set<PciAddress> {
  const devices = slices.flatMap(({ spec }) => spec.devices ?? []);
  return new Set(devices.flatMap(({ name }) => pciAddressOfDraDevice(name) ?? []));
}
