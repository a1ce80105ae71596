import { describe, expect, test } from '@jest/globals';
import type { VirtualMachine } from '@quickvirt/api';
import { clusterConfigFrom } from '@quickvirt/config';
import { defaultVm } from './vm.ts';

const config = clusterConfigFrom(undefined);
const fresh = { uuid: '00000000-0000-4000-8000-000000000001', serial: '00000000-0000-4000-8000-000000000002' };
const other = { uuid: '00000000-0000-4000-8000-00000000000a', serial: '00000000-0000-4000-8000-00000000000b' };

const asWritten: VirtualMachine = {
  metadata: { name: 'a' },
  spec: {
    runStrategy: 'Always',
    template: {
      metadata: { labels: { app: 'x' } },
      spec: { domain: { devices: { disks: [{ name: 'd', disk: {} }] }, memory: { guest: '1Gi' } } },
    },
  },
};

const created = defaultVm(asWritten, { operation: 'CREATE', config, fresh });

describe('a VM', () => {
  test('gets its identity once', () => {
    const { template } = created.spec;
    expect(template.spec).toMatchObject({
      architecture: 'amd64',
      domain: { firmware: fresh, machine: { type: 'q35' } },
    });
    expect(template.metadata).toEqual({
      labels: { app: 'x' },
      annotations: { 'kubevirt.io/pci-topology-version': 'v3' },
    });
  });

  test('keeps its lists as its owner wrote them', () => {
    expect(created.spec.template.spec?.domain.devices).toEqual(asWritten.spec.template.spec?.domain.devices);
  });

  test('gets the same back when a replace leaves it out, whatever the cluster says by now', () => {
    const changed = clusterConfigFrom({
      metadata: {},
      spec: {
        configuration: { machineType: 'pc-q35-9.9', architectureConfiguration: { defaultArchitecture: 'arm64' } },
      },
    });
    expect(defaultVm(asWritten, { operation: 'UPDATE', config: changed, old: created, fresh: other })).toEqual(created);
  });

  test('that was stored without an identity gets none by an update: a running guest must not change', () => {
    const updated = defaultVm(asWritten, { operation: 'UPDATE', config, old: asWritten, fresh });
    expect(updated.spec.template.spec?.domain.firmware).toBeUndefined();
  });

  test('keeps what its owner chose', () => {
    const own = structuredClone(asWritten);
    Object.assign(own.spec.template.spec ?? {}, {
      architecture: 'arm64',
      domain: { ...own.spec.template.spec?.domain, firmware: { uuid: other.uuid }, machine: { type: 'virt-9.0' } },
    });
    expect(defaultVm(own, { operation: 'CREATE', config, fresh }).spec.template.spec).toMatchObject({
      architecture: 'arm64',
      domain: { firmware: { uuid: other.uuid, serial: fresh.serial }, machine: { type: 'virt-9.0' } },
    });
  });

  test('is not changed by being defaulted twice, nor is the given object', () => {
    const before = structuredClone(asWritten);
    expect(defaultVm(created, { operation: 'CREATE', config, fresh: other })).toEqual(created);
    expect(asWritten).toEqual(before);
  });

  test('without a template is left to the rules', () => {
    const broken = { metadata: {}, spec: {} } as unknown as VirtualMachine;
    expect(defaultVm(broken, { operation: 'CREATE', config, fresh })).toBe(broken);
  });
});
