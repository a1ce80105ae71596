import { describe, expect, test } from '@jest/globals';
import { firstKubeVirt } from './first-kubevirt.ts';

describe('firstKubeVirt', () => {
  test('carries the configuration of the chart', () => {
    const kubevirt = firstKubeVirt('{"developerConfiguration":{"useEmulation":true}}', 'ns');
    expect(kubevirt.metadata).toMatchObject({ name: 'kubevirt', namespace: 'ns' });
    expect(kubevirt.spec.configuration?.developerConfiguration?.useEmulation).toBe(true);
  });

  test.each(['[]', 'null', '"x"', '{'])('refuses %s', (text) => {
    expect(() => firstKubeVirt(text, 'ns')).toThrow();
  });
});
