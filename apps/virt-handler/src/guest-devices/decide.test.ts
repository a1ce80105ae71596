import { describe, expect, test } from '@jest/globals';
import type { DeviceStatus, VirtualMachineInstance } from '@quickvirt/api';
import { clusterConfigFrom, domainConfigFrom } from '@quickvirt/config';
import fc from 'fast-check';
import { decideGuestDevices, type DomainFunction, type GuestDevicesObserved } from './decide.ts';
import type { DeviceMemory, FoundFunction } from './device-memory.ts';
import type { GuestDevicesEffect } from './effects.ts';

const CY = 'qat.intel.com/cy';
const POD = 'launcher-uid';
const NOW = new Date('2026-11-21T12:00:00Z');
const config = domainConfigFrom(clusterConfigFrom(undefined));
const FACTS = { driver: 'vfio-pci', iommuGroup: 25, numaNode: 1, physicalFunction: '0000:3d:00.0' };

function aVmi(names: readonly string[], deviceStatus: DeviceStatus[] = [], phase = 'Running'): VirtualMachineInstance {
  return {
    metadata: { name: 'a', namespace: 'default', uid: 'u', resourceVersion: '1' },
    spec: { domain: { devices: { hostDevices: names.map((name) => ({ name, deviceName: CY })) } } },
    status: { phase: phase as 'Running', deviceStatus },
  };
}

const inDomain = (name: string, pciAddress: string, guestPciAddress?: string): DomainFunction => ({
  alias: `ua-hostdevice-${name}`,
  name,
  pciAddress,
  ...(guestPciAddress && { guestPciAddress }),
});
const stated = (name: string, pciAddress: string, more: DeviceStatus | object = {}): DeviceStatus => ({
  name,
  deviceName: CY,
  pciAddress,
  ...FACTS,
  ...more,
});
const held = (name: string) => ({ attachPodName: `hp-${name}`, attachPodUID: `uid-${name}` });
const byLauncher = { attachPodName: 'virt-launcher-a', attachPodUID: POD };
const memoryOf = (memory: Partial<DeviceMemory> = {}): DeviceMemory => ({
  found: new Map(),
  outcome: undefined,
  problem: undefined,
  ...memory,
});
const found = (name: string, more: FoundFunction) => new Map([[name, more]]);

function look(
  vmi: VirtualMachineInstance,
  functions: readonly DomainFunction[] | undefined,
  memory: Partial<DeviceMemory> = {},
  now = NOW,
) {
  return decideGuestDevices(observed(vmi, functions, memoryOf(memory)), now);
}

function observed(
  vmi: VirtualMachineInstance,
  functions: readonly DomainFunction[] | undefined,
  memory: DeviceMemory,
): GuestDevicesObserved {
  return { vmi, config, guest: functions && { podUid: POD, functions }, facts: () => FACTS, memory };
}

const said = (effects: readonly GuestDevicesEffect[]): string[] =>
  effects.map((effect) => {
    switch (effect.type) {
      case 'findFunctions':
        return `find ${effect.attachments.map(({ podName }) => podName).join(' ')}`;
      case 'syncDevices':
        return `sync ${effect.wish.text} open=${effect.wish.toOpen.join(' ')}`;
      case 'closeFunction':
        return `close ${effect.pciAddress}`;
      case 'applyDevices':
        return `apply ${effect.devices.map(({ name, pciAddress }) => `${name}=${pciAddress}`).join(' ')}`.trimEnd();
      case 'setProblem':
        return `problem ${effect.problem?.reason ?? 'none'}`;
      case 'event':
        return `event ${effect.event.reason}`;
    }
  });

const A = '0000:3d:01.0';
const B = '0000:da:01.0';
const plugB = `[[["b","${B}"]],[]]`;

