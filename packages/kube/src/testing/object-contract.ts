import { describe, expect, test } from '@jest/globals';
import type { ApiClient } from '../client.ts';
import { pods, type Pod } from '../core-types.ts';
import { statusApply } from '../patches.ts';
import type { WatchEvent } from '../watch-stream.ts';
import { machines, type Machine } from './machines.ts';

const namespace = 'default';
const ref = (name: string) => ({ name, namespace });
const OTHER_UID = '00000000-0000-4000-8000-00000000ffff';
const conflict = { status: 409, isConflict: true };

/** What a real API server and the one in memory do alike with custom resources and pods: all that reconcilers lean on. */
export function objectContract(client: () => ApiClient): void {
  describe('a custom resource', () => {
    customResources(client);
  });
  describe('server-side apply on a status', () => {
    serverSideApply(client);
  });
  describe('finalizers', () => {
    finalizers(client);
  });
  describe('a pod', () => {
    podDeletion(client);
  });
}

function customResources(client: () => ApiClient): void {
  const make = (name: string) => client().create(machines, { metadata: ref(name), spec: { size: 1 } });

  test('is made without a status and with generation 1', async () => {
    const made = await client().create(machines, { metadata: ref('made'), spec: { size: 1 }, status: { phase: 'X' } });
    expect(made).toMatchObject({ apiVersion: 'contract.test/v1', kind: 'Machine', metadata: { generation: 1 } });
    expect(made.status).toBeUndefined();
  });

  test('takes a status by its subresource alone, and the rest beside it alone', async () => {
    await make('split');
    const both = { spec: { size: 2 }, status: { phase: 'Running' }, metadata: { labels: { a: 'b' } } };
    const after = await client().patch(machines, ref('split'), both, { kind: 'merge', subresource: 'status' });
    expect(after).toMatchObject({ spec: { size: 1 }, status: { phase: 'Running' }, metadata: { generation: 1 } });
    expect(after.metadata.labels).toBeUndefined();
    const other = { spec: { size: 2 }, status: { phase: 'Failed' } };
    const resized = await client().patch(machines, ref('split'), other, { kind: 'merge' });
    expect(resized).toMatchObject({ spec: { size: 2 }, status: { phase: 'Running' }, metadata: { generation: 2 } });
    const labelled = await client().patch(
      machines,
      ref('split'),
      { metadata: { labels: { a: 'b' } } },
      { kind: 'merge' },
    );
    expect(labelled.metadata).toMatchObject({ generation: 2, labels: { a: 'b' } });
  });

  test('takes no write that names another version or another uid', async () => {
    const made = await make('guarded');
    const { metadata } = made;
    await client().patch(machines, ref('guarded'), { spec: { size: 2 } }, { kind: 'merge' });
    const { resourceVersion } = metadata;
    const patch = (fields: object) =>
      client().patch(machines, ref('guarded'), { metadata: fields, spec: { size: 3 } }, { kind: 'merge' });
    await expect(patch({ resourceVersion })).rejects.toMatchObject(conflict);
    await expect(patch({ uid: OTHER_UID })).rejects.toMatchObject({ status: 422 });
    // The version is looked at first: a successor is a conflict where both are named.
    await expect(patch({ uid: OTHER_UID, resourceVersion })).rejects.toMatchObject(conflict);
    const other = { ...made, metadata: { ...ref('guarded'), uid: OTHER_UID } };
    await expect(client().replace(machines, other)).rejects.toMatchObject(conflict);
    expect((await client().get(machines, ref('guarded'))).spec).toEqual({ size: 2 });
  });

  test('looks at the version alone in a status write: who means one object must name that', async () => {
    const { metadata } = await make('status-guarded');
    const patch = (fields: object) =>
      client().patch(
        machines,
        ref('status-guarded'),
        { metadata: fields, status: { phase: 'Running' } },
        { kind: 'merge', subresource: 'status' },
      );
    const after = await patch({ uid: OTHER_UID });
    expect(after).toMatchObject({ metadata: { uid: metadata.uid }, status: { phase: 'Running' } });
    const { resourceVersion } = metadata;
    await expect(patch({ uid: metadata.uid, resourceVersion })).rejects.toMatchObject(conflict);
  });

  test('takes a JSON patch whole or not at all', async () => {
    const { metadata } = await make('json');
    const patch = (value: unknown) => [
      { op: 'test', path: '/metadata/uid', value },
      { op: 'add', path: '/status', value: { phase: 'Running' } },
    ];
    const options = { kind: 'json', subresource: 'status' } as const;
    await expect(client().patch(machines, ref('json'), patch('other'), options)).rejects.toMatchObject({ status: 422 });
    const patched = await client().patch(machines, ref('json'), patch(metadata.uid), options);
    expect(patched.status).toEqual({ phase: 'Running' });
    const old = [{ op: 'replace', path: '/metadata/resourceVersion', value: metadata.resourceVersion }];
    await expect(client().patch(machines, ref('json'), old, options)).rejects.toMatchObject(conflict);
  });

  test('comes into a watch by its selectable field, and leaves it by that as if it were deleted', async () => {
    const made = await make('selected');
    const place = (nodeName: string) =>
      client().patch(machines, ref('selected'), { status: { nodeName } }, { kind: 'merge', subresource: 'status' });
    await place('n1');
    await client().patch(machines, ref('selected'), { metadata: { labels: { a: 'b' } } }, { kind: 'merge' });
    const left = await place('n2');
    const seen: WatchEvent<Machine>[] = [];
    const abort = new AbortController();
    const { resourceVersion = '' } = made.metadata;
    const options = { namespace, resourceVersion, fieldSelector: 'status.nodeName=n1', signal: abort.signal };
    for await (const event of client().watch(machines, options)) {
      if (event.type !== 'BOOKMARK') seen.push(event);
      if (seen.length === 3) break;
    }
    abort.abort();
    expect(seen.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
    expect(seen[2]?.object).toMatchObject({ metadata: { resourceVersion: left.metadata.resourceVersion } });
    const there = await client().list(machines, { namespace, fieldSelector: 'status.nodeName=n2' });
    expect(there.items.map(({ metadata }) => metadata.name)).toEqual(['selected']);
  });
}

function serverSideApply(client: () => ApiClient): void {
  const make = (name: string) => client().create(machines, { metadata: ref(name), spec: { size: 1 } });
  const apply = (object: Machine, manager: string, status: Machine['status'], force = true) =>
    client().patch(machines, ref(object.metadata.name ?? ''), statusApply(machines, object, status ?? {}), {
      kind: 'apply',
      subresource: 'status',
      fieldManager: manager,
      force,
    });
  const ready = { type: 'Ready', status: 'True' };
  const paused = { type: 'Paused', status: 'False' };

  test('two managers keep conditions of their own', async () => {
    const first = await apply(await make('two'), 'a', { phase: 'Scheduled', conditions: [ready] });
    const second = await apply(first, 'b', { conditions: [paused] });
    expect(second.status).toEqual({ phase: 'Scheduled', conditions: [ready, paused] });
  });

  test('what a manager leaves out goes, unless another one says it, too', async () => {
    const first = await apply(await make('left'), 'a', {
      phase: 'Running',
      nodeName: 'n1',
      conditions: [ready, paused],
    });
    const second = await apply(first, 'b', { nodeName: 'n1', conditions: [{ type: 'Paused', status: 'False' }] });
    const third = await apply(second, 'a', { conditions: [{ ...ready, reason: 'X' }] });
    expect(third.status).toEqual({ nodeName: 'n1', conditions: [{ ...ready, reason: 'X' }, paused] });
    const fourth = await apply(third, 'a', { conditions: [ready] });
    expect(fourth.status?.conditions).toEqual([ready, paused]);
  });

  test('a field passes to who forces it, and stays when its old manager leaves it out', async () => {
    const first = await apply(await make('passed'), 'a', { phase: 'Scheduled', nodeName: 'n1' });
    await expect(apply(first, 'b', { phase: 'Running' }, false)).rejects.toMatchObject(conflict);
    const second = await apply(first, 'b', { phase: 'Running' });
    const third = await apply(second, 'a', { nodeName: 'n1' });
    expect(third.status).toEqual({ phase: 'Running', nodeName: 'n1' });
    const fourth = await apply(third, 'b', {});
    expect(fourth.status).toEqual({ nodeName: 'n1' });
  });

  test('is refused for another version and an object that is gone', async () => {
    const first = await make('refused');
    await apply(first, 'a', { phase: 'Running' });
    await expect(apply(first, 'a', { phase: 'Failed' })).rejects.toMatchObject(conflict);
    const { resourceVersion: _any, ...metadata } = first.metadata;
    const gone = { ...first, metadata: { ...metadata, name: 'never-made' } };
    await expect(apply(gone, 'a', { phase: 'Failed' })).rejects.toMatchObject({ status: 404 });
  });

  test('the same again writes nothing', async () => {
    const first = await apply(await make('again'), 'a', { phase: 'Running', conditions: [ready] });
    const second = await apply(first, 'a', { phase: 'Running', conditions: [ready] });
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });
}

function finalizers(client: () => ApiClient): void {
  const make = (name: string) =>
    client().create(machines, { metadata: { ...ref(name), finalizers: ['contract.test/a', 'contract.test/b'] } });
  const setFinalizers = (name: string, names: string[]) =>
    client().patch(machines, ref(name), { metadata: { finalizers: names } }, { kind: 'merge' });

  test('hold a deleted object until the last is off', async () => {
    await make('held');
    await client().delete(machines, ref('held'));
    const dying = await client().get(machines, ref('held'));
    expect(dying.metadata.deletionTimestamp).toBeTruthy();
    await client().delete(machines, ref('held'));
    expect((await client().get(machines, ref('held'))).metadata.resourceVersion).toBe(dying.metadata.resourceVersion);
    const one = await setFinalizers('held', ['contract.test/b']);
    expect(one.metadata.deletionTimestamp).toBe(dying.metadata.deletionTimestamp);
    await setFinalizers('held', []);
    await expect(client().get(machines, ref('held'))).rejects.toMatchObject({ isNotFound: true });
  });

  test('are not added to an object that is being deleted', async () => {
    await make('closed');
    await client().delete(machines, ref('closed'));
    await expect(setFinalizers('closed', ['contract.test/a', 'contract.test/c'])).rejects.toMatchObject({
      status: 422,
    });
  });
}

function podDeletion(client: () => ApiClient): void {
  const make = (name: string, nodeName?: string) =>
    client().create<Pod>(pods, {
      metadata: ref(name),
      spec: {
        containers: [{ name: 'c', image: 'registry.test/c' }],
        terminationGracePeriodSeconds: 40,
        ...(nodeName && { nodeName }),
      },
    });
  const find = async (name: string) =>
    (await client().list(pods, { namespace, fieldSelector: `metadata.name=${name}` })).items[0];
  const setStatus = (name: string, patch: object) =>
    client().patch(pods, ref(name), patch, { kind: 'strategic', subresource: 'status' });

  test('without a node goes at once', async () => {
    await make('unbound');
    await client().delete(pods, ref('unbound'), { gracePeriodSeconds: 30 });
    expect(await find('unbound')).toBeUndefined();
  });

  test('of a node waits out its grace period, which can only be shortened', async () => {
    const { metadata } = await make('bound', 'n1');
    await client().delete(pods, ref('bound'), { uid: metadata.uid });
    expect((await find('bound'))?.metadata).toMatchObject({ deletionGracePeriodSeconds: 40 });
    await client().delete(pods, ref('bound'), { gracePeriodSeconds: 60 });
    expect((await find('bound'))?.metadata).toMatchObject({ deletionGracePeriodSeconds: 40 });
    await client().delete(pods, ref('bound'), { gracePeriodSeconds: 10 });
    expect((await find('bound'))?.metadata).toMatchObject({ deletionGracePeriodSeconds: 10 });
    await client().delete(pods, ref('bound'), { gracePeriodSeconds: 0 });
    expect(await find('bound')).toBeUndefined();
  });

  test('that has ended goes at once', async () => {
    await make('ended', 'n1');
    await setStatus('ended', { status: { phase: 'Failed' } });
    await client().delete(pods, ref('ended'), { gracePeriodSeconds: 30 });
    expect(await find('ended')).toBeUndefined();
  });

  test('takes conditions one by one and labels with its status, and not for another uid', async () => {
    const { metadata } = await make('marked', 'n1');
    await setStatus('marked', { status: { conditions: [{ type: 'Ready', status: 'True' }] } });
    const gate = { status: { conditions: [{ type: 'contract.test/gate', status: 'True' }] } };
    const marked = await setStatus('marked', { ...gate, metadata: { uid: metadata.uid, labels: { a: 'b' } } });
    expect(marked.metadata.labels).toEqual({ a: 'b' });
    expect(marked.status?.conditions?.map(({ type }) => type).toSorted()).toEqual(['Ready', 'contract.test/gate']);
    const other = { ...gate, metadata: { uid: OTHER_UID } };
    await expect(setStatus('marked', other)).rejects.toMatchObject({ status: 422 });
  });
}
