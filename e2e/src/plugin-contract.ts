import { stringify } from 'yaml';
import { devicePluginContract, eventually, type ContractContainer, type ContractWorld } from '@quickvirt/testing';
import { handlerOn } from './node-steps.ts';
import type { StepContext } from './step-context.ts';

/** A function of the first pretended card, and where the card lies in the directory that stands for /sys. */
const SPARE = '0000:6b:00.1';
const SYSFS = '/proc/1/root/var/lib/quickvirt-fake/sys';
const PLUGINS = '/var/lib/kubelet/device-plugins';
const NEW_GROUP = '300';
const POD_TIMEOUT_MS = 120_000;

/**
 * Holds virt-handler and the kubelet of the node with the pretended cards to the contract that the tests' own kubelet is
 * held to. Needs the variables `cardNode` and `image`: any image with a shell.
 */
export async function pluginContract(_document: Record<string, unknown>, context: StepContext): Promise<void> {
  const world = new NodeWorld(context);
  await eventually(async () => (await world.quantities()).allocatable === 16, {
    timeoutMs: world.patienceMs,
    intervalMs: 500,
  });
  for (const { name, run } of devicePluginContract) {
    try {
      await run(world);
    } catch (error) {
      throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
    }
  }
}

interface PodStatus {
  metadata: { uid: string };
  status: {
    phase: string;
    reason?: string;
    message?: string;
    containerStatuses?: { state: { running?: object } }[];
  };
}

class NodeWorld implements ContractWorld {
  readonly resourceName = 'qat.intel.com/cy';
  readonly spare = SPARE;
  /** The kubelet tells the API server of other quantities within 10 s. */
  readonly patienceMs = 90_000;
  readonly #context: StepContext;
  readonly #uids = new Map<string, string>();

  constructor(context: StepContext) {
    this.#context = context;
  }

  async quantities() {
    const { status } = await this.#node();
    const of = (list: Record<string, string> = {}) => Number(list[this.resourceName] ?? 0);
    return { capacity: of(status.capacity), allocatable: of(status.allocatable) };
  }

