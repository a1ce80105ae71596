import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Devices } from '@quickvirt/api';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CreateFlag, DomainState, Hypervisor, LibvirtError } from '@quickvirt/libvirt';
import {
  sessionLibvirtdMissing,
  startSessionLibvirtd,
  type SessionLibvirtd,
} from '../../libvirt/src/testing/session-libvirtd.ts';
import { convertVmiToDomainXml } from './convert.ts';
import type { DomainFacts, VolumeFacts } from './facts.ts';
import { readDomainXml } from './read.ts';
import { aVmi, emulated, sampleFacts, samples } from './testing/samples.ts';

const missing = sessionLibvirtdMissing();
if (missing) console.warn(`skipped: no domain is given to a real libvirtd because ${missing}`);

const virtioDisk = (name: string) => ({ name, disk: { bus: 'virtio' as const } });

/** virDomainDefineFlags: check against the schema. */
const VALIDATE = 1;
/** virDomainUndefineFlagsValues: with the variable store of UEFI. */
const WITH_NVRAM = 4;

(missing ? describe.skip : describe)('a real libvirtd', () => {
  let daemon: SessionLibvirtd;
  let hypervisor: Hypervisor;

  beforeAll(async () => {
    daemon = await startSessionLibvirtd();
    hypervisor = await Hypervisor.open({ socketPath: daemon.socketPath, uri: 'qemu:///session' });
  }, 30_000);
  afterAll(async () => {
    await hypervisor.close();
    await daemon[Symbol.asyncDispose]();
  }, 30_000);

  const hasSwtpm = spawnSync('sh', ['-c', 'command -v swtpm && command -v swtpm_setup']).status === 0;
  const definable = samples.filter(({ name, refusedBy }) => refusedBy === undefined || (name === 'tpm' && hasSwtpm));

  test('takes every sample of its architecture but those that name a reason', () => {
    const refused = samples.filter((sample) => !definable.includes(sample)).map(({ name }) => name);
    const newer = ['passt', 'sev', 'snp', 'tdx', 'arm64', 's390x'];
    expect(refused.filter((name) => name !== 'tpm')).toEqual(newer);
  });

  test.each(definable)('takes sample $name and gives back what status needs', async ({ vmi, config, facts }) => {
    // Machines that test this may have no KVM; all else of such a domain is checked as it is.
    const xml = convertVmiToDomainXml(vmi, config, facts).xml.replace(/^<domain type="kvm"/, '<domain type="qemu"');
    const domain = await hypervisor.defineXml(xml, VALIDATE);
    try {
      const given = readDomainXml(xml);
      const kept = readDomainXml(await domain.xml());
      // libvirt keeps disks in the order of bus and target.
      const byTarget = ({ disks }: typeof given) => disks.toSorted((a, b) => a.target.localeCompare(b.target));
      expect(byTarget(kept)).toEqual(byTarget(given));
      expect(kept.interfaces.map(({ name, tapName, model }) => [name, tapName, model])).toEqual(
        given.interfaces.map(({ name, tapName, model }) => [name, tapName, model]),
      );
      const functions = ({ hostDevices }: typeof given) => hostDevices.filter(({ address }) => address !== undefined);
      expect(functions(kept)).toEqual(functions(given));
      expect(kept.topology).toEqual(given.topology);
      expect(kept.memoryBytes).toBe(given.memoryBytes);
      expect(kept.machineType).toMatch(/^pc-q35-/);
    } finally {
      await domain.undefine(WITH_NVRAM);
    }
  });

  /** What QEMU can run on any machine: no KVM, no device of the node, no UEFI image. */
  const startable = [
    'minimal',
    'disks',
    'disk-custom-block-size',
    'disk-pci-address',
    'io-threads',
    'io-thread-pool',
    'identity',
    'clock',
    'cpu-hotplug',
    'memory-hotplug',
    'few-devices',
    'transitional',
    'no-pci-hole',
    'clock-utc',
    'features-emulated',
  ];

  test.each(definable.filter(({ name }) => startable.includes(name)))(
    'starts QEMU for sample $name',
    async ({ vmi, config, facts }) => {
      const { xml } = convertVmiToDomainXml(vmi, config, inDirectory(facts, daemon.directory));
      const domain = await hypervisor.defineXml(xml, VALIDATE);
      try {
        await domain.create(CreateFlag.paused);
        expect((await domain.state()).state).toBe(DomainState.paused);
        expect(readDomainXml(await domain.xml()).vncSockets.length).toBeLessThanOrEqual(1);
        await domain.destroy();
      } finally {
        await domain.undefine(WITH_NVRAM);
      }
    },
    30_000,
  );

  describe('gives PCI addresses that stay', () => {
    const before = {
      disks: [virtioDisk('root'), virtioDisk('data')],
      interfaces: [{ name: 'default', masquerade: {} }],
    };

    test.each<[string, Devices, RegExp]>([
      [
        'of NICs and disks when a disk is added',
        { ...before, disks: [...before.disks, virtioDisk('scratch')] },
        /^ua-/,
      ],
      [
        'of NICs when a NIC is added',
        { ...before, interfaces: [...before.interfaces, { name: 'second', bridge: {} }] },
        /^ua-default$/,
      ],
      ['of NICs and disks when unrelated fields change', { ...before, rng: {}, blockMultiQueue: true }, /^ua-/],
    ])('%s', async (_what, after, kept) => {
      const old = await pciAddresses(before);
      const now = await pciAddresses(after);
      const aliases = [...old.keys()].filter((alias) => kept.test(alias));
      expect(aliases.length).toBeGreaterThan(0);
      for (const alias of aliases) expect([alias, now.get(alias)]).toEqual([alias, old.get(alias)]);
    });

    /** By alias, as libvirt gives them at definition. */
    async function pciAddresses(devices: Devices): Promise<Map<string, string>> {
      const { xml } = convertVmiToDomainXml(aVmi({ devices }), emulated, sampleFacts);
      const domain = await hypervisor.defineXml(xml, VALIDATE);
      try {
        const found = (await domain.xml()).matchAll(
          /<alias name='([^']+)'\/>(?:(?!<alias)[^])*?<address type='pci' ([^/]*)\/>/g,
        );
        return new Map([...found].map(([, alias = '', address = '']) => [alias, address]));
      } finally {
        await domain.undefine(WITH_NVRAM);
      }
    }
  });

  test('refuses what its schema does not know, so that the test above says something', async () => {
    const [first] = definable;
    if (first === undefined) throw new Error('there is no sample');
    const { xml } = convertVmiToDomainXml(first.vmi, first.config, first.facts);
    const wrong = xml.replace('</devices>', '<capacity>1</capacity></devices>');
    await expect(hypervisor.defineXml(wrong, VALIDATE)).rejects.toThrow(LibvirtError);
  });
});

/** The same facts with images that are really there. A block device is a file here: nobody has one to spare. */
function inDirectory(facts: DomainFacts, directory: string): DomainFacts {
  const real = (name: string, volume: VolumeFacts): VolumeFacts => {
    if (volume.kind === 'unplugged') return volume;
    const path = join(directory, `${name}.${volume.format}`);
    writeImage(path, volume.format);
    const backing = volume.backing && { ...volume.backing, path: join(directory, `${name}.base`) };
    if (backing !== undefined) writeImage(backing.path, backing.format);
    // Not every file system below the temporary directory takes O_DIRECT.
    return { ...volume, kind: 'file', path, backing, directIo: false };
  };
  mkdirSync(join(directory, 'console'), { recursive: true });
  chmodSync(join(directory, 'console'), 0o777);
  const volumes = Object.entries(facts.volumes).map(([name, volume]) => [name, real(name, volume)] as const);
  return { ...facts, runDirectory: directory, volumes: Object.fromEntries(volumes) };
}

function writeImage(path: string, format: string): void {
  execFileSync('qemu-img', ['create', '-q', '-f', format, path, '1M']);
  chmodSync(path, 0o666);
}
