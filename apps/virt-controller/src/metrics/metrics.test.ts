import { describe, expect, test } from '@jest/globals';
import type { VirtualMachine, VirtualMachineInstance } from '@quickvirt/api';
import { Store, type KubeObject, type StoreChange } from '@quickvirt/kube';
import { Metrics } from '@quickvirt/telemetry';
import type { Informers } from '../informers.ts';
import { vmMetrics } from './vm-metrics.ts';
import { vmiMetrics } from './vmi-metrics.ts';

function aCache<T extends KubeObject>() {
  const store = new Store<T>();
  const listeners: ((change: StoreChange<T>) => void)[] = [];
  return {
    store,
    subscribe: (listener: (change: StoreChange<T>) => void) => {
      listeners.push(listener);
      return () => undefined;
    },
    apply: (object: T) => {
      const change: StoreChange<T> = { type: 'applied', object, previous: store.set(object) };
      for (const listener of listeners) listener(change);
    },
  };
}

const AT = '2026-08-01T00:00:00Z';
const AT_SECONDS = Date.parse(AT) / 1000;

async function linesOf(metrics: Metrics, name: string): Promise<string[]> {
  const { body } = await metrics.expose();
  return body.split('\n').filter((line) => line.startsWith(name));
}

describe('metrics of VMs', () => {
  const vms = aCache<VirtualMachine>();
  const metrics = new Metrics();
  vmMetrics({ vms } as unknown as Informers, metrics);
  vms.apply({
    metadata: { name: 'a', namespace: 'default', creationTimestamp: AT },
    spec: {
      template: {
        metadata: { annotations: { 'vm.kubevirt.io/os': 'debian' } },
        spec: { domain: { devices: {}, cpu: { cores: 2 }, memory: { guest: '1Gi' }, machine: { type: 'q35' } } },
      },
    },
    status: { printableStatus: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: AT }] },
  });

  test('say what it is', async () => {
    expect(await linesOf(metrics, 'kubevirt_vm_info')).toEqual([
      'kubevirt_vm_info{name="a",namespace="default",os="debian",workload="<none>",flavor="<none>",machine_type="q35",' +
        'instance_type="<none>",preference="<none>",status="running",status_group="running"} 1',
    ]);
    expect(await linesOf(metrics, 'kubevirt_vm_resource_requests')).toEqual([
      'kubevirt_vm_resource_requests{name="a",namespace="default",resource="memory",unit="bytes",source="guest"} 1073741824',
      'kubevirt_vm_resource_requests{name="a",namespace="default",resource="cpu",unit="cores",source="domain"} 2',
    ]);
  });

  test('say since when it is in its group, and 0 for the other groups', async () => {
    const name = (group: string) => `kubevirt_vm_${group}_status_last_transition_timestamp_seconds`;
    expect(await linesOf(metrics, name('running'))).toEqual([
      `${name('running')}{name="a",namespace="default"} ${AT_SECONDS}`,
    ]);
    expect(await linesOf(metrics, name('error'))).toEqual([`${name('error')}{name="a",namespace="default"} 0`]);
  });
});

describe('metrics of instances', () => {
  const vmis = aCache<VirtualMachineInstance>();
  const metrics = new Metrics();
  vmiMetrics({ vmis } as unknown as Informers, metrics);
  const vmi = (status: VirtualMachineInstance['status']): VirtualMachineInstance => ({
    metadata: { name: 'a', namespace: 'default', uid: 'u', creationTimestamp: AT },
    spec: { domain: { devices: {} }, evictionStrategy: 'LiveMigrate' },
    status,
  });
  const scheduled = { phase: 'Scheduled' as const, phaseTransitionTimestamp: '2026-08-01T00:00:01Z' };
  const running = { phase: 'Running' as const, phaseTransitionTimestamp: '2026-08-01T00:00:03Z' };
  vmis.apply(vmi({ phase: 'Scheduled', phaseTransitionTimestamps: [scheduled] }));
  vmis.apply(vmi({ phase: 'Running', nodeName: 'node1', phaseTransitionTimestamps: [scheduled, running] }));

  test('count phases, and tell what cannot be evicted', async () => {
    expect(await linesOf(metrics, 'kubevirt_vmi_phase_count')).toEqual([
      'kubevirt_vmi_phase_count{phase="running",node="node1"} 1',
    ]);
    const [info] = await linesOf(metrics, 'kubevirt_vmi_info');
    expect(info).toContain('phase="running"');
    expect(info).toContain('evictable="false"');
  });

  test('tell how long the phases took', async () => {
    const name = 'kubevirt_vmi_phase_transition_time';
    expect(await linesOf(metrics, `${name}_seconds_sum`)).toEqual([
      `${name}_seconds_sum{phase="running",last_phase="scheduled"} 2`,
    ]);
    expect(await linesOf(metrics, `${name}_from_creation_seconds_sum`)).toEqual([
      `${name}_from_creation_seconds_sum{phase="running"} 3`,
    ]);
  });
});
