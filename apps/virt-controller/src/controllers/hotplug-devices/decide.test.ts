import { describe, expect, test } from '@jest/globals';
import type { DeviceStatus, VirtualMachineInstance } from '@quickvirt/api';
import type { Pod } from '@quickvirt/kube';
import { DEVICE_NAME_ANNOTATION } from '@quickvirt/launcher-pod';
import fc from 'fast-check';
import { decideHotplug, type HotplugObserved } from './decide.ts';
import type { HotplugEffect } from './effects.ts';

const CY = 'qat.intel.com/cy';
const NOW = new Date('2026-11-21T12:00:00Z');
const LAUNCHER = 'launcher-uid';

function aVmi(names: readonly string[], deviceStatus: DeviceStatus[] = [], more: object = {}): VirtualMachineInstance {
  return {
    metadata: { name: 'a', namespace: 'default', uid: 'vmi-uid', resourceVersion: '1' },
    spec: { domain: { devices: { hostDevices: names.map((name) => ({ name, deviceName: CY })) } } },
    status: {
      phase: 'Running',
      phaseTransitionTimestamps: [{ phase: 'Running', phaseTransitionTimestamp: '2026-11-21T11:00:00Z' }],
      deviceStatus,
      ...more,
    },
  };
}

function aLauncherPod(given: number, phase = 'Running'): Pod {
  return {
    metadata: { name: 'virt-launcher-a', namespace: 'default', uid: LAUNCHER },
    spec: { nodeName: 'n', containers: [{ name: 'compute', resources: { limits: { [CY]: String(given) } } }] },
    status: { phase, containerStatuses: [{ name: 'compute', state: { running: {} } }] },
  } as unknown as Pod;
}

function anAttachmentPod(name: string, phase = 'Running', status: object = {}, metadata: object = {}): Pod {
  return {
    metadata: {
      name: `hp-${name}`,
      namespace: 'default',
      uid: `uid-${name}`,
      creationTimestamp: '2026-11-21T11:59:55Z',
      annotations: { [DEVICE_NAME_ANNOTATION]: name },
      ...metadata,
    },
    status: { phase, ...status },
  } as unknown as Pod;
}

const decide = (vmi: VirtualMachineInstance, launcherPod: Pod | undefined, attachmentPods: Pod[] = [], now = NOW) =>
  decideHotplug(observed(vmi, launcherPod, attachmentPods), now);

function observed(vmi: VirtualMachineInstance, launcherPod: Pod | undefined, attachmentPods: Pod[]): HotplugObserved {
  return { vmi, launcherPod, attachmentPods, renderPod: (_owner, { name }) => anAttachmentPod(name, 'Pending') };
}

const said = (effects: readonly HotplugEffect[]): string[] =>
  effects.map((effect) => {
    switch (effect.type) {
      case 'event':
        return `event ${effect.event.reason}`;
      case 'applyAttachments':
        return `apply ${effect.attachments
          .map(({ name, hotplug }) => `${name}=${hotplug.attachPodUID ?? '-'}${hotplug.message ? '!' : ''}`)
          .join(' ')}`.trimEnd();
      default:
        return `${effect.type} ${effect.pod.metadata.name}`;
    }
  });

const has = (name: string, hotplug?: DeviceStatus['hotplug']): DeviceStatus => ({
  name,
  deviceName: CY,
  pciAddress: '0000:3d:01.0',
  ...(hotplug && { hotplug }),
});
const held = (name: string) => ({ attachPodName: `hp-${name}`, attachPodUID: `uid-${name}` });
const unschedulable = {
  conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes: Insufficient' }],
};