describe('devices of a guest', () => {
  test('of the start are told with all that node and QEMU know of them', () => {
    const { effects } = look(aVmi(['a']), [inDomain('a', A, '0000:02:00.0')]);
    expect(effects).toMatchObject([
      {
        type: 'applyDevices',
        devices: [{ name: 'a', deviceName: CY, pciAddress: A, ...FACTS, guestPciAddress: '0000:02:00.0' }],
      },
    ]);
  });

  test.each<[string, VirtualMachineInstance, DomainFunction[] | undefined, Partial<DeviceMemory>, string[]]>([
    ['told already: nothing', aVmi(['a'], [stated('a', A)]), [inDomain('a', A)], {}, []],
    ['the guest does not run: nothing', aVmi(['a']), undefined, {}, []],
    ['not handed over: nothing', aVmi(['a'], [], 'Scheduled'), [inDomain('a', A)], {}, []],
    ['no pod holds the new one yet: nothing', aVmi(['a', 'b'], [stated('a', A)]), [inDomain('a', A)], {}, []],
    [
      'a pod holds it: the kubelet is asked which it is',
      aVmi(['b'], [{ name: 'b', hotplug: held('b') }]),
      [],
      {},
      ['find hp-b'],
    ],
    [
      'it is known: the status states it before anything is done with it',
      aVmi(['b'], [{ name: 'b', hotplug: held('b') }]),
      [],
      { found: found('b', { podUid: 'uid-b', pciAddress: B }) },
      [`apply b=${B}`],
    ],
    [
      'another pod’s answer is not this one’s',
      aVmi(['b'], [{ name: 'b', hotplug: held('b') }]),
      [],
      { found: found('b', { podUid: 'older', pciAddress: B }) },
      ['find hp-b'],
    ],
    [
      'it is stated: it is opened and plugged in',
      aVmi(['b'], [stated('b', B, { hotplug: held('b') })]),
      [],
      {},
      [`sync ${plugB} open=${B}`],
    ],
    [
      'asked for: the state is waited for',
      aVmi(['b'], [stated('b', B, { hotplug: held('b') })]),
      [],
      { outcome: { type: 'synced', wish: plugB } },
      [],
    ],
    [
      'it is in the guest: told, once',
      aVmi(['b'], [stated('b', B, { hotplug: held('b') })]),
      [inDomain('b', B)],
      { outcome: { type: 'synced', wish: plugB } },
      ['event DeviceAttached', 'problem none'],
    ],
    [
      'the launcher’s own pod has one to spare: nothing is opened',
      aVmi(['c'], [{ name: 'c', hotplug: byLauncher }]),
      [],
      {},
      ['sync [[["c",""]],[]] open='],
    ],
    [
      'taken off the spec: the guest is asked to let go',
      aVmi([], [stated('b', B, { hotplug: held('b') })]),
      [inDomain('b', B)],
      {},
      ['sync [[],["b"]] open='],
    ],
    [
      'let go: taken from the launcher’s pod, then the status, then the event',
      aVmi([], [stated('b', B, { hotplug: held('b') })]),
      [],
      { outcome: { type: 'synced', wish: '[[],["b"]]' } },
      [`close ${B}`, 'apply', 'event DeviceDetached'],
    ],
    [
      'let go one of the launcher’s own pod: that stays open to it',
      aVmi([], [stated('a', A)]),
      [],
      {},
      ['apply', 'event DeviceDetached'],
    ],
    [
      'could not be plugged in, and is not wanted any more: no news of a device that never was',
      aVmi([], [stated('b', B, { hotplug: held('b') })]),
      [],
      { outcome: { type: 'failed', wish: plugB, reason: 'R', message: 'm', attempts: 1, at: NOW } },
      [`close ${B}`, 'apply'],
    ],
    [
      'a GPU is not taken out while the guest runs',
      aVmi([], [stated('g', A)]),
      [{ alias: 'ua-gpu-g', name: 'g', pciAddress: A }],
      {},
      [],
    ],
  ])('%s', (_name, vmi, functions, memory, expected) => {
    expect(said(look(vmi, functions, memory).effects)).toEqual(expected);
  });

  test('the launcher is asked only for what the guest can have now, with the functions of attachment pods', () => {
    const vmi = aVmi(
      ['a', 'b', 'late'],
      [stated('a', A), stated('b', B, { hotplug: held('b') }), { name: 'late', hotplug: { attachPodName: 'hp-late' } }],
    );
    const [effect] = look(vmi, [inDomain('a', A)]).effects;
    expect(effect).toMatchObject({
      type: 'syncDevices',
      wish: { functions: [{ name: 'b', pciAddress: B }], toOpen: [B] },
    });
    const asked = effect?.type === 'syncDevices' ? effect.wish.vmi.spec.domain.devices.hostDevices : [];
    expect(asked?.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('a failure is shown, and tried again after a while that doubles; a refusal is shown only', () => {
    const vmi = aVmi(['b'], [stated('b', B, { hotplug: held('b') })]);
    const failed = { type: 'failed', wish: plugB, reason: 'HotplugFailed', message: 'a\nb', at: NOW } as const;
    const first = look(vmi, [], { outcome: { ...failed, attempts: 3 } });
    expect(said(first.effects)).toEqual(['problem HotplugFailed']);
    expect(first.effects[0]).toMatchObject({ problem: { message: 'a b' } });
    expect(first.requeueAfterMs).toBe(4_000);
    const later = look(vmi, [], { outcome: { ...failed, attempts: 1 } }, new Date(NOW.getTime() + 1_000));
    expect(said(later.effects)).toContain(`sync ${plugB} open=${B}`);
    const refused = look(vmi, [], {
      outcome: { type: 'refused', wish: plugB, reason: 'FieldNotServed', message: 'm' },
    });
    expect(said(refused.effects)).toEqual(['problem FieldNotServed']);
    expect(refused.requeueAfterMs).toBeUndefined();
  });

  test('a kubelet that does not tell is asked again, and the guest says why it waits', () => {
    const vmi = aVmi(['b'], [{ name: 'b', hotplug: held('b') }]);
    const unknown = { podUid: 'uid-b', problem: 'no answer', attempts: 1, at: NOW };
    const { effects, requeueAfterMs } = look(vmi, [], { found: found('b', unknown) });
    expect(said(effects)).toEqual(['problem HotplugFailed']);
    expect(requeueAfterMs).toBe(1_000);
    const again = look(vmi, [], { found: found('b', unknown) }, new Date(NOW.getTime() + 1_000));
    expect(said(again.effects)[0]).toBe('find hp-b');
  });
});

describe('whatever is there', () => {
  const names = ['a', 'b', 'c'];
  const addressOf = (name: string) => `0000:3d:01.${names.indexOf(name)}`;
  const entry = (name: string) =>
    fc.record(
      {
        pciAddress: fc.constant(addressOf(name)),
        hotplug: fc.constantFrom(held(name), byLauncher, { attachPodName: `hp-${name}` }),
      },
      { requiredKeys: [] },
    );
  const world = fc.record({
    wanted: fc.subarray(names),
    entries: fc.tuple(...names.map((name) => fc.option(entry(name)))),
    present: fc.subarray(names),
    known: fc.subarray(names),
  });
  type World = typeof world extends fc.Arbitrary<infer T> ? T : never;
  const made = ({ wanted, entries, present, known }: World) => ({
    vmi: aVmi(
      wanted,
      entries.flatMap((one, index) => (one ? [{ name: names[index] ?? '', ...one } as DeviceStatus] : [])),
    ),
    functions: present.map((name) => inDomain(name, addressOf(name))),
    memory: memoryOf({
      found: new Map(known.map((name) => [name, { podUid: `uid-${name}`, pciAddress: addressOf(name) }])),
    }),
  });

  test('no function is opened that the status does not state, and none is closed that the guest has', () => {
    fc.assert(
      fc.property(world, (input) => {
        const { vmi, functions, memory } = made(input);
        for (const effect of decideGuestDevices(observed(vmi, functions, memory), NOW).effects) {
          if (effect.type === 'syncDevices') {
            const claims = (vmi.status?.deviceStatus ?? []).flatMap(({ pciAddress }) => pciAddress ?? []);
            for (const address of effect.wish.toOpen) expect(claims).toContain(address);
          }
          if (effect.type === 'closeFunction') {
            expect(functions.map(({ pciAddress }) => pciAddress)).not.toContain(effect.pciAddress);
          }
        }
      }),
    );
  });

  test('after a few looks, each seeing what the last one did, nothing is left to do', () => {
    fc.assert(
      fc.property(world, (input) => {
        let { vmi, functions, memory } = made(input);
        let effects: GuestDevicesEffect[] = [];
        for (let looks = 0; looks < 6; looks++) {
          ({ effects } = decideGuestDevices(observed(vmi, functions, memory), NOW));
          for (const effect of effects) ({ vmi, functions, memory } = carriedOut({ vmi, functions, memory }, effect));
        }
        expect(said(effects)).toEqual([]);
      }),
    );
  });

  type State = { vmi: VirtualMachineInstance; functions: DomainFunction[]; memory: DeviceMemory };

  function carriedOut(state: State, effect: GuestDevicesEffect): State {
    const { vmi, functions, memory } = state;
    switch (effect.type) {
      case 'findFunctions': {
        const more = effect.attachments.map(
          ({ name, podUid }) => [name, { podUid, pciAddress: addressOf(name) }] as const,
        );
        return { ...state, memory: { ...memory, found: new Map([...memory.found, ...more]) } };
      }
      case 'applyDevices':
        return { ...state, vmi: applied(vmi, effect.devices) };
      case 'setProblem':
        return { ...state, memory: { ...memory, problem: effect.problem, outcome: undefined } };
      case 'syncDevices': {
        const wanted = (effect.wish.vmi.spec.domain.devices.hostDevices ?? []).map(({ name }) => name);
        return {
          ...state,
          functions: wanted.map(
            (name) => functions.find((one) => one.name === name) ?? inDomain(name, addressOf(name)),
          ),
          memory: { ...memory, outcome: { type: 'synced', wish: effect.wish.text } },
        };
      }
      default:
        return state;
    }
  }

  /** Server-side apply: the entries of both owners, merged by name. */
  function applied(vmi: VirtualMachineInstance, devices: readonly DeviceStatus[]): VirtualMachineInstance {
    const foreign = (vmi.status?.deviceStatus ?? []).filter(({ hotplug }) => hotplug);
    const all = new Set([...foreign, ...devices].map(({ name }) => name));
    const deviceStatus = [...all].map((name): DeviceStatus => {
      const hotplug = foreign.find((one) => one.name === name)?.hotplug;
      const own = devices.find((one) => one.name === name);
      return { ...own, name, ...(hotplug && { hotplug }) };
    });
    return { ...vmi, status: { ...vmi.status, deviceStatus } };
  }
});
