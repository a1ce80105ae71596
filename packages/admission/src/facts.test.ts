import { expect, test } from '@jest/globals';
import { factsOfObjects, judgeWithFacts, noFacts, type FactQuestion } from './facts.ts';

const pods = { group: '', resource: 'pods', namespace: 'default' };

test('what a judgement asks for is read, each thing once, and then it judges again', async () => {
  const read: FactQuestion[] = [];
  const names = await judgeWithFacts(
    (facts) => {
      const first = facts.get<{ next: string }>({ ...pods, name: 'a' });
      const second = first && facts.get<{ next: string }>({ ...pods, name: first.next });
      const all = facts.list<string>(pods);
      return [first, second, second, all];
    },
    async (question) => {
      read.push(question);
      return 'name' in question ? (question.name === 'b' ? undefined : { next: 'b' }) : ['x'];
    },
  );
  expect(names).toEqual([{ next: 'b' }, null, null, ['x']]);
  expect(read.map((question) => ('name' in question ? question.name : '*'))).toEqual(['a', '*', 'b']);
});

test('a failing read fails the judgement, and one that never ends is stopped', async () => {
  const broken = async (): Promise<never> => {
    throw new Error('connection refused');
  };
  await expect(judgeWithFacts((facts) => facts.get({ ...pods, name: 'a' }), broken)).rejects.toThrow('refused');
  let count = 0;
  const endless = judgeWithFacts(
    (facts) => facts.get({ ...pods, name: `${count++}` }),
    async () => null,
  );
  await expect(endless).rejects.toThrow('further objects');
});

test('what is not among the objects is not there only where they are all', () => {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: 'default', labels: { x: 'y' } } };
  const plural = (): string => 'pods';
  const some = factsOfObjects([pod], plural, false);
  const all = factsOfObjects([pod], plural, true);
  expect([some.get({ ...pods, name: 'a' }), some.get({ ...pods, name: 'b' }), some.list(pods)]).toEqual([
    pod,
    undefined,
    undefined,
  ]);
  expect([all.get({ ...pods, name: 'b' }), all.list({ ...pods, labels: { x: 'z' } }), all.list(pods)]).toEqual([
    null,
    [],
    [pod],
  ]);
  expect(noFacts.get({ ...pods, name: 'a' })).toBeUndefined();
});
