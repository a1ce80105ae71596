import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createLineLogger, Metrics } from '@quickvirt/telemetry';
import { FakeClock, settle } from '@quickvirt/testing';
import { controller, type Controller } from './controller.ts';
import { pods, replicaSetLike } from './testing/kinds.ts';
import { ApiError, RetryAfter, Terminal } from './errors.ts';
import type { ChangeSource, Informer, StoreChange } from './informer.ts';
import type { Decision, EffectContext } from './reconciler.ts';
import type { KubeObject, ResourceType } from './resource-type.ts';

/** A source that a test drives by hand. */
class Source implements ChangeSource<KubeObject> {
  readonly type: ResourceType;
  #listeners: ((change: StoreChange<KubeObject>) => void)[] = [];

  constructor(type: ResourceType) {
    this.type = type;
  }

  subscribe(listener: (change: StoreChange<KubeObject>) => void): () => void {
    this.#listeners.push(listener);
    return () => undefined;
  }

  tell(change: StoreChange<KubeObject>): void {
    for (const listener of this.#listeners) listener(change);
  }

  apply(object: KubeObject, previous?: KubeObject): void {
    this.tell({ type: 'applied', object, previous });
  }

  asInformer(): Informer<KubeObject> {
    return this as unknown as Informer<KubeObject>;
  }
}

const object = (name: string, metadata: object = {}): KubeObject => ({
  metadata: { name, namespace: 'ns', ...metadata },
});
const conflict = () => new ApiError('PUT /x', { status: 409, body: { kind: 'Status', reason: 'Conflict' } });
const exists = () => new ApiError('POST /x', { status: 409, body: { kind: 'Status', reason: 'AlreadyExists' } });

let clock: FakeClock;
let abort: AbortController;
let lines: Record<string, unknown>[];
let metrics: Metrics;
let primary: Source;
let owned: Source;
let decide: (key: string) => Decision<string>;
let failed: ((key: string, error: Error) => string[]) | undefined;
let runEffect: (effect: string, context: EffectContext) => Promise<void>;
let observed: string[];
let ran: string[];
let made: Controller;

beforeEach(() => {
  clock = new FakeClock();
  abort = new AbortController();
  lines = [];
  metrics = new Metrics();
  primary = new Source(replicaSetLike);
  owned = new Source(pods);
  observed = [];
  ran = [];
  decide = () => ({ effects: [] });
  failed = undefined;
  runEffect = (effect) => {
    ran.push(effect);
    return Promise.resolve();
  };
  const logger = createLineLogger({
    component: 'test',
    verbosity: 9,
    write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
  });
  made = controller('sets', { logger, metrics, metricsPrefix: 'x_', clock, workers: 2 })
    .for(primary.asInformer())
    .owns(owned.asInformer())
    .reconciles<string, string>(
      {
        name: 'sets',
        observe: (key) => {
          observed.push(key);
          return Promise.resolve(key.endsWith('/gone') ? undefined : key);
        },
        decide: (key) => decide(key),
        failed: (key, error) => failed?.(key, error) ?? [],
      },
      (effect, context) => runEffect(effect, context),
    );
  void made.run(abort.signal);
});

afterEach(() => abort.abort());

const result = async (name: string): Promise<number> => {
  const { body } = await metrics.expose();
  return Number(new RegExp(`reconcile_total\\{controller="sets",result="${name}"\\} (\\d+)`).exec(body)?.[1]);
};

describe('a controller', () => {
  test('reconciles the primary and the owner of what it owns', async () => {
    primary.apply(object('a'));
    const ownerReferences = [{ apiVersion: 'apps/v1beta1', kind: 'ReplicaSet', name: 'b', uid: '1', controller: true }];
    owned.apply(object('pod', { ownerReferences }));
    owned.apply(object('stranger', { ownerReferences: [{ ...ownerReferences[0], kind: 'Job' }] }));
    owned.apply(object('foreign', { ownerReferences: [{ ...ownerReferences[0], apiVersion: 'other/v1' }] }));
    await settle(() => expect(observed).toEqual(['ns/a', 'ns/b']));
  });

  test('an object that changes hands concerns both owners', async () => {
    const ownedBy = (name: string) =>
      object('pod', {
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid: name, controller: true }],
      });
    owned.apply(ownedBy('new'), ownedBy('old'));
    await settle(() => expect(observed.toSorted()).toEqual(['ns/new', 'ns/old']));
  });

