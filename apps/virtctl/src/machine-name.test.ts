import { describe, expect, test } from '@jest/globals';
import { machineNamed } from './machine-name.ts';

describe('the name of a machine', () => {
  test.each([
    [['vm', 'a'], { kind: 'vm', name: 'a' }],
    [['vmi', 'a'], { kind: 'vmi', name: 'a' }],
    [['vm/a'], { kind: 'vm', name: 'a' }],
    [['virtualmachineinstances/a'], { kind: 'vmi', name: 'a' }],
    [['a'], { kind: 'vm', name: 'a' }],
  ])('%j', (words, named) => expect(machineNamed(words)).toEqual(named));

  test.each([[['pod', 'a']], [['vm/']], [['vm', 'a', 'b']], [['']], [['constructor/a']]])('%j is none', (words) =>
    expect(() => machineNamed(words)).toThrow('names no machine'),
  );
});
