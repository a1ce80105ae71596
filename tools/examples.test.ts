import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { unavailableFeatures, unavailableVmFeatures } from '@quickvirt/admission';
import type { VirtualMachine, Volume } from '@quickvirt/api';
import { clusterConfigFrom } from '@quickvirt/config';
import { instancesOf } from '../apps/virtctl/src/offline/instances.ts';
import { readManifests, type Manifest } from '../apps/virtctl/src/offline/manifests.ts';
import { withNamespace } from '../apps/virtctl/src/offline/objects.ts';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'examples');
const files = readdirSync(folder);
const docs = readFileSync(join(root, 'docs/examples.md'), 'utf8');
const demoSettings = clusterConfigFrom(undefined);
const guestImage = 'localhost/quickvirt/guest:dev';

interface Verdict {
  kind: string;
  name: string;
  allowed: boolean;
  causes: unknown[];
  warnings: string[];
}

/** Needs nothing else to be there. */
const isSelfContained = ({ containerDisk, emptyDisk, cloudInitNoCloud, cloudInitConfigDrive }: Volume): boolean => {
  if (containerDisk) return containerDisk.image === guestImage;
  const seed = cloudInitNoCloud ?? cloudInitConfigDrive;
  return emptyDisk !== undefined || (seed !== undefined && !seed.secretRef && !seed.networkDataSecretRef);
};

/** Whether this release serves every guest of the file, from the image that the demo has and from nothing else. */
function runsOnDemo(file: string): boolean {
  const manifests = withNamespace(readManifests([join(folder, file)]), 'default');
  const isGuest = ({ object }: Manifest) => ['VirtualMachine', 'VirtualMachineInstance'].includes(object.kind);
  if (!manifests.every(isGuest)) return false;
  const vms = manifests.filter(({ object }) => object.kind === 'VirtualMachine');
  if (vms.some(({ object }) => unavailableVmFeatures(object as unknown as VirtualMachine).length > 0)) return false;
  try {
    return instancesOf(manifests, demoSettings).every((vmi) => {
      return unavailableFeatures(vmi, demoSettings).length === 0 && (vmi.spec.volumes ?? []).every(isSelfContained);
    });
  } catch {
    return false; // The demo's settings refuse it.
  }
}

describe('the examples', () => {
  test('are admitted, schema and rules, with a warning for what is deprecated or of another API alone', () => {
    const program = join(root, 'apps/virtctl/src/main.ts');
    const output = execFileSync(process.execPath, [program, 'validate', '-f', folder, '-o', 'json']);
    const verdicts = JSON.parse(output.toString()) as Verdict[];
    expect(verdicts.length).toBeGreaterThanOrEqual(files.length);
    expect(verdicts.filter(({ allowed }) => !allowed)).toEqual([]);
    const warned = verdicts.filter(({ warnings }) => warnings.length > 0);
    expect(warned.map(({ kind }) => kind).toSorted()).toEqual([
      'ResourceClaimTemplate',
      'VirtualMachineInstancePreset',
    ]);
  });

  test('begin with two lines on what they show', () => {
    const twoLines = /^# .+\n# .+\n[a-z]/;
    expect(files.filter((file) => !twoLines.test(readFileSync(join(folder, file), 'utf8')))).toEqual([]);
  });

  test('are named in the docs, each with what it shows', () => {
    expect(files.filter((file) => !docs.includes(`(../examples/${file})`))).toEqual([]);
  });

  test('are marked in the docs when they run on the demo cluster as they are', () => {
    const marked = docs
      .split('\n')
      .filter((line) => line.endsWith('_(runs)_'))
      .map((line) => /\(\.\.\/examples\/([^)]*)\)/.exec(line)?.[1] ?? line);
    expect(marked.toSorted()).toEqual(files.filter(runsOnDemo).toSorted());
  });
});
