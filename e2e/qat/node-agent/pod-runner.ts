import { chmod, chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isNotFound, pods, type KubeClient, type Pod } from '@quickvirt/kube';
import type { FakeAllocation, FakeKubelet } from '../../../packages/testing/src/fake-kubelet.ts';
import { editsOf } from './cdi-edits.ts';
import { startContainer, type RunningContainer } from './container.ts';
import { cdiDevices, hostDevice } from './container-devices.ts';
import type { PreparedImage } from './container-image.ts';
import { execute } from './execute.ts';
import { ociConfig, type ContainerMount } from './oci-config.ts';
import { podStatus, refusedStatus, type ContainerState } from './pod-status.ts';
import type { ResourceClaims } from './resource-claims.ts';
import { makeVolumes, podFolder, type VolumeSources } from './pod-volumes.ts';

type PodContainer = NonNullable<Pod['spec']>['containers'][number];

/** What a pod is run with. */
export interface PodPorts {
  client: KubeClient;
  kubelet: FakeKubelet;
  image: PreparedImage;
  volumes: VolumeSources;
  claims: ResourceClaims;
  /** Where the containers' output goes. */
  logFolder: string;
}

/** Runs one pod from its start until it is gone, and tells the API server, as the kubelet does. */
export class PodRunner {
  readonly #ports: PodPorts;
  readonly #states = new Map<string, ContainerState>();
  readonly #containers = new Map<string, RunningContainer>();
  /** Device ids by resource name that the pod has. */
  readonly allocated: Record<string, string[]> = {};
  #pod: Pod;
  #stopping = false;
  /** Settles when all containers were started, or could not be. */
  #started: Promise<void> | undefined;
  /** Status patches one after the other. */
  #told: Promise<void> = Promise.resolve();

  constructor(pod: Pod, ports: PodPorts) {
    this.#pod = pod;
    this.#ports = ports;
  }

