import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { VirtualMachineInstance } from '@quickvirt/api';
import { expectGolden } from '@quickvirt/testing';
import { ConversionError, convertVmiToDomain, convertVmiToDomainXml, type Element, readDomainXml } from './index.ts';
import { aVmi, emulated, sampleFacts, samples } from './testing/samples.ts';

describe('a domain', () => {
  test.each(samples)('of sample $name is its golden', async ({ name, vmi, config, facts }) => {
    const { xml } = convertVmiToDomainXml(vmi, config, facts);
    await expectGolden(new URL(`./testdata/${name}.golden.xml`, import.meta.url), xml);
  });

  test.each(samples)(
    'of sample $name is the same when made again, and every alias in it is unique',
    ({ vmi, config, facts }) => {
      const first = convertVmiToDomain(vmi, config, facts);
      expect(convertVmiToDomain(structuredClone(vmi), config, structuredClone(facts))).toEqual(first);
      const aliases = elements(first, 'alias').map(({ attributes }) => attributes['name']);
      expect(new Set(aliases).size).toBe(aliases.length);
    },
  );
});

/** Every element of a name, at any depth. */
function elements(node: Element, name: string): Element[] {
  const inner = node.children.flatMap((child) => (typeof child === 'string' ? [] : elements(child, name)));
  return node.name === name ? [node, ...inner] : inner;
}

const domainOf = (vmi: VirtualMachineInstance, facts = sampleFacts) => convertVmiToDomainXml(vmi, emulated, facts).xml;

const buses = fc.constantFrom('virtio' as const, 'sata' as const, 'scsi' as const, 'usb' as const);
const manyDisks = fc.array(buses, { minLength: 1, maxLength: 40 });

function vmiWithDisks(
  wanted: readonly ('virtio' | 'sata' | 'scsi' | 'usb')[],
  more: Partial<VirtualMachineInstance['spec']['domain']> = {},
) {
  const names = wanted.map((_, index) => `disk${index}`);
  const vmi = aVmi({
    domain: { ...more, devices: { disks: wanted.map((bus, index) => ({ name: `disk${index}`, disk: { bus } })) } },
    spec: { volumes: names.map((name) => ({ name, emptyDisk: { capacity: '1Gi' } })) },
  });
  const image = { kind: 'file', path: '/x', format: 'qcow2', directIo: true, diesWithPod: true } as const;
  return { vmi, facts: { ...sampleFacts, volumes: Object.fromEntries(names.map((name) => [name, image])) } };
}

describe('names of disks', () => {
  test('are unique, and every volume that a disk names has one', () => {
    fc.assert(
      fc.property(manyDisks, (wanted) => {
        const { vmi, facts } = vmiWithDisks(wanted);
        const { disks } = readDomainXml(convertVmiToDomainXml(vmi, emulated, facts).xml);
        expect(disks.map(({ name }) => name)).toEqual((vmi.spec.volumes ?? []).map(({ name }) => name));
        expect(new Set(disks.map(({ target }) => target)).size).toBe(disks.length);
      }),
    );
  });

  test('stay when a disk is added at the end and when unrelated fields change', () => {
    fc.assert(
      fc.property(manyDisks, buses, (wanted, added) => {
        const before = vmiWithDisks(wanted);
        const after = vmiWithDisks([...wanted, added], { memory: { guest: '256Mi' }, ioThreadsPolicy: 'shared' });
        const targets = ({ vmi, facts }: ReturnType<typeof vmiWithDisks>) =>
          readDomainXml(convertVmiToDomainXml(vmi, emulated, facts).xml).disks.map(({ name, target }) => [
            name,
            target,
          ]);
        expect(targets(after).slice(0, wanted.length)).toEqual(targets(before));
      }),
    );
  });

  test('that the status holds are kept, also when a disk before them is gone', () => {
    const { vmi, facts } = vmiWithDisks(['virtio', 'virtio', 'virtio']);
    vmi.status = {
      volumeStatus: [
        { name: 'disk1', target: 'vdb' },
        { name: 'disk2', target: 'vdc' },
      ],
    };
    vmi.spec.domain.devices.disks?.splice(0, 1);
    const { disks } = readDomainXml(convertVmiToDomainXml(vmi, emulated, facts).xml);
    expect(disks.map(({ target }) => target)).toEqual(['vdb', 'vdc']);
  });
});

