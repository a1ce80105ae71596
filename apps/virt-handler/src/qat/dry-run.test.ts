import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { addC62x, expectGolden, FakeSysfs } from '@quickvirt/testing';
import { qatDryRun } from './dry-run.ts';

const golden = (name: string) => new URL(`./testdata/dry-run-${name}.txt`, import.meta.url);

let fake: FakeSysfs;
afterEach(() => fake.remove());

async function dryRun(permittedHostDevices: object): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'dry-run-'));
  const file = join(directory, 'kubevirt.json');
  await writeFile(
    file,
    JSON.stringify({ metadata: { name: 'kubevirt' }, spec: { configuration: { permittedHostDevices } } }),
  );
  const places = { sysfs: fake.root, device: fake.devices, kubelet: directory, state: directory };
  const flags = Object.entries(places).map(([name, path]) => `--${name}-directory=${path}`);
  const text = await qatDryRun(['--dry-run', `--kubevirt=${file}`, ...flags], {});
  await rm(directory, { recursive: true });
  return text;
}

test('says all that would be written, also what only later looks would find, and writes nothing', async () => {
  fake = await FakeSysfs.create({ vfio: 'absent' });
  await fake.addPhysicalFunction({
    address: '0000:e8:00.0',
    parents: ['pci0000:e8'],
    id: '8086:4940',
    driver: '4xxx',
    numaNode: 1,
    group: 41,
    totalVfs: 2,
    offset: 1,
    stride: 1,
    vfId: '8086:4941',
    vfGroup: 130,
    services: 'dc',
  });
  const text = await dryRun({ qat: { physicalFunctions: [{ addresses: ['0000:e8:00.0'], services: ['sym', 'dc'] }] } });
  await expectGolden(golden('4xxx'), withoutNote(text));
  expect(text).toMatch(/^The kubelet does not say which functions pods hold/);
  expect(fake.writes).toEqual([]);
});

test('says why nothing would be written', async () => {
  fake = await FakeSysfs.create();
  await addC62x(fake);
  await expectGolden(golden('c62x'), withoutNote(await dryRun({})));
});

test('says that there is no card', async () => {
  fake = await FakeSysfs.create();
  expect(withoutNote(await dryRun({}))).toBe('This node has no QAT card.\n');
});

test.each([[['--wet-run']], [[]], [['--dry-run']]])('%j is answered by how to use it', async (args) => {
  fake = await FakeSysfs.create();
  await expect(qatDryRun(args, {})).rejects.toThrow(/virt-handler qat --dry-run/);
});

/** The first line names a socket of this test. */
function withoutNote(text: string): string {
  return text.slice(text.indexOf('\n\n') + 2);
}
