/**
 * Two levels: `unit` needs nothing but Node; `integration` (files named *.integration.test.ts) starts a real
 * kube-apiserver, libvirtd or kubelet.
 */
const shared = {
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironment: 'node',
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/', '<rootDir>/out/'],
};
const roots = ['apps', 'packages', 'cluster', 'images', 'tools', 'e2e', 'bench', 'charts', 'simulation'];
export default {
  // By default Jest leaves one core idle: of two that is half.
  maxWorkers: '100%',
  // A busy machine is no fault of the code: what hangs is found all the same.
  testTimeout: 30_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: roots.map((root) => `<rootDir>/${root}/**/*.test.ts`),
      testPathIgnorePatterns: ['/node_modules/', '\\.integration\\.test\\.ts$'],
    },
    {
      ...shared,
      displayName: 'integration',
      testMatch: roots.map((root) => `<rootDir>/${root}/**/*.integration.test.ts`),
    },
  ],
};
