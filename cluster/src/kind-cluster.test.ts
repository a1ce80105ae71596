import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { imageTag } from './node-image.ts';
import { kindConfig, kindErrors } from './kind-cluster.ts';
import { publicKindConfig, publicNodeImage } from './registry.ts';

const base = readFileSync(publicKindConfig, 'utf8');

describe('kindConfig', () => {
  test.each([0, 1, 3])('has one control plane and %d workers', (workers) => {
    const { nodes } = parse(kindConfig(base, workers)) as { nodes: { role: string }[] };
    expect(nodes.map(({ role }) => role)).toEqual(['control-plane', ...Array<string>(workers).fill('worker')]);
  });

  test('names no image: which one it is depends on the machine', () => {
    expect(kindConfig(base, 2)).not.toContain('image:');
  });

  test('mounts of workers go to the workers', () => {
    const mounts = ['a', 'b'].map((hostPath) => [{ hostPath, containerPath: '/var/lib' }]);
    const { nodes } = parse(kindConfig(base, 2, mounts)) as { nodes: object[] };
    expect(nodes).toEqual([
      { role: 'control-plane' },
      { role: 'worker', extraMounts: mounts[0] },
      { role: 'worker', extraMounts: mounts[1] },
    ]);
  });

  test('keeps what e2e/kind.yaml says of the kubelet', () => {
    const { kubeadmConfigPatches } = parse(kindConfig(base, 1)) as { kubeadmConfigPatches: string[] };
    expect(kubeadmConfigPatches.map((patch) => parse(patch) as object)).toContainEqual(
      expect.objectContaining({ kind: 'KubeletConfiguration', failCgroupV1: false }),
    );
  });
});

test('the public node image is pinned by its digest', () => {
  expect(publicNodeImage()).toMatch(/^kindest\/node:v1\.36\.\d+@sha256:[0-9a-f]{64}$/);
});

describe('imageTag', () => {
  const list =
    'registry.k8s.io/kube-proxy:v1.36.3\nregistry.k8s.io/coredns/coredns:v1.14.2\nregistry.k8s.io/etcd:3.6.8-0\n';

  test('finds an image by its last word', () => {
    expect(imageTag(list, 'coredns')).toBe('registry.k8s.io/coredns/coredns:v1.14.2');
    expect(imageTag(list, 'etcd')).toBe('registry.k8s.io/etcd:3.6.8-0');
  });

  test('says which one kubeadm does not list', () => {
    expect(() => imageTag(list, 'proxy')).toThrow('kubeadm lists no image proxy');
  });
});

describe('kindErrors', () => {
  test("are kind's and kubeadm's own lines, without Go's stack", () => {
    const output = [
      ' • Starting control-plane  ...',
      'ERROR: failed to create cluster: failed to init node with kubeadm',
      'Command Output: I1121 11:49:58 initconfiguration.go:122] loading',
      '[wait-control-plane] Waiting for a healthy kubelet',
      'error: error execution phase wait-control-plane: failed while waiting for the kubelet',
      'k8s.io/kubernetes/cmd/kubeadm/app.Run',
      '\tk8s.io/kubernetes@v1.36.3/cmd/kubeadm/app/kubeadm.go:48',
    ].join('\n');
    expect(kindErrors(output).split('\n')).toEqual([
      'ERROR: failed to create cluster: failed to init node with kubeadm',
      'Command Output: I1121 11:49:58 initconfiguration.go:122] loading',
      'error: error execution phase wait-control-plane: failed while waiting for the kubelet',
    ]);
  });

  test('are the last lines, where none looks like one', () => {
    expect(kindErrors('1\n2\n3\n4\n5\n6\n')).toBe('2\n3\n4\n5\n6');
  });
});
