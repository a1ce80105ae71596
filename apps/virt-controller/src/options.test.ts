import { describe, expect, test } from '@jest/globals';
import { readOptions, UsageError } from './options.ts';

const env = { POD_NAME: 'virt-controller-1', POD_NAMESPACE: 'vms' };

describe('readOptions', () => {
  test('takes flags and the identity of the pod', () => {
    expect(readOptions(['--launcher-image=registry.test/l:1', '--log-verbosity=4'], env)).toEqual({
      launcherImage: 'registry.test/l:1',
      logVerbosity: 4,
      healthPort: 8080,
      namespace: 'vms',
      podName: 'virt-controller-1',
    });
  });

  test.each([
    [[], '--launcher-image is missing'],
    [['--launcher-image=x', '--log-verbosity=loud'], '--log-verbosity=loud is no whole number from 0 to 9'],
    [['--launcher-image=x', '--health-port=70000'], 'from 0 to 65535'],
    [['--launcher-image=x', '--no-such-flag'], 'known: --launcher-image'],
  ])('%j is refused', (args, words) => {
    expect(() => readOptions(args, env)).toThrow(UsageError);
    expect(() => readOptions(args, env)).toThrow(words);
  });
});
