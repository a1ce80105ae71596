import type { VirtualMachineInstance } from '@quickvirt/api';
import { eventually } from '@quickvirt/testing';
import { steps } from '../src/steps.ts';
import { defaultTimeoutMs } from '../src/step-context.ts';
import type { NestedContext } from './context.ts';
import { disagreements, type DeviceViews, type ExpectedDevice } from './device-agreement.ts';
import { metricValue } from './metric-value.ts';

type Step = (document: Record<string, unknown>, context: NestedContext) => Promise<void>;

/** The verbs of cases on the nested machine: those of all cases, and these. `docs/e2e.md` describes their documents. */
export const nestedSteps: Readonly<Record<string, Step>> = {
  ...steps,
  node: onNode,
  handler: handler,
  agree: agree,
  metric: metric,
  serial: serial,
};

/** Time for one look at something, on top of what a step waits for. */
const CALL_MS = 20_000;

/** Runs a script as root in the machine. */
async function onNode(document: Record<string, unknown>, { machine, variables }: NestedContext): Promise<void> {
  const {
    script,
    exitCode = 0,
    stdout,
    saveAs,
    timeoutMs = defaultTimeoutMs,
    until,
  } = document as {
    script: string;
    exitCode?: number;
    stdout?: string;
    saveAs?: string;
    timeoutMs?: number;
    /** Whether it is run again until its output fits. */
    until?: boolean;
  };
  const look = async (): Promise<void> => {
    const command = ['bash', '-euo', 'pipefail', '-c', script];
    const result = await machine.control.call('execute', { command, timeoutMs }, timeoutMs + CALL_MS);
    const printed = `stdout: ${result.stdout.trim()}; stderr: ${result.stderr.trim()}`;
    if (result.exitCode !== exitCode)
      throw new Error(`the script ended with ${result.exitCode}, not ${exitCode}; ${printed}`);
    if (stdout !== undefined && !new RegExp(stdout, 's').test(result.stdout))
      throw new Error(`stdout does not match /${stdout}/; ${printed}`);
    if (saveAs) variables[saveAs] = result.stdout.trim();
  };
  await (until ? eventually(async () => (await look(), true), { timeoutMs, intervalMs: 500 }) : look());
}

/** Starts or ends virt-handler. */
async function handler(document: Record<string, unknown>, { machine }: NestedContext): Promise<void> {
  const {
    start,
    stop,
    timeoutMs = 90_000,
  } = document as {
    start?: string[];
    stop?: 'SIGTERM' | 'SIGKILL';
    timeoutMs?: number;
  };
  if (stop) await machine.control.call('stopHandler', { signal: stop }, timeoutMs);
  if (start) await machine.control.call('startHandler', { args: start, timeoutMs }, timeoutMs + CALL_MS);
}

/** Waits until kubelet, domain XML, QEMU, firmware and status agree on a guest's device. */
async function agree(document: Record<string, unknown>, { kubectl, machine, namespace }: NestedContext): Promise<void> {
  const {
    vmi,
    timeoutMs = defaultTimeoutMs,
    claim = false,
    ...rest
  } = document as {
    vmi: string;
    timeoutMs?: number;
    /** Whether it came by a resource claim. */
    claim?: boolean;
  } & Partial<ExpectedDevice> &
    Pick<ExpectedDevice, 'name' | 'pciAddress'>;
  const expected: ExpectedDevice = { ...ofStandIn(rest.pciAddress, claim), atBoot: true, ...rest };
  const look = async (): Promise<DeviceViews> => {
    const { status } = JSON.parse(await kubectl.run(['get', 'vmi', vmi, '-o', 'json'])) as VirtualMachineInstance;
    const [podUid = ''] = Object.keys(status?.activePods ?? {});
    const deviceStatus = status?.deviceStatus ?? [];
    const attachPodUids = deviceStatus.flatMap(({ hotplug }) => hotplug?.attachPodUID ?? []);
    const ask = { podUid, domain: `${namespace}_${vmi}`, attachPodUids };
    return { ...(await machine.control.call('guest', ask, CALL_MS)), deviceStatus };
  };
  await eventually(
    async () => {
      const found = disagreements(expected, await look());
      if (found.length > 0) throw new Error(`${vmi}: ${found.join('; ')}`);
      return true;
    },
    { timeoutMs, intervalMs: 500 },
  );
}

const RESOURCE = 'qat.intel.com/sym-dc';
const DRA_DRIVER = 'qat.quickvirt.io';

/** What is true of every function of the two stand-ins. */
function ofStandIn(pciAddress: string, claim: boolean): Omit<ExpectedDevice, 'name' | 'atBoot' | 'pciAddress'> {
  const isFirst = pciAddress.startsWith('0000:3d');
  return {
    heldAs: claim
      ? { from: DRA_DRIVER, id: `vf-${pciAddress.replaceAll(/[:.]/g, '-')}` }
      : { from: RESOURCE, id: pciAddress },
    resourceName: claim ? undefined : RESOURCE,
    physicalFunction: isFirst ? '0000:3d:00.0' : '0000:b1:00.0',
    numaNode: isFirst ? 0 : 1,
    vendorDevice: '8086:5845',
  };
}

/** Waits until a metric of virt-handler has a value. */
async function metric(document: Record<string, unknown>, { machine }: NestedContext): Promise<void> {
  const {
    name,
    labels = {},
    value,
    timeoutMs = defaultTimeoutMs,
  } = document as {
    name: string;
    labels?: Record<string, string>;
    value: number;
    timeoutMs?: number;
  };
  await eventually(
    async () => {
      const { text } = await machine.control.call('metrics', {}, CALL_MS);
      const found = metricValue(text, name, labels);
      if (found !== value) throw new Error(`${name} ${JSON.stringify(labels)} is ${String(found)}, not ${value}`);
      return true;
    },
    { timeoutMs, intervalMs: 500 },
  );
}

/** Waits until the last line that a guest printed on its serial port fits. */
async function serial(document: Record<string, unknown>, context: NestedContext): Promise<void> {
  const { vmi, last, timeoutMs = defaultTimeoutMs } = document as { vmi: string; last: string; timeoutMs?: number };
  const podUid = await context.kubectl.run([
    'get',
    'pod',
    '-l',
    `vm.kubevirt.io/name=${vmi}`,
    '-o',
    'jsonpath={.items[0].metadata.uid}',
  ]);
  const log = `/var/lib/kubelet/pods/${podUid}/volumes/kubernetes.io~empty-dir/console/serial0.log`;
  await onNode({ script: `tail -n 1 ${log}`, stdout: last, until: true, timeoutMs }, context);
}
