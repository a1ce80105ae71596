import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deviceMetadataPath, encodeDeviceMetadata, parseDeviceMetadata } from './device-metadata.ts';

const device = {
  driver: 'qat.quickvirt.io',
  pool: 'node1',
  name: 'vf-0000-3d-02-2',
  attributes: { 'resource.kubernetes.io/pciBusID': { string: '0000:3d:02.2' } },
};
const claim = { name: 'crypto', namespace: 'default', uid: 'u1' };

test('lies where KEP-5304 says', () => {
  expect(deviceMetadataPath({ claimName: 'crypto' }, 'qat')).toBe('resourceclaims/crypto/qat');
  expect(deviceMetadataPath({ podClaimName: 'mine' }, 'qat')).toBe('resourceclaimtemplates/mine/qat');
});

describe('the file', () => {
  test('has the fields of metadata.resource.k8s.io/v1alpha1', () => {
    expect(JSON.parse(encodeDeviceMetadata({ claim, request: 'qat', devices: [device] }))).toEqual({
      kind: 'DeviceMetadata',
      apiVersion: 'metadata.resource.k8s.io/v1alpha1',
      metadata: { name: 'crypto', namespace: 'default', uid: 'u1', generation: 1 },
      requests: [{ name: 'qat', devices: [device] }],
    });
    const fromTemplate = encodeDeviceMetadata({ claim, podClaimName: 'mine', request: 'qat', devices: [] });
    expect(JSON.parse(fromTemplate)).toHaveProperty('podClaimName', 'mine');
  });

  test('is read as it was written, whatever its texts hold', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, value) => {
        const odd = { ...device, name, attributes: { services: { string: value } } };
        const text = encodeDeviceMetadata({ claim, request: 'qat', devices: [odd] });
        expect(parseDeviceMetadata(text, 'qat')).toEqual([odd]);
      }),
    );
  });

  test('of another driver: the first version that is known counts', () => {
    const newer = { apiVersion: 'metadata.resource.k8s.io/v9', strange: '}"{' };
    const known = {
      apiVersion: 'metadata.resource.k8s.io/v1beta1',
      requests: [{ name: 'qat/big', devices: [device] }],
    };
    const text = `${JSON.stringify(newer, undefined, 2)}\n${JSON.stringify(known)}\n`;
    expect(parseDeviceMetadata(text, 'qat')).toEqual([device]);
  });

  test.each([
    ['', 'no version that is known'],
    ['{"apiVersion":"v9"}', 'v9'],
    ['{"apiVersion":"metadata.resource.k8s.io/v1alpha1","requests":[{"name":"other"}]}', 'nothing of request "qat"'],
    ['{"apiVersion":', 'no version'],
    ['{"apiVersion" "x"}', 'JSON'],
  ])('%j is refused: %s', (text, message) => expect(() => parseDeviceMetadata(text, 'qat')).toThrow(message));
});
