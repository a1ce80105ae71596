import { describe, expect, test } from '@jest/globals';
import { linkerFlags, programName, toolPackages } from './go-programs.ts';

describe('toolPackages', () => {
  test.each([
    ['a block', 'module m\n\ntool (\n\tk8s.io/a/cmd/x\n\tk8s.io/a/cmd/y\n)\n', ['k8s.io/a/cmd/x', 'k8s.io/a/cmd/y']],
    ['a line', 'module m\n\ngo 1.26\n\ntool sigs.k8s.io/kind\n\nrequire ()\n', ['sigs.k8s.io/kind']],
    ['neither: the module itself is the program', 'module m\n\ngo 1.26\n', ['.']],
  ])('reads %s', (_title, goMod, packages) => {
    expect(toolPackages(goMod)).toEqual(packages);
  });
});

describe('programName', () => {
  test.each([
    ['k8s.io/kubernetes/cmd/kube-apiserver', 'kubernetes', 'kube-apiserver'],
    ['go.etcd.io/etcd/server/v3', 'etcd', 'etcd'],
    ['helm.sh/helm/v4/cmd/helm', 'helm', 'helm'],
    ['.', 'pause', 'pause'],
  ] as const)('%s of %s is %s', (goPackage, family, name) => {
    expect(programName(goPackage, family)).toBe(name);
  });
});

describe('linkerFlags', () => {
  test('only strip where no version is to be set', () => {
    expect(linkerFlags(undefined)).toBe('-s -w');
  });

  test('set the version that Kubernetes programs report, in both places', () => {
    const flags = linkerFlags('v1.36.3');
    expect(flags).toContain('-X k8s.io/component-base/version.gitVersion=v1.36.3');
    expect(flags).toContain('-X k8s.io/component-base/version.gitMajor=1');
    expect(flags).toContain('-X k8s.io/client-go/pkg/version.gitMinor=36');
  });
});
