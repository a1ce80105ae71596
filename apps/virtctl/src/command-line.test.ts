import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const main = join(import.meta.dirname, 'main.ts');
const tiny = join(import.meta.dirname, '../../../examples/vm-tiny.yaml');
const broken = 'apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nmetadata: {name: x}\nspec: {running: 1}\n';

function virtctl(args: string[], input = '') {
  // No kubeconfig: these commands must do without a cluster.
  const env = { ...process.env, KUBECONFIG: '/nowhere' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { input, env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('the command line', () => {
  test('validates with exit status 0', () => {
    const { status, stdout } = virtctl(['validate', '-f', tiny]);
    expect([status, stdout]).toEqual([0, `${tiny}:3: VirtualMachine default/tiny: allowed\n`]);
  });

  test('refuses with exit status 1, from standard input, as JSON', () => {
    const { status, stdout } = virtctl(['-n', 'team', 'validate', '-f', '-', '-f', tiny, '-o', 'json'], broken);
    const verdicts = JSON.parse(stdout) as { namespace: string; allowed: boolean; causes: { field: string }[] }[];
    expect([status, verdicts.map(({ namespace, allowed }) => [namespace, allowed])]).toEqual([
      1,
      [
        ['team', false],
        ['team', true],
      ],
    ]);
    expect(verdicts[0]?.causes.map(({ field }) => field)).toContain('spec.running');
  });

  test.each([
    [['vmi'], 'kind: VirtualMachineInstance'],
    [['pod'], 'kind: Pod'],
    [['domain'], '<name>default_tiny</name>'],
    [['memory'], 'overhead'],
    [['domain', '-o', 'json'], '"name": "domain"'],
  ])('renders %j', (args, words) => {
    const { status, stdout } = virtctl(['render', ...args, '-f', tiny]);
    expect([status, stdout.includes(words)]).toEqual([0, true]);
  });

  test.each([
    [['validate'], "required option '-f"],
    [['validate', '-f', '/nowhere.yaml'], 'cannot be read (ENOENT)'],
    [['validat'], 'Did you mean validate?'],
    [['render', 'vmi', '-f', tiny, '-o', 'xml'], 'Allowed choices are yaml, json'],
    [['validate', '-f', tiny, '--config', tiny], 'there is no object of kind KubeVirt'],
  ])('says what is wrong with %j', (args, words) => {
    const { status, stderr } = virtctl(args);
    expect([status, stderr.includes(words)]).toEqual([1, true]);
  });
});
