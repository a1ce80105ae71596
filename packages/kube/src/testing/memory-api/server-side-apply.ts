import { isDeepStrictEqual } from 'node:util';
import { isObject } from './patching.ts';

type Json = Record<string, unknown>;
type ListKeys = Readonly<Record<string, string>>;

/** A step of a path: a field, or the item of a keyed list. */
type Step = { field: string } | { key: string; value: string };

interface Leaf {
  readonly steps: readonly Step[];
  readonly value: unknown;
}

/** Fields by manager: which paths each applied last. */
export type FieldOwners = ReadonlyMap<string, ReadonlyMap<string, Leaf>>;

/** A field is another manager's and has another value, and nobody said force. */
export class ApplyConflict extends Error {}

/** Fields that name the object and its state; no manager owns them. */
const IDENTITY: readonly string[] = ['apiVersion', 'kind', 'metadata.name', 'metadata.namespace', 'metadata.uid'];
const UNOWNED = new Set([...IDENTITY, 'metadata.resourceVersion', 'metadata.generation', 'metadata.creationTimestamp']);

/**
 * Server-side apply: sets what is applied, takes away what the manager applied before and leaves out now unless another
 * manager owns it, too. Source: KEP-555; sigs.k8s.io/structured-merge-diff.
 * @throws ApplyConflict
 */
export function applied(
  target: object,
  config: object,
  options: { manager: string; force: boolean; listKeys: ListKeys; owners: FieldOwners },
): { object: object; owners: FieldOwners } {
  const { manager, force, listKeys, owners } = options;
  const leaves = leavesOf(config, listKeys);
  const next = new Map<string, ReadonlyMap<string, Leaf>>();
  let object: unknown = target;
  for (const [other, owned] of owners) {
    if (other === manager) continue;
    const lost = [...owned.keys()].filter((path) => {
      const mine = leaves.get(path);
      return mine !== undefined && !isItem(mine) && !holds(valueAt(target, mine.steps), mine.value);
    });
    if (lost.length > 0 && !force) throw new ApplyConflict(`conflict with "${other}": ${lost[0]}`);
    const kept = [...owned].filter(([path]) => !lost.includes(path));
    next.set(other, lost.length === 0 ? owned : new Map(kept));
  }
  for (const { steps, value } of leaves.values()) {
    if (!holds(valueAt(object, steps), value)) object = withValue(object, steps, value);
  }
  const others = [...next.values()];
  for (const [path, leaf] of owners.get(manager) ?? []) {
    if (leaves.has(path) || others.some((owned) => owned.has(path))) continue;
    if (isItem(leaf) && others.some((owned) => [...owned.keys()].some((one) => one.startsWith(`${path}.`)))) continue;
    const left = valueAt(object, leaf.steps);
    if (!isItem(leaf) && isObject(leaf.value) && isObject(left) && Object.keys(left).length > 0) continue;
    object = without(object, leaf.steps);
  }
  next.set(manager, leaves);
  return { object: object as object, owners: next };
}

/** The owners after a write that was no apply: whoever writes a field takes it from those who applied another value. */
export function ownersAfterUpdate(owners: FieldOwners, updated: object): FieldOwners {
  const next = new Map<string, ReadonlyMap<string, Leaf>>();
  for (const [manager, owned] of owners) {
    const kept = [...owned].filter(([, leaf]) =>
      isItem(leaf)
        ? valueAt(updated, leaf.steps) !== undefined
        : isDeepStrictEqual(valueAt(updated, leaf.steps), leaf.value),
    );
    next.set(manager, kept.length === owned.size ? owned : new Map(kept));
  }
  return next;
}

/** Whether a field has the value. An empty object says only that there is one: whatever is in it is its owners'. */
function holds(current: unknown, value: unknown): boolean {
  if (isObject(value) && Object.keys(value).length === 0) return isObject(current);
  return isDeepStrictEqual(current, value);
}

/** Fields that tell the items of a list apart; several are joined by commas. */
function keyFields(item: Json, key: string): Json {
  return Object.fromEntries(key.split(',').map((field) => [field, item[field]]));
}

function keyValue(item: Json, key: string): string {
  return JSON.stringify(keyFields(item, key));
}

function isItem({ steps }: Leaf): boolean {
  const last = steps.at(-1);
  return last !== undefined && 'key' in last;
}

function leavesOf(config: object, listKeys: ListKeys): Map<string, Leaf> {
  const leaves = new Map<string, Leaf>();
  const visit = (value: unknown, steps: readonly Step[], path: string, fieldPath: string): void => {
    if (UNOWNED.has(path)) return;
    const key = listKeys[fieldPath];
    if (isObject(value) && Object.keys(value).length > 0) {
      for (const [field, part] of Object.entries(value)) {
        if (part === undefined) continue;
        const dot = path === '' ? '' : '.';
        visit(part, [...steps, { field }], `${path}${dot}${field}`, `${fieldPath}${dot}${field}`);
      }
      return;
    }
    if (key === undefined || !Array.isArray(value)) {
      leaves.set(path, { steps, value });
      return;
    }
    for (const item of value as Json[]) {
      const itemSteps = [...steps, { key, value: keyValue(item, key) }];
      const itemPath = `${path}[${keyValue(item, key)}]`;
      leaves.set(itemPath, { steps: itemSteps, value: keyFields(item, key) });
      visit(item, itemSteps, itemPath, fieldPath === '' ? '' : `${fieldPath}[]`);
    }
  };
  visit(config, [], '', '');
  return leaves;
}

function valueAt(target: unknown, steps: readonly Step[]): unknown {
  let value = target;
  for (const step of steps) {
    if ('field' in step) value = isObject(value) ? value[step.field] : undefined;
    else
      value = Array.isArray(value)
        ? (value as Json[]).find((item) => keyValue(item, step.key) === step.value)
        : undefined;
  }
  return value;
}

/** The target with one leaf set. An item of a list is made where it is missing, and kept where it is. */
function withValue(target: unknown, steps: readonly Step[], value: unknown): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  if ('field' in step) {
    const parent = isObject(target) ? target : {};
    const part = parent[step.field];
    const next = rest.length === 0 ? value : withValue(part, rest, value);
    return isDeepStrictEqual(next, part) && Object.hasOwn(parent, step.field)
      ? target
      : { ...parent, [step.field]: next };
  }
  const list = Array.isArray(target) ? (target as Json[]) : [];
  const index = list.findIndex((item) => keyValue(item, step.key) === step.value);
  const item = index < 0 ? keyFields(JSON.parse(step.value) as Json, step.key) : list[index];
  const next = (rest.length === 0 ? item : withValue(item, rest, value)) as Json;
  if (index >= 0 && next === list[index]) return target;
  return index < 0 ? [...list, next] : list.with(index, next);
}

function without(target: unknown, [step, ...rest]: readonly Step[]): unknown {
  if (step === undefined) return target;
  if ('key' in step) {
    if (!Array.isArray(target)) return target;
    const index = (target as Json[]).findIndex((item) => keyValue(item, step.key) === step.value);
    if (index < 0) return target;
    if (rest.length === 0) return target.toSpliced(index, 1);
    return target.with(index, without(target[index], rest));
  }
  if (!isObject(target) || !Object.hasOwn(target, step.field)) return target;
  if (rest.length > 0) return { ...target, [step.field]: without(target[step.field], rest) };
  const { [step.field]: _taken, ...kept } = target;
  return kept;
}
