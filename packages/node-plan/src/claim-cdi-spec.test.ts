import { expect, test } from '@jest/globals';
import { claimCdiFileName, claimCdiSpec, claimDeviceCdiName, claimRequestCdiName } from './claim-cdi-spec.ts';

const driverName = 'qat.quickvirt.io';
const claimUid = '0b1f4a7e-2d39-4e0c-9a53-6f2a1b8c7d90';

test('a claim is one file, whose devices and requests are named as the kubelet is told', () => {
  const spec = claimCdiSpec({
    driverName,
    claimUid,
    devices: [
      {
        name: 'vf-0000-3d-02-2',
        nodes: [
          { path: '/dev/vfio/vfio', major: 10, minor: 196 },
          { path: '/dev/vfio/50', major: 240, minor: 3 },
        ],
        env: ['QAT0=0000:3d:02.2'],
      },
    ],
    metadata: [{ request: 'qat', hostPath: '/h/metadata.json', containerPath: '/c/metadata.json' }],
  }) as any;
  expect(spec).toMatchObject({ cdiVersion: '0.5.0', kind: 'qat.quickvirt.io/claim' });
  expect(spec.devices.map(({ name }: { name: string }) => `${spec.kind}=${name}`)).toEqual([
    claimDeviceCdiName(driverName, claimUid, 'vf-0000-3d-02-2'),
    claimRequestCdiName(driverName, claimUid, 'qat'),
  ]);
  // Names of CDI devices (CDI SPEC.md): letters, digits, `_-.:`, a letter or digit at both ends.
  for (const { name } of spec.devices) expect(name).toMatch(/^[A-Za-z0-9][A-Za-z0-9_.:-]*[A-Za-z0-9]$/);
  const [device, request] = spec.devices;
  expect(device.containerEdits.env).toEqual(['QAT0=0000:3d:02.2']);
  expect(device.containerEdits.deviceNodes).toMatchObject([
    { path: '/dev/vfio/vfio', uid: 107, gid: 107, permissions: 'rw' },
    { path: '/dev/vfio/50', major: 240, minor: 3, uid: 107, gid: 107, permissions: 'rw' },
  ]);
  expect(request.containerEdits.mounts).toMatchObject([
    {
      hostPath: '/h/metadata.json',
      containerPath: '/c/metadata.json',
      options: expect.arrayContaining(['ro', 'bind']),
    },
  ]);
  expect(claimCdiFileName(driverName, claimUid)).toMatch(/^[a-z0-9.-]+\.json$/);
});