describe('devices of a running guest', () => {
  test.each<[string, VirtualMachineInstance, Pod[], string[]]>([
    ['all there since the start: nothing', aVmi(['a'], [has('a')]), [], []],
    [
      'one more than the launcher pod has: a pod for it',
      aVmi(['a', 'b'], [has('a')]),
      [],
      ['createPod hp-b', 'event SuccessfulCreate', 'apply b=-'],
    ],
    [
      'its pod waits for its container: no word to virt-handler yet',
      aVmi(['a', 'b'], [has('a'), { name: 'b', hotplug: { attachPodName: 'hp-b' } }]),
      [anAttachmentPod('b', 'Pending')],
      [],
    ],
    [
      'its pod runs: virt-handler is told',
      aVmi(['a', 'b'], [has('a'), { name: 'b', hotplug: { attachPodName: 'hp-b' } }]),
      [anAttachmentPod('b')],
      ['apply b=uid-b'],
    ],
    [
      'no function is free: the instance says so, once',
      aVmi(['a', 'b'], [has('a'), { name: 'b', hotplug: { attachPodName: 'hp-b' } }]),
      [anAttachmentPod('b', 'Pending', unschedulable)],
      ['apply b=-!', 'event HotplugFailed'],
    ],
    ['in the guest: nothing', aVmi(['a', 'b'], [has('a'), has('b', held('b'))]), [anAttachmentPod('b')], []],
    [
      'taken off the spec, in the guest still: its pod stays',
      aVmi(['a'], [has('a'), has('b', held('b'))]),
      [anAttachmentPod('b')],
      [],
    ],
    [
      'the guest has let go: the word is taken back, then its pod is deleted',
      aVmi(['a'], [has('a'), { name: 'b', hotplug: held('b') }]),
      [anAttachmentPod('b')],
      ['apply', 'deletePod hp-b', 'event SuccessfulDelete'],
    ],
    [
      'the launcher pod has one that its guest gave back: no pod is made',
      aVmi(['c'], []),
      [],
      ['apply c=launcher-uid'],
    ],
    [
      'the guest has not given it back yet: a pod is made',
      aVmi(['c'], [has('a')]),
      [],
      ['createPod hp-c', 'event SuccessfulCreate', 'apply c=-'],
    ],
    [
      'the launcher pod’s room is not counted with devices of other pods',
      aVmi(['b', 'c'], [has('b', held('b'))]),
      [anAttachmentPod('b')],
      ['apply b=uid-b c=launcher-uid'],
    ],
    [
      'its pod is going: it is waited for',
      aVmi(['a', 'b'], [has('a')]),
      [anAttachmentPod('b', 'Running', {}, { deletionTimestamp: '2026-11-21T11:59:59Z' })],
      ['apply b=-!', 'event HotplugFailed'],
    ],
  ])('%s', (_name, vmi, pods, expected) => {
    expect(said(decide(vmi, aLauncherPod(1), pods).effects)).toEqual(expected);
  });

  test('a pod that failed is told of, and replaced after a while, but not one whose device the guest has', () => {
    const failed = anAttachmentPod('b', 'Failed', { message: 'Allocate failed due to: unhealthy' });
    const vmi = aVmi(['a', 'b'], [has('a')]);
    const first = decide(vmi, aLauncherPod(1), [failed]);
    expect(said(first.effects)).toEqual(['apply b=-!', 'event HotplugFailed']);
    expect(first.requeueAfterMs).toBe(25_000);
    const later = new Date(NOW.getTime() + 25_000);
    expect(said(decide(vmi, aLauncherPod(1), [failed], later).effects)).toContain('deletePod hp-b');
    const inUse = aVmi(['a', 'b'], [has('a'), has('b', held('b'))]);
    expect(said(decide(inUse, aLauncherPod(1), [failed], later).effects)).toEqual([
      'apply b=uid-b!',
      'event HotplugFailed',
    ]);
  });

  test('a device that the cluster does not permit is told of, and the guest is left alone', () => {
    const renderPod = () => {
      throw new Error('not permitted');
    };
    const { effects } = decideHotplug({ ...observed(aVmi(['a']), aLauncherPod(0), []), renderPod }, NOW);
    expect(said(effects)).toEqual(['apply a=-!', 'event HotplugFailed']);
  });

  test('devices of the start need no word, however late virt-handler tells of them', () => {
    const justRunning = {
      phaseTransitionTimestamps: [{ phase: 'Running', phaseTransitionTimestamp: '2026-11-21T11:59:58Z' }],
    };
    expect(decide(aVmi(['a'], [], justRunning), aLauncherPod(1))).toEqual({ effects: [], requeueAfterMs: 8_000 });
  });

  test.each<[string, VirtualMachineInstance, Pod | undefined]>([
    ['the instance has ended', aVmi(['b'], [], { phase: 'Succeeded' }), aLauncherPod(1)],
    ['its launcher pod has ended', aVmi(['b']), aLauncherPod(1, 'Failed')],
    ['its launcher pod is gone', aVmi(['b']), undefined],
  ])('%s: no pod holds a device any more', (_name, vmi, launcherPod) => {
    expect(said(decide(vmi, launcherPod, [anAttachmentPod('b')]).effects)).toEqual(['deletePod hp-b']);
    const going = anAttachmentPod('b', 'Running', {}, { deletionTimestamp: 'x' });
    expect(decide(vmi, launcherPod, [going]).effects).toEqual([]);
  });

  test('a guest that does not run yet is left alone', () => {
    expect(decide(aVmi(['a', 'b'], [], { phase: 'Scheduled' }), aLauncherPod(1)).effects).toEqual([]);
  });
});

