import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { annotations } from './annotations.ts';
import * as conditionTypes from './condition-types.ts';
import { eventReasons } from './event-reasons.ts';
import { finalizers } from './finalizers.ts';
import { labels } from './labels.ts';
import { reasons } from './reasons.ts';

const reference = resolve(import.meta.dirname, '../../../../shared/reference/api');

function read<T>(name: string): T {
  return JSON.parse(readFileSync(join(reference, name), 'utf8')) as T;
}

function textsIn(value: unknown): string[] {
  return typeof value === 'string' ? [value] : Object.values(value as object).flatMap(textsIn);
}

/** Keys of the reference that QuickVirt has no use for, and why. */
const unusedKeys: readonly [pattern: RegExp, reason: string][] = [
  [/func-test-|testWorkloadUpdate/, "switches of the reference's own tests"],
  [
    /install-strategy|customizer-identifier|virtOperatorFinalizer|kubevirt\.io\/generation$/,
    'its operator, which we have none of',
  ],
  [/^pr\.kubevirt\.io\/$/, 'prefix of its persistent reservation helper'],
];

const whenThere = existsSync(reference) ? describe : describe.skip;
if (!existsSync(reference)) {
  console.log(`skipped: ${reference} is not there, so there is nothing to compare constants with`);
}

whenThere('the reference', () => {
  test('has no label, annotation or finalizer that ours has not', () => {
    const own = new Set(textsIn({ labels, annotations, finalizers }));
    const missing = read<string[]>('keys.json').filter(
      (key) => !own.has(key) && !unusedKeys.some(([pattern]) => pattern.test(key)),
    );
    expect(missing).toEqual([]);
  });

  test('has no condition type that ours has not', () => {
    const own = new Set(textsIn(conditionTypes));
    const theirs = Object.entries(read<Record<string, string[]>>('enums.json'))
      .filter(([name]) => name.endsWith('ConditionType'))
      .flatMap(([, values]) => values);
    expect(theirs.filter((value) => !own.has(value))).toEqual([]);
  });

  test('has no reason of an event that ours has not', () => {
    const own = new Set<string>(Object.values(eventReasons));
    const theirs = read<{ reason: string; eventTypes: string[] }[]>('event-reasons.json');
    expect(theirs.filter(({ reason, eventTypes }) => eventTypes.length > 0 && !own.has(reason))).toEqual([]);
  });

  test('names the reasons of conditions as we do', () => {
    const known = new Set(read<{ reason: string }[]>('event-reasons.json').map(({ reason }) => reason));
    // Ours, and those that the scan of the reference does not list; kubevirt-behaviour.md sections 3 and 4 do.
    const beyond = [
      'FeatureNotAvailable',
      'VMINotExists',
      'VMIConditionMissing',
      'PausedByUser',
      'PausedByMigrationMonitor',
      'PausedIOError',
    ];
    expect(textsIn(reasons).filter((reason) => !known.has(reason) && !beyond.includes(reason))).toEqual([]);
  });

  test('has no value of a named type that ours has not', () => {
    const source = readdirSync(import.meta.dirname)
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'))
      .join('\n');
    const ours = new Map(
      [...source.matchAll(/export type (\w+) =([^;]+);/g)].map(([, name = '', text = '']) => [
        name,
        new Set([...text.matchAll(/'([^']*)'/g)].map(([, value = '']) => value)),
      ]),
    );
    const missing = Object.entries(read<Record<string, string[]>>('enums.json')).flatMap(([key, values]) => {
      const own = ours.get(key.split(':')[1] ?? '');
      return own === undefined
        ? []
        : values.filter((value) => value !== '' && !own.has(value)).map((value) => `${key} ${value}`);
    });
    expect(ours.size).toBeGreaterThan(50);
    expect(missing).toEqual([]);
  });
});

test('no two constants of a kind are equal', () => {
  for (const constants of [labels, finalizers, eventReasons]) {
    const values = Object.values(constants);
    expect(new Set(values).size).toBe(values.length);
  }
});
