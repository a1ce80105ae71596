import { describe, expect, test } from '@jest/globals';
import { convertVmiToDomainXml } from './convert.ts';
import { DomainXmlError, readDomainXml } from './read.ts';
import { aVmi, emulated, sampleFacts, samples } from './testing/samples.ts';

describe('a domain that is read back', () => {
  test.each(samples)('of sample $name has the disks, interfaces and CPUs of its VMI', ({ vmi, config, facts }) => {
    const read = readDomainXml(convertVmiToDomainXml(vmi, config, facts).xml);
    expect(read.name).toBe(`vms_${vmi.metadata.name}`);
    const { cpu } = vmi.spec.domain;
    const onTaps = (vmi.spec.domain.devices.interfaces ?? []).filter(({ sriov }) => sriov === undefined);
    expect(read.interfaces.map(({ name }) => name)).toEqual(onTaps.map(({ name }) => name));
    expect(read.topology.vcpus).toBe((cpu?.sockets ?? 1) * (cpu?.cores ?? 1) * (cpu?.threads ?? 1));
  });

  test('tells sizes in bytes, whatever the unit', () => {
    const { xml } = convertVmiToDomainXml(aVmi(), emulated, sampleFacts);
    const inKiB = xml.replace('<memory unit="b">134217728</memory>', '<memory unit="KiB">131072</memory>');
    expect(inKiB).not.toBe(xml);
    expect(readDomainXml(inKiB).memoryBytes).toBe(134_217_728n);
    expect(readDomainXml(xml).memoryBytes).toBe(134_217_728n);
  });

  test.each([
    '',
    'no XML',
    '<domain',
    '<network><name>x</name></network>',
    '<domain><memory unit="furlong">1</memory></domain>',
  ])('refuses %j', (text) => {
    expect(() => readDomainXml(text)).toThrow(DomainXmlError);
  });
});
