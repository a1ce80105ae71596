import { expect, test } from '@jest/globals';
import { metricValue } from './metric-value.ts';

const text =
  '# HELP vfs x\nvfs{pf="a",state="free"} 3\nvfs{pf="b",state="free"} 4\nvfs{pf="b",state="used"} 1\nvfs_more 9\nplain 2\n';

test.each([
  ['vfs', { state: 'free' }, 7],
  ['vfs', { state: 'free', pf: 'b' }, 4],
  ['vfs', { state: 'gone' }, undefined],
  ['plain', {}, 2],
])('%s %j is %s', (name, labels, value) =>
  expect(metricValue(text, name, labels as Record<string, string>)).toBe(value),
);
