import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Hypervisor, LibvirtError } from '@quickvirt/libvirt';
import {
  sessionLibvirtdMissing,
  startSessionLibvirtd,
  type SessionLibvirtd,
} from '../../libvirt/src/testing/session-libvirtd.ts';
import { convertVmiToDomainXml } from './convert.ts';
import { readDomainXml } from './read.ts';
import { samples } from './testing/samples.ts';

const missing = sessionLibvirtdMissing();
if (missing) console.warn(`skipped: no domain is given to a real libvirtd because ${missing}`);

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

  const definable = samples.filter(({ refusedBy, config }) => refusedBy === undefined && config.useEmulation);

  test.each(definable)('takes sample $name and gives back what status needs', async ({ vmi, config, facts }) => {
    const { xml } = convertVmiToDomainXml(vmi, config, facts);
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
      expect(kept.topology).toEqual(given.topology);
      expect(kept.memoryBytes).toBe(given.memoryBytes);
      expect(kept.machineType).toMatch(/^pc-q35-/);
    } finally {
      await domain.undefine(WITH_NVRAM);
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
