import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { KubeVirt } from '@quickvirt/api';
import { parse } from 'yaml';
import { reconcileCase, type ReconcileCase } from './reference-reconcile.ts';

const reference = join(import.meta.dirname, '../../../../shared/reference');
const cases = join(reference, 'cases');

/** Cases that are left different, and why. */
const DIFFERENT: Readonly<Record<string, string>> = {
  'vmrec-dvt-error-cond': 'DataVolumes are not built',
  'vmrec-dvt-failed': 'DataVolumes are not built',
  'vmrec-dvt-none': 'DataVolumes are not built',
  'vmrec-dvt-pending': 'DataVolumes are not built',
  'vmrec-dvt-pendingpopulation': 'DataVolumes are not built',
  'vmrec-dvt-succeeded': 'DataVolumes are not built',
  'vmrec-dvt-waitforfirstconsumer': 'DataVolumes are not built',
  'vmrec-it': 'instance types are not built',
  'vmrec-it-missing': 'instance types are not built',
  'vmupd-affinity': 'live update is not built: the VM says RestartRequired',
  'vmupd-nic-add': 'live update is not built: the VM says RestartRequired',
  'vmupd-nodesel': 'live update is not built: the VM says RestartRequired',
  'vmupd-sockets': 'live update is not built: the VM says RestartRequired',
  'vmupd-two-live': 'live update is not built: the VM says RestartRequired',
  'vmrec-fresh-nofw': "the design: no controller writes firmware into a user's spec, so the start needs no extra pass",
  'vmrec-halted-startpaused': 'the reference tells of a failure (a conflict with its own write); ours does not fail',
  'vmrec-halted-startreq': 'the reference tells of a failure (a conflict with its own write); ours does not fail',
};

const present = existsSync(join(cases, 'reconcile'));
const describeReference = present ? describe : describe.skip;
if (!present) console.warn(`skipped: no reference cases at ${cases}`);

interface Facts {
  status: Record<string, unknown>;
  vmiVerbs: string[];
}

/** What clients read after one look, as the reference's own comparison judges it. */
function factsOf({ writes }: { writes: { verb: string; path: string; body?: unknown }[] }): Facts {
  const statuses = writes.map(({ body }) => (body as { status?: Record<string, unknown> } | undefined)?.status);
  const status = statuses.find(Boolean) ?? {};
  const conditions = (status['conditions'] ?? []) as { type: string; status: string; reason?: string }[];
  const vmiVerbs = writes.filter(({ path }) => /virtualmachineinstances(\/|$)/.test(path)).map(({ verb }) => verb);
  return {
    status: {
      printableStatus: status['printableStatus'],
      created: status['created'],
      ready: status['ready'],
      runStrategy: status['runStrategy'],
      conditions: Object.fromEntries(
        conditions.map(({ type, status: value, reason }) => [type, [value, reason ?? '']]),
      ),
    },
    vmiVerbs: vmiVerbs.filter((verb) => verb === 'POST' || verb === 'DELETE'),
  };
}

describeReference('reference cases of one look of the VM controller', () => {
  const names = present ? readdirSync(join(cases, 'reconcile')).filter((file) => file.endsWith('.in.yaml')) : [];
  test.each(names.map((file) => file.slice(0, -'.in.yaml'.length)))('%s', (name) => {
    const input = parse(readFileSync(join(cases, 'reconcile', `${name}.in.yaml`), 'utf8')) as ReconcileCase & {
      config: string;
    };
    const kubevirt = parse(readFileSync(join(cases, 'configs', `${input.config}.yaml`), 'utf8')) as KubeVirt;
    const expected = JSON.parse(readFileSync(join(cases, 'reconcile', `${name}.out.json`), 'utf8')) as { writes: [] };
    const ours = expect(factsOf(reconcileCase(input, kubevirt)));
    if (DIFFERENT[name]) ours.not.toEqual(factsOf(expected));
    else ours.toEqual(factsOf(expected));
  });
});
