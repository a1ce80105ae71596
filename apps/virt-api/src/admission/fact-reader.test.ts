import { expect, test } from '@jest/globals';
import { ApiError, pathOf, type KubeClient, type ResourceType } from '@quickvirt/kube';
import { factReader } from './fact-reader.ts';

function reading(answer: unknown) {
  const log: string[] = [];
  const reply = async (line: string) => {
    log.push(line);
    if (answer instanceof Error) throw answer;
    return answer as never;
  };
  const client = {
    get: (type: ResourceType, ref: object) => reply(pathOf(type, ref)),
    list: (type: ResourceType, { labelSelector, ...where }: { labelSelector?: string }) =>
      reply(`${pathOf(type, where)}?${labelSelector}`),
  } as unknown as KubeClient;
  return { read: factReader(client), log };
}

const claim = { group: '', resource: 'persistentvolumeclaims', namespace: 'ns' };

test('an object is read by name; one that is not there is null', async () => {
  const there = reading({ kind: 'x' });
  expect(await there.read({ ...claim, name: 'a' })).toEqual({ kind: 'x' });
  expect(there.log).toEqual(['/api/v1/namespaces/ns/persistentvolumeclaims/a']);
  expect(await reading(new ApiError('GET', { status: 404 })).read({ ...claim, name: 'a' })).toBeNull();
});

test('a list is read by labels', async () => {
  const { read, log } = reading({ items: [1] });
  const migrations = { group: 'kubevirt.io', resource: 'virtualmachineinstancemigrations', namespace: 'ns' };
  expect(await read({ ...migrations, labels: { a: 'b', c: 'd' } })).toEqual([1]);
  expect(log).toEqual(['/apis/kubevirt.io/v1/namespaces/ns/virtualmachineinstancemigrations?a=b,c=d']);
});

test('what cannot be read is never taken for absent', async () => {
  await expect(reading(new ApiError('GET', { status: 403 })).read({ ...claim, name: 'a' })).rejects.toThrow('403');
  await expect(reading({}).read({ group: 'x', resource: 'y', name: 'z' })).rejects.toThrow('no rule may ask about y.x');
});
