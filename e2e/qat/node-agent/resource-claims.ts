import { EventEmitter, once } from 'node:events';
import { mkdirSync, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { resourceClaims, type KubeClient, type Pod } from '@quickvirt/kube';
import { dialDraPlugin, dialPluginRegistration, type DraPluginClient } from '@quickvirt/rpc';

type PodContainer = NonNullable<Pod['spec']>['containers'][number];

/** Where the kubelet finds its plugins, by inotify. */
const REGISTRY = '/var/lib/kubelet/plugins_registry';
const REGISTRATION_SUFFIX = '-reg.sock';

/** A claim of a pod that its driver prepared. */
interface PreparedClaim {
  driver: string;
  reference: { namespace: string; name: string; uid: string };
  devices: { requestNames: string[]; deviceName: string; cdiDeviceIds: string[] }[];
}

/**
 * The kubelet's part in Dynamic Resource Allocation: registers drivers that appear, has them prepare the claims of a pod
 * before its containers start, and unprepare them when it is gone. Source: KEP-4381 and k8s.io/kubelet's dra/v1.
 */
export class ResourceClaims {
  readonly #client: KubeClient;
  readonly #drivers = new Map<string, DraPluginClient>();
  readonly #registrations = new EventEmitter().setMaxListeners(0);
  readonly #prepared = new Map<string, Map<string, PreparedClaim>>();

  constructor(client: KubeClient) {
    this.#client = client;
  }

  /** Follows the directory of registrations. */
  start(): void {
    mkdirSync(REGISTRY, { recursive: true });
    const found = (name: string): void => {
      this.#register(name).catch((error: unknown) => console.error(`plugin ${name} is not registered`, error));
    };
    watch(REGISTRY, (_event, name) => {
      if (name?.endsWith(REGISTRATION_SUFFIX) && readdirSync(REGISTRY).includes(name)) found(name);
    });
    for (const name of readdirSync(REGISTRY)) if (name.endsWith(REGISTRATION_SUFFIX)) found(name);
  }

  async #register(name: string): Promise<void> {
    const registration = dialPluginRegistration(join(REGISTRY, name));
    const info = await registration.getInfo({});
    if (info.type === 'DRAPlugin') {
      this.#drivers.get(info.name)?.close();
      this.#drivers.set(info.name, dialDraPlugin(info.endpoint));
      console.log(`DRA driver ${info.name} is registered`);
      this.#registrations.emit('registered');
    }
    await registration.notifyRegistrationStatus({ pluginRegistered: true, error: '' });
    registration.close();
  }

  /** The scheduler may know a driver's devices before the kubelet knows the driver: the kubelet, too, tries until it does. */
  async #registered(driver: string): Promise<DraPluginClient> {
    for (let plugin; ; await once(this.#registrations, 'registered'))
      if ((plugin = this.#drivers.get(driver))) return plugin;
  }

  /** Prepares all claims of a pod, by its own names of them. @throws Error with the driver's words when one cannot be. */
  async prepare(pod: Pod): Promise<void> {
    const prepared = new Map<string, PreparedClaim>();
    this.#prepared.set(pod.metadata.uid ?? '', prepared);
    for (const { name, resourceClaimName } of pod.spec?.resourceClaims ?? []) {
      const made = pod.status?.resourceClaimStatuses?.find((status) => status.name === name)?.resourceClaimName;
      prepared.set(name, await this.#prepareClaim(pod.metadata.namespace ?? '', resourceClaimName ?? made ?? ''));
    }
  }

  async #prepareClaim(namespace: string, name: string): Promise<PreparedClaim> {
    const claim = await this.#client.get(resourceClaims, { namespace, name });
    const driver = claim.status?.allocation?.devices?.results?.[0]?.driver ?? '';
    const plugin = await this.#registered(driver);
    const reference = { namespace, name, uid: claim.metadata.uid ?? '' };
    const { claims } = await plugin.nodePrepareResources({ claims: [reference] });
    const answer = claims[reference.uid];
    if (!answer || answer.error !== '') throw new Error(`claim ${namespace}/${name}: ${answer?.error ?? 'no answer'}`);
    return { driver, reference, devices: answer.devices };
  }

  /** The CDI devices of a container: those of the claims, and of the requests in them, that it names. */
  cdiNames(podUid: string, container: PodContainer): string[] {
    return (container.resources?.claims ?? []).flatMap(({ name, request }) => {
      const devices = this.#prepared.get(podUid)?.get(name)?.devices ?? [];
      return devices
        .filter(
          ({ requestNames }) => request === undefined || requestNames.length === 0 || requestNames.includes(request),
        )
        .flatMap(({ cdiDeviceIds }) => cdiDeviceIds);
    });
  }

  /** Device names by driver that a pod's claims hold. */
  held(podUid: string): Record<string, string[]> {
    const claims = [...(this.#prepared.get(podUid)?.values() ?? [])];
    return Object.fromEntries(
      claims.map(({ driver, devices }) => [driver, devices.map(({ deviceName }) => deviceName)]),
    );
  }

  /** The pod is gone. */
  async unprepare(podUid: string): Promise<void> {
    for (const { driver, reference } of this.#prepared.get(podUid)?.values() ?? [])
      await this.#drivers.get(driver)?.nodeUnprepareResources({ claims: [reference] });
    this.#prepared.delete(podUid);
  }
}