describe('what cannot be served names its field', () => {
  const field = (vmi: VirtualMachineInstance, facts = sampleFacts): string => {
    try {
      domainOf(vmi, facts);
    } catch (error) {
      if (error instanceof ConversionError) return error.field;
      throw error;
    }
    return 'nothing was refused';
  };

  test.each<[string, VirtualMachineInstance, string]>([
    ['an unknown architecture', aVmi({ spec: { architecture: 'riscv64' } }), 'spec.architecture'],
    ['no memory at all', aVmi({ domain: { memory: {} } }), 'spec.domain.memory.guest'],
    ['negative memory', aVmi({ domain: { memory: { guest: '-1Mi' } } }), 'spec.domain.memory.guest'],
    [
      'a disk without a volume',
      aVmi({ devices: { disks: [{ name: 'none', disk: {} }] } }),
      'spec.domain.devices.disks[0]',
    ],
    [
      'a NIC that was not set up',
      aVmi({ devices: { interfaces: [{ name: 'gone', bridge: {} }] } }),
      'spec.domain.devices.interfaces[0]',
    ],
    [
      'a device that was not given',
      aVmi({ devices: { gpus: [{ name: 'gpu', deviceName: 'a/b' }] } }),
      'spec.domain.devices.gpus[0]',
    ],
    [
      'a bad PCI address',
      aVmi({ devices: { disks: [{ name: 'root', disk: { bus: 'virtio', pciAddress: '81:01.0' } }] } }),
      'spec.domain.devices.disks.root.pciAddress',
    ],
    [
      'too few CPUs',
      aVmi({ domain: { cpu: { cores: 8, dedicatedCpuPlacement: true } } }),
      'spec.domain.cpu.dedicatedCpuPlacement',
    ],
    ['a vsock without a CID', aVmi({ devices: { autoattachVSOCK: true } }), 'spec.domain.devices.autoattachVSOCK'],
    [
      'a filesystem without virtiofsd',
      aVmi({ devices: { filesystems: [{ name: 'data', virtiofs: {} }] } }),
      'spec.domain.devices.filesystems[0]',
    ],
  ])('%s', (_what, vmi, expected) => {
    expect(field(vmi)).toBe(expected);
  });

  test('a volume that nobody prepared', () => {
    const vmi = aVmi({ devices: { disks: [{ name: 'root', disk: {} }] } });
    expect(field(vmi, { ...sampleFacts, volumes: {} })).toBe('spec.domain.devices.disks[0]');
  });
});

describe('cache modes', () => {
  const cacheOf = (volume: string, facts = sampleFacts, more: object = {}) =>
    /cache="(\w+)"/.exec(
      domainOf(aVmi({ devices: { disks: [{ name: volume, disk: { bus: 'virtio' }, ...more }] } }), facts),
    )?.[1];

  test.each<[string, string | undefined, string]>([
    ['an overlay dies with the pod, so it is never flushed', cacheOf('root'), 'unsafe'],
    ['a claim must survive', cacheOf('data'), 'none'],
    ['a choice of the VMI holds', cacheOf('root', sampleFacts, { cache: 'writethrough' }), 'writethrough'],
    [
      'without O_DIRECT writes go through',
      cacheOf('data', {
        ...sampleFacts,
        volumes: { data: { ...sampleFacts.volumes['data'], directIo: false } as never },
      }),
      'writethrough',
    ],
  ])('%s', (_why, actual, expected) => {
    expect(actual).toBe(expected);
  });
});
