import { describe, expect, test } from '@jest/globals';
import { cdiDeviceName, cdiSpec, deviceAccessOf } from './cdi-spec.ts';

describe('cdiSpec', () => {
  test('gives the node to uid 107 alone', () => {
    const spec = cdiSpec([{ name: 'kvm', node: { path: '/dev/kvm', major: 10, minor: 232 } }]) as any;
    expect(cdiDeviceName('kvm')).toBe(`${spec.kind}=${spec.devices[0].name}`);
    expect(spec.devices[0].containerEdits.deviceNodes[0]).toEqual({
      path: '/dev/kvm',
      hostPath: '/dev/kvm',
      type: 'c',
      major: 10,
      minor: 232,
      permissions: 'rw',
      uid: 107,
      gid: 107,
      fileMode: 0o600,
    });
  });
});

describe('deviceAccessOf', () => {
  test.each([
    ['containerd://2.3.7', 'cdi'],
    ['containerd://2.0.0-rc.1', 'cdi'],
    ['containerd://1.7.27', 'chown'],
    ['cri-o://1.31.2', 'cdi'],
    ['cri-o://1.22.0', 'chown'],
    ['cri-o://2.0.0', 'cdi'],
    ['docker://28.0.0', 'chown'],
    ['', 'chown'],
  ])('%s: %s', (version, access) => expect(deviceAccessOf(version)).toBe(access));
});
