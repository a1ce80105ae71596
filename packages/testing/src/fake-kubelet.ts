import { EventEmitter, once } from 'node:events';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  dialDevicePlugin,
  servePodResources,
  serveRegistration,
  type ContainerAllocateResponse,
  type Device,
  type RpcServer,
} from '@quickvirt/rpc';

export interface FakeKubeletOptions {
  /** Directory of `kubelet.sock` and of the plugins' sockets: `/var/lib/kubelet/device-plugins` on a node. */
  pluginDirectory: string;
  /** Directory of the pod-resources socket, which is `kubelet.sock` there too; none is served when it is left out. */
  podResourcesDirectory?: string;
}

/** A plugin that registered. */
export interface FakeRegistration {
  resourceName: string;
  endpoint: string;
  version: string;
  prefersAllocations: boolean;
}

/** A device as its plugin last told. */
export interface FakeDevice {
  id: string;
  healthy: boolean;
  numaNodes: readonly number[];
}

export interface FakePod {
  namespace: string;
  name: string;
  uid: string;
}

/** What one container got, of all its resources together. */
export interface FakeAllocation {
  /** Device ids by resource name. */
  deviceIds: Record<string, string[]>;
  envs: Record<string, string>;
  mounts: ContainerAllocateResponse['mounts'];
  devices: ContainerAllocateResponse['devices'];
  /** Qualified names of CDI devices. */
  cdiDevices: string[];
}

type PluginClient = ReturnType<typeof dialDevicePlugin>;

interface Resource {
  registration: FakeRegistration;
  devices: Map<string, FakeDevice>;
  /** The last to register; undefined once its stream ended. */
  client: PluginClient | undefined;
  /** Ends its stream. */
  stop: AbortController;
}

type Containers = Map<string, FakeAllocation>;

/**
 * The kubelet's side of device plugins, over real sockets. Registers, follows lists, chooses devices, allocates and tells
 * of allocations as the kubelet's device manager does (k8s.io/kubernetes, pkg/kubelet/cm/devicemanager): the last plugin
 * to register is asked for a resource, but every list of its name counts, whoever sent it; the end of any stream of the
 * name hangs up on the last plugin and leaves its devices unhealthy; and a restart removes every socket of the directory
 * but remembers which pod holds what.
 */
export class FakeKubelet {
  readonly registrations: FakeRegistration[] = [];
  readonly #options: FakeKubeletOptions;
  readonly #resources = new Map<string, Resource>();
  readonly #pods = new Map<string, { pod: FakePod; containers: Containers }>();
  readonly #changes = new EventEmitter().setMaxListeners(0);
  #streams = new AbortController();
  #servers: RpcServer[] = [];

  constructor(options: FakeKubeletOptions) {
    this.#options = options;
  }

