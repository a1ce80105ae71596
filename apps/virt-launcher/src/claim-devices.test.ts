import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { VirtualMachineInstance } from '@quickvirt/api';
import { encodeDeviceMetadata, type MetadataDevice } from '@quickvirt/node-plan';
import { claimDevices } from './claim-devices.ts';
import { FieldError } from './field-error.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'claims-'));
});
afterEach(() => rm(directory, { recursive: true }));

const device = (attributes: MetadataDevice['attributes']): MetadataDevice => ({
  driver: 'qat.quickvirt.io',
  pool: 'node1',
  name: 'vf-1',
  attributes,
});
const pci = (address: string) => device({ 'resource.kubernetes.io/pciBusID': { string: address } });

async function write(path: string, devices: MetadataDevice[]): Promise<void> {
  const file = join(directory, path);
  await mkdir(dirname(file), { recursive: true });
  const claim = { name: 'c', namespace: 'n', uid: 'u' };
  await writeFile(file, encodeDeviceMetadata({ claim, request: 'qat', devices }));
}

function vmi(devices: object, resourceClaims: object[] = [{ name: 'mine', resourceClaimName: 'crypto' }]) {
  return { spec: { domain: { devices }, resourceClaims } } as unknown as VirtualMachineInstance;
}
const asking = { hostDevices: [{ name: 'qat0', claimName: 'mine', requestName: 'qat' }] };

describe('claimDevices', () => {
  test('reads the function of a claim by its own name, and of one that a template made', async () => {
    await write('resourceclaims/crypto/qat/qat.quickvirt.io-metadata.json', [pci('0000:3D:01.1')]);
    expect([...(await claimDevices(vmi(asking), directory))]).toEqual([['qat0', '0000:3d:01.1']]);
    await write('resourceclaimtemplates/mine/qat/gpu.example.com-metadata.json', [pci('0001:02:00.0')]);
    const fromTemplate = vmi({ gpus: [{ name: 'gpu0', claimName: 'mine', requestName: 'qat' }] }, [
      { name: 'mine', resourceClaimTemplateName: 'template' },
    ]);
    expect([...(await claimDevices(fromTemplate, directory))]).toEqual([['gpu0', '0001:02:00.0']]);
  });

  test('leaves devices of device plugins alone', async () => {
    const plain = vmi({ hostDevices: [{ name: 'a', deviceName: 'x/y' }] });
    expect((await claimDevices(plain, directory)).size).toBe(0);
  });

  test.each<[string, MetadataDevice[] | undefined, string]>([
    ['no file', undefined, 'KEP-5304'],
    ['no device', [], 'got 0 devices'],
    ['two devices', [pci('0000:3d:01.1'), pci('0000:3d:01.2')], 'got 2 devices'],
    ['a device that is no PCI function', [device({})], 'pciBusID'],
    ['an address that is none', [pci('../../etc')], 'pciBusID'],
    ['a virtual GPU', [device({ mdevUUID: { string: 'u' } })], 'mediated device'],
  ])('%s: names the device of the VMI', async (_, devices, message) => {
    if (devices) await write('resourceclaims/crypto/qat/qat.quickvirt.io-metadata.json', devices);
    const failed = await claimDevices(vmi(asking), directory).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(FieldError);
    expect((failed as FieldError).field).toMatch(/^spec\.domain\.devices\.hostDevices\[0\]/);
    expect((failed as FieldError).message).toContain(message);
  });

  test('refuses a file that is no metadata, and files of two drivers', async () => {
    const path = join(directory, 'resourceclaims/crypto/qat');
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'a-metadata.json'), 'nonsense');
    await expect(claimDevices(vmi(asking), directory)).rejects.toThrow('a-metadata.json cannot be used');
    await writeFile(join(path, 'b-metadata.json'), '');
    await expect(claimDevices(vmi(asking), directory)).rejects.toThrow('several drivers');
  });
});
