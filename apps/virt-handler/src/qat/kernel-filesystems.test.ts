import { expect, test } from '@jest/globals';
import { mountCommands } from './kernel-filesystems.ts';

const mountInfo = (options: string) =>
  [
    '1203 1100 0:27 / / rw,relatime - overlay overlay rw',
    `1207 1203 0:25 / /sys ${options} - sysfs sysfs rw`,
    '1208 1207 0:30 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw',
    '',
  ].join('\n');

test.each([
  ['writable, with debugfs', 'rw,nosuid', true, []],
  ['without debugfs', 'rw,nosuid', false, [['-t', 'debugfs', 'debugfs', '/sys/kernel/debug']]],
  ['read-only', 'ro,nosuid', true, [['-o', 'remount,rw', '/sys']]],
])('a sysfs that is %s', (_, options, hasDebugfs, commands) => {
  expect(mountCommands(mountInfo(options), '/sys', hasDebugfs)).toEqual(commands);
});

test('another root than a mount needs debugfs only', () => {
  expect(mountCommands(mountInfo('ro'), '/elsewhere', true)).toEqual([]);
});
