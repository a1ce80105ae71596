import { describe, expect, test } from '@jest/globals';
import type { VirtualMachineInstance, Volume } from '@quickvirt/api';
import { seedImage, type CloudInitSecrets } from './cloud-init.ts';

const vmi: VirtualMachineInstance = {
  metadata: {
    namespace: 'default',
    name: 'web.tier',
    annotations: { 'kubevirt.io/cluster-instancetype-name': 'u1.small' },
  },
  spec: { domain: { firmware: { uuid: 'd9b0' }, devices: {} } },
};
const secrets = (
  userData: Record<string, string> = {},
  networkData: Record<string, string> = {},
): CloudInitSecrets => ({
  userData: filesOf(userData),
  networkData: filesOf(networkData),
});
const filesOf = (texts: Record<string, string>) =>
  new Map(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text)]));

function filesIn(volume: Volume, from = secrets()): Record<string, string> {
  const { files } = seedImage(vmi, volume, from);
  return Object.fromEntries([...files].map(([path, content]) => [path, content.toString()]));
}

describe('a NoCloud seed', () => {
  test('has identity, host name and instance type; the name ends at its first dot', () => {
    const files = filesIn({ name: 'seed', cloudInitNoCloud: { userData: '#cloud-config' } });
    expect(Object.keys(files)).toEqual(['meta-data', 'user-data']);
    expect(JSON.parse(files['meta-data']!)).toEqual({
      'instance-id': 'd9b0',
      'local-hostname': 'web',
      'instance-type': 'u1.small',
    });
    expect(files['user-data']).toBe('#cloud-config');
  });

  test('takes data in base64, with line breaks', () => {
    const files = filesIn({
      name: 'seed',
      cloudInitNoCloud: { userDataBase64: 'aGVs\nbG8=', networkDataBase64: 'bmV0' },
    });
    expect(files).toMatchObject({ 'user-data': 'hello', 'network-config': 'net' });
  });

  test.each([
    [{ userdata: 'u' }, { networkdata: 'n' }],
    [{ userData: 'u' }, { networkData: 'n' }],
  ])('takes data from Secrets with the keys of %j', (userData, networkData) => {
    const source = { secretRef: { name: 'a' }, networkDataSecretRef: { name: 'b' } };
    const files = filesIn({ name: 'seed', cloudInitNoCloud: source }, secrets(userData, networkData));
    expect(files).toMatchObject({ 'user-data': 'u', 'network-config': 'n' });
  });
});

test('a ConfigDrive seed has OpenStack’s files', () => {
  const volume = { name: 'seed', cloudInitConfigDrive: { userData: 'u', networkData: 'n' } };
  expect(seedImage(vmi, volume, secrets()).volumeLabel).toBe('config-2');
  const files = filesIn(volume);
  expect(files).toMatchObject({ 'openstack/latest/user_data': 'u', 'openstack/latest/network_data.json': 'n' });
  expect(JSON.parse(files['openstack/latest/meta_data.json']!)).toEqual({
    instance_type: 'u1.small',
    instance_id: 'web.tier.default',
    hostname: 'web',
    uuid: 'd9b0',
  });
});

test.each<[string, Volume, RegExp]>([
  ['no such key', { name: 's', cloudInitNoCloud: { secretRef: { name: 'mine' } } }, /Secret mine .* "userdata"/],
  ['no base64', { name: 's', cloudInitNoCloud: { userDataBase64: '§' } }, /userDataBase64 is no base64/],
  ['too long', { name: 's', cloudInitNoCloud: { userData: 'x'.repeat(2 ** 20 + 1) } }, /user-data has 1048577 bytes/],
])('%s is an error that names the field', (_name, volume, message) => {
  expect(() => seedImage(vmi, volume, secrets())).toThrow(message);
});
