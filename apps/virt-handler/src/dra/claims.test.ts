import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ApiError, type KubeClient } from '@quickvirt/kube';
import type { Logger } from '@quickvirt/telemetry';
import { ClaimCheckpoint } from './claim-checkpoint.ts';
import { ClaimFiles } from './claim-files.ts';
import { Claims } from './claims.ts';
import { PluginDirectories } from './plugin-directories.ts';
import { FakeHolds, virtualFunction } from './testing/fake-node.ts';

const DRIVER = 'qat.quickvirt.io';
const NODE = 'node-1';
const logger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };
const functions = [0, 1, 2].map((index) => virtualFunction(index));

class Crash extends Error {}

/** A node whose virt-handler may die at any step; what is on disk and at the API server stays. */
class Node {
  readonly root: string;
  readonly holds = new FakeHolds();
  /** Device by claim; what the API server has. */
  readonly allocated = new Map<string, number>();
  stepsLeft = Infinity;
  claims!: Claims;

  constructor(root: string) {
    this.root = root;
  }

  async start(): Promise<void> {
    const checkpoint = await ClaimCheckpoint.open(join(this.root, 'state'));
    const files = new ClaimFiles({
      nodeName: NODE,
      cdiDirectory: join(this.root, 'cdi'),
      directories: new PluginDirectories(this.root, this.root),
    });
    this.claims = new Claims({
      client: { get: async (_type: unknown, { name }: { name: string }) => this.#claim(name) } as unknown as KubeClient,
      nodeName: NODE,
      checkpoint: this.#dying(checkpoint, ['put', 'remove']),
      files: this.#dying(files, ['write', 'remove']),
      holds: this.#dying(this.holds, ['holdForClaim', 'releaseClaim']),
      functionAt: (address) => functions.find(({ pciAddress }) => pciAddress === address),
      nodesOf: async () => [{ path: '/dev/vfio/1', major: 1, minor: 1 }],
      logger,
    });
    await this.claims.restore();
  }

  /** Before a step and after it: both are places to die. */
  #dying<T extends object>(port: T, methods: readonly (keyof T)[]): T {
    const die = () => {
      if (--this.stepsLeft < 0) throw new Crash();
    };
    return new Proxy(port, {
      get: (target, name) => {
        const value = Reflect.get(target, name, target) as unknown;
        if (typeof value !== 'function') return value;
        if (!methods.includes(name as keyof T)) return value.bind(target) as unknown;
        return async (...args: unknown[]) => {
          die();
          const result = (await value.apply(target, args)) as unknown;
          die();
          return result;
        };
      },
    });
  }

  #claim(name: string) {
    const device = this.allocated.get(name);
    if (device === undefined) throw new ApiError('get', { status: 404 });
    const found = { driver: DRIVER, pool: NODE, device: `vf-0000-3d-01-${device}`, request: 'qat' };
    return {
      metadata: { name, namespace: 'default', uid: `uid-${name}` },
      status: { allocation: { devices: { results: [found] } } },
    };
  }

  async files(): Promise<string[]> {
    return readdir(join(this.root, 'cdi')).catch(() => []);
  }
}

const referenceOf = (name: string) => ({ namespace: 'default', name, uid: `uid-${name}` });

test('any crash between two steps is repaired by asking again, and no file is there without its hold', async () => {
  type Step = { act: 'prepare' | 'unprepare'; claim: number; dieAfter: number | undefined };
  const steps: fc.Arbitrary<Step[]> = fc.array(
    fc.record({
      act: fc.constantFrom('prepare' as const, 'unprepare' as const),
      claim: fc.nat({ max: 2 }),
      dieAfter: fc.option(fc.nat({ max: 5 }), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 8 },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (run) => {
      const root = await mkdtemp(join(tmpdir(), 'claims-'));
      try {
        const node = new Node(root);
        for (const index of [0, 1, 2]) node.allocated.set(`c${index}`, index);
        await node.start();
        for (const { act, claim, dieAfter } of run) {
          const ask = () => node.claims[act](referenceOf(`c${claim}`), DRIVER) as Promise<unknown>;
          node.stepsLeft = dieAfter ?? Infinity;
          const died = await ask().then(
            () => false,
            (error: unknown) => {
              if (!(error instanceof Crash)) throw error;
              return true;
            },
          );
          node.stepsLeft = Infinity;
          await expectHeldFiles(node);
          if (!died) continue;
          await node.start();
          await expectHeldFiles(node);
          await ask();
          const isPrepared = act === 'prepare';
          expect(node.claims.prepared.has(`uid-c${claim}`)).toBe(isPrepared);
          expect(node.holds.held.has(`0000:3d:01.${claim}`)).toBe(isPrepared);
          expect((await node.files()).some((file) => file.includes(`uid-c${claim}`))).toBe(isPrepared);
        }
      } finally {
        await rm(root, { recursive: true });
      }
    }),
    { numRuns: 60 },
  );
});

async function expectHeldFiles(node: Node): Promise<void> {
  const holders = [...node.holds.held.values()].map((holder) => (holder === 'device-plugin' ? holder : holder.claim));
  for (const file of await node.files()) {
    if (file.endsWith('.json')) expect(holders.some((uid) => file.includes(uid))).toBe(true);
  }
}

test('a claim waits for another pod that has its IOMMU group open', async () => {
  const root = await mkdtemp(join(tmpdir(), 'claims-'));
  try {
    const node = new Node(root);
    functions[0] = virtualFunction(0, { groupMembers: ['0000:3d:01.1'] });
    node.allocated.set('c0', 0);
    await node.start();
    node.holds.held.set('0000:3d:01.1', 'device-plugin');
    await expect(node.claims.prepare(referenceOf('c0'), DRIVER)).rejects.toThrow(
      'shares its IOMMU group with 0000:3d:01.1',
    );
    // The same claim may have both.
    node.holds.held.set('0000:3d:01.1', { claim: 'uid-c0' });
    await node.claims.prepare(referenceOf('c0'), DRIVER);
  } finally {
    functions[0] = virtualFunction(0);
    await rm(root, { recursive: true });
  }
});