  test('runs effects in order, each line with the object and one reconcile id', async () => {
    decide = () => ({ effects: ['first', 'second'] });
    runEffect = (effect, { logger }) => {
      ran.push(effect);
      logger.info(effect);
      return Promise.resolve();
    };
    primary.apply(object('a'));
    await settle(() => expect(ran).toEqual(['first', 'second']));
    expect(lines.map(({ message, object: about }) => [message, about])).toEqual([
      ['first', { kind: 'ReplicaSet', namespace: 'ns', name: 'a' }],
      ['second', { kind: 'ReplicaSet', namespace: 'ns', name: 'a' }],
    ]);
    expect(new Set(lines.map(({ reconcileId }) => reconcileId)).size).toBe(1);
  });

  test('decides nothing about an object that is gone', async () => {
    decide = () => ({ effects: ['never'] });
    primary.apply(object('gone'));
    await settle(async () => expect(await result('success')).toBe(1));
    expect(ran).toEqual([]);
  });

  test('comes back when the decision asks for it', async () => {
    decide = () => ({ effects: [], requeueAfterMs: 30_000 });
    primary.apply(object('a'));
    await settle(async () => expect(await result('requeue_after')).toBe(1));
    await clock.advance(29_999);
    expect(observed).toHaveLength(1);
    await clock.advance(1);
    expect(observed).toHaveLength(2);
  });

  test.each([
    ['conflict', conflict],
    ['AlreadyExists', exists],
  ])('a %s ends the run and requeues without showing a failure', async (_name, error) => {
    let times = 0;
    decide = () => ({ effects: ['write', 'never first'] });
    failed = () => ['shown'];
    runEffect = (effect) => {
      ran.push(effect);
      times += 1;
      return times === 1 ? Promise.reject(error()) : Promise.resolve();
    };
    primary.apply(object('a'));
    await settle(() => expect(ran).toEqual(['write']));
    await clock.advance(100);
    expect(ran).toEqual(['write', 'write', 'never first']);
    expect(await result('conflict')).toBe(1);
  });

  test('Terminal is shown and not retried', async () => {
    decide = () => ({ effects: ['write', 'skipped'] });
    failed = (key, error) => [`${key} ${(error as Terminal).reason}`];
    runEffect = (effect) => {
      ran.push(effect);
      return effect === 'write' ? Promise.reject(new Terminal('BadSpec', 'no such thing')) : Promise.resolve();
    };
    primary.apply(object('a'));
    await settle(() => expect(ran).toEqual(['write', 'ns/a BadSpec']));
    await clock.advance(3_600_000);
    expect(observed).toHaveLength(1);
    expect(await result('terminal')).toBe(1);
  });

  test('RetryAfter waits and counts no failure', async () => {
    let first = true;
    decide = () => ({ effects: ['wait'] });
    runEffect = () => {
      const error = first ? new RetryAfter(5_000) : undefined;
      first = false;
      return error ? Promise.reject(error) : Promise.resolve();
    };
    primary.apply(object('a'));
    await settle(async () => expect(await result('requeue_after')).toBe(1));
    await clock.advance(5_000);
    expect(await result('success')).toBe(1);
    expect(await result('error')).toBe(0);
  });

  test('any other error is shown, logged and retried with growing delays', async () => {
    decide = () => ({ effects: ['write'] });
    failed = () => ['shown'];
    runEffect = (effect) => {
      ran.push(effect);
      return effect === 'write' ? Promise.reject(new Error('broken')) : Promise.resolve();
    };
    primary.apply(object('a'));
    await settle(() => expect(ran).toEqual(['write', 'shown']));
    await clock.advance(10_000);
    const failures = lines.filter(({ level }) => level === 'error');
    expect(failures.length).toBeGreaterThan(5);
    expect(failures.length).toBeLessThan(12);
    expect(failures[0]).toMatchObject({ failures: 1, error: { message: 'broken' }, object: { name: 'a' } });
  });

  test('a failure that cannot be shown is logged only', async () => {
    decide = () => {
      throw new Terminal('BadSpec', 'no');
    };
    failed = () => ['show'];
    runEffect = () => Promise.reject(new Error('no API server'));
    primary.apply(object('a'));
    await settle(async () => expect(await result('terminal')).toBe(1));
    expect(lines.at(-1)).toMatchObject({ level: 'warn', error: { message: 'no API server' } });
  });

  test('takes keys from outside', async () => {
    made.enqueue('ns/a');
    made.enqueue('ns/b', 1_000);
    await settle(() => expect(observed).toEqual(['ns/a']));
    await clock.advance(1_000);
    expect(observed).toEqual(['ns/a', 'ns/b']);
  });
});
