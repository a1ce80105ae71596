import { describe, expect, test } from '@jest/globals';
import { annotations } from '@quickvirt/api';
import type { Node } from '@quickvirt/kube';
import fc from 'fast-check';
import { decideNode } from './index.ts';
import { HEARTBEAT_MISSED_MS, HEARTBEAT_STALE_MS, judgeNode, type NodeLife } from './node-life.ts';

type Proof = 'none' | 'taint' | 'fencedBoot' | 'earlierBoot';

function aNode(ready: 'True' | 'False' | 'Unknown', proof: Proof): Node {
  const boot = { fencedBoot: 'boot-2', earlierBoot: 'boot-1' }[proof as 'fencedBoot' | 'earlierBoot'];
  return {
    metadata: { name: 'n1', ...(boot ? { annotations: { [annotations.fencedBoot]: boot } } : {}) },
    spec: proof === 'taint' ? { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] } : {},
    status: { conditions: [{ type: 'Ready', status: ready }], nodeInfo: { bootID: 'boot-2' } },
  } as unknown as Node;
}

const FRESH = 1_000;
const MISSED = HEARTBEAT_MISSED_MS;
const STALE = HEARTBEAT_STALE_MS;
const judge = (node: Node | undefined, heartbeatAgeMs: number) => judgeNode({ nodeName: 'n1', node, heartbeatAgeMs });

describe('what is believed of a node', () => {
  test.each<
    [what: string, node: Node | undefined, ageMs: number, state: NodeLife['state'], recheckInMs: number | undefined]
  >([
    ['a Ready node, virt-handler long gone', aNode('True', 'none'), STALE, 'alive', undefined],
    ['a Ready node that somebody calls off', aNode('True', 'taint'), STALE, 'alive', undefined],
    ['a Ready node that a fencing agent calls off', aNode('True', 'fencedBoot'), STALE, 'alive', undefined],
    ['kubelet silent, virt-handler well', aNode('Unknown', 'none'), FRESH, 'alive', STALE - FRESH],
    ['kubelet says NotReady, virt-handler silent', aNode('False', 'none'), STALE, 'unresponsive', undefined],
    ['all silent', aNode('Unknown', 'none'), STALE, 'unresponsive', undefined],
    ['all silent, never a Lease', aNode('Unknown', 'none'), Infinity, 'unresponsive', undefined],
    ['tainted while virt-handler renews', aNode('Unknown', 'taint'), FRESH, 'alive', MISSED - FRESH],
    ['tainted, a renewal missed', aNode('Unknown', 'taint'), MISSED, 'off', undefined],
    ['fenced in this boot', aNode('Unknown', 'fencedBoot'), MISSED, 'off', undefined],
    ['fenced in an earlier boot', aNode('Unknown', 'earlierBoot'), STALE, 'unresponsive', undefined],
    ['deleted, virt-handler renews', undefined, FRESH, 'alive', MISSED - FRESH],
    ['deleted, silent', undefined, MISSED, 'off', undefined],
    ['deleted, never a Lease', undefined, Infinity, 'off', undefined],
  ])('%s', (_what, node, ageMs, state, recheckInMs) => {
    const verdict = judge(node, ageMs);
    expect(verdict.life.state).toBe(state);
    expect(verdict.recheckInMs).toBe(recheckInMs);
  });

  test('says why it is off, and what to do about one that does not answer', () => {
    expect(judge(undefined, MISSED).life).toEqual({
      state: 'off',
      message: 'node n1 is off: its Node object was deleted',
    });
    expect(judge(aNode('Unknown', 'none'), STALE).life).toMatchObject({
      message: expect.stringContaining('kubectl taint node n1 node.kubernetes.io/out-of-service'),
    });
  });

  const anyNode = fc.option(
    fc
      .tuple(
        fc.constantFrom('True' as const, 'False' as const, 'Unknown' as const),
        fc.constantFrom<Proof>('none', 'taint', 'fencedBoot', 'earlierBoot'),
      )
      .map(([ready, proof]) => aNode(ready, proof)),
    { nil: undefined },
  );

  test('a sign of life outweighs any proof, and without proof no node is off', () => {
    fc.assert(
      fc.property(anyNode, fc.integer({ min: 0, max: 2 * STALE }), (node, ageMs) => {
        const { life } = judge(node, ageMs);
        if (life.state !== 'off') return;
        expect(ageMs).toBeGreaterThanOrEqual(MISSED);
        expect(node === undefined || node.status?.conditions?.[0]?.status !== 'True').toBe(true);
        expect(node === undefined || node.spec?.taints !== undefined || node.metadata.annotations !== undefined).toBe(
          true,
        );
      }),
    );
  });

  test('looked at when asked to, every verdict settles by itself', () => {
    fc.assert(
      fc.property(anyNode, fc.integer({ min: 0, max: 2 * STALE }), (node, startMs) => {
        let ageMs = startMs;
        for (let looks = 0; looks < 3; looks++) {
          const { recheckInMs } = judge(node, ageMs);
          if (recheckInMs === undefined) return;
          expect(recheckInMs).toBeGreaterThan(0);
          ageMs += recheckInMs;
        }
        throw new Error('a third look was asked for');
      }),
    );
  });
});

describe('the node controller', () => {
  const observed = {
    nodeName: 'n1',
    node: undefined,
    heartbeatAgeMs: MISSED,
    believed: { state: 'alive' } as NodeLife,
    inUse: true,
  };

  test('changes what is believed once', () => {
    const { effects } = decideNode(observed);
    expect(effects).toMatchObject([{ type: 'setLife', nodeName: 'n1', life: { state: 'off' } }]);
    expect(decideNode({ ...observed, believed: effects[0]!.life }).effects).toEqual([]);
  });

  test('forgets a node that is gone and has no guests: its name may come again', () => {
    const believed: NodeLife = { state: 'off', message: '' };
    expect(decideNode({ ...observed, believed, inUse: false }).effects).toMatchObject([{ life: { state: 'alive' } }]);
  });
});
