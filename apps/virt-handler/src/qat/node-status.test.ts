import { describe, expect, test } from '@jest/globals';
import type { Node } from '@quickvirt/kube';
import { NODE_CONDITION, NODE_REPORT_ANNOTATION, type Finding, type QatInventory } from '@quickvirt/qat';
import { decideNodeStatus, type NodeStatusEffect } from './node-status.ts';

const now = new Date('2026-11-21T12:00:00Z');
const later = new Date('2026-11-21T13:00:00Z');

const lost: Finding = {
  code: 'HeartbeatLost',
  severity: 'error',
  subject: '0000:6b:00.0',
  cause: 'the card does not answer',
  remedy: 'Reset it.',
};
const overridden: Finding = { ...lost, code: 'QatDenylisted', severity: 'warning', cause: 'offered by consent' };

const emptyNode: Node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', uid: 'u1' }, status: {} };

function inventory(findings: readonly Finding[], isThere = true): QatInventory {
  return {
    physicalFunctions: isThere
      ? [
          {
            pciAddress: '0000:6b:00.0',
            vendorDevice: '8086:4940',
            family: '4xxx',
            generation: 4,
            driver: '4xxx',
            totalVfs: 16,
            numVfs: 1,
            virtualFunctions: ['0000:6b:00.1'],
            services: ['sym', 'dc'],
            state: 'up',
            managed: true,
          },
        ]
      : [],
    virtualFunctions: isThere
      ? [
          {
            pciAddress: '0000:6b:00.1',
            vendorDevice: '8086:4941',
            family: '4xxx',
            generation: 4,
            physicalFunction: '0000:6b:00.0',
            index: 0,
            driver: 'vfio-pci',
            wantedDriver: 'vfio-pci',
            iommuGroup: 110,
            groupMembers: [],
            services: ['sym', 'dc'],
            resourceName: 'qat.intel.com/sym-dc',
            offer: 'DevicePlugin',
            usable: findings.every(({ severity }) => severity === 'warning'),
            findings,
          },
        ]
      : [],
    findings,
  };
}

/** The node with what the effects write, as the API server keeps it. */
function applied(node: Node, effects: readonly NodeStatusEffect[]): Node {
  const next = structuredClone(node);
  for (const effect of effects) {
    if (effect.type === 'annotate')
      next.metadata.annotations = effect.report === null ? {} : { [NODE_REPORT_ANNOTATION]: effect.report };
    if (effect.type === 'setCondition')
      next.status = { conditions: effect.condition === null ? [] : [effect.condition] } as Node['status'];
  }
  return next;
}

function decide(node: Node, findings: readonly Finding[], at = now, held = new Set<string>(), isThere = true) {
  const { effects } = decideNodeStatus({ node, inventory: inventory(findings, isThere), held }, at);
  const events = effects.flatMap((effect) =>
    effect.type === 'event' ? [`${effect.event.type} ${effect.event.reason}`] : [],
  );
  const after = applied(node, effects);
  return { events, after, condition: after.status?.conditions?.[0], writes: effects.length - events.length };
}

describe('decideNodeStatus', () => {
  test('says nothing of a node without cards', () => {
    expect(decide(emptyNode, [], now, new Set(), false)).toMatchObject({ events: [], writes: 0 });
  });

  test('tells of cards that are well, once', () => {
    const first = decide(emptyNode, []);
    expect(first.events).toEqual([]);
    expect(first.condition).toEqual({
      type: NODE_CONDITION,
      status: 'True',
      reason: 'Healthy',
      message: '1 cards, 1 of 1 virtual functions are usable',
      lastTransitionTime: '2026-11-21T12:00:00Z',
    });
    expect(decide(first.after, [], later)).toMatchObject({ events: [], writes: 0 });
  });

  test('tells when a card falls ill and when it is well again, each once', () => {
    const well = decide(emptyNode, []);
    const ill = decide(well.after, [lost], later);
    expect(ill.events).toEqual(['Warning HeartbeatLost']);
    expect(ill.condition).toMatchObject({
      status: 'False',
      reason: 'HeartbeatLost',
      message: 'HeartbeatLost (0000:6b:00.0): the card does not answer. Reset it.',
      lastTransitionTime: '2026-11-21T13:00:00Z',
    });
    expect(decide(ill.after, [lost], later)).toMatchObject({ events: [], writes: 0 });
    const recovered = decide(ill.after, [], later);
    expect(recovered.events).toEqual(['Normal QatRecovered']);
    expect(recovered.condition).toMatchObject({ status: 'True', reason: 'Healthy' });
  });

  test('stays healthy with a warning, and names it', () => {
    const warned = decide(emptyNode, [overridden]);
    expect(warned.events).toEqual(['Warning QatDenylisted']);
    expect(warned.condition).toMatchObject({ status: 'True', reason: 'QatDenylisted' });
  });

  test('reports what pods hold; that alone changes no condition', () => {
    const free = decide(emptyNode, []);
    const taken = decide(free.after, [], later, new Set(['0000:6b:00.1']));
    expect(taken.writes).toBe(1);
    expect(taken.after.metadata.annotations?.[NODE_REPORT_ANNOTATION]).toContain('"state":"allocated"');
  });

  test('takes everything off when the cards are gone', () => {
    const gone = decide(decide(emptyNode, [lost]).after, [], later, new Set(), false);
    expect(gone.events).toEqual(['Normal QatRecovered']);
    expect(gone.after).toMatchObject({ metadata: { annotations: {} }, status: { conditions: [] } });
    expect(decide(gone.after, [], later, new Set(), false).writes).toBe(0);
  });

  test('takes a report that it cannot read for none', () => {
    const node = { ...emptyNode, metadata: { ...emptyNode.metadata, annotations: { [NODE_REPORT_ANNOTATION]: '{' } } };
    expect(decide(node, [lost]).events).toEqual(['Warning HeartbeatLost']);
  });
});
