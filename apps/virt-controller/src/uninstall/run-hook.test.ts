import { describe, expect, test } from '@jest/globals';
import { UsageError } from '../options.ts';
import { readHook } from './run-hook.ts';

const env = { POD_NAMESPACE: 'ns' };

describe('readHook', () => {
  test('virt-controller itself is meant without a sub-command', () => {
    expect(readHook(['--launcher-image=x'], env)).toBeUndefined();
    expect(readHook([], env)).toBeUndefined();
  });

  test('reads the hooks as the chart calls them', () => {
    const common = ['--timeout-seconds=20', '--log-verbosity=2'];
    expect(readHook(['pre-delete', '--workloads=remove', ...common], env)).toEqual({
      name: 'pre-delete',
      workloads: 'remove',
      namespace: 'ns',
      timeoutMs: 20_000,
    });
    expect(readHook(['post-delete', ...common], env)).toEqual({
      name: 'post-delete',
      namespace: 'ns',
      timeoutMs: 20_000,
    });
  });

  test('blocks unless told otherwise', () => {
    expect(readHook(['pre-delete'], env)).toMatchObject({ workloads: 'block', timeoutMs: 270_000 });
  });

  test.each([[['--workloads=keep']], [['--timeout-seconds=0']], [['--timeout-seconds=soon']], [['--nonsense']]])(
    'refuses %j',
    (args) => {
      expect(() => readHook(['pre-delete', ...args], env)).toThrow(UsageError);
    },
  );
});
