import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { wholeUnits } from '@quickvirt/api';
import { clusterConfigFrom, domainConfigFrom } from '@quickvirt/config';
import { convertVmiToDomainXml } from '@quickvirt/domain-xml';
import { memoryLines, renderLauncherPod } from '@quickvirt/launcher-pod';
import { domainFactsOf, readFacts, renderOptionsOf } from './facts.ts';
import { instancesOf } from './instances.ts';
import { readManifests, type Manifest, type ManifestObject } from './manifests.ts';
import { memoryReport, memoryTable } from './memory-report.ts';
import { withNamespace, withStandInUid } from './objects.ts';

const examples = join(import.meta.dirname, '../../../../examples');
const read = (...names: string[]): Manifest[] =>
  withNamespace(readManifests(names.map((name) => join(examples, name))), 'default');
const kubevirt = read('kubevirt.yaml')[0]?.object as ManifestObject & { spec: object };
const config = clusterConfigFrom(kubevirt);
const folder = mkdtempSync(join(tmpdir(), 'quickvirt-facts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('instances', () => {
  test('are those that a VM makes, with instance type and preference of the same files', () => {
    const [vmi] = instancesOf(read('vm-instancetype.yaml', 'instancetype.yaml'), config);
    expect(vmi?.kind).toBe('VirtualMachineInstance');
    expect(vmi?.spec.domain.memory?.guest).toBeDefined();
    expect(vmi?.spec.domain.machine?.type).toBe('q35');
  });

  test('are the same each time', () => {
    expect(instancesOf(read('vm-tiny.yaml'), config)).toEqual(instancesOf(read('vm-tiny.yaml'), config));
  });

  test('name an instance type that is in no file', () => {
    expect(() => instancesOf(read('vm-instancetype.yaml'), config)).toThrow(/spec\.instancetype: .* is not among/);
  });

  test('tell why they cannot be', () => {
    const [{ object } = { object: undefined }] = read('vmi.yaml');
    const devices = { disks: [{ name: 'x', disk: {} }] };
    const broken = { ...(object as ManifestObject), spec: { domain: { devices, memory: { guest: '1Gi' } } } };
    expect(() => instancesOf([{ source: 'a:1', object: broken }], config)).toThrow(
      /a:1: .*\n {2}spec\.domain\.devices\.disks/,
    );
    const empty = { ...(object as ManifestObject), spec: {} };
    expect(() => instancesOf([{ source: 'a:1', object: empty }], config)).toThrow('spec.domain.devices');
  });
});

describe('pods and domains', () => {
  // Every guest of the examples but that whose architecture has no libvirt domain of ours.
  const manifests = withNamespace(readManifests([examples]), 'default');
  const guests = instancesOf(manifests, config).filter(({ spec }) => spec.architecture !== 's390x');

  test('there are guests to render', () => expect(guests.length).toBeGreaterThan(40));

  test.each(guests.map((vmi) => [vmi.metadata.name ?? '', vmi] as const))(
    '%s is rendered by default facts',
    (_, vmi) => {
      const options = renderOptionsOf(vmi, manifests, {});
      const pod = renderLauncherPod(withStandInUid(vmi), config, options);
      const facts = domainFactsOf(vmi, config, options, {});
      const { xml } = convertVmiToDomainXml(vmi, domainConfigFrom(config), facts);
      expect(pod.spec.containers[0]?.name).toBe('compute');
      expect(xml).toContain(`<name>default_${vmi.metadata.name}</name>`);
    },
  );

  test('the lines of the memory model add up to what the pod asks', () => {
    const [vmi] = instancesOf(read('vm-tiny.yaml'), config);
    if (!vmi) throw new Error('no instance');
    const report = memoryReport(
      vmi,
      memoryLines(vmi, config),
      renderLauncherPod(vmi, config, renderOptionsOf(vmi, [], {})),
    );
    expect(wholeUnits(report.requests['memory'] ?? '')).toBe(BigInt(report.guestBytes + report.overheadBytes));
    expect(memoryTable(report)).toMatch(/^default\/tiny\nguest +128\.0 MiB\n {2}virt-launcher/);
  });
});

describe('a facts file', () => {
  const [vmi] = instancesOf(read('vm-tiny.yaml'), config);
  const fileWith = (text: string): string => {
    const path = join(folder, 'facts.yaml');
    writeFileSync(path, text);
    return path;
  };

  test('has the last word', () => {
    if (!vmi) throw new Error('no instance');
    const facts = readFacts(
      fileWith(`pod: {launcherImage: "registry.example.com/l:1"}
domain: {volumes: {root: {kind: block, path: /dev/root, format: raw, directIo: true, diesWithPod: false}}}`),
    );
    const options = renderOptionsOf(vmi, [], facts);
    expect(options.launcherImage).toBe('registry.example.com/l:1');
    const { volumes } = domainFactsOf(vmi, config, options, facts);
    expect(volumes['root']).toMatchObject({ kind: 'block', path: '/dev/root' });
    expect(volumes['seed']).toMatchObject({ kind: 'file' });
  });

  test.each([
    ['pod: {launcherImag: x}', 'pod.launcherImag is no fact; did you mean pod.launcherImage?'],
    ['nodes: {}', 'nodes is no fact'],
  ])('with %s is refused', (text, message) => {
    expect(() => readFacts(fileWith(text))).toThrow(message);
  });
});
