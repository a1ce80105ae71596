import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { resources } from '@quickvirt/api';
import type { PolicyRule } from '@quickvirt/kube';
import { rootSchemaOf } from './crds.ts';
import { type FieldRow, fieldRowsOf } from './field-rows.ts';
import { readInterfaces } from './interfaces.ts';
import { userRoles } from './user-roles.ts';

const repository = resolve(import.meta.dirname, '../..');
const reference = resolve(repository, '../shared/reference/api');
const adr = 'adr/0003-api-differences.md';

function read<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

/** The rows of the ADR's table: `| Kind or * | path, *suffix or prefix* | what | reason |`. */
function differencesOfAdr(): { kind: string; path: string; what: string }[] {
  return readFileSync(join(repository, adr), 'utf8')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
    .filter((cells) => cells.length === 6 && cells[1] !== 'kind' && !/^-+$/.test(cells[1] ?? ''))
    .map(([, kind = '', path = '', what = '']) => ({ kind, path, what }));
}

function comparable(row: FieldRow): Record<string, unknown> {
  const { path: _, enum: values, ...rest } = row;
  return { ...rest, ...(values && { enum: values.toSorted() }) };
}

/** What differs, in words: `missing`, `extra`, or the names of the properties. */
function differencesOf(
  kind: string,
  theirs: FieldRow[],
  ours: FieldRow[],
): { kind: string; path: string; what: string }[] {
  const own = new Map(ours.map((row) => [row.path, row]));
  const known = new Set(theirs.map(({ path }) => path));
  const extra = ours.filter(({ path }) => !known.has(path)).map(({ path }) => ({ kind, path, what: 'extra' }));
  return theirs
    .flatMap((row) => {
      const mine = own.get(row.path);
      if (mine === undefined) {
        return [{ kind, path: row.path, what: 'missing' }];
      }
      const [a, b] = [comparable(row), comparable(mine)];
      return [...new Set([...Object.keys(a), ...Object.keys(b)])]
        .filter((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name]))
        .map((what) => ({ kind, path: row.path, what }));
    })
    .concat(extra);
}

/** `*` at one end of the pattern stands for any text there. */
function matchesPath(path: string, pattern: string): boolean {
  if (pattern.startsWith('*')) return path.endsWith(pattern.slice(1));
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
}

const whenThere = existsSync(reference) ? describe : describe.skip;
if (!existsSync(reference)) {
  console.log(`skipped: ${reference} is not there, so there is nothing to compare the API with`);
}

whenThere('the reference', () => {
  const definitions = readInterfaces(
    repository,
    resources.map(({ kind }) => kind),
  );
  const found = resources.flatMap((resource) =>
    differencesOf(
      resource.kind,
      read<FieldRow[]>(join(reference, 'fields', `${resource.kind}.json`)),
      fieldRowsOf(rootSchemaOf(resource, definitions)),
    ),
  );
  const explained = differencesOfAdr();
  const explains = (
    row: { kind: string; path: string; what: string },
    entry: { kind: string; path: string; what: string },
  ) =>
    (entry.kind === '*' || entry.kind === row.kind) &&
    matchesPath(row.path, entry.path) &&
    entry.what.split(', ').includes(row.what);

  test('has no field that ours has not, and none that says another thing, but for what the ADR explains', () => {
    expect(found.filter((row) => !explained.some((entry) => explains(row, entry)))).toEqual([]);
  });

  test('the ADR explains nothing that is not so', () => {
    expect(explained.filter((entry) => !found.some((row) => explains(row, entry)))).toEqual([]);
  });

  test('names the same kinds, with the same names, versions, columns and subresources', () => {
    interface Crd {
      group: string;
      kind: string;
      plural: string;
      singular: string;
      shortNames: string[];
      categories?: string[];
      scope: string;
      versions: {
        name: string;
        storage: boolean;
        deprecated?: boolean;
        subresources: { status?: object; scale?: object };
        columns?: { name: string; type: string; jsonPath: string; priority?: number }[];
      }[];
    }
    const crds = read<Crd[]>(join(reference, 'crds.json'));
    const theirs = crds.map((crd) => ({
      group: crd.group,
      kind: crd.kind,
      plural: crd.plural,
      singular: crd.singular,
      shortNames: crd.shortNames ?? [],
      categories: crd.categories ?? [],
      namespaced: crd.scope === 'Namespaced',
      storage: crd.versions.find(({ storage }) => storage)?.name,
      versions: crd.versions.map(({ name, deprecated }) => ({ name, ...(deprecated && { deprecated }) })),
      // The status subresource of a VMI is our own: ADR, section "VMI status".
      status: crd.kind === 'VirtualMachineInstance' || crd.versions.some(({ subresources }) => subresources.status),
      scale: crd.versions[0]?.subresources.scale,
      columns: (crd.versions[0]?.columns ?? []).map(({ priority, ...column }) => ({
        ...column,
        ...(priority && { wide: true }),
      })),
    }));
    const ours = resources.map((resource) => {
      const { version, storageVersion, selectableFields: _, ...rest } = resource;
      return { ...rest, scale: resource.scale, storage: storageVersion ?? version };
    });
    expect(ours).toEqual(theirs);
  });

  test('gives users the same rights', () => {
    interface Role {
      kind: string;
      name: string;
      labels: Record<string, string>;
      rules?: PolicyRule[];
    }
    const rights = (rules: readonly PolicyRule[]) =>
      [
        ...new Set(
          rules.flatMap(({ apiGroups, resources: kinds, verbs }) =>
            apiGroups.flatMap((group) => kinds.flatMap((kind) => verbs.map((verb) => `${verb} ${kind}.${group}`))),
          ),
        ),
      ].toSorted();
    const roles = read<{ cluster: Role[] }>(join(reference, 'rbac.json')).cluster.filter(
      ({ kind }) => kind === 'ClusterRole',
    );
    const aggregated = (labels: Record<string, string>) =>
      Object.keys(labels)
        .find((label) => label.startsWith('rbac.authorization.k8s.io/aggregate-to-'))
        ?.split('-to-')[1];
    const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
    expect(
      userRoles.map(({ name, aggregateTo, rules }) => ({ name, aggregateTo, rights: rights(rules) })).toSorted(byName),
    ).toEqual(
      roles
        .map(({ name, labels, rules }) => ({ name, aggregateTo: aggregated(labels), rights: rights(rules ?? []) }))
        .toSorted(byName),
    );
  });
});
