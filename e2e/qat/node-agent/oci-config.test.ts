import { expect, test } from '@jest/globals';
import { ociConfig } from './oci-config.ts';

const device = { path: '/dev/vfio/12', type: 'c', major: 244, minor: 0, fileMode: 0o600, uid: 107, gid: 107 } as const;
const container = {
  name: 'compute',
  args: ['--name', 'a'],
  env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
  securityContext: {
    runAsUser: 107,
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] },
  },
};
const configOf = (more: object = {}) =>
  ociConfig({
    pod: { metadata: { name: 'pod-a' }, spec: { containers: [container] } } as never,
    container: { ...container, ...more } as never,
    entryPoint: ['/entry'],
    environment: ['A=1'],
    rootPath: '/root',
    mounts: [],
    devices: [{ ...device, access: 'rw' }],
    cgroupsPath: '/kubepods/x',
  }) as any;

test('holds the container to its user and its devices', () => {
  const { process, root, linux } = configOf();
  expect(process).toMatchObject({
    user: { uid: 107 },
    args: ['/entry', '--name', 'a'],
    env: ['A=1', 'POD_NAME=pod-a'],
    noNewPrivileges: true,
    capabilities: { bounding: ['CAP_NET_BIND_SERVICE'] },
  });
  expect(root.readonly).toBe(true);
  expect(linux.devices).toEqual([device]);
  expect(linux.resources.devices).toEqual([
    { allow: false, access: 'rwm' },
    { allow: true, type: 'c', major: 244, minor: 0, access: 'rw' },
  ]);
});

test('a variable from elsewhere is an error, not nothing', () => {
  const env = [{ name: 'SECRET', valueFrom: { secretKeyRef: { key: 'a', name: 'b' } } }];
  expect(() => configOf({ env })).toThrow('SECRET');
});