  /** Begins to serve, in directories that it makes where they are not there. */
  async start(): Promise<void> {
    const { pluginDirectory, podResourcesDirectory } = this.#options;
    await mkdir(pluginDirectory, { recursive: true });
    const registration = await serveRegistration(join(pluginDirectory, 'kubelet.sock'), {
      register: async ({ resourceName, endpoint, version, options }) => {
        const prefersAllocations = options?.getPreferredAllocationAvailable ?? false;
        this.#register({ resourceName, endpoint, version, prefersAllocations });
        return {};
      },
    });
    this.#servers = [registration];
    if (podResourcesDirectory === undefined) return;
    await mkdir(podResourcesDirectory, { recursive: true });
    const podResources = await servePodResources(join(podResourcesDirectory, 'kubelet.sock'), {
      list: async () => ({ podResources: this.#listPods() }),
      get: async ({ podName, podNamespace }) => ({
        podResources: this.#listPods().find(({ name, namespace }) => name === podName && namespace === podNamespace),
      }),
    });
    this.#servers.push(podResources);
  }

  /** Ends as a kubelet that is stopped: connections break, sockets stay unless its successor removes them. */
  async stop(): Promise<void> {
    this.#streams.abort();
    this.#streams = new AbortController();
    for (const { client } of this.#resources.values()) client?.close();
    this.#resources.clear();
    await Promise.all(this.#servers.splice(0).map((server) => server.close(0)));
    this.#changes.emit('change');
  }

  /** Stops and starts anew: every socket in the plugins' directory is removed, allocations are remembered. */
  async restart(): Promise<void> {
    await this.stop();
    const { pluginDirectory } = this.#options;
    for (const name of await readdir(pluginDirectory))
      if (name.endsWith('.sock')) await rm(join(pluginDirectory, name), { force: true });
    await this.start();
  }

  /** Resolves once so many registrations came, over all restarts. */
  async registered(count: number): Promise<void> {
    await this.until(() => this.registrations.length >= count);
  }

  /** Resolves as soon as `condition` holds; asked at each change of what the kubelet knows. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await once(this.#changes, 'change');
  }

  /** Calls back when resources, devices or their health change. Returns what ends it. */
  onChange(listener: () => void): () => void {
    this.#changes.on('change', listener);
    return () => this.#changes.off('change', listener);
  }

  /** Resources that a plugin registered, with what the node's status would say of each. */
  resources(): Record<string, { capacity: number; allocatable: number }> {
    return Object.fromEntries(
      [...this.#resources].map(([name, { devices }]) => {
        const all = [...devices.values()];
        return [name, { capacity: all.length, allocatable: all.filter(({ healthy }) => healthy).length }];
      }),
    );
  }

  /** What a resource's plugin last told, in its order; empty when there is none. */
  devices(resourceName: string): FakeDevice[] {
    return [...(this.#resources.get(resourceName)?.devices.values() ?? [])];
  }

  /** The plugin behind a resource, to be called directly. @throws Error when none registered. */
  plugin(resourceName: string): PluginClient {
    const client = this.#resource(resourceName).client;
    if (!client) throw new Error(`the plugin of ${resourceName} is gone`);
    return client;
  }

  /**
   * Gives a container its devices, as at a pod's admission: healthy ones that no pod holds, as the plugin prefers.
   * A container that has them already gets the same answer again.
   * @param requests number by resource name.
   * @throws Error when there are not enough; RpcError when the plugin refuses. Nothing is held then.
   */
  async allocate(pod: FakePod, container: string, requests: Record<string, number>): Promise<FakeAllocation> {
    const held = this.#pods.get(pod.uid)?.containers.get(container);
    if (held) return held;
    const result: FakeAllocation = { deviceIds: {}, envs: {}, mounts: [], devices: [], cdiDevices: [] };
    for (const [resourceName, size] of Object.entries(requests)) {
      const ids = await this.#choose(resourceName, size);
      const { containerResponses } = await this.plugin(resourceName).allocate({
        containerRequests: [{ devicesIds: ids }],
      });
      const [response] = containerResponses;
      if (!response) throw new Error(`the plugin of ${resourceName} answered for no container`);
      result.deviceIds[resourceName] = ids;
      Object.assign(result.envs, response.envs);
      result.mounts.push(...response.mounts);
      result.devices.push(...response.devices);
      result.cdiDevices.push(...response.cdiDevices.map(({ name }) => name));
    }
    const containers = this.#pods.get(pod.uid)?.containers ?? new Map<string, FakeAllocation>();
    containers.set(container, result);
    this.#pods.set(pod.uid, { pod, containers });
    this.#changes.emit('change');
    return result;
  }

  /** Device ids that a pod's containers hold, by resource name. */
  heldBy(podUid: string): Record<string, string[]> {
    const held: Record<string, string[]> = {};
    for (const { deviceIds } of this.#pods.get(podUid)?.containers.values() ?? [])
      for (const [resourceName, ids] of Object.entries(deviceIds)) (held[resourceName] ??= []).push(...ids);
    return held;
  }

  /** The pod is gone: its devices are free. */
  free(podUid: string): void {
    this.#pods.delete(podUid);
    this.#changes.emit('change');
  }

  #resource(resourceName: string): Resource {
    const found = this.#resources.get(resourceName);
    if (!found) throw new Error(`no plugin registered for ${resourceName}`);
    return found;
  }

  #register(registration: FakeRegistration): void {
    const { resourceName, endpoint } = registration;
    const client = dialDevicePlugin(join(this.#options.pluginDirectory, endpoint));
    const devices = this.#resources.get(resourceName)?.devices ?? new Map<string, FakeDevice>();
    const resource: Resource = { registration, devices, client, stop: new AbortController() };
    this.#resources.set(resourceName, resource);
    this.registrations.push(registration);
    void this.#follow(resourceName, client, resource.stop.signal);
    this.#changes.emit('change');
  }

  async #follow(resourceName: string, client: PluginClient, ownEnd: AbortSignal): Promise<void> {
    const ended = this.#streams.signal;
    try {
      const signal = AbortSignal.any([ended, ownEnd]);
      for await (const list of client.listAndWatch({}, { signal })) this.#heard(resourceName, list.devices);
    } catch {
      // A stream that breaks is a plugin that is gone.
    }
    if (!ended.aborted) this.hangUp(resourceName);
  }

  /** Ends the connection to a resource's last plugin, whose devices are unhealthy from now on. */
  hangUp(resourceName: string): void {
    const resource = this.#resources.get(resourceName);
    if (!resource?.client) return;
    const { client, devices, stop } = resource;
    resource.client = undefined;
    stop.abort();
    client.close();
    for (const [id, device] of devices) devices.set(id, { ...device, healthy: false });
    this.#changes.emit('change');
  }

  #heard(resourceName: string, list: readonly Device[]): void {
    const devices = this.#resources.get(resourceName)?.devices;
    devices?.clear();
    for (const { ID: id, health, topology } of list) {
      const numaNodes = topology?.nodes.map(({ ID }) => ID) ?? [];
      devices?.set(id, { id, healthy: health === 'Healthy', numaNodes });
    }
    this.#changes.emit('change');
  }

  async #choose(resourceName: string, size: number): Promise<string[]> {
    const { registration } = this.#resource(resourceName);
    const held = this.#held(resourceName);
    const available = this.devices(resourceName)
      .filter(({ id, healthy }) => healthy && !held.has(id))
      .map(({ id }) => id);
    if (available.length < size)
      throw new Error(`${size} of ${resourceName} are asked for, ${available.length} are available`);
    if (!registration.prefersAllocations) return available.slice(0, size);
    const { containerResponses } = await this.plugin(resourceName).getPreferredAllocation({
      containerRequests: [{ availableDeviceIDs: available, allocationSize: size }],
    });
    const preferred = (containerResponses[0]?.deviceIDs ?? []).filter((id) => available.includes(id));
    return [...new Set([...preferred, ...available])].slice(0, size);
  }

  #held(resourceName: string): Set<string> {
    const containers = [...this.#pods.values()].flatMap((pod) => [...pod.containers.values()]);
    return new Set(containers.flatMap(({ deviceIds }) => deviceIds[resourceName] ?? []));
  }

  #listPods() {
    return [...this.#pods.values()].map(({ pod: { name, namespace }, containers }) => ({
      name,
      namespace,
      containers: [...containers].map(([containerName, { deviceIds }]) => ({
        name: containerName,
        devices: Object.entries(deviceIds).map(([resourceName, ids]) => ({ resourceName, deviceIds: ids })),
      })),
    }));
  }
}