  /** What the API server now says of the pod: a gate may have opened, or it is to end. */
  changed(pod: Pod): void {
    const gates = (of: Pod) => JSON.stringify(of.status?.conditions?.filter(({ type }) => type.includes('/')));
    const reopened = gates(pod) !== gates(this.#pod);
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp) void this.#stop();
    else if (reopened && this.#states.size > 0) this.#tell(podStatus(this.#pod, this.#states, now()));
  }

  /** Resolves when the pod has ended and, if it is deleted, is gone. */
  async run(): Promise<void> {
    try {
      await (this.#started ??= this.#start());
    } catch (error) {
      console.error(`pod ${this.#name} is not admitted`, error);
      this.#tell(refusedStatus((error as Error).message));
      await this.#told;
      if (this.#pod.metadata.deletionTimestamp) await this.#remove();
      return;
    }
    const own = [...this.#containers].filter(([name]) => !this.#isSidecar(name));
    await Promise.all(own.map(([name, container]) => this.#follow(name, container)));
    await this.#endSidecars();
    await this.#told;
    if (this.#stopping) await this.#remove();
  }

  get #name(): string {
    return `${this.#pod.metadata.namespace}/${this.#pod.metadata.name}`;
  }

  get #uid(): string {
    return this.#pod.metadata.uid ?? '';
  }

  async #start(): Promise<void> {
    const { spec } = this.#pod;
    const sidecars = spec?.initContainers ?? [];
    const other = sidecars.find(({ restartPolicy }) => restartPolicy !== 'Always');
    if (other) throw new Error(`init container ${other.name}: only those that run beside the pod are run on this node`);
    await this.#ports.claims.prepare(this.#pod);
    const volumes = await makeVolumes(this.#pod, this.#ports.volumes);
    for (const container of [...sidecars, ...(spec?.containers ?? [])]) {
      const { namespace = '', name = '' } = this.#pod.metadata;
      const requests = deviceRequests(container);
      const pod = { namespace, name, uid: this.#uid };
      const allocation = await this.#ports.kubelet.allocate(pod, container.name, requests);
      for (const [resource, ids] of Object.entries(allocation.deviceIds))
        this.allocated[resource] = [...(this.allocated[resource] ?? []), ...ids];
      const cdiNames = [...allocation.cdiDevices, ...this.#ports.claims.cdiNames(this.#uid, container)];
      await this.#startContainer(container, allocation, cdiNames, volumes);
    }
    this.#tell(podStatus(this.#pod, this.#states, now()));
  }

  async #startContainer(
    container: PodContainer,
    allocation: FakeAllocation,
    cdiNames: string[],
    volumes: ReadonlyMap<string, string>,
  ): Promise<void> {
    const { image, logFolder } = this.#ports;
    const edits = await editsOf(cdiNames);
    const devices = [
      ...(await Promise.all(
        allocation.devices.map(({ hostPath, containerPath, permissions }) =>
          hostDevice(hostPath, containerPath, permissions),
        ),
      )),
      ...(await cdiDevices(edits)),
    ];
    const mounts: ContainerMount[] = [
      ...image.mounts,
      ...volumeMounts(container, volumes),
      ...allocation.mounts.map(({ hostPath, containerPath, readOnly }) => ({
        source: hostPath,
        destination: containerPath,
        readOnly,
      })),
      ...edits.flatMap((edit) =>
        (edit.mounts ?? []).map(({ hostPath, containerPath, options }) => ({
          source: hostPath,
          destination: containerPath,
          readOnly: options?.includes('ro') ?? false,
        })),
      ),
      { source: await this.#terminationLog(container.name), destination: '/dev/termination-log', readOnly: false },
    ];
    const environment = [
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      ...image.environment,
      ...Object.entries(allocation.envs).map(([name, value]) => `${name}=${value}`),
      ...edits.flatMap(({ env }) => env ?? []),
    ];
    const id = `${container.name}-${this.#uid}`;
    const config = ociConfig({
      pod: this.#pod,
      container,
      entryPoint: image.entryPoint,
      environment,
      rootPath: image.rootPath,
      mounts,
      devices,
      cgroupsPath: `/kubepods/burstable/pod${this.#uid}/${id}`,
    });
    const log = join(logFolder, `${this.#pod.metadata.namespace}-${this.#pod.metadata.name}-${container.name}.log`);
    this.#containers.set(container.name, await startContainer(id, config, log));
    if (!this.#isSidecar(container.name)) this.#states.set(container.name, { running: { startedAt: now() } });
  }

  async #terminationLog(container: string): Promise<string> {
    const folder = join(podFolder(this.#uid), 'containers', container);
    await mkdir(folder, { recursive: true });
    const path = join(folder, 'termination-log');
    await writeFile(path, '');
    await chown(path, 107, 107);
    await chmod(path, 0o666);
    return path;
  }

  async #follow(name: string, container: RunningContainer): Promise<void> {
    const exitCode = await container.ended;
    const state = this.#states.get(name);
    const startedAt = state && 'running' in state ? state.running.startedAt : now();
    const message = await readFile(join(podFolder(this.#uid), 'containers', name, 'termination-log'), 'utf8');
    const reason = exitCode === 0 ? 'Completed' : 'Error';
    this.#states.set(name, { terminated: { exitCode, reason, message, startedAt, finishedAt: now() } });
    this.#tell(podStatus(this.#pod, this.#states, now()));
  }

  #isSidecar(name: string): boolean {
    return this.#pod.spec?.initContainers?.some((container) => container.name === name) ?? false;
  }

  /** Once the pod's own containers have ended. */
  async #endSidecars(): Promise<void> {
    const left = [...this.#containers].filter(([name]) => this.#isSidecar(name));
    await Promise.all(left.map(([, container]) => container.kill('KILL')));
    await Promise.all(left.map(([, { ended }]) => ended));
  }

  async #stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    await this.#started?.catch(() => undefined);
    const graceMs = (this.#pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000;
    const containers = [...this.#containers].filter(([name]) => !this.#isSidecar(name)).map(([, found]) => found);
    if (containers.length === 0) return this.#remove();
    await Promise.all(containers.map((container) => container.kill('TERM')));
    const timer = setTimeout(() => void Promise.all(containers.map((container) => container.kill('KILL'))), graceMs);
    await Promise.all(containers.map(({ ended }) => ended));
    clearTimeout(timer);
    // A pod that had ended before it was deleted is followed by nobody any more.
    if (this.#ended) {
      await this.#endSidecars();
      await this.#remove();
    }
  }

  get #ended(): boolean {
    return [...this.#states.values()].every((state) => 'terminated' in state);
  }

  #removed: Promise<void> | undefined;

  #remove(): Promise<void> {
    this.#removed ??= this.#removeOnce();
    return this.#removed;
  }

  async #removeOnce(): Promise<void> {
    await this.#told;
    for (const name of this.#containers.keys())
      await execute(['runc', '--root', '/run/runc', 'delete', '--force', `${name}-${this.#uid}`], 10_000);
    await execute(['sh', '-c', `grep -o '${podFolder(this.#uid)}[^ ]*' /proc/mounts | xargs -r umount`], 10_000);
    await rm(podFolder(this.#uid), { recursive: true, force: true });
    await this.#ports.claims.unprepare(this.#uid);
    this.#ports.kubelet.free(this.#uid);
    const { namespace, name = '' } = this.#pod.metadata;
    await this.#ports.client
      .delete(pods, { name, namespace }, { uid: this.#uid, gracePeriodSeconds: 0 })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
  }

  #tell(status: object): void {
    const { namespace, name = '' } = this.#pod.metadata;
    this.#told = this.#told
      .then(() =>
        this.#ports.client.patch(pods, { name, namespace }, { status }, { kind: 'strategic', subresource: 'status' }),
      )
      .then(
        () => undefined,
        (error: unknown) => {
          if (!isNotFound(error)) console.error(`the status of pod ${this.#name} could not be told`, error);
        },
      );
  }
}

const now = (): string => new Date().toISOString().replace(/\.\d+Z$/, 'Z');

/** Resources that device plugins serve: those with a domain that is not Kubernetes' own. */
function deviceRequests({ resources }: PodContainer): Record<string, number> {
  return Object.fromEntries(
    Object.entries(resources?.limits ?? {})
      .filter(([name]) => name.includes('/'))
      .map(([name, quantity]) => [name, Number(quantity)]),
  );
}

function volumeMounts(container: PodContainer, volumes: ReadonlyMap<string, string>): ContainerMount[] {
  return (container.volumeMounts ?? []).map(({ name, mountPath, readOnly = false, mountPropagation }) => {
    const source = volumes.get(name);
    if (!source) throw new Error(`container ${container.name} mounts volume ${name}, which the pod does not have`);
    return { source, destination: mountPath, readOnly, fromHost: mountPropagation === 'HostToContainer' };
  });
}