describe('whatever is there', () => {
  const names = ['a', 'b', 'c'];
  const entry = (name: string) =>
    fc.record(
      {
        pciAddress: fc.constant('0000:3d:01.0'),
        hotplug: fc.constantFrom(held(name), { attachPodName: 'virt-launcher-a', attachPodUID: LAUNCHER }),
      },
      { requiredKeys: [] },
    );
  const world = fc.record({
    wanted: fc.subarray(names),
    entries: fc.tuple(...names.map((name) => fc.option(entry(name)))),
    pods: fc.subarray(names),
    phase: fc.constantFrom('Running', 'Pending', 'Failed'),
    given: fc.nat(3),
  });
  const made = ({ wanted, entries, pods, phase, given }: typeof world extends fc.Arbitrary<infer T> ? T : never) => ({
    vmi: aVmi(
      wanted,
      entries.flatMap((one, index) =>
        one ? [{ name: names[index] ?? '', deviceName: CY, ...one } as DeviceStatus] : [],
      ),
    ),
    pods: pods.map((name) => anAttachmentPod(name, phase)),
    launcherPod: aLauncherPod(given),
  });

  test('no pod is deleted whose device virt-handler states an address for', () => {
    fc.assert(
      fc.property(world, (input) => {
        const { vmi, pods, launcherPod } = made(input);
        const inUse = (vmi.status?.deviceStatus ?? []).filter(({ pciAddress, hotplug }) => pciAddress && hotplug);
        const deleted = said(decide(vmi, launcherPod, pods, new Date(NOW.getTime() + 60_000)).effects);
        for (const { name } of inUse) expect(deleted).not.toContain(`deletePod hp-${name}`);
      }),
    );
  });

  test('a decision after its own effects yields none', () => {
    fc.assert(
      fc.property(world, (input) => {
        let { vmi, pods } = made(input);
        const { launcherPod } = made(input);
        const now = new Date(NOW.getTime() + 60_000);
        // A pod that is replaced, or whose device was another's before, takes one look more.
        for (let look = 0; look < 3; look++) {
          for (const effect of decide(vmi, launcherPod, pods, now).effects) {
            if (effect.type === 'createPod') pods = [...pods, { ...effect.pod, status: { phase: 'Pending' } }];
            if (effect.type === 'deletePod') {
              pods = pods.filter((pod) => pod.metadata.name !== effect.pod.metadata.name);
            }
            if (effect.type === 'applyAttachments') vmi = applied(vmi, effect.attachments);
          }
        }
        expect(said(decide(vmi, launcherPod, pods, now).effects)).toEqual([]);
      }),
    );
  });
});

/** Server-side apply: the entries of both owners, merged by name. */
function applied(vmi: VirtualMachineInstance, attachments: readonly DeviceStatus[]): VirtualMachineInstance {
  const others = (vmi.status?.deviceStatus ?? []).map(({ hotplug: _ours, ...rest }) => rest);
  const names = new Set([...others, ...attachments].map(({ name }) => name));
  const deviceStatus = [...names].flatMap((name): DeviceStatus[] => {
    const other = others.find((one) => one.name === name);
    const ours = attachments.find((one) => one.name === name);
    const theirs = other?.pciAddress ? other : undefined;
    return theirs || ours ? [{ ...theirs, ...ours, name }] : [];
  });
  return { ...vmi, status: { ...vmi.status, deviceStatus } };
}
