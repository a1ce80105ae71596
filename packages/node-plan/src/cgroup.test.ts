import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deviceCgroupOf, deviceRuleLine, withDeviceRule, withoutDeviceRule, type DeviceRule } from './cgroup.ts';

describe('deviceCgroupOf', () => {
  test.each([
    ['v2', '0::/kubepods.slice/kubepods-podab.slice/cri-containerd-1.scope\n', 2],
    ['v1', '12:cpu,cpuacct:/a\n5:devices:/kubepods/podab/1\n1:name=systemd:/b\n', 1],
    ['both hierarchies: v1 has the devices', '5:devices:/kubepods/podab/1\n0::/kubepods/podab/1\n', 1],
  ])('%s', (_title, text, version) => {
    const found = deviceCgroupOf(text);
    expect(found?.version).toBe(version);
    expect(text).toContain(`:${found?.path}\n`);
  });

  test('a name with a colon', () => {
    expect(deviceCgroupOf('0::/kubepods/cri:1')).toEqual({ version: 2, path: '/kubepods/cri:1' });
  });

  test('none', () => expect(deviceCgroupOf('3:cpu:/a\n')).toBeUndefined());
});

test('deviceRuleLine is a line of devices.allow', () =>
  expect(deviceRuleLine({ major: 240, minor: 5 })).toBe('c 240:5 rw'));

const rule = fc.record({ major: fc.integer({ min: 0, max: 4095 }), minor: fc.integer({ min: 0, max: 2 ** 20 - 1 }) });
const program = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 16, maxLength: 200 }).map((bytes) => {
  const whole = bytes.slice(0, bytes.length - (bytes.length % 8));
  // No prologue begins with an exit.
  return Uint8Array.from([0x95, 0, 0, 0, 0, 0, 0, 0, ...whole]);
});

describe('device rules of a program', () => {
  test('golden: what is put in front for 240:5, as instructions', () => {
    const exit = Uint8Array.from([0x95, 0, 0, 0, 0, 0, 0, 0]);
    const hex = Buffer.from(withDeviceRule(exit, { major: 240, minor: 5 })).toString('hex');
    expect(hex.match(/.{16}/g)).toEqual([
      '6112000000000000', // r2 = *(u32 *)(r1 + 0)
      'bf23000000000000', // r3 = r2
      '57020000ffff0000', // r2 &= 0xffff
      '5502090002000000', // if r2 != 2 (character device) goto +9
      '7703000010000000', // r3 >>= 16
      '5703000001000000', // r3 &= 1 (mknod)
      '5503060000000000', // if r3 != 0 goto +6
      '6112040000000000', // r2 = *(u32 *)(r1 + 4)
      '55020400f0000000', // if r2 != 240 goto +4
      '6112080000000000', // r2 = *(u32 *)(r1 + 8)
      '5502020005000000', // if r2 != 5 goto +2
      'b700000001000000', // r0 = 1
      '9500000000000000', // exit
      '9500000000000000',
    ]);
  });

  test('come and go without a trace, in any order', () => {
    fc.assert(
      fc.property(program, fc.uniqueArray(rule, { maxLength: 5, selector: deviceRuleLine }), (own, rules) => {
        const all = rules.reduce<Uint8Array>(withDeviceRule, own);
        expect(rules.toReversed().reduce<Uint8Array>(withoutDeviceRule, all)).toEqual(own);
        expect(rules.reduce<Uint8Array>(withoutDeviceRule, all)).toEqual(own);
      }),
    );
  });

  test('are there once, and taking off what is not there changes nothing', () => {
    fc.assert(
      fc.property(program, rule, rule, (own, one: DeviceRule, other: DeviceRule) => {
        const allowed = withDeviceRule(own, one);
        expect(withDeviceRule(allowed, one)).toBe(allowed);
        if (deviceRuleLine(one) !== deviceRuleLine(other)) expect(withoutDeviceRule(allowed, other)).toBe(allowed);
        expect(withoutDeviceRule(own, one)).toBe(own);
      }),
    );
  });
});