  async startPod(name: string, containers: Readonly<Record<string, number>>) {
    const { kubectl, variables } = this.#context;
    await kubectl.run(['apply', '-f', '-'], { input: stringify(this.#pod(name, containers)) });
    let refusal: string | undefined;
    await kubectl.watchUntil(
      'Pod',
      { name },
      (pods) => {
        const pod = pods.get(name) as (PodStatus & { metadata: { name: string } }) | undefined;
        if (!pod) return false;
        this.#uids.set(name, pod.metadata.uid);
        const { phase, reason, message, containerStatuses = [] } = pod.status;
        if (phase === 'Failed') refusal = `${reason}: ${message}`;
        return phase === 'Failed' || (phase === 'Running' && containerStatuses.every(({ state }) => state.running));
      },
      { timeoutMs: POD_TIMEOUT_MS, describe: () => `pod ${name} does not run on ${variables['cardNode']}` },
    );
    if (refusal !== undefined) throw new Error(`pod ${name} was refused: ${refusal}`);
    const seen = Object.keys(containers).map(
      async (container) => [container, await this.#look(name, container)] as const,
    );
    return Object.fromEntries(await Promise.all(seen));
  }

  async endPod(name: string): Promise<void> {
    await this.#context.kubectl.run(['delete', 'pod', name, '--wait=true', '--timeout=60s'], { timeoutMs: 70_000 });
  }

  /** By the kubelet's own record: its socket of pod resources is out of reach from here. */
  async held(name: string): Promise<string[]> {
    const uid = this.#uids.get(name);
    const { Data: data } = JSON.parse(await this.#onNode(`cat ${PLUGINS}/kubelet_internal_checkpoint`)) as {
      Data: {
        PodDeviceEntries: { PodUID: string; ResourceName: string; DeviceIDs: Record<string, string[]> }[] | null;
      };
    };
    return (data.PodDeviceEntries ?? [])
      .filter((entry) => entry.PodUID === uid && entry.ResourceName === this.resourceName)
      .flatMap(({ DeviceIDs }) => Object.values(DeviceIDs).flat());
  }

  async restartKubelet(): Promise<void> {
    const identity = (name: string) => this.#onNode(`stat -c '%i %Z' ${PLUGINS}/${name}`);
    const plugin = 'kubevirt-qat.intel.com-cy.sock';
    const before = [await identity('kubelet.sock'), await identity(plugin)];
    const startedAt = Date.now();
    // The stream of this very command goes through the kubelet, which cuts it: the sockets tell whether it was heard.
    await this.#tryOnNode('nsenter --target 1 --mount --pid -- systemctl --no-block restart kubelet');
    await eventually(
      async () => {
        const after = [await identity('kubelet.sock'), await identity(plugin)];
        return after.every((one, index) => one !== before[index]);
      },
      { timeoutMs: this.patienceMs, intervalMs: 500 },
    );
    // What the node's status said before the restart is no news.
    await eventually(
      async () => {
        const { status } = await this.#node();
        const ready = status.conditions.find(({ type }) => type === 'Ready');
        return ready?.status === 'True' && Date.parse(ready.lastHeartbeatTime) > startedAt + 1000;
      },
      { timeoutMs: this.patienceMs, intervalMs: 500 },
    );
  }

  async pullOut(): Promise<void> {
    await this.#onNode(
      [
        `cd ${SYSFS}`,
        `group=$(basename "$(readlink bus/pci/devices/${SPARE}/iommu_group)")`,
        `cp -a bus/pci/devices/${SPARE} ../link && rm bus/pci/devices/${SPARE}`,
        `cp -a devices/pci0000:6b/0000:6b:00.0/virtfn0 ../virtfn0 && rm devices/pci0000:6b/0000:6b:00.0/virtfn0`,
        `mv devices/pci0000:6b/${SPARE} ../function`,
        `rm -rf kernel/iommu_groups/$group && rm /host/dev/vfio/$group`,
      ].join(' && '),
    );
  }

  async putBack(): Promise<void> {
    await this.#onNode(
      [
        `cd ${SYSFS}`,
        `mv ../function devices/pci0000:6b/${SPARE}`,
        `mkdir -p kernel/iommu_groups/${NEW_GROUP}/devices`,
        `ln -s ../../../../devices/pci0000:6b/${SPARE} kernel/iommu_groups/${NEW_GROUP}/devices/${SPARE}`,
        `ln -sfn ../../../kernel/iommu_groups/${NEW_GROUP} devices/pci0000:6b/${SPARE}/iommu_group`,
        `mknod -m 600 /host/dev/vfio/${NEW_GROUP} c 400 200`,
        `cp -a ../virtfn0 devices/pci0000:6b/0000:6b:00.0/virtfn0`,
        `cp -a ../link bus/pci/devices/${SPARE} && rm ../link ../virtfn0`,
      ].join(' && '),
    );
  }

  async #node() {
    const { kubectl, variables } = this.#context;
    return JSON.parse(await kubectl.run(['get', 'node', variables['cardNode'] ?? '', '-o', 'json'])) as {
      status: {
        capacity: Record<string, string>;
        allocatable: Record<string, string>;
        conditions: { type: string; status: string; lastHeartbeatTime: string }[];
      };
    };
  }

  async #onNode(script: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#tryOnNode(script);
    if (exitCode !== 0) throw new Error(`${script}: ${stderr.trim()}`);
    return stdout;
  }

  async #tryOnNode(script: string) {
    const { kubectl, system, variables } = this.#context;
    const handler = await handlerOn(this.#context, variables['cardNode'] ?? '');
    return kubectl.in(system).try(['exec', handler, '-c', 'virt-handler', '--', 'sh', '-c', script]);
  }

  /** Environment and nodes as the container prints them; its nodes must be the launcher's user's. */
  async #look(pod: string, container: string): Promise<ContractContainer> {
    const { kubectl } = this.#context;
    const lines = await eventually(
      async () => {
        const text = await kubectl.run(['logs', pod, '-c', container]);
        return text.includes('\nend\n') && text.split('\n');
      },
      { timeoutMs: 30_000, intervalMs: 200 },
    );
    const nodes = lines.filter((line) => line.startsWith('/dev/vfio/')).map((line) => line.split(' '));
    const foreign = nodes.filter(([, owner]) => owner !== '107:107');
    if (foreign.length > 0)
      throw new Error(`not the launcher's own: ${foreign.map((one) => one.join(' ')).join(', ')}`);
    const env = lines.flatMap((line) => {
      const [, name, value] = /^([A-Z0-9_]+)=(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    });
    return { env: Object.fromEntries(env), nodes: nodes.map(([path = '']) => path) };
  }

  #pod(name: string, containers: Readonly<Record<string, number>>): object {
    const { variables } = this.#context;
    const command = ['sh', '-c', `env; stat -c '%n %u:%g' /dev/vfio/*; echo; echo end; exec sleep 3600`];
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: {
        // The node is named, so that its kubelet judges, not the scheduler.
        nodeName: variables['cardNode'],
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: 0,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 107,
          runAsGroup: 107,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        containers: Object.entries(containers).map(([container, count]) => ({
          name: container,
          image: variables['image'],
          imagePullPolicy: 'IfNotPresent',
          command,
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          resources: { limits: { [this.resourceName]: String(count) } },
        })),
      },
    };
  }
}
